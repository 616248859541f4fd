"""Text from elsewhere, made fit for a terminal.

The daemon sanitises what it sends; the UI does it again, because a widget must be safe whoever feeds
it: the last door before the terminal is the one that counts.
"""

from __future__ import annotations

from bgd.domain.log import sanitized


def plain(value: object) -> str:
    """`value` as one line without escape sequences, controls or invisible characters; tabs are spaces."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable() and len(text) < 4096:
        return text
    return sanitized(text.replace("\n", " ")).replace("\t", "    ")


def plain_lines(value: object) -> str:
    """`value` with its line breaks kept, and every line `plain`."""
    return "\n".join(plain(line) for line in str(value or "").splitlines())
