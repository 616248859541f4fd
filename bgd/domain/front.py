"""Which service takes the requests from outside: a score of what the file shows, and a question
where two are close.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bgd.domain import rules
from bgd.domain.listening import has_http_port
from bgd.domain.plan import RoleOf
from bgd.domain.roles import is_beside_database, is_routed, routed_by
from bgd.domain.service import Service, split_words, words_of
from bgd.domain.settings import Role

MARGIN = 3
"""By how many points the first must lead: less is a close call, and a close call is asked."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service that may be the front, its points, and what speaks for it, the strongest first."""

    name: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """The front, or `None` and those among which the file's author must choose."""

    service: str | None
    reason: str
    choices: tuple[str, ...] = ()


def find_front(app: str, services: Mapping[str, Service], roles: Mapping[str, RoleOf]) -> Front:
    """The front among the `colored` services of an app."""
    candidates = rank(app, services, roles)
    if not candidates:
        return Front(None, "no service here could take requests")
    best, *others = candidates
    if not others and best.score == 0:
        return Front(best.name, "it is the only one that could take requests")
    if best.score <= 0:
        return Front(None, "no service shows that it takes requests", tuple(c.name for c in candidates))
    close = [c.name for c in others if best.score - c.score < MARGIN]
    if close:
        return Front(None, f"{best.name} and {close[0]} could both be it", (best.name, *close))
    return Front(best.name, ", ".join(best.reasons[:2]))


def rank(app: str, services: Mapping[str, Service], roles: Mapping[str, RoleOf]) -> list[Candidate]:
    """The candidates, the likeliest first; the order of the file among equals.

    A tool is a candidate like any other where there are only tools: some apps are one.
    """
    colored = {name: services[name] for name, given in roles.items() if given.role is Role.COLORED}
    browsed = {n: s for n, s in colored.items() if not _words(s) & rules.NOT_FOR_BROWSERS}
    products = {n: s for n, s in browsed.items() if not _is_tool(s)}
    among = products or browsed
    found = [_candidate(app, service, among) for service in colored.values()]
    return sorted(found, key=lambda candidate: -candidate.score)


def _candidate(app: str, service: Service, among: Mapping[str, Service]) -> Candidate:
    evidence = [*_port_evidence(service), *_name_evidence(app, service), *_place_evidence(service, among)]
    evidence.sort(key=lambda one: -abs(one[0]))
    return Candidate(
        service.name,
        sum(points for points, _ in evidence),
        tuple(reason for points, reason in evidence if points > 0),
    )


def _port_evidence(service: Service) -> Iterator[tuple[int, str]]:
    """What the ports say, and the labels that route."""
    if router := routed_by(service):
        yield (8 if _is_routed_by_path(service) else 12), f"{router} routes to it"
    http = service.published_http
    known = [port.container for port in http if port.container in rules.HTTP_PORTS]
    if any(port.host == 80 for port in http):
        yield 10, "it is published on port 80"
    elif http:
        yield 7 if known else 5, f"it publishes port {(known or [http[0].container])[0]}"
    elif any(port.container in rules.TLS_PORTS for port in service.published):
        yield 5, "it publishes an HTTPS port"
    elif has_http_port(service):
        yield 1, f"it exposes port {service.exposed[0]}"
    elif service.published:
        yield -6, "its ports aren't HTTP"


def _name_evidence(app: str, service: Service) -> Iterator[tuple[int, str]]:
    """What the names say. A word against it (`gateway-bridge`) outweighs those for it."""
    points = _name_points(service)
    if points:
        yield points, f"its name is {service.name}"
    own, whole = split_words(service.name), split_words(app)
    if own == whole:
        yield 4, "it is named like the app"
    elif set(own) <= set(whole):
        yield 3, "it is named like the app"
    if rules.WEB_SERVERS.intersection(service.image_words):
        yield 4, f"{service.origin}, a web server"


def _place_evidence(service: Service, among: Mapping[str, Service]) -> Iterator[tuple[int, str]]:
    """Where it stands: what looks like a front and waits for others stands before them."""
    if service.name not in among:
        yield -12, "it isn't for the app's users"
    if service.speaks_fastcgi:
        yield -12, "it speaks FastCGI"
    behind = [name for name in service.needs if name in among]
    if behind and _is_frontal(service):
        yield min(4, 2 * len(behind)), f"it stands before {behind[0]}"
    callers = [other for other in among.values() if service.name in other.needs]
    if before := [other for other in callers if _is_frontal(other)]:
        # What takes requests itself and waits for this one calls it.
        weight = 6 if any(_takes_requests(other) for other in before) else 2
        yield -min(6, weight * len(before)), f"{before[0].name} stands before it"
    elif any(map(_takes_requests, callers)) and all(port.host != 80 for port in service.published_http):
        yield -1, f"{callers[0].name} calls it"
    if service.words & rules.SERVER_FRAMEWORKS and not service.words & rules.BROWSER_WORDS:
        pages = [s.name for s in among.values() if s is not service and s.words & rules.BROWSER_WORDS]
        if pages:
            yield -2, f"{pages[0]} is what a browser loads"
    if not service.published and not is_routed(service) and any(s.published_http for s in among.values()):
        yield -3, "others are published, and it isn't"


def _takes_requests(service: Service) -> bool:
    return bool(service.published_http) or is_routed(service)


def _is_routed_by_path(service: Service) -> bool:
    """Whether another proxy sends it some paths of a host, and the rest to another service."""
    rules_of = [text for key, text in service.labels.items() if key.endswith(".rule") and ".routers." in key]
    return bool(rules_of) and all("Path(" in text or "PathPrefix(" in text for text in rules_of)


def _name_points(service: Service) -> int:
    words = service.words - {"api"} if "gateway" in service.words else service.words
    points = [rules.FRONT_NAMES[word] for word in words if word in rules.FRONT_NAMES]
    against = min(0, *points, 0)
    return against if against <= -2 else max(0, *points, 0) + against


def _is_frontal(service: Service) -> bool:
    return bool(rules.WEB_SERVERS.intersection(service.image_words)) or _name_points(service) > 0


def _is_tool(service: Service) -> bool:
    return bool(_words(service) & rules.TOOLS) or is_beside_database(service)


def _words(service: Service) -> frozenset[str]:
    return service.words | words_of(service.base_name)
