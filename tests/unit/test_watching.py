"""What watching makes of a change: which one deploys, which one waits, which one replaces what waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Options
from bgd.domain.settings import Promote, Settings
from bgd.engine.app import App
from bgd.engine.ports import Entry, ImageNews
from tests.unit.fakes import Bench, plan

WATCHED = Settings(watch=True)


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


def write(bench: Bench, version: str, settings: Settings = WATCHED) -> None:
    """A new version of the file, saved."""
    bench.runner.model = {"services": {"web": {"image": version}}}
    bench.runner.plan = plan(settings)
    bench.watcher.changed.set()


async def until(bench: Bench, event: str, number: int = 1, **data: Any) -> Entry:
    """The entry of this kind, number so many."""
    async with asyncio.timeout(10):
        while True:
            entries = [e for e in await bench.store.entries(0, "shop", 10_000) if e.event == event]
            entries = [e for e in entries if all(e.data.get(k) == v for k, v in data.items())]
            if len(entries) >= number:
                return entries[number - 1]
            await asyncio.sleep(0.001)


async def watched(bench: Bench, settings: Settings = WATCHED) -> None:
    """Version one live, and watched."""
    write(bench, "one", settings)
    bench.watcher.changed.clear()
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await bench.daemon.deployer.finished(shop(bench), deployment.id)
    read = len(bench.runner.origins)
    bench.daemon.refresh()
    async with asyncio.timeout(10):
        while settings.watch and len(bench.runner.origins) == read:
            await asyncio.sleep(0)


async def test_a_change_during_a_deployment_waits_and_only_the_newest_is_deployed(bench: Bench) -> None:
    await watched(bench)
    bench.runner.hold.clear()
    write(bench, "two")
    await until(bench, "started", release="r2")
    for version in ("three", "four"):
        write(bench, version)
    bench.runner.hold.set()
    await until(bench, "finished", release="r3", outcome="succeeded")
    assert (await bench.store.latest_release("shop")).model["services"]["web"]["image"] == "four"  # type: ignore[union-attr]
    assert bench.traffic.served("shop") is Color.BLUE


async def test_a_change_replaces_a_deployment_of_its_own_that_waits_for_approval(bench: Bench) -> None:
    await watched(bench)
    manual = replace(WATCHED, promote=Promote.MANUAL)
    write(bench, "two", manual)
    await until(bench, "waiting")
    write(bench, "three", manual)
    await until(bench, "finished", release="r2", outcome="cancelled")
    await until(bench, "waiting", 2)
    assert shop(bench).deployment is not None
    assert shop(bench).deployment.release == 3  # type: ignore[union-attr]
    await bench.daemon.deployer.promote(shop(bench), "tester")
    await until(bench, "finished", release="r3", outcome="succeeded")


async def test_a_change_leaves_a_person_s_deployment_that_waits_alone(bench: Bench) -> None:
    await watched(bench)
    manual = replace(WATCHED, promote=Promote.MANUAL)
    write(bench, "two", manual)
    bench.watcher.changed.clear()
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "a person", "")
    await until(bench, "waiting")
    write(bench, "three", WATCHED)
    told = await until(bench, "watch")
    assert told.data["message"] == "a watched file changed: it waits for a deployment by a person"
    assert shop(bench).deployment is not None
    await bench.daemon.deployer.promote(shop(bench), "a person")
    await until(bench, "finished", release="r3", outcome="succeeded")


async def test_the_content_of_a_secret_deploys_and_a_touch_doesn_t(bench: Bench) -> None:
    await watched(bench)
    bench.runner.contents = {"/srv/key": "hash"}
    bench.watcher.changed.set()
    await until(bench, "finished", release="r2", outcome="succeeded")
    bench.watcher.changed.set()
    told = await until(bench, "watch")
    assert "nothing to deploy" in told.data["message"]


async def test_a_broken_file_is_told_once_and_the_next_good_one_deploys(bench: Bench) -> None:
    await watched(bench)
    bench.runner.broken["read"] = "compose.yaml:3:1: that is no key"
    write(bench, "two")
    told = await until(bench, "watch")
    assert told.data["message"] == (
        "not deployed: compose.yaml:3:1: that is no key; blue still serves r1, untouched"
    )
    assert shop(bench).problems["watch"] == "watched file: compose.yaml:3:1: that is no key"
    bench.runner.broken.clear()
    write(bench, "two")
    await until(bench, "finished", release="r2", outcome="succeeded")
    assert "watch" not in shop(bench).problems


async def test_a_newer_image_behind_a_tag_deploys_and_is_tried_once(bench: Bench) -> None:
    await watched(bench, replace(WATCHED, watch_images_s=0.01))
    bench.runner.broken["prepare"] = "the registry is away"
    bench.runner.news = ImageNews({"shop:1": "sha256:new"}, {"db:1": "no answer"})
    failed = await until(bench, "finished", release="r2")
    assert failed.data["outcome"] == "failed"
    started = await until(bench, "started", 2)
    assert started.data["reason"] == "newer images: shop:1"
    assert "db:1: no answer" in shop(bench).problems["watched images"]
    for _ in range(2):
        bench.runner.asked_for_images.clear()
        await bench.runner.asked_for_images.wait()
    assert shop(bench).busy is None, "the same image isn't tried again and again"
    bench.runner.broken.clear()
    bench.runner.news = ImageNews({"shop:1": "sha256:newer"}, {})
    await until(bench, "finished", release="r3", outcome="succeeded")


@pytest.mark.parametrize("settings", [WATCHED, Settings()])
async def test_images_are_looked_for_only_where_that_is_asked(bench: Bench, settings: Settings) -> None:
    await watched(bench, settings)
    write(bench, "two", settings)
    if settings.watch:
        await until(bench, "finished", release="r2", outcome="succeeded")
    assert not bench.runner.asked_for_images.is_set()
