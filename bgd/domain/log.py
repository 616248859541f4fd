"""Lines of containers' logs, made harmless."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_LINE_CHARS = 16_384

_SEQUENCES = re.compile(
    "(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"  # OSC: titles, clipboard, links
    "|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\\\|\x9c)?"  # DCS, SOS, PM, APC
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen
    "|\x1b[ -/]*[0-Z\\\\-~]"  # two-character escapes, character sets
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f"  # C0 but the tab, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # what turns the direction of writing, or its shapes
    "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2065\ufeff"  # no width for some terminals, one for others
    "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters that look like nothing
    "\u2028\u2029\ufff9-\ufffb"  # other line ends; annotations that hide text
    "\U000e0000-\U000e007f"  # tags: letters that nobody sees
    "\ud800-\udfff]"  # halves of characters, which no terminal or JSON encoder takes
)


class LogLine(NamedTuple):
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
    text = text.rstrip("\r\n")
    if not (text.isascii() and text.isprintable()):
        text = _CONTROLS.sub("", _SEQUENCES.sub("", text.replace("\r\n", " ").replace("\r", " ")))
    return text if len(text) <= MAX_LINE_CHARS else text[: MAX_LINE_CHARS - 1] + "…"
