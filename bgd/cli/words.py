"""Words and glyphs for states, outcomes and stages: a hue never stands alone."""

from __future__ import annotations

from bgd.cli.text import Span

STATE_GLYPHS = {
    "empty": "·",
    "preparing": "◌",
    "ready": "◇",
    "live": "●",
    "warm": "○",
    "draining": "◐",
    "stopped": "■",
    "failed": "✗",
}
HEALTH_SPANS: dict[str, Span] = {
    "healthy": ("✓ healthy", "good"),
    "starting": ("◌ starting", "warn"),
    "unhealthy": ("✗ unhealthy", "bad"),
    "none": ("–", "faint"),
}
OUTCOME_SPANS: dict[str, Span] = {
    "succeeded": ("✓ succeeded", "good"),
    "failed": ("✗ failed", "bad"),
    "cancelled": ("– cancelled", "warn"),
    "rolled_back": ("↩ rolled back", "bad"),
}
STAGE_WORDS = {
    "preparing": "prepare",
    "sharing": "shared",
    "stopping": "stop old",
    "migrating": "migrate",
    "starting": "start",
    "checking": "check",
    "smoking": "smoke",
    "awaiting": "approval",
    "shifting": "shift",
    "switching": "switch",
    "handing_over": "hand over",
    "baking": "watch",
    "failing": "clean up",
    "cancelling": "clean up",
    "reverting": "move back",
}


def stage_word(stage: str) -> str:
    """A stage in a word or two."""
    return STAGE_WORDS.get(stage, stage.replace("_", " "))


def color_span(color: str | None, state: str = "live") -> Span:
    """A colour by glyph, word and hue."""
    if color is None:
        return ("– none", "faint")
    return (f"{STATE_GLYPHS.get(state, '?')} {color}", color)


def health_span(health: str) -> Span:
    """A colour's or a container's health."""
    return HEALTH_SPANS.get(health, health)


def outcome_span(outcome: str | None) -> Span:
    """How a deployment ended, or that it hasn't."""
    return OUTCOME_SPANS.get(outcome, outcome) if outcome else ("◌ running", "warn")


def count(number: int, noun: str) -> str:
    """`1 service`, `2 services`."""
    return f"{number} {noun if number == 1 else noun + 's'}"
