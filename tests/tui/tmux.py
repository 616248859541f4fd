"""A real terminal: tmux with a server of its own, whose screen is read and whose keys are pressed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

IS_INSTALLED = shutil.which("tmux") is not None
POLL_S = 0.05
CALL_WITHIN_S = 10.0


class Pane:
    """One program on one screen."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def call(self, *words: str) -> str:
        """One command of tmux."""
        done = subprocess.run(
            ["tmux", "-S", self._socket, "-f", os.devnull, *words],
            capture_output=True,
            text=True,
            timeout=CALL_WITHIN_S,
            check=True,
            # Not the runner's own terminal: tests that run side by side are told a size of it.
            env={key: value for key, value in os.environ.items() if key not in {"TMUX", "COLUMNS", "LINES"}},
        )
        return done.stdout

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return self.call("capture-pane", "-p", "-t", "ui")

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self.call("display-message", "-p", "-t", "ui", "#{pane_pid}"))

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.call("send-keys", "-t", "ui", *keys)

    def reads(self, *words: str, within_s: float = 10.0) -> str:
        """The screen, as soon as it shows all of these."""
        deadline = time.monotonic() + within_s
        while True:
            text = self.text
            missing = [one for one in words if one not in text]
            if not missing:
                return text
            if time.monotonic() > deadline:
                raise AssertionError(f"{missing} didn't come within {within_s:g} s; the screen:\n{text}")
            time.sleep(POLL_S)


@contextmanager
def in_tmux(command: Sequence[str], columns: int = 100, rows: int = 30, **env: str) -> Iterator[Pane]:
    """Start `command` in tmux; the screen stays when it ends, and its last word is its exit status."""
    with tempfile.TemporaryDirectory(prefix="bgd-") as directory:
        pane = Pane(str(Path(directory) / "tmux.sock"))
        line = f"{shlex.join(command)}; echo ended with $?; cat"
        settings = [word for key, value in env.items() for word in ("-e", f"{key}={value}")]
        pane.call("new-session", "-d", "-s", "ui", "-x", str(columns), "-y", str(rows), *settings, line)
        try:
            yield pane
        finally:
            pane.call("kill-server")


def wait_for_end(pid: int, within_s: float = 5.0) -> None:
    """Return when the process is gone or nothing but its entry is left."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"process {pid} is still there after {within_s:g} s")
        time.sleep(POLL_S)
