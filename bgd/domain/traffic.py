"""What nginx is to serve: the table of all apps, from which its configuration is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bgd.domain.color import Color
from bgd.domain.settings import Route


def edge_network(instance: str) -> str:
    """The network that the proxy shares with the fronts of all apps: `zz-bgd-edge`.

    Its name sorts last: a container looks a name up in its networks in alphabetical order, and its
    default gateway is the first one's. So whatever is on the edge, an app's own names come first.
    """
    return f"zz-{instance}-edge"


class Closure(StrEnum):
    """Why requests for an app that has a live colour get a 503 page all the same."""

    PAUSE = "pause"  # a deployment stopped the live colour: nobody is there to answer
    MAINTENANCE = "maintenance"  # somebody asked for it


@dataclass(frozen=True, slots=True)
class Share:
    """So many of a hundred visitors (1 to 99) that `color` answers, whatever the gate says.

    0 stands for a share on disk that nobody of bgd's wrote.
    """

    color: Color
    percent: int


@dataclass(frozen=True, slots=True)
class AppRoutes:
    """One app in the table.

    `routes` has the route of the release in each colour; a colour that never had one takes the
    other's, so that both upstreams are always defined. `live` is `None` before the first deployment:
    the public listener then answers 503, and the preview shows blue. Below `assets` the other colour
    answers what the live one hasn't got. With `shifts`, shares of the visitors may be given to one colour:
    see `Share`. Whether doors are closed is none of the table's: it is asked of their files.
    """

    app: str
    live: Color | None
    routes: Mapping[Color, Route]
    assets: tuple[str, ...] = ()
    shifts: bool = False

    def preview(self) -> Color:
        """The colour on the preview listener: the idle one."""
        return Color.BLUE if self.live is None else self.live.other


Table = tuple[AppRoutes, ...]


@dataclass(frozen=True, slots=True)
class Remaining:
    """What an old colour still has to do: connections to it, and nginx workers from before the switch."""

    connections: int
    old_workers: int

    @property
    def is_drained(self) -> bool:
        """Nothing that began before the switch is under way."""
        return self.connections == 0 and self.old_workers == 0
