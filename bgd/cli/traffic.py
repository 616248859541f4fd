"""Traffic for people: what a colour serves now, and the receipt of a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bgd.cli.text import Line, Span, table
from bgd.cli.words import count

if TYPE_CHECKING:
    from bgd.wire import ColorJson, MoveJson, ReceiptJson, TrafficSumJson


def traffic_line(color: ColorJson, *, is_live: bool) -> Line:
    """What a colour serves, in one line; nothing for one that isn't live and serves nothing."""
    told = color.get("traffic")
    if told is None or not (is_live or told["requests_per_s"] or told["connections"]):
        return []
    if not told["requests_per_s"]:
        return [("    traffic  ", "faint"), ("none", "faint"), *_open(told["connections"])]
    share = told["error_share"]
    errors: Span = (f"{percent(share)} errors", "bad" if share else "faint")
    return [
        ("    traffic  ", "faint"),
        f"{told['requests_per_s']:,.{0 if told['requests_per_s'] >= 10 else 1}f}/s  ",
        errors,
        "  ",
        *latencies(told),
        *_open(told["connections"]),
    ]


def _open(connections: int) -> list[Span]:
    return [(f"  {count(connections, 'connection')}", "faint")] if connections else []


def latencies(told: Mapping[str, Any]) -> list[Span]:
    """`p50 2 ms  p95 9 ms  p99 31 ms`."""
    if told["p50_ms"] is None:
        return [("no answers", "faint")]
    spans: list[Span] = []
    for name in ("p50", "p95", "p99"):
        spans += [(f"{name} ", "faint"), f"{milliseconds(told[name + '_ms'])}  "]
    spans[-1] = str(spans[-1]).rstrip()
    return spans


def milliseconds(ms: int) -> str:
    """`<1 ms`, `31 ms`, `2.4 s`: what nginx gives as 0 is less than one."""
    if ms <= 0:
        return "<1 ms"
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def percent(share: float) -> str:
    """`0 %`, `0.02 %`, `12 %`."""
    if not share:
        return "0 %"
    return f"{share * 100:.{0 if share >= 0.1 else 1 if share >= 0.01 else 2}f} %"


def receipt_lines(receipt: ReceiptJson) -> list[Line]:
    """A change's receipt."""
    during = receipt["during"]
    if not during["requests"] and not receipt["before"]["requests"]:
        if receipt["whole"]:
            return [[("    no requests came, before or during it", "faint")]]
        return [[("    the daemon was away for a part of it, and saw no requests", "warn")]]
    rows: list[list[Line]] = [
        ["    ", *([(title, "faint")] for title in ("requests", "failed", "p50", "p95", "p99"))],
        _sum_row([("before, 60 s", "faint")], receipt["before"]),
        _sum_row([("during", "")], during),
    ]
    rows += [
        _sum_row(["  ", (name, name)], told)
        for name, told in sorted(receipt["colors"].items())
        if told["requests"]
    ]
    lines: list[Line] = [*table(rows)]
    lines += [_how(during)] if during["failed"] or during["left"] else []
    if receipt["move"] is not None:
        lines += _move_lines(receipt["move"])
    if not receipt["whole"]:
        lines.append([("    the daemon was away for a part of it: these are the requests it saw", "warn")])
    return lines


def _sum_row(name: list[Span], told: TrafficSumJson) -> list[Line]:
    failed: Span = (f"{told['failed']:,}", "bad" if told["failed"] else "")
    times = [
        "–" if ms is None else milliseconds(ms) for ms in (told["p50_ms"], told["p95_ms"], told["p99_ms"])
    ]
    return [["    ", *name], f"{told['requests']:,}", [failed], *times]


def _how(told: TrafficSumJson) -> Line:
    parts = [f"{number:,} × {status}" for status, number in told["errors"].items()]
    if told["unanswered"]:
        parts.append(f"{told['unanswered']:,} of these because the app couldn't be reached or broke off")
    spans: list[Span] = [("    failed   ", "faint"), (", ".join(parts), "bad")] if parts else []
    if told["left"]:
        away = f"{count(told['left'], 'client')} went away before an answer"
        spans += [(", " + away if spans else "    " + away, "faint")]
    return spans


def _move_lines(move: MoveJson) -> list[Line]:
    """The cut and the drain; times are told from the flip, which `after` says when it was."""
    flip = move["ordered_ms"]
    old, new = move["from"], move["to"]
    told: list[Span] = [("    flip     ", "faint"), f"{milliseconds(flip)} after the command"]
    if move["first_new_ms"] is not None:
        told += [", first answer of ", (new, new), f" {_after(move['first_new_ms'] - flip)}"]
    lines: list[Line] = [told]
    if old is None:
        return lines
    if move["last_old_ms"] is not None:
        strays: Span = ("none after it was seen", "good")
        if move["strays"]:
            strays = (f"{count(move['strays'], 'request')} after it was seen", "bad")
        line: list[Span] = [("    old      ", "faint"), "last request to ", (old, old), " began "]
        lines.append([*line, f"{_after(move['last_old_ms'] - flip)}, ", strays])
    if move["drained_ms"] is not None:
        line = [("    drained  ", "faint"), f"{milliseconds(move['drained_ms'] - flip)} after the flip"]
        if move["in_flight"]:
            line.append(f", {count(move['in_flight'], 'request')} in flight")
        lines.append([*line, ", ", _cut(move)])
    return lines


def _cut(move: MoveJson) -> Span:
    cut = move["cut"]
    if not cut["connections"] and not cut["left"]:
        return ("nothing cut", "good")
    kinds = f" ({count(cut['websockets'], 'WebSocket')})" if cut["websockets"] else ""
    parts = [f"{count(cut['connections'], 'connection')} cut{kinds}"] if cut["connections"] else []
    parts += [f"{cut['left']} left open"] if cut["left"] else []
    return (", ".join(parts), "warn")


def _after(ms: int) -> str:
    if ms == 0:
        return "with it"
    return f"{milliseconds(ms)} after it" if ms > 0 else f"{milliseconds(-ms)} before it"
