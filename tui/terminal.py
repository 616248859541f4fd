"""The terminal that the UI borrows: given back at its end, and its end when the terminal is gone.

Textual alone does neither. When the terminal vanishes (tmux was killed, SSH dropped), reading from it
gives nothing and returns at once, so its input thread spins; writing to it fails, so its writer thread
dies, and the event loop waits for ever for room in the queue of a writer that is no more.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self

LEAVE_WITHIN_S = 2.0
"""How long the UI may take to give the terminal back after a signal."""
ENDING = (signal.SIGHUP, signal.SIGTERM)
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
_RESET = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


def end_with(number: int) -> None:
    """Wait until whoever is at the other end of this file is gone; end the process then."""
    hangup = select.poll()
    hangup.register(number, 0)  # no event wanted: only that it is gone is told
    if any(told & _GONE for _, told in hangup.poll()):
        # Nothing to give back and nothing to save, and the threads of above would never end.
        os._exit(128 + signal.SIGHUP)


class Terminal:
    """Within its `with` block a signal or a lost terminal ends the process.

    `leave` asks the UI to end; it is called on another thread, once, and needn't succeed.
    """

    def __init__(self, leave: Callable[[], object], number: int = 0) -> None:
        self.signal: int | None = None  # the one that ended it
        self._leave = leave
        self._number = number
        self._before = termios.tcgetattr(number)
        self._handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for one in ENDING:
            # Not the loop's own handlers: they wait for the loop, and the loop may wait for the terminal.
            self._handlers[one] = signal.signal(one, self._on_signal)
        threading.Thread(target=self._watch, name="bgd terminal", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._handlers.items():
            signal.signal(one, handler)  # type: ignore[arg-type]

    @property
    def status(self) -> int:
        """The exit status: 0, or as a shell tells the signal."""
        return 0 if self.signal is None else 128 + self.signal

    def _watch(self) -> None:
        end_with(self._number)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            threading.Thread(target=self._end, name="bgd end", daemon=True).start()

    def _end(self) -> None:
        self._leave()
        threading.Event().wait(LEAVE_WITHIN_S)
        # Still here: the terminal takes no bytes, and `sys.exit` would wait for the thread that writes them.
        # The modes are the kernel's and can be put back all the same; of the rest what fits, without waiting.
        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(self._number, termios.TCSANOW, self._before)
        with contextlib.suppress(OSError):
            os.set_blocking(self._number, False)
            os.write(self._number, _RESET)
        with contextlib.suppress(OSError):
            os.set_blocking(self._number, True)  # the shell has the same open file
        os._exit(self.status)
