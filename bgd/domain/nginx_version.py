"""Which nginx it is, and which promises don't hold with it.

bgd runs with any nginx from `OLDEST` on; what newer ones brought is used where it is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, int, int]

OLDEST: Version = (1, 19, 5)
"""`-e`, by which nginx's errors go where they can be read from the first moment on."""

_VERSION = re.compile(r"nginx/(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a directive of nginx's gives, since which version, and how it is without."""

    directive: str
    since: Version
    promise: str
    without: str


GENTLE_RELOADS = Guarantee(
    "keepalive_min_timeout",
    (1, 27, 4),
    "a reload resets no connection",
    "a request that comes over an idle connection in the moment of a reload can be reset: the few"
    " milliseconds after each switch and each deployment",
)
RESOLVED_UPSTREAMS = Guarantee(
    "resolve",
    (1, 27, 3),
    "connections to the apps are kept from one request to the next",
    "each request opens a connection to its app: a fifth of the throughput",
)
GUARANTEES = (GENTLE_RELOADS, RESOLVED_UPSTREAMS)


def version_in(text: str) -> Version | None:
    """The version in what `nginx -v` says; `None` where there is none."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def has(version: Version | None, guarantee: Guarantee) -> bool:
    """Whether that nginx gives it; one whose version isn't known is taken for a new one."""
    return version is None or version >= guarantee.since


def told(version: Version) -> str:
    """`1.27.4`."""
    return ".".join(map(str, version))


def missing(version: Version) -> tuple[Guarantee, ...]:
    """What doesn't hold with that nginx."""
    return tuple(each for each in GUARANTEES if version < each.since)
