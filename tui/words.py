"""Words and glyphs for what is shown, so that no hue ever stands alone.

Hues mean colours of the app and nothing else: healthy is calm and has none; trouble is amber or red.
"""

from __future__ import annotations

from datetime import datetime, time

from bgd.cli.moment import since

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
STAGE_GLYPHS = {"waiting": "○", "running": "◉", "done": "✓", "failed": "✗", "skipped": "–"}
OUTCOME_GLYPHS = {"succeeded": "✓", "failed": "✗", "cancelled": "–", "rolled_back": "↩"}


def stage_word(name: str) -> str:
    """A stage in one or two short words."""
    return STAGE_WORDS.get(name, name.replace("_", " "))


def color_name(color: str) -> str:
    """A colour as the screen writes it: `BLUE`."""
    return color.upper()


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 connection`, `2 connections`, `1,204 lines`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def took(ms: float | None) -> str:
    """A duration that is over: `12ms`, `1.2s`, `3m05s`; empty for none."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{ms:.0f}ms"
    return f"{ms / 1000:.1f}s" if ms < 10_000 else lasting(ms / 1000)


def lasting(seconds: float) -> str:
    """A duration that goes on, to the second: `0s`, `59s`, `3m05s`, `2h14m`, `5d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d"


def age(since: datetime | None, now: datetime) -> str:
    """How long ago: `4s`, `12m`, `3h`, `5d`. It needn't change every second; empty for never."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def seconds_since(since: datetime | None, now: datetime) -> float:
    """Seconds from then to now, never below zero: clocks may disagree a little."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def short_image(image: str) -> str:
    """An image's reference without what is the same for all: registry, digest."""
    if image.startswith("sha256:"):
        return image[7:19]
    return image.split("@", 1)[0].rsplit("/", 1)[-1]


def rate(per_s: float) -> str:
    """`0`, `<0.1`, `0.4`, `12`, `1,204`."""
    if 0 < per_s < 0.05:
        return "<0.1"
    return f"{per_s:,.0f}" if per_s >= 9.95 or not per_s else f"{per_s:.1f}"


def megabytes(size: int) -> str:
    """`4.2M`, `512M`, `1.5G`."""
    mb = size / (1 << 20)
    if mb >= 1000:
        return f"{mb / 1024:.1f}G"
    return f"{mb:.0f}M" if mb >= 9.95 else f"{mb:.1f}M"


def short_digest(digest: str) -> str:
    """The first twelve digits of `name@sha256:…` or `sha256:…`."""
    return digest.rpartition("sha256:")[2][:12] if "sha256:" in digest else ""


def since_of(text: str, now: datetime) -> str | None:
    """RFC 3339 of `10m` or `2h` ago, `14:30` of today, or of a time; `None` for an empty text.

    Raises `ValueError` for anything else. A time without a zone is one of this machine's clock.
    """
    if not text:
        return None
    try:
        then = (
            datetime.combine(now.astimezone().date(), time.fromisoformat(text)) if ":" in text[:3] else None
        )
    except ValueError:
        then = None
    return since(then.isoformat() if then else text)
