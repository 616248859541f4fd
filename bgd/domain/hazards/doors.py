"""Ports and proxies of the file that blue-green deployments do without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bgd.domain import rules
from bgd.domain.duration import parse_duration, show_duration
from bgd.domain.findings import Findings, listed
from bgd.domain.plan import Caution
from bgd.domain.roles import is_routed, routed_hosts
from bgd.domain.service import Service
from bgd.domain.settings import Role


def closed_ports(found: Findings) -> Iterator[Caution]:
    """Published ports of services that aren't the front: two colours can't both have them."""
    if found.front is None:
        return
    others = [s for s in found.of(Role.COLORED, Role.LIVE_ONLY, Role.TASK) if s is not found.front]
    fronts = [service for service in others if _takes_requests(service)]
    closed = [service for service in others if service.published and service not in fronts]
    front = found.front.name
    if fronts:
        it, each = ("it", "it") if len(fronts) == 1 else ("them", "each")
        yield Caution(
            "second-front",
            _alone(fronts),
            f"{_doors(fronts)}: bgd routes one service of an app, {front}",
            f"reach {it} through {front}, give {each} a Compose file of its own, or make shared what may be "
            "one copy for both colours: that keeps its port",
        )
    if closed:
        yield Caution(
            "closed-port",
            _alone(closed),
            f"{_shut(closed)} any more: both colours would want the same port",
            "make shared what is needed outside: then it keeps its port",
        )


def _alone(services: Sequence[Service]) -> str | None:
    return services[0].name if len(services) == 1 else None


def _doors(services: Sequence[Service]) -> str:
    if len(services) == 1:
        at = _ports(services[0])
        return f"it takes requests from outside too{f', on port {at}' if at else ''}"
    named = [f"{s.name} on port {_ports(s)}" if s.published else s.name for s in services]
    return f"more services take requests from outside: {listed(named, 6)}"


def _shut(services: Sequence[Service]) -> str:
    if len(services) == 1:
        return f"port {_ports(services[0])} isn't reachable from outside"
    named = [f"{s.name} on port {_ports(s)}" for s in services]
    return f"{listed(named, 6)} aren't reachable from outside"


def _ports(service: Service) -> str:
    return ", ".join(str(port.host or port.container) for port in service.published)


def _takes_requests(service: Service) -> bool:
    return is_routed(service) or any(port.container in rules.HTTP_PORTS for port in service.published_http)


def tls_port(found: Findings) -> Iterator[Caution]:
    """A front that ends HTTPS itself, behind a proxy that asks in plain HTTP."""
    front = found.front
    if front is None:
        return
    ports = [port.container for port in front.published if port.container in rules.TLS_PORTS]
    if ports and found.port not in ports:
        yield Caution(
            "tls-port",
            front.name,
            f"its HTTPS port {ports[0]} isn't used: nginx asks it in plain HTTP on port {found.port}, and a "
            "redirect to HTTPS there would go round in circles",
            "let it answer plain HTTP without redirecting, and end HTTPS before bgd",
        )


def own_proxy(found: Findings) -> Iterator[Caution]:
    """What goes away with the app's own proxy."""
    named = routed_hosts(found.front) if found.front else ()
    hosts = ", ".join(f"'{host}'" if host.startswith("*") else host for host in named)
    wish = (
        f"state `x-bgd: {{route: {{hosts: [{hosts}]}}}}`" if hosts else "state hosts and path in x-bgd.route"
    )
    for service in found.of(Role.IGNORED):
        yield Caution(
            "own-proxy",
            service.name,
            "it isn't started, as bgd's nginx takes its place: certificates, redirects, passwords and paths "
            "that it added are gone",
            f"{wish} and end HTTPS before bgd; or keep it: `x-bgd: {{roles: {{{service.name}: colored}}}}`",
        )


def short_grace(found: Findings) -> Iterator[Caution]:
    """A front that is killed sooner than it would be drained."""
    front = found.front
    stated = front.body.get("stop_grace_period") if front else None
    if front is None or stated is None:
        return
    grace, drain = show_duration(parse_duration(stated)), show_duration(found.settings.drain_s)
    if parse_duration(stated) < found.settings.drain_s:
        yield Caution(
            "short-grace",
            front.name,
            f"its stop_grace_period of {grace} is shorter than the drain of {drain}: a request that takes "
            "longer may be cut off when the container stops",
            f"set stop_grace_period to {drain}, or x-bgd.drain to {grace}",
        )
