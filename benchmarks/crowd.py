"""Many apps at once, without deploying each: their containers are started straight on the engine and their
releases written into the journal, as deployments would have left them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import local
from typing import Any

import docker
from docker.types import NetworkingConfig

from benchmarks.stand import ANSWER, IMAGE
from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import AppRecord, ColorRecord
from bgd.domain.plan import Plan, RoleOf
from bgd.domain.release import Image, Release
from bgd.domain.render.naming import RELEASE, Place
from bgd.domain.settings import Role, Route, Settings
from bgd.domain.traffic import edge_network
from tests.docker.daemon import RunningDaemon

AT_ONCE = 4
FRONT, OTHER = "web", "worker"
COMPOSE_SERVICE = "com.docker.compose.service"


def name_of(number: int) -> str:
    """The app's name; the first one is the one that is looked at closely."""
    return f"app{number:03d}"


async def record(state_dir: Path, numbers: Iterable[int], running: int) -> None:
    """Write apps into the journal of a daemon that doesn't run: blue live, green warm.

    Those from number `running` on were taken in and have no containers: were anything live of them, the
    daemon would be bringing it back all the time, and that is what would be measured.
    """
    store = SqliteStore(state_dir / "bgd.db")
    await store.open()
    now = datetime.now(UTC)
    for number in numbers:
        app = name_of(number)
        route = Route(FRONT, 80, (f"{app}.example",))
        roles = {name: RoleOf(Role.COLORED, "as measured") for name in (FRONT, OTHER)}
        plan = Plan(app, Settings(), roles, route, (), (), ())
        model = {"name": app, "services": {name: {"image": IMAGE} for name in roles}}
        images = {name: Image(IMAGE, "sha256:0") for name in roles}
        states = {Color.BLUE: ColorState.LIVE, Color.GREEN: ColorState.WARM}
        if number >= running:
            await store.record(AppRecord(app, f"/srv/{app}/compose.yaml", now, route))
            continue
        await store.record(
            AppRecord(app, f"/srv/{app}/compose.yaml", now, route, live=Color.BLUE),
            *(Release(app, at, model, plan, images, now, "bench", "") for at in (1, 2)),
            *(
                ColorRecord(app, color, state, now, release=at)
                for at, (color, state) in enumerate(states.items(), 1)
            ),
        )
    await store.close()


@contextmanager
def containers(daemon: RunningDaemon, directory: Path, apps: int) -> Iterator[int]:
    """Four containers for each app, two in each colour: how many. The first app's fronts answer."""
    for color in Color:
        conf = directory / f"{color}.conf"
        conf.write_text(ANSWER % color)
        conf.chmod(0o644)
    mine = local()

    def client() -> docker.APIClient:
        if not hasattr(mine, "client"):
            mine.client = docker.APIClient(
                base_url="unix:///var/run/docker.sock", version="auto", timeout=120
            )
        found: docker.APIClient = mine.client
        return found

    def start(number: int, color: Color, service: str) -> None:
        engine, place = client(), Place(daemon.instance, name_of(number))
        is_front = service == FRONT
        answers = is_front and number == 0
        edge = edge_network(daemon.instance)
        alias = [place.edge_alias(color, service)] if is_front else []
        binds = [f"{directory}/{color}.conf:/etc/nginx/conf.d/default.conf:ro"]
        release = "r1" if color is Color.BLUE else "r2"
        labels = {**place.labels(color, str(Role.COLORED)), RELEASE: release, COMPOSE_SERVICE: service}
        endpoints: Any = {edge: engine.create_endpoint_config(aliases=alias)}
        made = engine.create_container(
            IMAGE,
            command=["nginx", "-g", "daemon off;"] if answers else ["sleep", "100000"],
            name=f"{place.project(color)}-{service}-1",
            labels=labels,
            host_config=engine.create_host_config(
                network_mode=edge if is_front else "none", binds=binds if answers else []
            ),
            networking_config=NetworkingConfig(endpoints) if is_front else None,
        )
        engine.start(made["Id"])

    def remove(container: str) -> None:
        client().remove_container(container, force=True, v=True)

    every = [
        partial(start, number, color, service)
        for number in range(apps)
        for color in Color
        for service in (FRONT, OTHER)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for made in [pool.submit(each) for each in every]:
                made.result()
            yield len(every)
        finally:
            # `color` is on theirs alone: the proxy is taken away with the daemon.
            mine_all = [c.id for c in daemon.containers("bgd.color")]
            for gone in [pool.submit(remove, container) for container in mine_all]:
                gone.result()
