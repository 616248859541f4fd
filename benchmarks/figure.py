"""What a benchmark found: figures with their aims, and the table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the results. `is_reached` is `None` where it couldn't be measured."""

    name: str
    aim: str
    ours: str
    yardstick: str
    is_reached: bool | None
    why: str = ""

    @property
    def verdict(self) -> str:
        """One word."""
        return {True: "reached", False: "missed", None: "not measured"}[self.is_reached]


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's findings. `rows` begin with the table's head; `notes` are sentences."""

    name: str
    title: str
    figures: Sequence[Figure]
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    is_quick: bool

    def pick(self, full: int, quick: int) -> int:
        """A number of repetitions."""
        return quick if self.is_quick else full


def not_measured(name: str, aim: str, why: str) -> Figure:
    """A figure that this machine can't give."""
    return Figure(name, aim, "–", "–", None, why)
