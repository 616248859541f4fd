"""The machine that an app would run on, as far as it is known before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LocalImage:
    """An image that is on the engine: the TCP ports that it declares (`EXPOSE`), its size in bytes, and
    whether it has a health check.
    """

    ports: tuple[int, ...] = ()
    size_bytes: int = 0
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """Memory and free disk where images are kept, in bytes (`None`: unknown), and images by service."""

    memory_bytes: int | None = None
    free_disk_bytes: int | None = None
    images: Mapping[str, LocalImage] = field(default_factory=dict)


UNKNOWN = Host()
"""What is known where no engine answers."""


def show_bytes(count: float) -> str:
    """A size for people, with at most one decimal: `512 MiB`, `1.5 GiB`."""
    for unit in ("KiB", "MiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.0f} {unit}"
    return f"{count / 1024:.1f} GiB".replace(".0 ", " ")
