"""A process that can be recognised later, when its id may long belong to another."""

import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.05


@dataclass(frozen=True)
class Process:
    """A process id and when it began: together they name one process until the machine restarts."""

    pid: int
    began: int
    """Clock ticks after the machine's start, as in field 22 of `/proc/PID/stat`."""

    @property
    def is_running(self) -> bool:
        """False also for a zombie: it only waits for a parent that doesn't ask."""
        stat = _read_stat(self.pid)
        return stat is not None and stat.began == self.began and stat.state != "Z"

    def end(self, timeout_s: float) -> bool:
        """Send SIGTERM; returns whether the process was gone within `timeout_s`."""
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout_s
        while self.is_running:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True


def find_program(name: str) -> str | None:
    """A program's path, looked for also where daemons are, which isn't on every user's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def find_process(pid: int, name: str | None = None) -> Process | None:
    """The process of that id; None where there is none, or where its program isn't called `name`."""
    stat = _read_stat(pid)
    if stat is None or stat.state == "Z" or (name is not None and stat.name != name):
        return None
    return Process(pid, stat.began)


def read_process(file: Path) -> Process | None:
    """The running process that `write_process` noted in a file; None where it is gone."""
    try:
        pid, began = file.read_text().split()
        process = Process(int(pid), int(began))
    except (FileNotFoundError, ValueError):
        return None
    return process if process.is_running else None


def write_process(file: Path, process: Process) -> None:
    file.write_text(f"{process.pid} {process.began}\n")


@dataclass(frozen=True)
class _Stat:
    name: str
    state: str
    began: int


def _read_stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name is in parentheses and may hold both spaces and parentheses.
    name, _, rest = text.partition(" (")[2].rpartition(") ")
    fields = rest.split()
    return _Stat(name, fields[0], int(fields[19]))
