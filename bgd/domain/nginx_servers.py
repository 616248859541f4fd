"""The servers of nginx's configuration: which host and path goes to which app's colour.

listener   container port       colour          answers where no app does
public     8080                 the live one    404; 503 with nothing live or behind closed doors
preview    8081                 the idle one*   404
inside     one for each app     the idle one    404; for the app's own containers, whatever the host
marker     8081, own host name  —               what is live, by which generation and worker; its doors

* or the one that the header `Bgd-Color` names: the live one too can be looked at behind closed doors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bgd.domain import nginx_layout as layout
from bgd.domain import nginx_shares as shares
from bgd.domain.color import Color
from bgd.domain.nginx_block import Lines, block
from bgd.domain.nginx_pages import ABSENT, PAGES
from bgd.domain.nginx_words import variable
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes
from bgd.errors import InvalidInput

Pass = Callable[[str, Color | None], Lines]
"""How requests go on to an app: to one colour, or to the one that the gate says. See `nginx_fronts`."""

LOGGED = (
    'set $bgd_to "";',
    # In pieces: a write for each request would cost up to 15 % more. Only what went to an app.
    f"access_log {layout.LOG_DIRECTORY}/{layout.ACCESS_LOG} bgd buffer=64k flush=1s if=$bgd_to;",
)

OTHER_PAGES = f"error_page {' '.join(sorted({status for status, _ in PAGES} - {'404'}))} @bgd_page;"

NOTHING = "nothing"
"""What the marker says of an app that has no live colour."""
OPEN, SHUT = "open", "shut"
"""What the marker says of an app's doors."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A host and a path that an app has. The host is empty for "any host that no other app has"."""

    host: str
    path: str


def claims(route: Route) -> set[Claim]:
    """What a route claims."""
    return {Claim(host, route.path) for host in route.hosts or ("",)}


def refuse_clashes(apps: Sequence[AppRoutes]) -> None:
    """Raise `InvalidInput` where two apps claim one host and path, in whatever colour.

    Also in colours that are not live now: no order of switches may bring two apps to one place.
    """
    owners: dict[Claim, str] = {}
    for entry in apps:
        for claim in set().union(*map(claims, entry.routes.values())):
            owner = owners.setdefault(claim, entry.app)
            if owner != entry.app:
                place = f"{claim.host or 'every host nobody else has, '}{claim.path}"
                raise InvalidInput(
                    f"both {owner} and {entry.app} want {place}",
                    "give one of them another `route: {hosts: […], path: …}` in x-bgd",
                )


def servers(apps: Sequence[AppRoutes], generation: str, pass_on: Pass) -> Lines:
    """All servers, in the order of their listeners."""
    ports = layout.inside_ports(entry.app for entry in apps)
    lines = _listener(layout.PUBLIC_PORT, apps, _routes_of_public, _Public, pass_on)
    lines += _listener(layout.PREVIEW_PORT, apps, _routes_of_preview, _Preview, pass_on)
    for entry in apps:
        route = entry.routes[entry.preview()]
        listen = [f"listen {ports[entry.app]} default_server;", 'server_name "";']
        lines += _server(listen, {route.path: _Preview(entry, pass_on)})
    return lines + _marker(apps, generation)


class _Public:
    """How the public listener answers for an app."""

    head = LOGGED

    def __init__(self, entry: AppRoutes, pass_on: Pass) -> None:
        self.app = entry.app
        self._entry = entry
        self._pass_on = pass_on

    def gate(self) -> Lines:
        return [
            *_life(self.app),
            *shares.asked(self._entry),
            *_gate(self.app, Color.GREEN),
            *shares.outranked(self._entry),
        ]

    def answer(self) -> Lines:
        """Whatever the table says is live: the gate says it, and the table follows."""
        closed = [f"set $bgd_gate {layout.gate_directory(self.app)};", f"set $bgd_reason {ABSENT};"]
        to = f"{self.app}-${variable('bgd_color', self.app)}"
        live = [f"set $bgd_to {to};", *shares.kept(self._entry), *self._pass_on(self.app, None)]
        return [*_unless_live(self.app, [*closed, "return 503;"]), *live]

    @property
    def assets(self) -> tuple[str, ...]:
        return self._entry.assets

    def asset(self) -> Lines:
        """As everything else; but what the live colour hasn't got, the other one is asked for.

        A level with an `error_page` of its own inherits none.
        """
        spare = f"error_page 404 = @{variable('bgd_spare', self.app)};"
        return [
            *self.answer(),
            "proxy_intercept_errors on;",
            "recursive_error_pages on;",  # or the error of whoever is asked next had none
            OTHER_PAGES,
            spare,
        ]

    def spare(self) -> Lines:
        """Ask the other colour. Where that isn't there, the file isn't: its own 404 is passed on.

        It counts as the live colour's answer, who was asked. HTTP/1.0 as no connection is to be kept: the
        other colour may be draining, and is so when it has none.
        """
        color, gone = variable("bgd_color", self.app), variable("bgd_gone", self.app)
        ask = [
            f"set ${color} ${variable('bgd_other', self.app)};",
            *self._pass_on(self.app, None),
            "proxy_http_version 1.0;",
            *shares.kept(self._entry),
            f"error_page 500 502 503 504 = @{gone};",
        ]
        return [
            *block(f"location @{variable('bgd_spare', self.app)}", ask),
            *block(f"location @{gone}", [*shares.kept(self._entry), "return 404;"]),
        ]


class _Preview:
    """How the preview answers for an app: from the idle colour or the one asked for, whatever the doors are.

    Before the first switch that is blue whatever the gate says, until the reload that follows it: the colour
    that was just checked and not the empty one. What comes here isn't traffic, and isn't logged.
    """

    head: tuple[str, ...] = ()

    def __init__(self, entry: AppRoutes, pass_on: Pass) -> None:
        self.app = entry.app
        self._entry = entry
        self._pass_on = pass_on

    def gate(self) -> Lines:
        return [*_gate(self.app, Color.BLUE), *_asked(self.app)] if self._entry.live else []

    def answer(self) -> Lines:
        return self._pass_on(self.app, None if self._entry.live else self._entry.preview())


_View = _Public | _Preview


def _gate(app: str, when_on: Color) -> Lines:
    """Set the app's colour. At the level of the server, as `if` in a location has surprises."""
    name = variable("bgd_color", app)
    return [
        f"set ${name} {when_on.other};",
        f"if (-f {layout.gate_file(app)}) {{ set ${name} {when_on}; }}",
    ]


def _asked(app: str) -> Lines:
    """The colour that the request asks for; a checker of the live one can't come through closed doors."""
    name = variable("bgd_color", app)
    return [f"if ($http_bgd_color = {color}) {{ set ${name} {color}; }}" for color in Color]


def _life(app: str, *, behind_doors: bool = False) -> Lines:
    """Note how the doors of what is live are. Before `_gate`: see `bgd.domain.nginx_config`."""
    name = variable("bgd_live", app)
    closed = layout.closed_files(app) if behind_doors else ()
    return [
        f'set ${name} "";',
        *(f"if (-f {file}) {{ set ${name} {SHUT}; }}" for file in closed),
        f"if (-f {layout.live_file(app)}) {{ set ${name} {OPEN}; }}",
    ]


def _unless_live(app: str, lines: Lines) -> Lines:
    """Answer so while nobody is to be asked; only `set` and `return`, which are safe in a location's `if`."""
    return block(f'if (${variable("bgd_live", app)} = "")', lines)


def _routes_of_public(entry: AppRoutes) -> set[Route]:
    return {entry.routes[entry.live or entry.preview()]}


def _routes_of_preview(entry: AppRoutes) -> set[Route]:
    """Both colours': either can be asked for."""
    return set(entry.routes.values()) if entry.live else {entry.routes[entry.preview()]}


def _listener(
    port: int,
    apps: Sequence[AppRoutes],
    shown: Callable[[AppRoutes], set[Route]],
    view: type[_View],
    pass_on: Pass,
) -> Lines:
    """A server for each set of hosts that the same apps have on the same paths, and one for all others."""
    views = {entry.app: view(entry, pass_on) for entry in apps}
    hosts: dict[str, dict[str, _View]] = {"": {}}
    for entry in apps:
        for claim in set().union(*map(claims, shown(entry))):
            hosts.setdefault(claim.host, {})[claim.path] = views[entry.app]
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for host in sorted(filter(None, hosts)):
        alike.setdefault(tuple((p, v.app) for p, v in sorted(hosts[host].items())), []).append(host)
    # An empty name is also that of HTTP/1.0 requests without a host.
    lines = _server([f"listen {port} default_server;", 'server_name "";', *view.head], hosts[""])
    for names in alike.values():
        head = [f"listen {port};", f"server_name {' '.join(names)};", *view.head]
        lines += _server(head, hosts[names[0]])
    return lines


def _server(listen: Lines, views: dict[str, _View]) -> Lines:
    lines = [*listen, 'set $bgd_reason "";', 'set $bgd_gate "";']
    seen: dict[str, _View] = {view.app: view for view in views.values()}
    for app in sorted(seen):
        lines += seen[app].gate()
    for path in sorted(views):
        lines += _locations(path, views[path].answer())
    lines += _assets(views)
    if "/" not in views:
        lines += block("location /", ["return 404;"])
    page = [
        *(f"if (-f $bgd_gate/{name}) {{ set $bgd_reason {why}; }}" for why, name in layout.CLOSED.items()),
        "default_type text/html;",
        "charset utf-8;",
        "add_header Cache-Control no-store always;",
        "add_header Retry-After $bgd_retry_after always;",
        "add_header Content-Security-Policy \"default-src 'none'; style-src 'unsafe-inline'\" always;",
        # The status is still that of the error: 200 is only what this location says of itself.
        "return 200 $bgd_page;",
    ]
    return block("server", [*lines, *block("location @bgd_page", page)])


def _assets(views: dict[str, _View]) -> Lines:
    """The paths of files of these apps, but for what is another app's place."""
    lines: Lines = []
    for view in {view.app: view for view in views.values()}.values():
        if isinstance(view, _Public) and (
            paths := [path for path in view.assets if _is_of(view, path, views)]
        ):
            for path in paths:
                lines += block(f'location "{path}/"', view.asset())
            lines += view.spare()
    return lines


def _is_of(view: _View, path: str, views: dict[str, _View]) -> bool:
    """Whether the path is below one of the app's, and no other app's, nor one that is there already."""
    above = [own for own in views if own == "/" or path.startswith(f"{own}/")]
    return path not in views and bool(above) and views[max(above, key=len)] is view


def others(entry: AppRoutes) -> Lines:
    """The colour that isn't live, where somebody may ask for it; once for all servers."""
    if not entry.assets:
        return []
    pairs = [f"{color} {color.other};" for color in Color]
    return block(
        f"map ${variable('bgd_color', entry.app)} ${variable('bgd_other', entry.app)}",
        ['default "";', *pairs],
    )


def _locations(path: str, answer: Lines) -> Lines:
    """`/api` is `/api` and what is below it, but not `/apix`; the path isn't stripped.

    Two locations, as nginx answers a request for `/api` by a redirect where only `/api/` is there.
    """
    if path == "/":
        return block('location "/"', answer)
    return block(f'location = "{path}"', answer) + block(f'location "{path}/"', answer)


def _marker(apps: Sequence[AppRoutes], generation: str) -> Lines:
    """Says `COLOR GENERATION PID open|shut` for an app at `/APP`, and `- GENERATION PID` at `/`.

    `nothing` is a colour here. Of an app that shifts, it is the colour of the visitor who asks, by the
    cookie, and a fifth word says whether there is a share.

    A worker's answer proves that the gate is seen, but not that a reload is over: old workers still accept
    for a moment after the first answer of a new one.
    """
    lines = [
        f"listen {layout.PREVIEW_PORT};",
        f"server_name {layout.MARKER_HOST};",
        "default_type text/plain;",
    ]
    for entry in apps:
        lines += [*_life(entry.app, behind_doors=True), *shares.asked(entry)]
        lines += [*_gate(entry.app, Color.GREEN), *shares.outranked(entry)]
    lines += block("location = /", [f'return 200 "- {generation} $pid\\n";'])
    for entry in apps:
        name, doors = variable("bgd_color", entry.app), variable("bgd_live", entry.app)
        absent = _unless_live(entry.app, [f'return 200 "{NOTHING} {generation} $pid\\n";'])
        sharing = f" ${variable('bgd_sharing', entry.app)}" if entry.shifts else ""
        told = f'return 200 "${name} {generation} $pid ${doors}{sharing}\\n";'
        lines += block(f"location = /{entry.app}", [*absent, told])
    return block("server", [*lines, *block("location /", [f'return 404 "- {generation} $pid\\n";'])])
