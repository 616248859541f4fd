"""Ctrl-C while the daemon works: what was asked for goes on, and whoever asked is told so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bgd.cli.out import Out


@contextmanager
def asking(out: Out, app: str = "") -> Iterator[None]:
    """Wait for the answer to a request that changes something."""
    with telling(
        out, "the daemon finishes what it was asked for", f"see with `bgctl status{' ' + app if app else ''}`"
    ):
        yield


@contextmanager
def telling(out: Out, what: str, remedy: str) -> Iterator[None]:
    """Tell, after a Ctrl-C, what that leaves and what to do about it."""
    try:
        yield
    except KeyboardInterrupt:
        out.note()
        out.note([("no longer waiting: ", "warn"), what])
        out.note([(f"  {remedy}", "faint")])
        raise
