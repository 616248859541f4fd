"""The `Traffic` port, by nginx."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.nginx.access_log import REPLACE_BYTES
from bgd.adapters.nginx.directory import Directory
from bgd.adapters.nginx.disk import Disk
from bgd.adapters.nginx.door import Door, is_loopback
from bgd.adapters.nginx.gates import Gates
from bgd.adapters.nginx.launch import Launch
from bgd.adapters.nginx.marker import Marker, NotSeen
from bgd.adapters.nginx.project import Project, Settings
from bgd.adapters.nginx.proxy import Engine, Proxy
from bgd.adapters.nginx.reload import Reload
from bgd.adapters.nginx.shares import Shares
from bgd.adapters.nginx.streams import Streams
from bgd.adapters.nginx.traffic_log import TrafficLog
from bgd.adapters.nginx.wishes import Wishes
from bgd.adapters.nginx.workers import tcp_tables_on_host
from bgd.domain.color import Color
from bgd.domain.nginx_config import NginxConfig, render
from bgd.domain.nginx_layout import PREVIEW_ALIAS, inside_ports
from bgd.domain.nginx_servers import OPEN, SHUT
from bgd.domain.nginx_version import OLDEST, RESOLVED_UPSTREAMS, Version, has, missing, told
from bgd.domain.served import Served
from bgd.domain.tcp_table import Address, canonical, connections, connections_to
from bgd.domain.traffic import AppRoutes, Closure, Remaining, Share, Table
from bgd.engine.ports import Progress
from bgd.errors import Failed, NotFound, Refused

SWITCH_TIMEOUT_S = 5.0
MOST_WORKERS = 4
"""Each serves 17,000 requests a second, and stays once more for every reload that a stream outlives."""
LOOK_FOR_S = 1.0
"""How long a look at nginx's connections is good enough for figures."""
UNKNOWN_FOR_S = 2.1
"""How long each worker of an nginx that keeps no addresses remembers that nobody had a name."""


class NginxTraffic:
    """Moves traffic with one nginx for all apps of an instance."""

    def __init__(
        self,
        *,
        state_dir: Path,
        instance: str,
        http: str,
        preview: str,
        image: str,
        compose: ComposeCli,
        engine: Engine,
        trusted_proxies: Sequence[str] = (),
        switch_timeout_s: float = SWITCH_TIMEOUT_S,
        log_bytes: int = REPLACE_BYTES,
    ) -> None:
        """`http` and `preview` are `ADDR:PORT` on the host; `engine` and `compose` are the caller's.
        `trusted_proxies` are addresses and networks; those of this machine's loopback mean this machine.

        Raises `InvalidInput` for addresses that are none. Nothing is started or written yet.
        """
        self._switch_timeout_s = switch_timeout_s
        self._settings = Settings(Door.parse(http), Door.parse(preview), image)
        path, logs = (state_dir / "nginx").resolve(), (state_dir / "traffic").resolve()
        # Two threads: no flip waits for a configuration that is being flushed.
        self._disk, self._gate_disk = Disk("bgd-nginx-disk"), Disk("bgd-nginx-gates")
        self._log_disk = Disk("bgd-nginx-log")
        self._gates, self._shares = Gates(path), Shares(path)
        self._marker = Marker(self._settings.preview.reachable)
        directory = self._directory = Directory(path)
        proxy = self._proxy = Proxy(engine, f"{instance}-proxy")
        self._log = TrafficLog(logs, proxy, self._log_disk, log_bytes)
        self._project = Project(instance, path, logs, compose, engine)
        self._reload = Reload(directory, proxy, self._marker, self._disk)
        self._launch = Launch(self._project, directory, proxy, self._marker, self._disk)
        self._wishes = Wishes(self._serve)
        self._serving = asyncio.Lock()  # a configuration is placed: by a reload, or by a launch
        self._flips: dict[str, asyncio.Lock] = {}
        self._table: Table = ()
        self._made: NginxConfig | None = None  # the last one, of a hundred apps in 30 ms, and
        self._made_of: tuple[Table, Version | None, tuple[str, ...]] = ((), None, ())  # of what
        self._trusted = trusted_proxies
        self._proxies: Sequence[str] = ()
        self._master = 0
        self._open: Counter[Address] = Counter()
        self._looked_at = -LOOK_FOR_S
        self._version: Version | None = None
        self._workers = min(MOST_WORKERS, len(os.sched_getaffinity(0)))

    @property
    def public_door(self) -> str:
        """`host:port` where this machine reaches the public listener."""
        return str(self._settings.http.reachable)

    @property
    def preview_door(self) -> str:
        """`host:port` where this machine reaches the preview listener."""
        return str(self._settings.preview.reachable)

    def check(self, table: Table) -> None:
        """See `Traffic.check`."""
        render(table)

    @property
    def shortcomings(self) -> Sequence[str]:
        """Which promises this nginx is too old for; none before it was seen."""
        if self._version is None:
            return []
        name = f"nginx {told(self._version)} ({self._settings.image}) is old"
        return [f"{name}: {each.without}" for each in missing(self._version)]

    def preview_url_inside(self, app: str) -> str:
        """The app's preview for its own containers: `http://bgd-preview:21234/path`, no slash at its end.

        Every host is the app's there, so nobody needs to know its names. Raises `NotFound` for an app that
        isn't in the table.
        """
        for entry in self._table:
            if entry.app == app:
                port = inside_ports(each.app for each in self._table)[app]
                return f"http://{PREVIEW_ALIAS}:{port}{entry.routes[entry.preview()].path.rstrip('/')}"
        raise NotFound(f"nginx doesn't serve an app {app!r}")

    async def start(self, table: Table) -> None:
        """Make sure that the proxy runs, with these settings, and serves `table`.

        Traffic isn't interrupted where it runs already, unless an address or the image changed. Raises
        `Refused` when another daemon's proxy has this instance, `Occupied` for a port that is taken, `Failed`
        for an image that can't be had, a proxy that isn't seen to serve within its time.
        """
        await self._disk.run(self._directory.prepare)
        await self._log.prepare()
        try:
            await self._gate_disk.run(lambda: self._gates.tidy(entry.app for entry in table))
        except OSError as error:
            raise Failed(f"nginx's gates can't be put in order: {error}", "traffic goes on") from error
        self._proxies = await self._trusted_addresses()
        if await self.is_up():
            found = await self._proxy.find()
            self._version = await self._proxy.version(found.id) if found is not None else None
            await self.apply(table)
        else:
            self._version = await self._version_of_image()
            async with self._serving:
                await self._launch.launch(self._settings, await self._config(table))

    async def apply(self, table: Table) -> None:
        """Make nginx serve `table`: written, tested, reloaded, and seen.

        The gates on disk say which colour is live; the table says it only where there is no gate yet.
        Raises `InvalidInput` for a table that can't be told to nginx, `Failed` where nginx refuses it or
        isn't seen to serve it: the configuration before it serves then.
        """
        await self._wishes.grant(table)

    async def switch(self, app: str, to: Color) -> None:
        """Flip the app's traffic, at once for old and new connections, and return when that was seen.

        A share that the other colour has ends; `to` keeps its own, until it is told otherwise. Waits
        for nothing but its own disk and nginx, no reload of another app. Raises `Failed`, which says what
        serves, with the gate put back and that seen too.
        """
        found: list[tuple[Color | None, Share | None]] = []

        def flip() -> None:
            found.append((self._gates.live(app), self._shares.of(app)))
            self._gates.turn(app, to)

        async with self._flips.setdefault(app, asyncio.Lock()):
            try:
                await self._gate_disk.run(flip)
                await self._marker.see_color(app, to, self._switch_timeout_s)
                has_share = found[0][1] is not None
                if has_share and await self._gate_disk.run(lambda: self._shares.drop_other(app, to)):
                    await self._marker.see_share(app, None, to, self._switch_timeout_s)
            except (NotSeen, OSError) as error:
                if not found:
                    raise Failed(
                        f"{app}'s gate can't be read: {error}; whoever served it still does"
                    ) from error
                told = await self._turn_back(app, found[0][0])
                raise Failed(f"nginx wasn't seen to serve {app} from {to}: {error}; {told}") from error
            except asyncio.CancelledError:
                await asyncio.shield(self._cancelled(app, found))
                raise

    async def shut(self, app: str, why: Closure) -> None:
        """Answer 503 with a page instead of the app, on open connections too, and return when that was seen.

        Raises `Failed` where it isn't seen; `reopen` takes it back.
        """
        await self._set_doors(app, lambda: self._gates.shut(app, why), SHUT)

    async def reopen(self, app: str, why: Closure) -> None:
        """Take a reason for closed doors away; return when that was seen. Raises `Failed`."""
        await self._set_doors(app, lambda: self._gates.reopen(app, why), OPEN)

    async def closures(self, app: str) -> frozenset[Closure]:
        """Why the app's doors are closed, by the files."""
        return await self._gate_disk.run(lambda: self._gates.closures(app))

    async def _set_doors(self, app: str, change: Callable[[], None], doors: str) -> None:
        async with self._flips.setdefault(app, asyncio.Lock()):
            try:
                await self._gate_disk.run(change)
                if await self._gate_disk.run(lambda: self._gates.live(app)) is None:
                    return
                closed = await self._gate_disk.run(lambda: self._gates.closures(app))
                await self._marker.see_doors(app, SHUT if closed else OPEN, self._switch_timeout_s)
            except (NotSeen, OSError) as error:
                raise Failed(f"nginx wasn't seen to have {app}'s doors {doors}: {error}") from error

    async def settled(self, progress: Progress) -> None:
        """Return when whoever begins a request can send it to what the preview shows. See `OldWorkers`.

        Raises `Failed` where the proxy isn't there.
        """
        async with self._serving:
            pass  # A reload that is under way makes workers old as well.
        await self._reload.old_workers.begin_no_more(progress)
        if not has(self._version, RESOLVED_UPSTREAMS):
            await asyncio.sleep(UNKNOWN_FOR_S)

    async def share(self, app: str, share: Share | None) -> None:
        """Give a colour this share of the visitors, or none; return when that was seen. Raises `Failed`."""
        if share is not None and not any(e.app == app and e.shifts for e in self._table):
            raise Failed(f"nginx's configuration knows of no shares of {app}")
        async with self._flips.setdefault(app, asyncio.Lock()):
            told = f"{share.percent} % of {app} to {share.color}" if share else f"{app} without a share"
            try:
                if share is None:
                    await self._gate_disk.run(lambda: self._shares.drop(app))
                else:
                    await self._gate_disk.run(lambda: self._shares.give(app, share))
                if (live := await self.live(app)) is not None:
                    await self._marker.see_share(app, share, live, self._switch_timeout_s)
            except (NotSeen, OSError) as error:
                raise Failed(f"nginx wasn't seen to give {told}: {error}") from error

    async def shared(self, app: str) -> Share | None:
        """The app's share by the files."""
        return await self._gate_disk.run(lambda: self._shares.of(app))

    async def is_up(self) -> bool:
        """Whether the proxy runs with these settings."""
        return await self._launch.is_up(self._settings)

    async def is_whole(self) -> bool:
        """Whether the proxy runs with these settings, and its file is the one that the last table makes."""
        if not await self.is_up():
            return False
        return await self._disk.run(self._directory.current) == await self._config(self._table)

    async def live(self, app: str) -> Color | None:
        """The colour that is live by the gate on disk; `None` without one."""
        return await self._gate_disk.run(lambda: self._gates.live(app))

    async def remaining(
        self,
        app: str,  # noqa: ARG002 - part of the port; addresses say it all here
        color: Color,  # noqa: ARG002
        addresses: Sequence[str],
    ) -> Remaining:
        """nginx's open connections to the colour's containers; `old_workers` is always 0.

        Old workers say nothing here. They are common to all apps, so a WebSocket of one would hold up the
        draining of every other. And they hide nothing: as no request is buffered, each is connected to its
        colour in the moment that its colour is chosen. Idle connections end by themselves after a second.
        """
        return Remaining(connections_to(await self._tcp_tables(), addresses), old_workers=0)

    async def connections(self, groups: Sequence[Sequence[str]]) -> Sequence[int]:
        """nginx's open connections to each of these groups of addresses, all from one look.

        The look may be a second old: the kernel takes milliseconds for each, and whoever watches asks often.
        """
        if time.monotonic() - self._looked_at > LOOK_FOR_S:
            tables = await self._tcp_tables()
            self._open = Counter(each.remote for each in connections(tables))
            self._looked_at = time.monotonic()
        return [sum(self._open[address] for address in canonical(addresses)) for addresses in groups]

    async def cut(self, addresses: Sequence[str]) -> int:
        """Hang up what nginx's old workers have open to these addresses, where that is allowed; how many."""
        found = await self._proxy.find()
        if found is None or not found.is_running:
            return 0
        streams = await self._disk.run(lambda: Streams.of(found.pid, addresses))
        return 0 if streams is None else await self._disk.run(streams.cut)

    async def requests(self) -> Sequence[Served]:
        """What has come in the access log. Raises `Failed` where it can't be read."""
        return await self._log.requests()

    async def forget(self, app: str) -> None:
        """Drop the app's gate. Raises `Refused` while nginx serves the app from it."""
        if any(entry.app == app and entry.live for entry in self._table):
            raise Refused(f"nginx still serves {app}", "take it out of the table first")
        await self._gate_disk.run(lambda: self._gates.drop(app))
        self._flips.pop(app, None)

    async def remove(self) -> None:
        """Take the proxy away, and its network unless an app is on it: traffic ends. Its files stay."""
        await self._project.down(self._settings)

    def close(self) -> None:
        """End the threads. nginx goes on."""
        self._disk.close()
        self._gate_disk.close()
        self._log_disk.close()

    async def _trusted_addresses(self) -> Sequence[str]:
        """Whom nginx trusts. What this machine sends comes from its address on nginx's network."""
        if not any(is_loopback(each) for each in self._trusted):
            return self._trusted
        here = await self._project.gateway()
        return sorted({here, *(each for each in self._trusted if not is_loopback(each))})

    async def _version_of_image(self) -> Version | None:
        """The version that is about to be started. Raises `Failed` for one that won't do, or no image."""
        image = self._settings.image
        try:
            version = await self._proxy.version_of_image(image)
        except NotFound:
            await self._project.pull(self._settings)
            version = await self._proxy.version_of_image(image)
        if version is not None and version < OLDEST:
            raise Failed(
                f"{image} is nginx {told(version)}: {told(OLDEST)} is the oldest that will do",
                "give bgd a newer one with --proxy-image",
            )
        return version

    async def _tcp_tables(self) -> str:
        tables = await self._disk.run(lambda: tcp_tables_on_host(self._master)) if self._master else None
        if tables is None:
            found = await self._proxy.find()
            if found is None or not found.is_running:
                return ""
            # Kept: whether the process with that number is still the proxy's is asked each time.
            self._master = found.pid
            tables = await self._disk.run(lambda: tcp_tables_on_host(found.pid))
            if tables is None:
                tables = await self._proxy.tcp_tables(found.id)
        return tables

    async def _serve(self, table: Table) -> None:
        was_live = {entry.app for entry in self._table if entry.live}
        async with self._serving:
            await self._reload.serve(await self._config(table))
        for entry in table:
            if entry.live is None and entry.app in was_live:
                # Back to nothing, by a stop or by a first deployment that failed after its switch. Not
                # whenever the table says so: while another app's first switch is being recorded, a table
                # without it may be on its way here.
                await self._gate_disk.run(lambda app=entry.app: self._gates.drop(app))  # type: ignore[misc]

    async def _config(self, table: Table) -> NginxConfig:
        """The configuration for `table`, live colours as the gates have them."""
        # All gates in one go, and not on the flips' own thread: a hundred of them take milliseconds.
        found = await self._disk.run(lambda: [self._gates.live(entry.app) for entry in table])
        settled = tuple([await self._as_gated(entry, live) for entry, live in zip(table, found, strict=True)])
        made_of = settled, self._version, tuple(self._proxies)
        if made_of != self._made_of or self._made is None:
            self._made = render(settled, self._workers, self._version, self._proxies)
            self._made_of = made_of
        self._table = settled
        return self._made

    async def _as_gated(self, entry: AppRoutes, live: Color | None) -> AppRoutes:
        """The app as the gates have it.

        An app that was live and has no gate lost it, with the state directory perhaps: it gets it back, or
        nginx would take it for one with nothing live.
        """
        if entry.live is None:
            return entry
        if live is None:
            await self._gate_disk.run(lambda: self._gates.turn(entry.app, entry.live or Color.BLUE))
            return entry
        return replace(entry, live=live)

    async def _cancelled(self, app: str, found: Sequence[tuple[Color | None, Share | None]]) -> None:
        """Undo a flip whose caller doesn't wait for it any more, if it was begun: `found` is what it saw."""
        await self._gate_disk.run(lambda: None)  # it has one thread: a flip that was begun is over then
        if found:
            await self._turn_back(app, found[0][0])

    async def _turn_back(self, app: str, before: Color | None) -> str:
        """Put the gate back where it was, and see that; what to tell about it."""
        try:
            if before is None:
                await self._gate_disk.run(lambda: self._gates.drop(app))
                return "nothing is live, as before"
            await self._gate_disk.run(lambda: self._gates.turn(app, before))
            await self._marker.see_color(app, before, self._switch_timeout_s)
        except (NotSeen, OSError) as error:
            return f"the gate was put back to {before or 'nothing'}, but that wasn't seen either: {error}"
        return f"{before} still serves"
