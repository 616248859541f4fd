"""Notifications: of what, to whom, and never in the way."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bgd.adapters.notifier import AppriseNotifier
from bgd.domain.color import Color
from bgd.domain.deployment import Deployment, Options
from bgd.domain.lifecycle import State
from bgd.domain.notice import Notice, Tone, notice_of
from bgd.domain.probe import Answer
from bgd.domain.settings import HttpSmoke, Promote, Settings
from bgd.engine.app import App
from bgd.errors import InvalidInput
from tests.mailbox import mailbox
from tests.unit.fakes import Bench, plan

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:apprise", "ignore:'.*' is deprecated and slated"
)
"""Of a hundred services' plugins, some use what is old."""

HELLO = Notice(Tone.SUCCESS, "shop: r7 is live", "green is live")


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def deployed(bench: Bench, **options: bool) -> Deployment:
    deployment, _ = await bench.daemon.changes.deploy(
        shop(bench), Options(no_switch=options.get("no_switch", False)), None, "ada", ""
    )
    return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def sent(bench: Bench, number: int) -> Notice:
    """The notice, number so many."""
    async with asyncio.timeout(10):
        while len(bench.notifier.sent) < number:
            await asyncio.sleep(0)
    return bench.notifier.sent[number - 1][0]


async def test_each_end_of_a_deployment_is_told(bench: Bench) -> None:
    await deployed(bench)
    live = await sent(bench, 1)
    assert (live.tone, live.title) == (Tone.SUCCESS, "shop: r1 is live")
    assert live.body.startswith("blue is live\ndeploy by ada, ")
    await deployed(bench, no_switch=True)
    ready = await sent(bench, 2)
    assert (ready.tone, ready.title) == (Tone.INFO, "shop: r2 is ready in green")
    await bench.daemon.changes.switch(shop(bench), None, force=False, actor="ada")
    assert (await sent(bench, 3)).title == "shop: r2 is live"
    await bench.daemon.changes.rollback(shop(bench), None, "ada")
    back = await sent(bench, 4)
    assert (back.tone, back.title) == (Tone.WARNING, "shop: rolled back to r1")


async def test_a_failure_is_told_with_what_still_serves_and_without_the_logs_of_containers(
    bench: Bench,
) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(smoke=(HttpSmoke("GET", "/pay", status=(200,)),)))
    bench.prober.answers["/pay"] = Answer(500)
    assert (await deployed(bench)).state is State.FAILED
    failed = await sent(bench, 2)
    assert (failed.tone, failed.title) == (Tone.FAILURE, "shop: r2 failed")
    assert "smoke check `GET /pay` failed" in failed.body
    assert "blue still serves r1, untouched" in failed.body
    assert "it hurts" not in failed.body


async def test_a_release_that_waits_for_approval_asks_for_it_with_the_app_s_own_urls(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(promote=Promote.MANUAL, notify=("json://own",)))
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "ada", "")
    asks = await sent(bench, 2)
    assert (asks.tone, asks.title) == (Tone.INFO, "shop: a release waits for approval")
    assert "bgctl promote shop" in asks.body
    assert [urls for _, urls in bench.notifier.sent] == [(), ("json://own",)]


async def test_a_service_that_hangs_or_breaks_is_in_nobody_s_way(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.notifier.is_slow = True
    for _ in range(6):
        assert (await deployed(bench)).state is State.SUCCEEDED
    bench.notifier.is_slow = False
    bench.notifier.fails_with = RuntimeError("no network")
    with caplog.at_level(logging.CRITICAL):
        assert (await deployed(bench)).state is State.SUCCEEDED


async def test_what_wasn_t_delivered_is_in_the_journal(bench: Bench) -> None:
    bench.notifier.failed = ("slack (URL 1 of bgd.toml): it was refused",)
    await deployed(bench)
    await sent(bench, 1)
    async with asyncio.timeout(10):
        while not (told := [e for e in await bench.store.entries(0, "shop", 999) if e.event == "warning"]):
            await asyncio.sleep(0)
    assert "slack (URL 1 of bgd.toml)" in told[0].data["message"]


def test_a_release_that_was_taken_back_is_a_failure() -> None:
    data = {"kind": "deploy", "release": "r7", "outcome": "rolled_back", "live": "blue", "color": "green"}
    told = notice_of("finished", "shop", {**data, "took_ms": 1, "failure": None}, "ada")
    assert told is not None
    assert (told.tone, told.title) == (Tone.FAILURE, "shop: r7 was taken back")
    assert notice_of("finished", "shop", {**data, "outcome": "cancelled", "took_ms": 1}, "ada") is None
    assert notice_of("live", "shop", {"color": Color.BLUE}, None) is None


async def test_a_notice_reaches_a_service_and_its_url_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with mailbox() as box, caplog.at_level(logging.DEBUG):
        notifier = AppriseNotifier([box.url])
        notifier.check()
        assert await notifier.send(HELLO, []) == []
        message = box.messages.get(timeout=10)
        assert (message["title"], message["message"]) == ("shop: r7 is live", "green is live")
        assert message["type"] == "success"
        box.status = 500
        assert await notifier.send(HELLO, [box.url]) == [
            "json (URL 1 of bgd.toml): it was refused, or there was no answer",
            "json (URL 1 of x-bgd.notify): it was refused, or there was no answer",
        ]
    (gone,) = await AppriseNotifier().send(HELLO, [box.url])
    assert gone.startswith("json (URL 1 of x-bgd.notify)")
    assert "hunter2" not in caplog.text


async def test_a_url_that_apprise_doesn_t_know_is_told_by_its_place() -> None:
    with pytest.raises(InvalidInput, match="URL 2 is none that Apprise knows") as caught:
        AppriseNotifier(["json://localhost", "carrierpigeon://hunter2"]).check()
    assert "hunter2" not in caught.value.message + caught.value.hint
    (told,) = await AppriseNotifier().send(HELLO, ["carrierpigeon://hunter2"])
    assert told == "carrierpigeon (URL 1 of x-bgd.notify): that is no URL that Apprise knows"
