"""One colour as it runs, beside what its release says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bgd.domain.difference.facts import Facts
from bgd.domain.difference.meant import Meant


@dataclass(frozen=True, slots=True)
class Running:
    """One container: its facts, and which of them it would have from its image alone."""

    name: str
    service: str
    status: str  # Docker's word; `done` for one that ended well
    facts: Facts
    of_image: Facts


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen of a colour (one-off containers aren't part of it), and what was meant, by service."""

    running: tuple[Running, ...]
    meant: Mapping[str, Meant]
