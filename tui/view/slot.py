"""One colour: its state, its release, its health, its traffic, and a row for each container."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.model import Container, Remaining, Slot, Traffic
from tui.view.line import EMPTY, column, fit, joined, line, stacked
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

WIDE = 74
"""From here on a container's row has its image."""
ROOMY = 34
"""From here on it has figures beside its health."""
SPARK_MAX = 60
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
    if slot.traffic is not None and slot.is_running:
        lines += _traffic(slot.traffic, width, is_tall)
    if not slot.containers:
        words = EMPTY_WORDS.get(slot.state, "no container")
        return stacked([*lines, fit(Content.styled(words, "$muted"), width)])
    return stacked([*lines, *(_row(container, width, now) for container in slot.containers)])


def _summary(slot: Slot, width: int, now: datetime) -> Content:
    held = age(slot.since, now)
    parts = [
        Content.styled(slot.release or "", "bold"),
        health_word(slot.health) if slot.containers else EMPTY,
        Content.styled(f"{slot.state} for {held}" if width >= ROOMY else held, "$muted") if held else EMPTY,
    ]
    if slot.state == "warm" and slot.warm_until is not None and width >= ROOMY:
        parts.append(Content.styled(f"until {slot.warm_until.astimezone():%H:%M}", "$muted"))
    return fit(joined(parts), width)


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
        what += f", {count(remaining.old_workers, 'old worker')}"
    what += " left"
    limit = f" of {lasting(remaining.limit_s)}" if remaining.limit_s else ""
    return line((what, "$warn"), (f"  {lasting(remaining.elapsed_s)}{limit}", "$muted"))


def _traffic(traffic: Traffic, width: int, is_tall: bool) -> list[Content]:
    """Requests a second, errors, latency: each with its last minute where there is room for it."""
    requests = line((rate(traffic.requests_per_s), "bold"), (" req/s", "$muted"))
    share = traffic.error_share
    style = "bold $bad" if share >= 0.01 else "$warn" if share else "$muted"
    errors = line((f"{'✗ ' if share else ''}{_percent(share)}", style), (" errors", "$muted"))
    if traffic.p95_ms is None:
        latency = line(("– ms", "$muted"))
    else:
        p50 = f" p50 {traffic.p50_ms:.0f}" if traffic.p50_ms is not None else ""
        latency = line((f"{traffic.p95_ms:.0f}", "bold"), (" ms p95", "$muted"), (p50, "$faint"))
    if not is_tall or width < ROOMY:
        room = width - requests.cell_length - errors.cell_length - latency.cell_length - 6
        minute = spark(traffic.requests, min(SPARK_MAX, room)) if room >= 8 else ""
        return [fit(joined([line(requests, f" {minute.strip()}".rstrip()), errors, latency], "  "), width)]
    label = 19
    room = min(SPARK_MAX, width - label)

    def row(told: Content, minute: str, style: str) -> Content:
        return fit(line(told, " " * max(1, label - told.cell_length), (minute, style)), width)

    return [
        row(requests, spark(traffic.requests, room), "$muted"),
        row(errors, spark(traffic.failed, room, max(traffic.requests, default=0)), "$bad"),
        row(latency, spark(traffic.p95s_ms, room), "$muted"),
    ]


def _percent(share: float) -> str:
    if not share:
        return "0%"
    return f"{share * 100:.0f}%" if share >= 0.1 else f"{share * 100:.1f}%" if share >= 0.001 else "<0.1%"


def _row(container: Container, width: int, now: datetime) -> Content:
    """A container; what it takes, its age and its image as there is room for them."""
    glyph, style = _verdict(container)
    restarts = f"↻{container.restarts}" if container.restarts else ""
    told = container.status if container.health in ("none", "") else container.health
    has_figures = container.memory_bytes is not None
    cells = [column(told, 11, style)]
    if width >= ROOMY and has_figures:
        cells.append(_cpu(container))
        cells.append(_memory(container, with_limit=width >= WIDE))
    if width >= ROOMY:
        cells.append(_right(age(container.started, now), 5, "$muted"))
    if container.restarts or width >= ROOMY:
        cells.append(_right(restarts, 4, "$warn"))
    used = sum(cell.cell_length for cell in cells)
    image = short_image(container.image)
    if (digest := short_digest(container.digest)) and digest not in image:
        image += f" {digest}"
    tail = line("  ", (image, "$muted")) if width >= WIDE else EMPTY
    most = min(24, width - 2 - used - (min(tail.cell_length, 24) if tail else 0))
    name = max(6, min(most, max(12, len(container.service) + 1)) if tail else width - 2 - used)
    return fit(
        Content.assemble(line((f"{glyph} ", style)), column(container.service, name - 1), " ", *cells, tail),
        width,
    )


def _cpu(container: Container) -> Content:
    cores = container.cpu_cores
    if cores is None:
        return _right("–", 6, "$faint")
    return _right(f"{cores * 100:.0f}%" if cores >= 0.0995 else f"{cores * 100:.1f}%", 6, "")


def _memory(container: Container, with_limit: bool) -> Content:
    used, limit = container.memory_bytes or 0, container.memory_limit_bytes
    style = "bold $bad" if limit and used > limit * 0.95 else "$warn" if limit and used > limit * 0.8 else ""
    told = _right(megabytes(used), 6, style)
    if not with_limit:
        return told
    return line(told, column(f"/{megabytes(limit)}" if limit else "", 6, "$faint"))


def _right(text: str, width: int, style: str) -> Content:
    told = fit(Content.styled(text, style), width)
    return told.pad_left(width - told.cell_length)


def _verdict(container: Container) -> tuple[str, str]:
    if container.is_in_trouble:
        return "✗", "$bad"
    if container.health == "starting" or container.status != "running":
        return "◌", "$warn"
    return "•", ""
