"""How nginx reaches the fronts of an app, of both colours, wherever their containers are at the moment."""

from __future__ import annotations

from typing import Protocol

from bgd.domain.color import Color
from bgd.domain.nginx_block import Lines, block
from bgd.domain.nginx_words import upstream_host, variable
from bgd.domain.traffic import AppRoutes


class Fronts(Protocol):
    """What is declared once for an app, and what a location says to pass a request on."""

    def declared(self, entry: AppRoutes) -> Lines:
        """At the level of `http`."""

    def passed(self, app: str, color: Color | None) -> Lines:
        """In a location: to one colour, or to the one that the gate says."""


class KeptFronts:
    """Upstreams whose names are looked up again, and whose connections are kept for the next request."""

    def declared(self, entry: AppRoutes) -> Lines:
        """Always both colours: an upstream that comes with a reload has no addresses for a moment."""
        return [line for color in Color for line in self._upstream(entry, color)]

    def passed(self, app: str, color: Color | None) -> Lines:
        """A name in a variable is still an upstream's."""
        return [f"proxy_pass http://{app}-{color or '$' + variable('bgd_color', app)};"]

    def _upstream(self, entry: AppRoutes, color: Color) -> Lines:
        name = f"{entry.app}-{color}"
        return block(
            f"upstream {name}",
            [
                f"zone {name} 64k;",
                # No container is put aside for its errors: with one that would be all, with two the other
                # half.
                f"server {_address(entry, color)} resolve max_fails=0;",
                "keepalive 64;",
                # Apps close idle connections after 2 s (gunicorn) to 5 s (Node, uvicorn): whoever closes
                # first can't lose a request that was just sent.
                "keepalive_timeout 1s;",
            ],
        )


class LooseFronts:
    """Names in variables: all that nginx before 1.27.3 looks up again. It opens a connection a request."""

    def declared(self, entry: AppRoutes) -> Lines:
        """Where each colour is."""
        places = [f"{color} {_address(entry, color)};" for color in Color]
        head = f"map ${variable('bgd_color', entry.app)} ${variable('bgd_at', entry.app)}"
        return block(head, ['default "";', *places])

    def passed(self, app: str, color: Color | None) -> Lines:
        """A name that isn't in a variable would be looked up once, and nginx not start without it."""
        chosen = [] if color is None else [f"set ${variable('bgd_color', app)} {color};"]
        return [*chosen, f"proxy_pass http://${variable('bgd_at', app)};"]


def _address(entry: AppRoutes, color: Color) -> str:
    route = entry.routes[color]
    return f"{upstream_host(entry.app, color, route.service)}:{route.port}"
