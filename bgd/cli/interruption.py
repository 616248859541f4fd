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
    try:
        yield
    except KeyboardInterrupt:
        out.note()
        out.note([("no longer waiting: ", "warn"), "the daemon finishes what it was asked for"])
        out.note([(f"  see with `bgctl status{' ' + app if app else ''}`", "faint")])
        raise
