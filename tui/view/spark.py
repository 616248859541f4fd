"""Numbers over time, in one line of blocks."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NONE = " "


def spark(values: Sequence[float | None], width: int, top: float | None = None) -> str:
    """The newest values in `width` cells, the newest at the right; where there are more, several to a cell.

    `top` is what fills a cell, the greatest value unless told; nothing and zero are blank, so that a single
    request is seen.
    """
    if width <= 0:
        return ""
    per = max(1, -(-len(values) // width))
    cells = [_peak(values[max(0, end - per) : end]) for end in range(len(values), 0, -per)][:width]
    cells.reverse()
    greatest = top if top is not None else max((cell for cell in cells if cell), default=0.0)
    return "".join(_block(cell, greatest or 0.0) for cell in cells).rjust(width)


def _peak(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def _block(value: float | None, top: float) -> str:
    if not value or top <= 0:
        return NONE
    return BLOCKS[min(len(BLOCKS) - 1, int(value / top * len(BLOCKS) - 1e-9))]
