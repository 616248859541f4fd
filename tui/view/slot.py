"""One colour: its state, its release, its health, and a row for each container."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.model import Container, Remaining, Slot
from tui.view.line import EMPTY, column, fit, joined, line, stacked
from tui.words import STATE_GLYPHS, age, color_name, count, lasting, short_image

WIDE = 64
"""From here on a container's row has its age and image."""
ROOMY = 38
"""From here on it has Docker's word beside its health."""
EMPTY_WORDS = {
    "empty": "nothing runs here",
    "failed": "cleaned up, nothing runs",
    "stopped": "its containers are stopped",
    "preparing": "no container yet",
}


def slot_title(slot: Slot) -> str:
    """`● BLUE live`: the state by glyph and word."""
    return f"{STATE_GLYPHS.get(slot.state, '?')} {color_name(slot.color)} {slot.state}"


def slot_content(slot: Slot, width: int, now: datetime) -> Content:
    """Everything inside the frame."""
    lines = [_summary(slot, width, now)] if slot.release is not None else []
    if slot.remaining is not None and slot.state == "draining":
        lines.append(fit(_draining(slot.remaining), width))
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


def _row(container: Container, width: int, now: datetime) -> Content:
    glyph, style = _verdict(container)
    restarts = f"↻{container.restarts}" if container.restarts else ""
    restart_style = "$warn" if container.restarts else "$muted"
    told = container.status if container.health in ("none", "") else container.health
    if width < ROOMY:
        name = max(6, width - 2 - 11 - 3)
        return fit(
            line(
                (f"{glyph} ", style),
                column(container.service, name - 1),
                " ",
                column(told, 11, style),
                (restarts, restart_style),
            ),
            width,
        )
    name = min(24, max(8, width - 36)) if width < WIDE else 20
    health = "–" if container.health in ("none", "") else container.health
    cells = [
        line((f"{glyph} ", style)),
        column(container.service, name - 1),
        Content(" "),
        column(container.status, 11, style if container.health in ("none", "") else ""),
        column(health, 10, style),
        column(restarts, 5, restart_style),
    ]
    if width >= WIDE:
        cells += [
            column(age(container.started, now), 5, "$muted"),
            Content.styled(short_image(container.image), "$muted"),
        ]
    return fit(Content.assemble(*cells), width)


def _verdict(container: Container) -> tuple[str, str]:
    if container.is_in_trouble:
        return "✗", "$bad"
    if container.health == "starting" or container.status != "running":
        return "◌", "$warn"
    return "•", ""
