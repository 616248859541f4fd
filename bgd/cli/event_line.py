"""One event of the journal as a line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bgd.cli.moment import local, took
from bgd.cli.text import Line, Span
from bgd.cli.words import count, outcome_span, stage_word

_COMMON = frozenset({"id", "at", "event", "app", "deployment", "actor"})


def event_line(event: dict[str, Any]) -> Line:
    """Id, time, app, kind, and what there is to say."""
    number = f"#{event['id']}" if "id" in event else ""
    by: list[Span] = [(f"  by {event['actor']}", "faint")] if event.get("actor") else []
    return [
        (f"{number:>6} {local(event.get('at'))}  ", "faint"),
        (f"{event.get('app') or '–':<10} ", "strong"),
        (f"{event['event']:<9}", "faint"),
        *told(event),
        *by,
    ]


def told(event: dict[str, Any]) -> list[Span]:
    """What there is to say of it, without when and of whom."""
    tell = _TELLERS.get(event["event"], _message if "message" in event else _anything)
    try:
        return tell(event)
    except KeyError:  # of another version: what there is, is shown
        return _anything(event)


def _started(event: dict[str, Any]) -> list[Span]:
    why = f": {event['reason']}" if event.get("reason") else ""
    return [f"{event['kind']} of {event['release']} into ", (event["color"], event["color"]), why]


def _finished(event: dict[str, Any]) -> list[Span]:
    live, failure = event["live"], event.get("failure")
    now: list[Span] = [", live is ", (live, live)] if live else [", nothing is live"]
    why = f": {failure['message']}" if failure else ""
    time = f" in {took(event.get('took_ms'))}"
    return [f"{event['kind']} of {event['release']} ", outcome_span(event["outcome"]), time, *now, why]


def _stage(event: dict[str, Any]) -> list[Span]:
    status = event["status"]
    style = {"failed": "bad", "done": "good", "cancelled": "warn"}.get(status, "")
    time = f" {took(event['took_ms'])}" if event.get("took_ms") is not None else ""
    return [f"{stage_word(event['stage'])} ", (status, style), time, _detail(event)]


def _progress(event: dict[str, Any]) -> list[Span]:
    return [f"{stage_word(event['stage'])}: {event['message']}"]


def _effect(event: dict[str, Any]) -> list[Span]:
    phase = event["phase"]
    told = f"{event['effect'].replace('_', ' ')}: {phase}{_detail(event)}"
    return [(told, "bad" if phase == "failed" else "faint")]


def _live(event: dict[str, Any]) -> list[Span]:
    old, color = event.get("from"), event["color"] or "nothing"
    before: list[Span] = [", before: ", (old, old)] if old else []
    return [(color, color), f" has the traffic, with {event['release']}", *before]


def _color(event: dict[str, Any]) -> list[Span]:
    release = f" with {event['release']}" if event.get("release") else ""
    return [(event["color"], event["color"]), f" is {event['state']}{release}"]


def _doors(event: dict[str, Any]) -> list[Span]:
    if event["closed"]:
        return [("requests get 503", "warn"), f" for {' and '.join(event['closed'])}"]
    after = f" after {took(event['took_ms'])}" if "took_ms" in event else ""
    return [("requests are let in again", "good"), after]


def _drain(event: dict[str, Any]) -> list[Span]:
    left = count(event["connections"], "connection")
    if event["old_workers"]:
        left += f", {count(event['old_workers'], 'old worker')}"
    if "cut" in event:
        return [(event["color"], event["color"]), (f"'s time is up: {event['cut']} cut, {left} left", "warn")]
    return [(event["color"], event["color"]), f" drains: {left}"]


def _receipt(event: dict[str, Any]) -> list[Span]:
    during, move = event["during"], event["move"]
    failed: Span = (f"{during['failed']:,} failed", "bad" if during["failed"] else "good")
    told: list[Span] = [f"{count(during['requests'], 'request')}, ", failed]
    if move is not None and move["first_new_ms"] is not None:
        told.append(
            f", first answer of {move['to']} {move['first_new_ms'] - move['ordered_ms']} ms after the flip"
        )
    return told


def _smoke(event: dict[str, Any]) -> list[Span]:
    checks = event["checks"]
    passed = sum(bool(check["passed"]) for check in checks)
    style = "good" if passed == len(checks) else "bad"
    told = f"{passed} of {count(len(checks), 'check')} passed"
    return [(told, style), " on ", (event["color"], event["color"])]


def _hook(event: dict[str, Any]) -> list[Span]:
    passed: Span = ("passed", "good") if event["passed"] else (f"failed: {event['reason']}", "bad")
    last = f"  {event['log'][-1]}" if event["log"] else ""
    return [
        f"{event['hook']} `{event['command']}` ",
        passed,
        f" in {took(event['took_ms'])}",
        (last, "faint"),
    ]


def _waiting(event: dict[str, Any]) -> list[Span]:
    until = f" until {local(event['until'])}" if event["until"] else ""
    return [(event["message"], "warn"), until]


def _watched(event: dict[str, Any]) -> list[Span]:
    style = "bad" if event["broke"] else "good" if event["judged"] else "warn"
    when = f"at {event['percent']} %" if "percent" in event else "after its switch"
    return [(event["color"], event["color"]), f" {when}: ", (event["verdict"], style)]


def _shifted(event: dict[str, Any]) -> list[Span]:
    color: Span = (event["color"], event["color"])
    if not event["percent"]:
        return [color, (f" gets no visitors any more, {event['release']} is taken back", "bad")]
    until = f" until {local(event['until'])}" if event["until"] else ""
    return [color, f" gets {event['percent']} % of the visitors, with {event['release']}", (until, "faint")]


def _adopted(event: dict[str, Any]) -> list[Span]:
    gap = took(event["gap_ms"])
    return [f"took over from {event['project']}, plain Compose's", (f"  nothing served for {gap}", "faint")]


def _message(event: dict[str, Any]) -> list[Span]:
    fix = f"  ({event['fix']})" if event.get("fix") else ""
    return [(str(event["message"]), "warn" if event["event"] == "warning" else ""), (fix, "faint")]


def _anything(event: dict[str, Any]) -> list[Span]:
    return ["  ".join(f"{key}: {value}" for key, value in event.items() if key not in _COMMON)]


def _detail(event: dict[str, Any]) -> str:
    return f"  {event['detail']}" if event.get("detail") else ""


_TELLERS: Mapping[str, Callable[[dict[str, Any]], list[Span]]] = {
    "started": _started,
    "finished": _finished,
    "stage": _stage,
    "progress": _progress,
    "effect": _effect,
    "live": _live,
    "color": _color,
    "doors": _doors,
    "drain": _drain,
    "receipt": _receipt,
    "shifted": _shifted,
    "smoke": _smoke,
    "watched": _watched,
    "adopted": _adopted,
    "hook": _hook,
    "waiting": _waiting,
}
