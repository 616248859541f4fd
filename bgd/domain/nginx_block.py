"""Blocks of nginx's configuration, as lines."""

from __future__ import annotations

from collections.abc import Iterable

Lines = list[str]


def block(head: str, lines: Iterable[str]) -> Lines:
    """`head { … }`, indented."""
    return [f"{head} {{", *(f"    {line}" if line else "" for line in lines), "}"]
