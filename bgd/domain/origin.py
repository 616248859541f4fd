"""What an app is made from: its Compose files, each overriding those before, and profiles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from bgd.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Origin:
    """As `docker compose -f FILE -f MORE --profile PROFILE` names it. Paths are absolute."""

    file: str
    more: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for path in self.files:
            if not PurePath(path).is_absolute():
                raise InvalidInput(f"the path {path!r} isn't absolute", "bgctl makes it so; a script has to")

    @property
    def files(self) -> tuple[str, ...]:
        """All files; each overrides those before it."""
        return (self.file, *self.more)

    def __str__(self) -> str:
        """The files and profiles as words of a command line."""
        return " ".join([*self.files, *(f"--profile {name}" for name in self.profiles)])
