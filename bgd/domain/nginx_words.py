"""Words from users, as far as nginx's configuration may contain them.

Compose files name hosts, paths and services, and a file is written by whoever deploys; so nothing gets
into the configuration that could end a directive, open a block or name a variable. Only what is known to
be harmless is let through: escaping would have to follow nginx's parser, which has its own rules in strings.
"""

from __future__ import annotations

import re

from bgd.domain.color import Color
from bgd.domain.render.naming import DEFAULT_INSTANCE, Place
from bgd.domain.settings import Route
from bgd.errors import InvalidInput

RESERVED_DOMAIN = "bgd.invalid"
"""bgd's own names on the preview listener; RFC 6761 keeps `.invalid` out of the public DNS."""

_APP = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SERVICE = re.compile(r"[A-Za-z0-9._-]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~@+-]+)+")
_MAX_HOST_CHARS = 253
_MAX_LABEL_CHARS = 63


def check_app(app: str) -> None:
    """Raise `InvalidInput` for a name that isn't an app's: it becomes a directory and a variable too."""
    if not _APP.fullmatch(app):
        raise InvalidInput(
            f"{app!r} can't name an app", "a-z, 0-9, - and _, beginning with a letter or a digit"
        )


def check_route(app: str, route: Route) -> None:
    """Raise `InvalidInput` for hosts, a path, a service or a port that nginx can't be told."""
    for host in route.hosts:
        if not _HOST.fullmatch(host) or len(host) > _MAX_HOST_CHARS:
            raise InvalidInput(
                f"{app}: {host!r} is no host name", "write it like shop.example.com or *.example.com"
            )
        if host == RESERVED_DOMAIN or host.endswith(f".{RESERVED_DOMAIN}"):
            raise InvalidInput(f"{app}: {host!r} is bgd's own", f"names below {RESERVED_DOMAIN} are reserved")
    if route.path != "/" and (not _PATH.fullmatch(route.path) or _has_dots(route.path)):
        raise InvalidInput(f"{app}: can't route by the path {route.path!r}", "write a plain path like /shop")
    if not _SERVICE.fullmatch(route.service):
        raise InvalidInput(f"{app}: {route.service!r} is no name of a service")
    if not 1 <= route.port <= 65535:
        raise InvalidInput(f"{app}: {route.port} is no port", "it goes from 1 to 65535")


def check_asset(app: str, path: str) -> None:
    """Raise `InvalidInput` for a path of files that nginx can't be told."""
    if not _PATH.fullmatch(path) or _has_dots(path):
        raise InvalidInput(f"{app}: {path!r} is no path of files", "write a plain path like /static")


def upstream_host(app: str, color: Color, service: str) -> str:
    """The name by which nginx finds a colour's front on the edge network.

    Raises `InvalidInput` where it is none that the DNS can carry: a part between dots has at most 63
    characters there, and nginx would only say "not found", once a second.
    """
    name = Place(DEFAULT_INSTANCE, app).edge_alias(color, service)
    parts = name.split(".")
    if not all(1 <= len(part) <= _MAX_LABEL_CHARS for part in parts) or len(name) > _MAX_HOST_CHARS:
        raise InvalidInput(
            f"{app}: {name!r} is too long, or has dots in a row: the DNS can't carry it",
            f"shorten the app's or the service's name to {_MAX_LABEL_CHARS} characters together",
        )
    return name


def variable(prefix: str, app: str) -> str:
    """A variable of nginx's for one app, without the `$`; different apps never share one.

    `_` becomes `__` and `-` becomes `_d`: read from the left, each can be told from the other.
    """
    return f"{prefix}_{app.replace('_', '__').replace('-', '_d')}"


def quoted(text: str, variables: bool = False) -> str:
    """Text of bgd's own as one word of nginx's, in single quotes; with `variables`, `$name` means one.

    Raises `ValueError` for what nginx can't take: a `$` that can't be escaped, and words of 4096 bytes.
    """
    if "$" in text and not variables:
        raise ValueError("nginx would take $ for a variable, and has no escape for it")
    word = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if len(word.encode()) >= 4096:
        raise ValueError(f"{len(word.encode())} bytes: nginx reads words of less than 4096")
    return word


def _has_dots(path: str) -> bool:
    """Whether a part is `.` or `..`: nginx resolves them before it looks for a location."""
    return any(part in (".", "..") for part in path.split("/"))
