"""Past deployments: a row for each, and the timeline of one with its receipt."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual.content import Content

from bgd.cli.event_line import told as told_of
from bgd.cli.traffic import receipt_lines
from tui.archive import Event, Past
from tui.plain import plain
from tui.snapshot import read_time
from tui.view.line import EMPTY, column, fit, hue, joined, labelled, line, stacked
from tui.view.spans import content_of
from tui.view.stages import stage_rows
from tui.words import OUTCOME_GLYPHS, age, color_name, took

if TYPE_CHECKING:
    from bgd.wire import ReceiptJson

OFFSET = 9
OUTCOME_STYLES = {"failed": "bold $bad", "rolled_back": "bold $bad", "cancelled": "$warn"}
UNTOLD = frozenset({"progress", "drain"})


def past_row(past: Past, width: int, is_marked: bool, now: datetime) -> Content:
    """Release, colour, what it was, how it ended, when, by whom."""
    one = past.deployment
    outcome = one.outcome or "running"
    style = OUTCOME_STYLES.get(outcome, hue(one.color))
    cells = [
        Content.styled("◆" if is_marked else " ", "bold $key"),
        line((f"{OUTCOME_GLYPHS.get(outcome, '◉')} ", style)),
        column(one.release, 6, "bold"),
        column(color_name(one.color), 7, hue(one.color)),
        column(one.kind, 9, "$muted"),
        column(age(one.finished or one.started, now), 5),
        column(took(one.took_ms), 7, "$muted"),
        Content.styled(one.reason or one.actor, "$muted"),
    ]
    return fit(Content.assemble(*cells), width)


def past_title(past: Past) -> str:
    """`deploy of r42 into GREEN`."""
    one = past.deployment
    return f"{one.kind} of {one.release} into {color_name(one.color)}"


def timeline_content(past: Past, width: int, now: datetime) -> Content:
    """How it ended, its stages, what happened when, and its receipt."""
    one = past.deployment
    outcome = one.outcome or "running"
    when = f"{one.started.astimezone():%Y-%m-%d %H:%M:%S}" if one.started else ""
    head = joined(
        [
            Content.styled(outcome.replace("_", " "), OUTCOME_STYLES.get(outcome, "bold")),
            Content.styled(when, "$muted"),
            Content.styled(f"took {took(one.took_ms)}" if one.took_ms is not None else "", "$muted"),
            Content.styled(f"by {one.actor}" if one.actor else "", "$muted"),
        ]
    )
    lines = [fit(head, width)]
    if one.reason:
        lines.append(fit(Content(one.reason), width))
    if one.stages:
        lines += [EMPTY, stage_rows(one, width, now)]
    if one.failure is not None:
        lines += [
            EMPTY,
            labelled(Content.styled("why", "$muted"), Content(one.failure.message), OFFSET, width),
        ]
    if past.events:
        lines += [EMPTY, Content.styled("Timeline", "bold")]
        lines += [_moment(event, one.started, width) for event in past.events if _is_told(event)]
    if past.receipt is not None:
        told = receipt_lines(cast("ReceiptJson", past.receipt))
        # bgctl indents them by four, where a screen has no room to give away.
        lines += [EMPTY, Content.styled("Receipt", "bold"), *(content_of(one)[4:] for one in told)]
    return stacked(lines)


def _is_told(event: Event) -> bool:
    """What was begun is followed by what came of it; the receipt has a table of its own."""
    is_begun = event.get("phase") == "intent" or event.get("status") == "running"
    return event["event"] not in UNTOLD | {"receipt"} and not is_begun


def _moment(event: Event, begun: datetime | None, width: int) -> Content:
    at = read_time(event.get("at"))
    offset = "" if at is None or begun is None else f"+{max(0.0, (at - begun).total_seconds()):.1f}s"
    told = content_of(told_of(event)) if event["event"] in _KNOWN else Content(plain(event.get("message")))
    return labelled(Content.styled(f"{offset:>8}", "$muted"), told, OFFSET, width)


_KNOWN = frozenset({"started", "finished", "stage", "effect", "live", "color", "smoke", "warning"})
