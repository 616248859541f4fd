"""Text from elsewhere, made fit for a terminal.

The daemon sanitises what it sends; the UI does it again, because a widget must be safe whoever feeds
it: the last door before the terminal is the one that counts.
"""

from __future__ import annotations

import re

from bgd.domain.log import sanitized

_UNWRITABLE = re.compile(
    "[\ud800-\udfff\u061c\u200b\u2060-\u2064\ufeff\ufff9-\ufffb]|[\U000e0000-\U000e007f]"
)
"""Lone surrogates, which no terminal's encoding can write, and what is invisible but has a width for some."""


def plain(value: object) -> str:
    """`value` as one line without escape sequences, controls or invisible characters; tabs are spaces."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable() and len(text) < 4096:
        return text
    return _UNWRITABLE.sub("", sanitized(text.replace("\n", " "))).replace("\t", "    ")


def plain_lines(value: object) -> str:
    """`value` with its line breaks kept, and every line `plain`."""
    return "\n".join(plain(line) for line in str(value or "").splitlines())
