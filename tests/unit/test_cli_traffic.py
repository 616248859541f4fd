"""Traffic and receipts as bgctl prints them."""

from __future__ import annotations

from typing import Any

from bgd.cli.text import inked
from bgd.cli.traffic import milliseconds, percent, receipt_lines, traffic_line

NOTHING: dict[str, Any] = {
    "requests": 0,
    "failed": 0,
    "unanswered": 0,
    "left": 0,
    "websockets": 0,
    "statuses": {},
    "errors": {},
    "p50_ms": None,
    "p95_ms": None,
    "p99_ms": None,
}
SOME = {**NOTHING, "requests": 12_408, "p50_ms": 0, "p95_ms": 9, "p99_ms": 2400}
MOVE: dict[str, Any] = {
    "from": "green",
    "to": "blue",
    "ordered_ms": 40,
    "seen_ms": 44,
    "first_new_ms": 41,
    "last_old_ms": 39,
    "in_flight": 1,
    "strays": 0,
    "drained_ms": 1440,
    "cut": {"connections": 0, "websockets": 0, "left": 0},
}


def receipt(**changed: Any) -> dict[str, Any]:
    """A receipt of a switch to blue."""
    whole = {"before": SOME, "during": SOME, "colors": {"blue": SOME, "green": NOTHING}, "move": MOVE}
    return {"began": "", "ended": "", "whole": True, **whole, **changed}


def shown(told: dict[str, Any]) -> str:
    """As it is printed without colours."""
    return "\n".join(inked(line, False) for line in receipt_lines(told))  # type: ignore[arg-type]


def color(**changed: Any) -> Any:
    """A colour with traffic."""
    traffic = {"requests_per_s": 66.4, "error_share": 0.0, "p50_ms": 1, "p95_ms": 5, "p99_ms": 1040}
    return {"traffic": {**traffic, "connections": 16, **changed}}


def test_a_color_that_serves_has_one_compact_line() -> None:
    assert inked(traffic_line(color(), is_live=True), False) == (
        "    traffic  66/s  0 % errors  p50 1 ms  p95 5 ms  p99 1.0 s  16 connections"
    )


def test_the_live_color_says_that_nobody_comes_and_an_idle_one_says_nothing() -> None:
    silent = color(requests_per_s=0.0, connections=0)
    assert inked(traffic_line(silent, is_live=True), False) == "    traffic  none"
    assert traffic_line(silent, is_live=False) == []


def test_errors_are_told_as_finely_as_they_are_rare() -> None:
    assert [percent(share) for share in (0, 0.00021, 0.012, 0.5, 1)] == [
        "0 %",
        "0.02 %",
        "1.2 %",
        "50 %",
        "100 %",
    ]


def test_times_below_what_nginx_can_tell_are_not_called_nothing() -> None:
    assert [milliseconds(ms) for ms in (0, 1, 999, 1000)] == ["<1 ms", "1 ms", "999 ms", "1.0 s"]


def test_a_receipt_tells_both_sides_of_the_flip() -> None:
    text = shown(receipt())
    assert "12,408" in text
    assert "flip     40 ms after the command, first answer of blue 1 ms after it" in text
    assert "last request to green began 1 ms before it, none after it was seen" in text
    assert "drained  1.4 s after the flip, 1 request in flight, nothing cut" in text


def test_failures_are_told_by_status_and_whose_they_are() -> None:
    failed = {**SOME, "failed": 3, "unanswered": 1, "left": 2, "errors": {"500": 2, "502": 1}}
    text = shown(receipt(during=failed))
    assert "2 × 500, 1 × 502, 1 of these because the app couldn't be reached or broke off" in text
    assert "2 clients went away before an answer" in text


def test_a_broken_promise_is_told_as_such() -> None:
    text = shown(receipt(move={**MOVE, "strays": 2, "cut": {"connections": 3, "websockets": 1, "left": 1}}))
    assert "2 requests after it was seen" in text
    assert "3 connections cut (1 WebSocket), 1 left open" in text


def test_a_first_release_has_no_old_side() -> None:
    text = shown(receipt(move={**MOVE, "from": None, "drained_ms": None}))
    assert "last request" not in text
    assert "first answer of blue" in text


def test_no_traffic_is_one_line() -> None:
    assert shown(receipt(before=NOTHING, during=NOTHING)) == "    no requests came, before or during it"
    lost = shown(receipt(before=NOTHING, during=NOTHING, whole=False))
    assert lost == "    the daemon was away for a part of it, and saw no requests"


def test_what_no_daemon_saw_is_admitted() -> None:
    assert "the daemon was away" in shown(receipt(whole=False))
