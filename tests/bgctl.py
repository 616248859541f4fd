"""Running `bgctl`: in this process, as a process of its own, and on a terminal.

Every wait has a deadline; a process that is still there at the end of its `with` block is killed.
"""

from __future__ import annotations

import codecs
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, NamedTuple

from bgd.cli.main import main
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.terminal import Screen

_CUT_ESCAPE = re.compile(r"\x1b(\[[?0-9;]*)?\Z")


class Result(NamedTuple):
    """How one `bgctl` ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Stdout as one JSON document."""
        return json.loads(self.out)

    @property
    def items(self) -> list[Any]:
        """Stdout as a JSON object on each line."""
        return [json.loads(line) for line in self.out.splitlines()]


def bgctl(daemon: FakeDaemon | None, *words: str) -> Result:
    """Run it here and now. What it waits for must be there already."""
    told = ["--socket", daemon.socket_path] if daemon is not None else []
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*told, *words])
    return Result(code, out.getvalue(), err.getvalue())


def environ(daemon: FakeDaemon | None, **variables: str) -> dict[str, str]:
    """The environment of a process: nothing of the developer's terminal in it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    socket = {"BGD_SOCKET": daemon.socket_path} if daemon is not None else {}
    return {**kept, "LANG": "C.UTF-8", "TERM": "xterm", **socket, **variables}


COMMAND = (sys.executable, "-W", "error", "-m", "bgd.cli")


def run(daemon: FakeDaemon | None, *words: str, **variables: str) -> Result:
    """Run it as a process, to its end."""
    done = subprocess.run(
        [*COMMAND, *words],
        env=environ(daemon, **variables),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S * 3,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@contextmanager
def process(daemon: FakeDaemon, *words: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start it as a process that the test talks with."""
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with _heard(signal.SIGINT):
        made = subprocess.Popen([*COMMAND, *words], env=environ(daemon), text=True, **{**defaults, **options})
    with made as started:
        try:
            yield started
        finally:
            started.kill()


@contextmanager
def _heard(number: signal.Signals) -> Iterator[None]:
    """Let who is started meanwhile hear a signal that the tests don't: Ctrl-C in a shell's background."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


class Terminal:
    """A process on a terminal of its own, and what its screen shows."""

    def __init__(self, started: subprocess.Popen[bytes], master: int, columns: int, rows: int) -> None:
        self.process = started
        self.screen = Screen(columns, rows)
        self.raw = b""
        self._master = master
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._cut = ""

    def read_until(self, words: str) -> None:
        """Go on until the screen shows `words`."""
        self._read(lambda: words in self.screen.text, f"{words!r} on the screen")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def read_to_end(self) -> int:
        """Go on until the process has ended; its exit code."""
        self._read(lambda: False, "the end")
        return self.process.wait(DEADLINE_S)

    def _read(self, is_enough: Any, what: str) -> None:
        until = time.monotonic() + DEADLINE_S * 2
        while not is_enough():
            left_s = until - time.monotonic()
            if left_s <= 0 or not select.select([self._master], [], [], left_s)[0]:
                raise AssertionError(f"{what} didn't come; the screen:\n{self.screen.text}")
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # Linux says so when the other side has closed
                data = b""
            if not data:
                if what == "the end":
                    return
                raise AssertionError(f"it ended before {what}; the screen:\n{self.screen.text}")
            self.raw += data
            self.screen.write(self._whole(data))

    def _whole(self, data: bytes) -> str:
        """What has come, up to an escape sequence or a character that a read has cut in two."""
        text = self._decoder.decode(data)
        text, self._cut = self._cut + text, ""
        if cut := _CUT_ESCAPE.search(text):
            text, self._cut = text[: cut.start()], cut[0]
        return text


@contextmanager
def on_terminal(
    daemon: FakeDaemon | None,
    *words: str,
    columns: int = 80,
    rows: int = 24,
    env: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    """Start it on a terminal of this size."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        with subprocess.Popen(
            [*COMMAND, *words],
            env=environ(daemon, **(env or {})),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        ) as started:
            os.close(slave)
            slave = -1
            try:
                yield Terminal(started, master, columns, rows)
            finally:
                started.kill()
    finally:
        if slave >= 0:
            os.close(slave)
        os.close(master)
