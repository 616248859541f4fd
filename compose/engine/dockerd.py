"""The `dockerd` that this checkout starts in the background, and ends again."""

import subprocess
import time
from pathlib import Path

from docker.errors import DockerException

from compose.checkout import STATE
from compose.connection import engine_version, unreachable_reason
from compose.engine.process import POLL_S, Process, find_process, read_process, write_process

FOLDER = STATE / "engine"
PID_FILE = FOLDER / "dockerd.pid"
LOG = FOLDER / "dockerd.log"

DOCKERD_PID_FILE = Path("/var/run/docker.pid")
"""Where every `dockerd` notes its id, and finds that of one before it."""
CONTAINERD_PID_FILE = Path("/var/run/docker/containerd/containerd.pid")
"""Where it does the same for the `containerd` that it starts."""

START_TIMEOUT_S = 90
"""A start after a crash takes its containers up again before it answers."""
STOP_TIMEOUT_S = 90
"""`dockerd` gives each container its own grace period first, which for the demo's is 30 s."""
LOG_TAIL = 15


class DockerdError(Exception):
    """`dockerd` did not start or did not end; the text says why, with the end of its log."""


def start(dockerd: str) -> bool:
    """Start `dockerd` in a session of its own and wait until it answers; returns True.

    One of somebody else's that is just starting is waited for instead, which returns False. Raises
    `DockerdError`, and then leaves nothing running that it started.
    """
    other = _noted_process(DOCKERD_PID_FILE, "dockerd")
    if other is not None:
        _wait_until_it_answers(other)
        return False
    FOLDER.mkdir(parents=True, exist_ok=True)
    # One that was killed leaves these behind. The next takes whatever process has the id by then for its
    # own kind, and a zombie for alive: it refuses to start, or waits for a containerd that is no more.
    for file, name in ((DOCKERD_PID_FILE, "dockerd"), (CONTAINERD_PID_FILE, "containerd")):
        if _noted_process(file, name) is None:
            file.unlink(missing_ok=True)
    with LOG.open("wb") as log:
        child = subprocess.Popen(
            [dockerd],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    process = find_process(child.pid)
    if process is None:
        raise DockerdError(f"dockerd ended at once{_log_tail()}")
    write_process(PID_FILE, process)
    try:
        _wait_until_it_answers(process)
    except DockerdError as error:
        evidence = _log_tail()
        stop()
        raise DockerdError(f"{error}{evidence}") from error
    return True


def stop() -> bool:
    """End the `dockerd` that this checkout started, and wait; returns whether there was one.

    Raises `DockerdError` where it is still there after `STOP_TIMEOUT_S`.
    """
    process = read_process(PID_FILE)
    if process is not None and not process.end(STOP_TIMEOUT_S):
        raise DockerdError(
            f"dockerd (pid {process.pid}) was told to stop and still runs after {STOP_TIMEOUT_S} s"
            f"{_log_tail()}"
        )
    PID_FILE.unlink(missing_ok=True)
    return process is not None


def _noted_process(file: Path, name: str) -> Process | None:
    try:
        return find_process(int(file.read_text()), name)
    except (FileNotFoundError, ValueError):
        return None


def _wait_until_it_answers(process: Process) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            engine_version()
        except DockerException as error:
            reason = unreachable_reason(error)
        else:
            return
        if not process.is_running:
            raise DockerdError("dockerd ended before it answered")
        if time.monotonic() > deadline:
            raise DockerdError(
                f"dockerd (pid {process.pid}) did not answer within {START_TIMEOUT_S} s: {reason}"
            )
        time.sleep(POLL_S)


def _log_tail() -> str:
    lines = LOG.read_text(errors="replace").splitlines()[-LOG_TAIL:]
    return "\n".join([f"; its log, {LOG}, ends with:", *(f"  {line}" for line in lines)])
