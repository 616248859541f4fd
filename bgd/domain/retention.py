"""Which releases are kept: enough to go back to, and never so many that the disk fills."""

from __future__ import annotations

from collections.abc import Collection, Iterable

NEWEST = 10
"""So many of the newest releases are kept, whatever became of them."""
ONCE_LIVE = 3
"""So many of the releases that were live last are kept, however many failed since."""
DEPLOYMENTS = 200
"""So many of the newest deployments of an app stay in its history."""
ENTRIES = 50_000
"""So many of the newest entries stay in the journal, of all apps together."""


def kept_releases(
    numbers: Iterable[int], in_colors: Collection[int], once_live: Iterable[int]
) -> frozenset[int]:
    """The releases to keep, of all `numbers`: those in a colour above all, as one of them has the traffic.

    `once_live` are the releases that had the traffic, the latest first, with repetitions.
    """
    newest = sorted(numbers, reverse=True)[:NEWEST]
    lately = list(dict.fromkeys(once_live))[: ONCE_LIVE + 1]
    return frozenset({*newest, *in_colors, *lately})
