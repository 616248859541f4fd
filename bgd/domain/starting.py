"""Which containers the engine can start by itself, without Compose's second look at the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_ORDERED = ("depends_on", "links", "volumes_from", "post_start")
"""One waits for another, or for a hook that Compose runs."""
_FILLED = ("secrets", "configs", "provider", "models")
"""Compose writes files into the container before it starts, or starts something that isn't one."""
_SPACES = ("network_mode", "ipc", "pid")
_BORROWED = ("service:", "container:")


def can_start_together(services: Iterable[Mapping[str, Any]]) -> bool:
    """Whether services need no order, and nothing between their creation and their start."""
    return not any(_needs_compose(service) for service in services)


def _needs_compose(service: Mapping[str, Any]) -> bool:
    if any(service.get(key) for key in (*_ORDERED, *_FILLED)):
        return True
    return any(str(service.get(key) or "").startswith(_BORROWED) for key in _SPACES)
