"""The end of a process, at a call that the test chooses."""

from __future__ import annotations

from dataclasses import dataclass, field


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Fuse:
    """Counts the calls to the ports and kills the process at one of them."""

    blows_at: int | None = None
    calls: list[str] = field(default_factory=list)

    @property
    def is_blown(self) -> bool:
        """Whether the process is dead."""
        return self.blows_at is not None and len(self.calls) > self.blows_at

    def burn(self, call: str) -> None:
        """Count a call; beyond the limit, die."""
        self.calls.append(call)
        if self.is_blown:
            raise Killed(call)
