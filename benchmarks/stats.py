"""Samples in words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` (0 to 1) of them don't exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def median(samples: Sequence[float]) -> float:
    """The middle."""
    return statistics.median(samples)


def ms(value: float) -> str:
    """`4.2 ms`, `118 ms`, `2.31 s`; two figures are enough on a machine that others use too."""
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def spread(samples: Sequence[float]) -> str:
    """`4.2 ms, p99 9.8 ms`."""
    return f"{ms(median(samples))}, p99 {ms(percentile(samples, 0.99))}"


def ratio(ours: float, yardstick: float) -> str:
    """`1.42 ×`."""
    return f"{ours / yardstick:.2f} ×"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as Markdown, which reads as a table in a terminal too."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])
