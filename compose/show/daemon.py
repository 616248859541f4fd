"""The demo's own `bgd`: started in the background, asked until it answers, and ended by its id."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from compose.engine.process import Process, find_process, read_process, write_process
from compose.images.nginx import TAG as PROXY_IMAGE
from compose.show.place import (
    DAEMON_LOG,
    DAEMON_PID_FILE,
    DAEMON_STATE,
    INSTANCE,
    socket_path,
)

BIN = Path(sys.executable).parent
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
POLL_S = 0.1
VERB_TIMEOUT_S = 20
LOG_TAIL = 15
SHOP_VARIABLES = ("VERSION", "BROKEN", "PORT")


class DaemonError(Exception):
    """The daemon did not start or did not end; the text ends with its log."""


@dataclass(frozen=True)
class Daemon:
    process: Process
    http: str
    """The public address, as in `127.0.0.1:8080`."""
    preview: str


def start_daemon(http: str, preview: str) -> Daemon:
    """Start `bgd` and wait until `bgctl` reaches it; raises `DaemonError`."""
    socket_path().parent.mkdir(parents=True, exist_ok=True)
    options = {
        "--instance": INSTANCE,
        "--state-dir": str(DAEMON_STATE),
        "--socket": str(socket_path()),
        "--http": http,
        "--preview": preview,
        "--proxy-image": PROXY_IMAGE,
    }
    with DAEMON_LOG.open("wb") as log:
        child = subprocess.Popen(
            [BIN / "bgd", *(word for pair in options.items() for word in pair)],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = find_process(child.pid)
    if process is None:
        raise DaemonError(f"bgd ended at once{log_tail()}")
    write_process(DAEMON_PID_FILE, process)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _is_reached():
        if not process.is_running:
            raise DaemonError(f"bgd ended before it answered{log_tail()}")
        if time.monotonic() > deadline:
            raise DaemonError(f"bgd did not answer within {START_TIMEOUT_S} s{log_tail()}")
        time.sleep(POLL_S)
    return Daemon(process, http, preview)


def stop_daemon() -> bool:
    """End the demo's daemon; returns whether it ran. One that doesn't end is killed."""
    process = read_process(DAEMON_PID_FILE)
    if process is not None and not process.end(STOP_TIMEOUT_S):
        os.kill(process.pid, signal.SIGKILL)
    DAEMON_PID_FILE.unlink(missing_ok=True)
    return process is not None


def bgctl_environment() -> dict[str, str]:
    return {**_environment(), "BGD_SOCKET": str(socket_path())}


def log_tail() -> str:
    """The end of the daemon's log, ready to be put behind a message."""
    lines = DAEMON_LOG.read_text(errors="replace").splitlines()[-LOG_TAIL:]
    return "\n".join([f"; its log, {DAEMON_LOG}, ends with:", *(f"  {line}" for line in lines)])


def _environment() -> dict[str, str]:
    """This process's, without another daemon's settings, and what would outdo the shop's `.env`."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BGD_", "COMPOSE_")) and name not in SHOP_VARIABLES
    }


def _is_reached() -> bool:
    done = subprocess.run(
        [BIN / "bgctl", "status", "--json"],
        env=bgctl_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=VERB_TIMEOUT_S,
        check=False,
    )
    return done.returncode == 0
