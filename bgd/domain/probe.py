"""Requests that bgd makes itself, their answers, and the verdict of the health check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bgd.domain.settings import HealthCheck, Route

EXCERPT_CHARS = 400


@dataclass(frozen=True, slots=True)
class Probe:
    """One request as it is sent: `url` is where to connect, `host` the Host header."""

    method: str
    url: str
    host: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    timeout_s: float = 5.0
    keeps_cookies: bool = False  # the answer tells them; they are secrets


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is 0 when nothing did; `error` then says why. Time in milliseconds.

    An answer that began and didn't end has its status and an error. `is_cut`: the body is longer
    than what was read.
    """

    status: int
    body: str = ""
    took_ms: float = 0.0
    error: str = ""
    is_cut: bool = False
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passed or not, and in one line why."""

    passed: bool
    reason: str


def host_of(route: Route, door: str) -> str:
    """The Host header for a probe of this route, through a door at `host:port`."""
    if not route.hosts:
        return door
    first = route.hosts[0]
    return "bgd-probe" + first[1:] if first.startswith("*.") else first


def path_under(route: Route, path: str) -> str:
    """`path` as seen from outside: below the route's path unless it is there already."""
    base = route.path.rstrip("/")
    return path if path == base or path.startswith(base + "/") else base + path


def judge_health(check: HealthCheck, answer: Answer) -> Verdict:
    """Any answer below 500 is healthy; with a health block in the file, below 400.

    A file that names a health endpoint means its answer; `GET /` of an arbitrary app may well be a
    redirect to a login or a 404.
    """
    if answer.status == 0:
        return Verdict(False, f"no answer: {answer.error}")
    limit = 400 if check.stated else 500
    if answer.status >= limit:
        return Verdict(False, f"answered {answer.status}, expected below {limit}")
    if answer.error:
        return Verdict(False, f"answered {answer.status}, but {answer.error}")
    return Verdict(True, f"answered {answer.status} in {answer.took_ms:.0f} ms")


def excerpt(body: str) -> str:
    """The beginning of an answer, on one line, for a message."""
    line = " ".join(body.split())
    return line if len(line) <= EXCERPT_CHARS else line[: EXCERPT_CHARS - 1] + "…"
