"""The engine's comparison on fakes: which colours there are, which releases, which file."""

from __future__ import annotations

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Options
from bgd.domain.difference import Fact
from bgd.engine.app import App
from bgd.errors import InvalidInput, NotFound, Refused
from tests.unit.fakes import Bench


async def deployed(bench: Bench, times: int = 1) -> App:
    """The app `shop`, deployed so often."""
    app = bench.daemon.fleet.get("shop")
    for _ in range(times):
        done, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
        await bench.daemon.deployer.finished(app, done.id)
    return app


async def test_an_app_that_was_never_deployed_has_nothing_to_compare(bench: Bench) -> None:
    with pytest.raises(Refused, match="nothing of shop runs"):
        await bench.daemon.diffs.of_colors(bench.daemon.fleet.get("shop"))


async def test_after_the_first_deployment_there_is_one_side_and_a_note(bench: Bench) -> None:
    told = await bench.daemon.diffs.of_colors(await deployed(bench))
    assert (told["identical"], told["blue"], told["green"], told["live"]) == (None, "r1", None, "blue")
    assert told["notes"] == ["green is empty: there is only blue to look at"]


async def test_two_deployments_differ_in_the_image_that_each_release_recorded(bench: Bench) -> None:
    told = await bench.daemon.diffs.of_colors(await deployed(bench, 2))
    assert (told["identical"], told["drift"], told["file"]) == (True, [], [])
    assert [(one["aspect"], one["explained_by"]) for one in told["differences"]] == [("image", "r1 → r2")]


async def test_a_change_by_hand_is_told_with_container_and_release(bench: Bench) -> None:
    app = await deployed(bench, 2)
    bench.runner.by_hand[Color.GREEN, "web"] = {"memory": Fact(64, "64 bytes")}
    told = await bench.daemon.diffs.of_colors(app)
    assert told["identical"] is False
    [drift] = told["drift"]
    assert (drift["color"], drift["release"], drift["container"]) == ("green", "r2", "shop-green-web-1")
    assert (drift["aspect"], drift["meant"], drift["runs"]) == ("memory", None, "64 bytes")


async def test_a_stopped_colour_is_compared_and_isnt_blamed_for_resting(bench: Bench) -> None:
    app = await deployed(bench, 2)
    await bench.daemon.changes.stop(app, Color.BLUE, "tester")
    told = await bench.daemon.diffs.of_colors(app)
    assert (told["blue"], told["drift"]) == ("r1", [])


async def test_a_file_that_changed_since_the_newest_release_is_told(bench: Bench) -> None:
    app = await deployed(bench)
    bench.runner.model = {"services": {"web": {"image": "shop:2"}}}
    told = await bench.daemon.diffs.of_colors(app)
    assert told["file_since"] == "r1"
    assert told["file"] == [{"service": "web", "place": "web.image", "before": None, "after": "shop:2"}]


async def test_a_file_that_cant_be_read_is_a_note_and_no_failure(bench: Bench) -> None:
    app = await deployed(bench)
    bench.runner.broken["read"] = "2:1: a tab"
    told = await bench.daemon.diffs.of_colors(app)
    assert told["file"] == []
    assert told["notes"][-1] == "the file can't be compared with r1: 2:1: a tab"


async def test_releases_are_compared_as_they_were_recorded(bench: Bench) -> None:
    app = await deployed(bench)
    bench.runner.model = {"services": {"web": {"user": "7"}}}
    await deployed(bench)
    told = await bench.daemon.diffs.of_releases(app, "r1", "2")
    assert (told["from"], told["to"]) == ("r1", "r2")
    assert [one["place"] for one in told["changes"]] == ["web.user", "web.image"]
    with pytest.raises(NotFound):
        await bench.daemon.diffs.of_releases(app, "r1", "r9")
    with pytest.raises(InvalidInput):
        await bench.daemon.diffs.of_releases(app, "r1", "newest")
