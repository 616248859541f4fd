"""nginx's configuration, rendered whole from the table of apps.

**The gate.** Both colours' upstreams are always there, and which one a request goes to is asked of the file
system when the request comes: `gate/APP/green.on` exists, or `green.off` does. So one `rename` moves the
traffic, for old and new workers and open connections alike, without a reload. It is one test, because two
wouldn't be atomic. Hosts and paths are the live release's; where a new release has others, they follow with
the reload after the flip.

Whether anything is live is asked in the same way, of `gate/APP/live.on`, so the first move is as sharp as
any: decided by a reload, old workers would go on answering 503 on the connections that they still have.
These are two tests, and in this order they are as good as one: `live.on` is asked for first, made last and
removed first. Who finds it finds the colour's file as it was meant; who doesn't gets the 503 of the moment
before. The same file closes an app's doors (maintenance, a pause): it goes, and one that says why is beside
it. That one is asked for only where the page is made, so it costs no request anything that is served.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bgd.domain import nginx_layout as layout
from bgd.domain import nginx_shares as shares
from bgd.domain.color import Color
from bgd.domain.nginx_block import Lines, block
from bgd.domain.nginx_fronts import Fronts, KeptFronts, LooseFronts
from bgd.domain.nginx_pages import FALLBACK, PAGES, document
from bgd.domain.nginx_preamble import GENTLY, HTTP, MAIN
from bgd.domain.nginx_servers import others, refuse_clashes, servers
from bgd.domain.nginx_trust import trusting
from bgd.domain.nginx_version import GENTLE_RELOADS, RESOLVED_UPSTREAMS, Version, has
from bgd.domain.nginx_words import check_app, check_asset, check_route, quoted, upstream_host
from bgd.domain.probe import host_of
from bgd.domain.traffic import AppRoutes, Table
from bgd.errors import InvalidInput

_GENERATION = re.compile(r"^# generation ([0-9a-f]{12})$", re.MULTILINE)
_UNKNOWN = "0" * 12


@dataclass(frozen=True, slots=True)
class NginxConfig:
    """One whole configuration, and the generation by which its marker can be told from any other's."""

    text: str
    generation: str

    @classmethod
    def read(cls, text: str) -> NginxConfig:
        """A configuration that is in place already; of a foreign one the generation is all zeros."""
        found = _GENERATION.search(text)
        return cls(text, found[1] if found else _UNKNOWN)


def render(
    table: Table, workers: int = 2, version: Version | None = None, proxies: Sequence[str] = ()
) -> NginxConfig:
    """The configuration that serves `table`, with so many worker processes.

    For nginx of that version; unless it is told, for one that has all that is made use of. `proxies` are the
    addresses and networks of those in front of nginx whose word about a client is taken.

    Raises `InvalidInput` for words that nginx can't be told, for two apps on one host and path, and for
    two fronts of one name.
    """
    apps = sorted(table, key=lambda entry: entry.app)
    for entry in apps:
        check_app(entry.app)
        for route in entry.routes.values():
            check_route(entry.app, route)
        for path in entry.assets:
            check_asset(entry.app, path)
    refuse_clashes(apps)
    _refuse_namesakes(apps)
    fronts = KeptFronts() if has(version, RESOLVED_UPSTREAMS) else LooseFronts()
    http = HTTP if has(version, GENTLE_RELOADS) else HTTP.replace(GENTLY, "# This nginx can't.")
    http = "\n".join([http.strip(), *trusting(proxies)])
    text = _text(apps, workers, fronts, http, _UNKNOWN)
    # Of the text itself: the same table has the same generation in every daemon.
    generation = hashlib.sha256(text.encode()).hexdigest()[: len(_UNKNOWN)]
    return NginxConfig(_text(apps, workers, fronts, http, generation), generation)


def _text(apps: Sequence[AppRoutes], workers: int, fronts: Fronts, http: str, generation: str) -> str:
    head = ["# Written by bgd; a change made here is overwritten.", f"# generation {generation}"]
    lines = [
        *http.splitlines(),
        "",
        *_map("$server_port", "$bgd_inside_host", {"default": '""', **_inside_hosts(apps)}),
        *_map("$bgd_inside_host", "$bgd_host", {"default": "$bgd_inside_host", '""': "$bgd_sent_host"}),
        *_pages(),
        *(line for entry in apps for line in fronts.declared(entry)),
        *(line for entry in apps for line in others(entry)),
        *shares.declared(apps),
        *servers(apps, generation, fronts.passed),
    ]
    main = MAIN.substitute(workers=workers).splitlines()
    return "\n".join([*head, *map(_summary, apps), "", *main, "", *block("http", lines), ""])


def _summary(entry: AppRoutes) -> str:
    """What a person wants to know first; it also makes the file differ after a switch."""
    fronts = ", ".join(f"{color} {entry.routes[color].service}:{entry.routes[color].port}" for color in Color)
    return f"# {entry.app}: live {entry.live or 'nothing'} ({fronts})"


def _inside_hosts(apps: Sequence[AppRoutes]) -> Mapping[str, str]:
    """The app's own host by its inside port: its containers only know the proxy by another name."""
    ports = layout.inside_ports(entry.app for entry in apps)
    routes = {entry.app: entry.routes[entry.preview()] for entry in apps}
    return {str(ports[app]): f'"{host_of(route, "")}"' for app, route in routes.items() if route.hosts}


def _pages() -> Lines:
    """One document whose words depend on the error; its status is the error's."""
    titles, texts, waits = ({"default": quoted(word)} for word in (FALLBACK.title, FALLBACK.text, ""))
    for (status, reason), page in PAGES.items():
        error = quoted(status + reason)
        titles[error], texts[error] = quoted(page.title), quoted(page.text)
        if page.retry_after_s:
            waits[error] = quoted(str(page.retry_after_s))
    html = quoted(document("$bgd_title", "$bgd_text", "$status"), variables=True)
    return [
        *_map("$status$bgd_reason", "$bgd_title", titles),
        *_map("$status$bgd_reason", "$bgd_text", texts),
        *_map("$status$bgd_reason", "$bgd_retry_after", waits),
        *_map("", "$bgd_page", {"default": html}),
        f"error_page {' '.join(sorted({status for status, _ in PAGES}))} @bgd_page;",
    ]


def _map(source: str, target: str, values: Mapping[str, str]) -> Lines:
    return block(f'map "{source}" {target}', [f"{key} {value};" for key, value in values.items()])


def _refuse_namesakes(apps: Sequence[AppRoutes]) -> None:
    """Raise `InvalidInput` where a name on the edge network would mean two apps' containers.

    `green-web` of shop and `web` of shop-green would both be shop-green-web; and a service that is itself
    called shop-blue-web has that name there too, as Compose gives every container its service's name.
    """
    owners: dict[str, str] = {}
    for entry in apps:
        for name in {upstream_host(entry.app, color, entry.routes[color].service).lower() for color in Color}:
            if (owner := owners.setdefault(name, entry.app)) != entry.app:
                raise _namesakes(owner, entry.app, name)
    for entry in apps:
        for name in {route.service.lower() for route in entry.routes.values()} & owners.keys():
            raise _namesakes(owners[name], entry.app, name)


def _namesakes(one: str, two: str, name: str) -> InvalidInput:
    return InvalidInput(
        f"two fronts, of {one} and {two}, would both be {name!r} on the proxy's network",
        f"rename the service of {two} that takes the requests",
    )
