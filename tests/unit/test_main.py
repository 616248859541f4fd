"""The daemon as a process, where it needs no engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path


def test_a_daemon_is_stopped_cleanly_while_it_starts(tmp_path: Path) -> None:
    reached, socket = tmp_path / "reached", tmp_path / "run" / "bgd.sock"
    os.mkfifo(reached)
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho $$ > {reached}\nexec sleep 60\n")
    docker.chmod(0o755)
    daemon = subprocess.Popen(
        [sys.executable, "-m", "bgd.main", "--state-dir", str(tmp_path / "state"), "--socket", str(socket)],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        pid = int(reached.read_text())  # `docker compose version` was called, and hangs
        daemon.send_signal(signal.SIGTERM)
        _, told = daemon.communicate(timeout=60)
    finally:
        daemon.kill()
    assert (daemon.returncode, "stopped while it started" in told) == (0, True)
    assert not socket.exists()
    assert not Path(f"/proc/{pid}").exists()
