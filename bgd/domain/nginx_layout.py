"""Where things are in the proxy's container, and in the directory that is mounted into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

from bgd.domain.nginx_words import RESERVED_DOMAIN
from bgd.domain.traffic import Closure, Share

DIRECTORY = "/etc/nginx/bgd"
"""The mount point of the directory with the configuration and the gates."""
CONFIG = "nginx.conf"
CANDIDATE = "candidate.conf"
GATES = "gate"
GREEN_ON, GREEN_OFF = "green.on", "green.off"
"""One file in the app's directory; its name says which colour it is, if any is live. Never both."""
LIVE = "live.on"
"""Its being there means that the app has a live colour and its doors are open."""
CLOSED = {why: f"{why}.on" for why in Closure}
"""One of these being there while `live.on` isn't means that there is a live colour behind closed doors."""

SHARE = "share"
"""A link in the app's directory, to one of those in `SHARES`; none while all go to the live colour."""
SHARES = "share"
"""A directory for each share that any app ever had, `green-25`: which visitors are in it, by their places."""
SHARE_ON = "on"
"""Its being there means that the app has a share, whoever is in it."""

LOG_DIRECTORY = "/var/log/bgd"
"""The mount point of the directory with the access log; nginx writes there and nowhere else."""
ACCESS_LOG = "access.log"

PUBLIC_PORT, PREVIEW_PORT = 8080, 8081
MARKER_HOST = f"marker.{RESERVED_DOMAIN}"
"""The host on the preview listener that says what is live, by which generation of the configuration."""
PREVIEW_ALIAS = "bgd-preview"
"""The proxy's name on the edge network, for the apps' own containers."""

_INSIDE_PORTS = range(20000, 30000)


def gate_file(app: str) -> str:
    """The file whose being there means green and not blue, as nginx sees it."""
    return f"{gate_directory(app)}/{GREEN_ON}"


def live_file(app: str) -> str:
    """The file whose being there means that the app has a live colour to ask, as nginx sees it."""
    return f"{gate_directory(app)}/{LIVE}"


def closed_files(app: str) -> tuple[str, ...]:
    """The files that say why an app's doors are closed, as nginx sees them."""
    return tuple(f"{gate_directory(app)}/{name}" for name in CLOSED.values())


def share_file(app: str, name: str) -> str:
    """A file of the app's share, as nginx sees it."""
    return f"{gate_directory(app)}/{SHARE}/{name}"


def share_name(share: Share) -> str:
    """The name of a share's directory."""
    return f"{share.color}-{share.percent}"


def share_files(share: Share) -> frozenset[str]:
    """What a share's directory has in it, empty files all: those with places below the percentage."""
    return frozenset({SHARE_ON, *(f"{share.color}.{place}" for place in range(share.percent))})


def gate_directory(app: str) -> str:
    """The directory of the app's gate, as nginx sees it."""
    return f"{DIRECTORY}/{GATES}/{app}"


def inside_ports(apps: Iterable[str]) -> Mapping[str, int]:
    """The ports of the proxy's container on which each app's own containers find its preview.

    A port for each app and not a host name: Docker's DNS gives a container its names when it joins a
    network, and the proxy must not join anew. Taken from the name, so that a port hardly ever changes
    when other apps come and go.
    """
    ports: dict[str, int] = {}
    for app in sorted(apps):
        offset = crc32(app.encode()) % len(_INSIDE_PORTS)
        while _INSIDE_PORTS[offset] in ports.values():
            offset = (offset + 1) % len(_INSIDE_PORTS)
        ports[app] = _INSIDE_PORTS[offset]
    return ports
