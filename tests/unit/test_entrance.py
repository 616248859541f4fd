"""The daemon where something else listens at the proxy's address."""

from __future__ import annotations

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Options
from bgd.domain.lifecycle import State
from bgd.domain.origin import Origin
from bgd.errors import Failed
from tests.unit.fakes import Bench


@pytest.fixture
async def closed(bench: Bench) -> Bench:
    """A daemon that started while its port was taken."""
    bench.traffic.runs, bench.traffic.is_occupied = False, lambda: True
    await bench.reborn().start()
    return bench


async def deployed(bench: Bench) -> State:
    app = bench.daemon.fleet.get("shop")
    deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    return (await bench.daemon.deployer.finished(app, deployment.id)).state


async def test_a_daemon_starts_without_its_proxy_where_the_port_is_taken_and_says_so(closed: Bench) -> None:
    told = await closed.daemon.status()
    assert "0.0.0.0:80 is taken" in told["problems"][0]
    of_app = await closed.daemon.status_of(closed.daemon.fleet.get("shop"))
    assert "0.0.0.0:80 is taken" in of_app["problems"][0]
    past = [
        entry.data["message"]
        async for entry in closed.daemon.world.journal.past(0, None)
        if entry.event == "daemon"
    ]
    assert any("goes on without its proxy" in message for message in past)


async def test_a_deployment_fails_while_the_port_is_taken(closed: Bench) -> None:
    assert await deployed(closed) is State.FAILED
    assert closed.daemon.fleet.get("shop").live is None


async def test_the_proxy_starts_with_the_next_deployment_once_the_port_is_free(closed: Bench) -> None:
    closed.traffic.is_occupied = lambda: False
    assert await deployed(closed) is State.SUCCEEDED
    assert closed.traffic.served("shop") is Color.BLUE
    assert (await closed.daemon.status())["problems"] == []


async def test_apps_come_and_go_while_the_port_is_taken(closed: Bench) -> None:
    await closed.daemon.intake.remove(closed.daemon.fleet.get("shop"), volumes=False, actor="tester")
    app, *_ = await closed.daemon.intake.add(Origin("/srv/shop/compose.yaml"), None, "tester")
    assert app.name in closed.daemon.fleet.apps


async def test_any_other_trouble_with_the_proxy_still_keeps_the_daemon_from_starting(bench: Bench) -> None:
    bench.traffic.broken.add("start")
    with pytest.raises(Failed, match="the image"):
        await bench.reborn().start()


async def test_addresses_that_were_given_back_are_not_taken_again_for_nothing(bench: Bench) -> None:
    entrance = bench.daemon.fleet.entrance
    await entrance.close()
    await entrance.reopen()
    assert not bench.traffic.runs
    assert await deployed(bench) is State.SUCCEEDED
    assert bench.traffic.runs
    await entrance.close()
    await entrance.reopen()
    assert bench.traffic.runs, "somebody is live"
