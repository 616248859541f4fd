"""Traffic and receipts as the JSON of `bgd.wire`."""

from __future__ import annotations

from collections.abc import Mapping

from bgd.domain.bake import Watched
from bgd.domain.color import Color
from bgd.domain.receipt import Move, Receipt
from bgd.domain.tally import Summary, Tally, percentiles
from bgd.engine.figures import LATE_S, SERIES_S, WINDOW_S, Figures
from bgd.engine.rfc3339 import moment
from bgd.wire import (
    MoveJson,
    ReceiptJson,
    SeriesJson,
    TrafficDocument,
    TrafficJson,
    TrafficSumJson,
    WatchedJson,
)


def receipt_json(receipt: Receipt) -> ReceiptJson:
    """A change's receipt."""
    return {
        "began": moment(receipt.began) or "",
        "ended": moment(receipt.ended) or "",
        "before": sum_json(receipt.before),
        "during": sum_json(receipt.during),
        "colors": {color.value: sum_json(receipt.colors[color]) for color in Color},
        "move": None if receipt.move is None else _move_json(receipt.move),
        "whole": receipt.is_whole,
    }


def watched_json(watched: Watched) -> WatchedJson:
    """What was seen of a release after its switch."""
    return {
        "verdict": watched.verdict,
        "broke": bool(watched.limit),
        "judged": watched.is_judged,
        "before": None if watched.before is None else sum_json(watched.before),
        "after": sum_json(watched.after),
        "probes": watched.probes,
        "failed_probes": watched.failed_probes,
        "failing": list(watched.failing),
    }


def sum_json(told: Summary) -> TrafficSumJson:
    """A count that is over."""
    return {
        "requests": told.requests,
        "failed": told.failed,
        "unanswered": told.unanswered,
        "left": told.left,
        "websockets": told.websockets,
        "statuses": dict(told.statuses),
        "errors": dict(told.errors),
        "p50_ms": told.p50_ms,
        "p95_ms": told.p95_ms,
        "p99_ms": told.p99_ms,
    }


def _move_json(move: Move) -> MoveJson:
    return {
        "from": None if move.old is None else move.old.value,
        "to": move.new.value,
        "ordered_ms": move.ordered_ms,
        "seen_ms": move.seen_ms,
        "first_new_ms": move.first_new_ms,
        "last_old_ms": move.last_old_ms,
        "in_flight": move.in_flight,
        "strays": move.strays,
        "drained_ms": move.drained_ms,
        "cut": {
            "connections": move.cut.connections,
            "websockets": move.cut.websockets,
            "left": move.cut.left,
        },
    }


def traffic_json(tally: Tally, connections: int) -> TrafficJson:
    """A colour's traffic of the last seconds."""
    p50, p95, p99 = percentiles(tally.steps)
    return {
        "requests_per_s": round(tally.requests / WINDOW_S, 1),
        "error_share": round(tally.failed / tally.requests, 5) if tally.requests else 0.0,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "connections": connections,
    }


def traffic_document(app: str, figures: Figures, connections: Mapping[Color, int]) -> TrafficDocument:
    """An app's traffic, with the last minute second by second."""
    until = figures.known_until()
    return {
        "app": app,
        "until": until,
        "window_s": WINDOW_S,
        "late_s": LATE_S,
        "colors": {
            color.value: {
                **traffic_json(figures.latest(app, color), connections[color]),
                "series": _series_json(figures.series(app, color)),
            }
            for color in Color
        },
        "series_s": SERIES_S,
    }


def _series_json(seconds: list[Tally]) -> SeriesJson:
    marks = [percentiles(tally.steps) for tally in seconds]
    return {
        "requests": [tally.requests for tally in seconds],
        "failed": [tally.failed for tally in seconds],
        "p50_ms": [mark[0] for mark in marks],
        "p95_ms": [mark[1] for mark in marks],
    }
