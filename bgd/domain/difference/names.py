"""The names that bgd gives on the engine, taken back to what they stand for in both colours alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bgd.domain.color import Color
from bgd.domain.render.naming import DEFAULT_INSTANCE, Place

PROXY = "(proxy)"
"""The network of the proxy; no network of a Compose file can be called that."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the things of a colour, or the shared ones, are called; `edge` is the network of the proxy."""

    place: Place
    color: Color | None
    edge: str

    def network(self, name: str) -> str:
        """`default` of `shop-green_default`; a shared one is `default (shared)`; others keep their names."""
        if name == self.edge:
            return PROXY
        own, shared = f"{self.place.project(self.color)}_", f"{self.place.project(None)}_"
        if name.startswith(own):
            return name.removeprefix(own)
        return f"{name.removeprefix(shared)} (shared)" if name.startswith(shared) else name

    def aliases(self, network: str, aliases: Iterable[str]) -> tuple[str, ...]:
        """The aliases on a network, sorted; on the proxy's they are without their colour."""
        own, plain = f"{self.place.app}-{self.color}-", f"{self.place.app}-"
        if network == self.edge:
            aliases = (plain + a.removeprefix(own) if a.startswith(own) else a for a in aliases)
        return tuple(sorted(set(aliases)))

    def volume(self, name: str) -> str:
        """The volume as plain Compose would call it."""
        return (
            name if self.place.instance == DEFAULT_INSTANCE else name.removeprefix(self.place.instance + "-")
        )
