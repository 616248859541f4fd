"""Lines of containers' logs, made harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE_CHARS = 16_384

_SEQUENCES = re.compile(
    "\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # OSC: titles, clipboard, links
    "|\x1b[PX^_][^\x1b]*(?:\x1b\\\\)?"  # DCS, SOS, PM, APC
    "|[\x1b\x9b]\\[?[0-?]*[ -/]*[@-~]"  # CSI and short escapes
)
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of one container. `at` is RFC 3339 in UTC with nanoseconds; `text` is sanitised."""

    at: str
    color: str | None
    service: str
    container: str
    stream: str  # stdout or stderr
    text: str


def sanitized(text: str) -> str:
    """`text` without escape sequences and controls (tabs stay), at most `MAX_LINE_CHARS` long.

    Bytes from containers are hostile: nothing of theirs may move a cursor, set a title or the
    clipboard, reorder a line or forge another one.
    """
    clean = _CONTROLS.sub(
        "", _SEQUENCES.sub("", text.replace("\r\n", "\n").rstrip("\r\n").replace("\r", " "))
    )
    return clean if len(clean) <= MAX_LINE_CHARS else clean[: MAX_LINE_CHARS - 1] + "…"
