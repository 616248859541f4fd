"""The clipboard of the terminal at the other end, over SSH and through tmux and screen (OSC 52)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

MAX_BYTES = 74_000
"""Terminals take about 100,000 bytes of base64 at once; some drop all of it when there is more."""
SCREEN_BYTES = 512
"""What screen takes in one string of its own."""


def clipped(lines: list[str]) -> list[str]:
    """As many of the last lines as a terminal takes."""
    size = 0
    for position in range(len(lines) - 1, -1, -1):
        size += len(lines[position].encode()) + 1
        if size > MAX_BYTES:
            return lines[position + 1 :]
    return lines


def osc52(text: str, env: Mapping[str, str]) -> str:
    """What is written to the terminal to set its clipboard.

    tmux takes the bare sequence itself with `set-clipboard on`, and hands on the wrapped one with
    `allow-passthrough on`; it ignores the other one, so both are sent. screen only hands on, in pieces.
    """
    bare = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if env.get("TMUX"):
        return bare + "\x1bPtmux;" + bare.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if env.get("STY"):
        pieces = (bare[at : at + SCREEN_BYTES] for at in range(0, len(bare), SCREEN_BYTES))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return bare
