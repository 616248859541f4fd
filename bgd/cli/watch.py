"""`bgctl status --watch`: the status again whenever something changed."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from bgd.cli.live import Live
from bgd.cli.status import lines_of, read
from bgd.cli.text import Line
from bgd.client.following import follow_events
from bgd.errors import NotFound, Unreachable

if TYPE_CHECKING:
    from bgd.cli.out import Out
    from bgd.client import Client
    from bgd.client.following import Following

SETTLE_S = 0.05
"""Events come in bursts: how long nothing has to come before it is shown, or until it is looked anyway."""

LOOK_S = 5.0
"""A container may fall ill without an event: how long the status is believed without one."""

_QUIET = frozenset({"progress"})
"""Events that change nothing that is shown."""


def watch(client: Client, app: str | None, out: Out, *, as_json: bool) -> None:
    """Show the status until interrupted. Raises `Unreachable` when the daemon stays away."""
    with follow_events(client, app=app) as following:
        if as_json:
            _watch(client, app, following, lambda told, _: _item(out, told))
        elif out.has_terminal:
            with Live(out, on_facts=True) as live:
                # Painted at every look: ages grow though nothing happens.
                _watch(client, app, following, lambda told, lost: live.paint(_screen(told, app, lost)), True)
        else:
            _watch(client, app, following, lambda told, _: _page(out, lines_of(told, app)))


Show = Callable[[Any, bool], None]
"""Shows a status; the second argument says that it is an old one, as the daemon is away."""


def _watch(client: Client, app: str | None, following: Following, show: Show, is_each: bool = False) -> None:
    """Show each status that is another than the last one, or with `is_each` each."""
    shown: Any = None
    while True:
        told = _read(client, app, shown)
        state = (told, following.is_lost)
        if is_each or state != shown:
            show(*state)
            shown = state
        _wait(following)


def _read(client: Client, app: str | None, shown: Any) -> Any:
    try:
        return read(client, app)
    except Unreachable:
        if shown is None:
            raise
        return shown[0]
    except NotFound:
        if shown is None:
            raise
        raise NotFound(f"{app} was removed", "`bgctl status` shows what is left") from None


def _wait(following: Following) -> None:
    """Return when something has changed and no more is coming, or when it is time to look anyway."""
    was_lost, until = following.is_lost, monotonic() + LOOK_S
    event = following.next(LOOK_S)
    while event is not None and event.get("event") in _QUIET:
        event = following.next(max(0.0, until - monotonic()))
    if was_lost != following.is_lost:
        return
    while event is not None and monotonic() < until:
        event = following.next(SETTLE_S)


def _item(out: Out, told: Any) -> None:
    out.item(told)
    out.flush()


def _page(out: Out, lines: list[Line]) -> None:
    out.facts([*lines, ""])
    out.flush()


def _screen(told: Any, app: str | None, lost: bool) -> list[Line]:
    foot: Line = [("the daemon is away; this is how it was, and what serves goes on serving", "warn")]
    return [*lines_of(told, app), *([foot] if lost else [])]
