"""A limit for what can't be asked to hurry: one regular expression over one line.

`(a+)+$` takes for ever over the wrong line, and lines come from containers. The engine of `re` looks for
signals now and then, so an alarm ends it; in the main thread only, which is where the UI lives.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLong(Exception):
    """The time is over."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `TooLong` in what is done within, once it lasts longer than this. Not to be nested."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(_: int, __: FrameType | None) -> None:
    raise TooLong
