"""On which port a service listens for plain HTTP: what the file states, else what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bgd.domain import rules
from bgd.domain.service import Service, may_be_http

_LABEL = re.compile(r"traefik\.(?:http\.services\.[^.]+\.loadbalancer\.server\.)?port")
_LOCAL_URL = re.compile(r"http://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\$?\{?HOSTNAME\}?)(?::(\d+))?")
_OPTION = re.compile(
    r"(?:^|\s)(?:-p|-b|--port|--bind|--listen|--http-port|--server\.port)[= ]\S*?(\d{2,5})(?=\s|$)"
)
_VARIABLES = ("PORT", "SERVER_PORT", "LISTEN_PORT", "NODE_PORT")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where it listens: the port and how that is known; or several, and the file doesn't say which."""

    port: int | None
    reason: str
    choices: tuple[int, ...] = ()


def find_port(
    service: Service, services: Mapping[str, Service], image_ports: Sequence[int] = ()
) -> Listening:
    """The port for plain HTTP. `image_ports` are those that the image declares, where it could be asked."""
    published = _plausible(port.container for port in service.published_http)
    if len(published) == 1:
        return Listening(published[0], "it is the port that is published")
    if published:
        return _one_of(service, published)
    seen: list[int] = []
    for source, reason in _SOURCES:
        ports = _plausible(source(service, services))
        if len(ports) == 1:
            return Listening(ports[0], reason)
        seen += ports
    ports = _plausible(image_ports)
    if len(ports) == 1:
        return Listening(ports[0], "its image declares it")
    seen += ports
    if not seen and service.base_name in rules.IMAGE_PORTS:
        return Listening(rules.IMAGE_PORTS[service.base_name], f"{service.base_name} listens there")
    if not seen and "apache" in service.image_tag.split("-"):
        return Listening(80, "Apache listens there")
    return Listening(None, "", tuple(dict.fromkeys(seen)))


def _one_of(service: Service, published: Sequence[int]) -> Listening:
    """One of several published ports: the labels', the one published on 80, the command's, the usual one.

    A health check that asks another one of them makes that doubtful: an app and its API may be in one image.
    """
    checked = {port for port in _checked(service, {}) if port in published}
    signs: tuple[tuple[Iterable[int], str], ...] = (
        (_labelled(service, {}), "its labels or VIRTUAL_PORT say so"),
        ((p.container for p in service.published_http if p.host == 80), "it is published on port 80"),
        (_configured(service, {}), "its command or environment says so"),
        (rules.HTTP_PORTS, "of those that are published it is the usual one for HTTP"),
    )
    for number, (ports, reason) in enumerate(signs):
        found = set(published).intersection(ports)
        if len(found) == 1 and (number == 0 or checked <= found):
            return Listening(found.pop(), reason)
    return Listening(None, "", tuple(published))


def checked_path(service: Service) -> str | None:
    """The path that Docker's health check asks the service for, where that is more than `/`."""
    found = re.search(_LOCAL_URL.pattern + r"(/[\w./-]*\w)", service.health_command)
    return found[2] if found else None


def has_http_port(service: Service) -> bool:
    """Whether the file itself names a port of it that may be HTTP."""
    return bool(service.published_http) or any(map(may_be_http, service.exposed))


def _labelled(service: Service, _: Mapping[str, Service]) -> Iterator[int]:
    yield from _numbers(value for key, value in service.labels.items() if _LABEL.fullmatch(key))
    yield from _numbers(
        re.findall(r"\{\{\s*upstreams\s+(\d+)", service.labels.get("caddy.reverse_proxy", ""))
    )
    yield from _numbers([service.environment.get("VIRTUAL_PORT", "")])


def _checked(service: Service, _: Mapping[str, Service]) -> Iterator[int]:
    for port in _LOCAL_URL.findall(service.health_command):
        yield int(port or 80)


def _exposed(service: Service, _: Mapping[str, Service]) -> Iterator[int]:
    yield from service.exposed


def _configured(service: Service, _: Mapping[str, Service]) -> Iterator[int]:
    yield from _numbers(_OPTION.findall(service.command))
    yield from _numbers(service.environment.get(name, "") for name in _VARIABLES)


def _addressed(service: Service, services: Mapping[str, Service]) -> Iterator[int]:
    """What other services' settings call: `http://web:3000`."""
    url = re.compile(rf"https?://{re.escape(service.name)}:(\d+)")
    for other in services.values():
        if other is not service:
            for text in (*other.environment.values(), other.command, *other.labels.values()):
                yield from map(int, url.findall(text))


_Source = Callable[[Service, Mapping[str, Service]], Iterable[int]]
_SOURCES: tuple[tuple[_Source, str], ...] = (
    (_labelled, "its labels or VIRTUAL_PORT say so"),
    (_exposed, "it is exposed"),
    (_checked, "the health check asks there"),
    (_configured, "its command or environment says so"),
    (_addressed, "another service calls it there"),
)


def _plausible(ports: Iterable[int]) -> list[int]:
    """The ports that may be plain HTTP, each once; debuggers' and metrics' only where there is no other."""
    http = [port for port in dict.fromkeys(ports) if may_be_http(port)]
    main = [port for port in http if port not in rules.DEBUG_PORTS | rules.METRICS_PORTS]
    return main or http


def _numbers(texts: Iterable[str]) -> Iterator[int]:
    for text in texts:
        if text.isdigit() and 0 < int(text) < 65536:
            yield int(text)
