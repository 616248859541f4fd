"""One version of an app: what was, or will be, in a colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bgd.domain.plan import Plan

Model = dict[str, Any]
"""A resolved Compose model: what `docker compose config` prints, parsed."""


@dataclass(frozen=True, slots=True)
class Image:
    """The image of one service: as the file names it, and the id that it stood for (`sha256:…`)."""

    reference: str
    id: str
    digest: str | None = None  # the registry's digest (`name@sha256:…`), where there is one


@dataclass(frozen=True, slots=True)
class Release:
    """A release as recorded. `model` holds secrets: it goes to the state directory and nowhere else."""

    app: str
    number: int
    model: Model
    plan: Plan
    images: Mapping[str, Image]  # by service; empty until prepared
    created: datetime
    actor: str  # `uid 1000 (pid 4711)`, or `watch`
    reason: str
    contents: Mapping[str, str] = field(default_factory=dict)  # of files that the model names, hashed

    @property
    def name(self) -> str:
        """`r7`."""
        return f"r{self.number}"
