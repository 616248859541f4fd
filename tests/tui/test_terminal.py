"""The UI as a process on a real terminal, and what becomes of it when the terminal goes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bgctl import environ
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.samples import line_json
from tests.tui.tmux import IS_INSTALLED, in_tmux, wait_for_end

UI = (sys.executable, "-W", "error", "-m", "tui")
END_WITHIN_S = 5.0
needs_tmux = pytest.mark.skipif(not IS_INSTALLED, reason="tmux isn't installed")


class Line:
    """A process and the other side of its terminal."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, slave: int) -> None:
        self.process = process
        self.raw = b""
        self.slave = slave
        self._master = master

    def read_until(self, words: bytes) -> None:
        """Take what it writes until these were among it."""
        deadline = time.monotonic() + DEADLINE_S
        while words not in self.raw:
            left_s = deadline - time.monotonic()
            assert left_s > 0, f"{words!r} didn't come in {self.raw!r}"
            if select.select([self._master], [], [], left_s)[0]:
                self.raw += os.read(self._master, 65_536)

    def hang_up(self) -> None:
        """The terminal vanishes."""
        os.close(self._master)
        os.close(self.slave)
        self._master = self.slave = -1

    def close(self) -> None:
        """Leave nothing behind."""
        if self._master >= 0:
            self.hang_up()


@contextmanager
def on_line(daemon: FakeDaemon) -> Iterator[Line]:
    """The UI on a pseudo-terminal that isn't its controlling one, so that no SIGHUP comes by itself."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        UI,
        env=environ(daemon, TERM="xterm-256color"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    line = Line(process, master, slave)
    try:
        yield line
    finally:
        process.kill()
        process.wait()
        line.close()


def test_a_ui_whose_terminal_vanishes_ends_without_a_signal(daemon: FakeDaemon) -> None:
    with on_line(daemon) as line:
        line.read_until(b"is live")
        line.hang_up()
        assert line.process.wait(END_WITHIN_S) == 128 + signal.SIGHUP


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_the_ui_and_gives_the_terminal_back(daemon: FakeDaemon, number: signal.Signals) -> None:
    with on_line(daemon) as line:
        before = termios.tcgetattr(line.slave)
        line.read_until(b"is live")
        assert termios.tcgetattr(line.slave) != before
        line.process.send_signal(number)
        line.read_until(b"\x1b[?1049l")
        line.read_until(b"\x1b[?25h")
        assert line.process.wait(END_WITHIN_S) == 128 + number
        assert termios.tcgetattr(line.slave) == before


def test_a_signal_ends_a_ui_whose_terminal_takes_no_more_bytes(daemon: FakeDaemon) -> None:
    with on_line(daemon) as line:
        before = termios.tcgetattr(line.slave)
        line.read_until(b"is live")
        termios.tcflow(line.slave, termios.TCOOFF)  # as ctrl+s does: whoever writes now waits
        line.process.send_signal(signal.SIGTERM)
        assert line.process.wait(END_WITHIN_S) == 128 + signal.SIGTERM
        assert termios.tcgetattr(line.slave) == before


def test_a_pipe_is_refused_with_what_works_there(daemon: FakeDaemon) -> None:
    done = subprocess.run(UI, env=environ(daemon), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"bgctl status --watch" in done.stderr


@needs_tmux
def test_the_ui_in_tmux_asks_does_and_leaves_a_clean_screen(daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/apps/shop/switch", {"app": "shop", "from": "green", "to": "blue", "release": "r1"})
    with in_tmux(UI, 60, 20, BGD_SOCKET=daemon.socket_path) as pane:
        pane.reads("● GREEN is live", "following")
        pane.press("s")
        pane.reads("Switch shop to BLUE", "bgctl switch shop --to blue")
        pane.press("y")
        daemon.wait_for_request("POST", "/v1/apps/shop/switch")
        pane.press("q")
        assert "is live" not in pane.reads("ended with 0")


@needs_tmux
def test_the_ui_follows_the_size_of_its_terminal(daemon: FakeDaemon) -> None:
    with in_tmux(UI, 60, 20, BGD_SOCKET=daemon.socket_path) as pane:
        assert "http://127.0.0.1:8080/" not in pane.reads("● GREEN is live", "following", "q quit")
        pane.call("resize-window", "-t", "ui", "-x", "120", "-y", "40")
        pane.reads("http://127.0.0.1:8080/", "p promote", "q quit")


@needs_tmux
def test_lines_are_copied_through_tmux(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [line_json(f"line {n} “quoted”", at=f"2025-01-01T10:{n:02}:00Z") for n in range(40)]
    with in_tmux(UI, BGD_SOCKET=daemon.socket_path) as pane:
        pane.call("set-option", "-s", "set-clipboard", "on")
        pane.reads("line 39")
        pane.press("Y")
        pane.reads("✓ copied 40 lines")
        copied = pane.call("show-buffer").splitlines()
        assert len(copied) == 40
        assert copied[0].endswith("blue  web | line 0 “quoted”")


@needs_tmux
def test_nothing_is_left_running_when_tmux_is_killed(daemon: FakeDaemon) -> None:
    with in_tmux(UI, BGD_SOCKET=daemon.socket_path) as pane:
        pane.reads("● GREEN is live")
        shell = pane.pid
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        assert children
        pane.call("new-session", "-d", "-s", "other", "cat")  # the server ends with its last session
        pane.call("kill-session", "-t", "ui")
        for child in children:
            wait_for_end(int(child))
