"""One colour: its state, its release, its health, its traffic, and a row for each container."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.model import Container, Remaining, Slot, Traffic
from tui.view.line import EMPTY, as_many, column, fit, hue, joined, line, name_column, stacked
from tui.view.spark import spark
from tui.words import (
    STATE_GLYPHS,
    age,
    color_name,
    count,
    lasting,
    megabytes,
    rate,
    short_digest,
    short_image,
)

ROOMY = 34
"""From here on there are words where there were marks."""
SPARK_FROM = 40
"""From here on each figure of the traffic has its last minute beside it."""
SPARK_MAX = 60
MAX_NAME = 20
REST_WORDS = {"stopped": "stopped", "task": "done"}
BAD_SHARE = 0.01
"""From this share of errors on somebody has to look."""
EMPTY_WORDS = {
    "empty": "nothing runs here",
    "failed": "cleaned up, nothing runs",
    "stopped": "its containers are stopped",
    "preparing": "no container yet",
}


def slot_title(slot: Slot) -> str:
    """`● BLUE live`: the state by glyph and word."""
    return f"{STATE_GLYPHS.get(slot.state, '?')} {color_name(slot.color)} {slot.state}"


def slot_content(slot: Slot, width: int, now: datetime, is_tall: bool = True) -> Content:
    """Everything inside the frame; where there is little height, traffic is one line."""
    lines = [_summary(slot, width, now)] if slot.release is not None else []
    if slot.remaining is not None and slot.state == "draining":
        lines.append(fit(_draining(slot.remaining), width))
    if slot.traffic is not None and (slot.is_running or not slot.traffic.is_none):
        lines += _traffic(slot, slot.traffic, width, is_tall)
    if not slot.containers:
        words = EMPTY_WORDS.get(slot.state, "no container")
        return stacked([*lines, fit(Content.styled(words, "$muted"), width)])
    longest = max(len(container.service) for container in slot.containers)
    name = min(MAX_NAME, longest + 1, max(6, width - 12))
    return stacked(
        [*lines, *(_row(container, slot.state, width, name, now) for container in slot.containers)]
    )


def _summary(slot: Slot, width: int, now: datetime) -> Content:
    held = age(slot.since, now)
    parts = [
        Content.styled(slot.release or "", "bold"),
        health_word(slot.health) if slot.containers and slot.state != "stopped" else EMPTY,
        Content.styled(f"{slot.state} for {held}" if width >= ROOMY else held, "$muted") if held else EMPTY,
    ]
    if slot.state == "warm" and slot.warm_until is not None and width >= ROOMY:
        parts.append(Content.styled(f"until {slot.warm_until.astimezone():%H:%M}", "$muted"))
    return as_many(parts, width)


def health_word(health: str) -> Content:
    """Healthy is calm; trouble has a hue and a glyph."""
    match health:
        case "unhealthy":
            return Content.styled("✗ unhealthy", "bold $bad")
        case "starting":
            return Content.styled("◌ starting", "$warn")
        case "healthy":
            return Content("✓ healthy")
    return Content.styled("no health check", "$muted")


def _draining(remaining: Remaining) -> Content:
    what = f"◐ {count(remaining.connections, 'connection')}"
    if remaining.old_workers:
        what += f", {count(remaining.old_workers, 'worker')}"
    limit = f"/{lasting(remaining.limit_s)}" if remaining.limit_s else ""
    return line(
        (what, "bold $warn"), (" left", "$warn"), (f"  {lasting(remaining.elapsed_s)}{limit}", "$muted")
    )


def _traffic(slot: Slot, traffic: Traffic, width: int, is_tall: bool) -> list[Content]:
    """Requests a second, errors, latency: each with its last minute where there is room for it."""
    if traffic.is_none and not slot.is_live:
        return [fit(Content.styled("no traffic", "$muted"), width)]
    is_brief = width < ROOMY
    requests = line((rate(traffic.requests_per_s), "bold"), ("/s" if is_brief else " req/s", "$muted"))
    share = traffic.error_share
    style = "bold $bad" if share >= BAD_SHARE else "$warn" if share else "$muted"
    errors = line(
        (f"{'✗ ' if share else ''}{_percent(share)}", style), (" err" if is_brief else " errors", "$muted")
    )
    if traffic.p95_ms is None:
        latency = line(("– ms", "$muted"))
    else:
        latency = line((f"{traffic.p95_ms:.0f}", "bold"), (" ms" if is_brief else " ms p95", "$muted"))
    if not is_tall or width < SPARK_FROM:
        minute = spark(traffic.requests, min(SPARK_MAX, width - 36)).lstrip()
        return [
            fit(joined([requests, errors, latency, Content.styled(minute, hue(slot.color))], "  "), width)
        ]
    if traffic.p50_ms is not None:
        latency = line(latency, (f" p50 {traffic.p50_ms:.0f}", "$faint"))
    label = 20
    room = min(SPARK_MAX, width - label)

    def row(told: Content, minute: str, style: str) -> Content:
        return fit(line(told, " " * max(1, label - told.cell_length), (minute, style)), width)

    return [
        row(requests, spark(traffic.requests, room), hue(slot.color)),
        row(errors, spark(traffic.failed, room, max(traffic.requests, default=0)), "$bad"),
        row(latency, spark(traffic.p95s_ms, room), "$muted"),
    ]


def _percent(share: float) -> str:
    if not share:
        return "0%"
    return f"{share * 100:.0f}%" if share >= 0.1 else f"{share * 100:.1f}%" if share >= 0.001 else "<0.1%"


def _row(container: Container, state: str, width: int, name: int, now: datetime) -> Content:
    """A container; restarts, what it takes, its age and its image as there is room for them."""
    glyph, style = _verdict(container)
    told = container.status if container.health in ("none", "") else container.health
    if container.rests_in(state):
        glyph, style, told = (
            "·",
            "$muted",
            REST_WORDS.get(state if state == "stopped" else container.role, "rests"),
        )
    restarts = f"↻{container.restarts}" if container.restarts else ""
    image = short_image(container.image)
    if (digest := short_digest(container.digest)) and digest not in image:
        image += f" {digest}"
    # In the order in which they stand, with what is wanted first by the lowest number.
    columns = [(0, column(told, 10, style))]
    if container.memory_bytes is not None:
        columns += [(2, _cpu(container)), (3, _memory(container)), (6, _limit(container))]
    if container.status == "running":
        columns.append((4, _right(age(container.started, now), 5, "$muted")))
    columns.append((1 if restarts else 7, _right(restarts, 4, "$warn")))
    columns.append((5, line("  ", (image, "$muted"))))
    left, shown = width - 2 - name, set()
    for rank, cell in sorted(columns, key=lambda one: one[0]):
        if cell.cell_length <= left or rank == 0:
            shown.add(rank)
            left -= cell.cell_length
    cells = [cell for rank, cell in columns if rank in shown]
    return fit(
        Content.assemble(line((f"{glyph} ", style)), name_column(container.service, name), *cells), width
    )


def _cpu(container: Container) -> Content:
    cores = container.cpu_cores
    if cores is None:
        return _right("–", 6, "$faint")
    return _right(f"{cores * 100:.0f}%" if cores >= 0.0995 else f"{cores * 100:.1f}%", 6, "")


def _memory(container: Container) -> Content:
    used, limit = container.memory_bytes or 0, container.memory_limit_bytes
    style = "bold $bad" if limit and used > limit * 0.95 else "$warn" if limit and used > limit * 0.8 else ""
    return _right(megabytes(used), 6, style)


def _limit(container: Container) -> Content:
    limit = container.memory_limit_bytes
    return column(f"/{megabytes(limit)}" if limit else "", 6, "$faint")


def _right(text: str, width: int, style: str) -> Content:
    told = fit(Content.styled(text, style), width)
    return told.pad_left(width - told.cell_length)


def _verdict(container: Container) -> tuple[str, str]:
    if container.is_in_trouble:
        return "✗", "$bad"
    if container.health == "starting" or container.status != "running":
        return "◌", "$warn"
    return "•", ""
