"""Hooks: when each is run, what it is told, and what its failure means."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Deployment, Options
from bgd.domain.hook import Hook, Hooks, Moment
from bgd.domain.lifecycle import State
from bgd.domain.probe import Answer
from bgd.domain.settings import HttpSmoke, Settings
from bgd.engine.app import App
from bgd.engine.ports import Entry
from bgd.errors import Refused
from tests.unit.fakes import Bench, plan

EACH = Hooks(*((Hook(("say", moment)),) for moment in Moment))
BEFORE, AFTER = ["before_start", "before_switch"], ["after_switch"]


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def deployed(bench: Bench, **options: Any) -> Deployment:
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(**options), None, "tester", "why")
    return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def told(bench: Bench, event: str) -> list[Entry]:
    """The entries of a kind."""
    return [entry for entry in await bench.store.entries(0, "shop", 10_000) if entry.event == event]


def ran(bench: Bench) -> list[str]:
    """The hooks that ran, in order."""
    return [moment for moment, _, _ in bench.runner.commands]


async def test_a_deployment_runs_its_hooks_in_order_and_tells_them_what_happens(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(hooks=EACH))
    assert (await deployed(bench)).state is State.SUCCEEDED
    assert ran(bench) == BEFORE + AFTER
    (first, *_, last) = bench.runner.commands
    assert first[2] == {
        "BGD_HOOK": "before_start",
        "BGD_APP": "shop",
        "BGD_RELEASE": "r1",
        "BGD_COLOR": "blue",
        "BGD_LIVE": "",
        "BGD_DEPLOYMENT": "1",
        "BGD_ACTOR": "tester",
        "BGD_REASON": "why",
        "BGD_OUTCOME": "",
        "BGD_FAILURE": "",
        "BGD_URL": "http://shop.preview:8081",
        "BGD_FILE": "/srv/shop/compose.yaml",
    }
    assert (last[2]["BGD_LIVE"], last[2]["BGD_OUTCOME"]) == ("blue", "switched")
    entries = await told(bench, "hook")
    assert [entry.data["hook"] for entry in entries] == BEFORE + AFTER
    assert entries[0].data["log"] == ["it says so"]


async def test_without_a_switch_only_what_comes_before_the_start_is_run(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(hooks=EACH))
    await deployed(bench, no_switch=True)
    assert ran(bench) == BEFORE[:1]


async def test_a_failed_deployment_runs_on_failure_when_it_is_cleaned_away(bench: Bench) -> None:
    await deployed(bench)
    smoke = (HttpSmoke("GET", "/pay", status=(200,)),)
    bench.runner.plan = plan(Settings(hooks=EACH, smoke=smoke))
    bench.prober.answers["/pay"] = Answer(500)
    assert (await deployed(bench)).state is State.FAILED
    assert ran(bench) == [*BEFORE[:1], "on_failure"]
    variables = bench.runner.commands[-1][2]
    assert (variables["BGD_LIVE"], variables["BGD_OUTCOME"]) == ("blue", "failed")
    assert "GET /pay" in variables["BGD_FAILURE"]
    assert not [key for key in bench.runner.running if key[0] is Color.GREEN]


@pytest.mark.parametrize("moment", [Moment.BEFORE_START, Moment.BEFORE_SWITCH])
async def test_a_hook_that_fails_before_the_switch_ends_the_deployment(bench: Bench, moment: Moment) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(hooks=Hooks(**{moment: (Hook(("./check",)),)})))
    bench.runner.command_status = 3
    done = await deployed(bench)
    assert done.state is State.FAILED
    assert done.failure is not None
    assert done.failure.message == f"the {moment} hook `run: ./check` failed: exit status 3"
    assert done.failure.log == ("it says so",)
    assert bench.traffic.served("shop") is Color.BLUE


async def test_a_hook_that_fails_after_the_switch_is_a_warning(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(hooks=Hooks(after_switch=(Hook(("./tell",)), Hook(("./more",))))))
    bench.runner.command_status = 1
    assert (await deployed(bench)).state is State.SUCCEEDED
    assert ran(bench) == AFTER * 2
    assert ["after_switch hook `run: ./tell`" in w.data["message"] for w in await told(bench, "warning")] == [
        True,
        False,
    ]


async def test_a_rollback_waits_for_no_hook_and_tells_of_itself(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(hooks=EACH))
    await deployed(bench)
    await deployed(bench)
    bench.runner.commands.clear()
    await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert ran(bench) == ["on_rollback"]


async def test_a_switch_asks_before_it_and_tells_after_it(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(hooks=EACH))
    await deployed(bench)
    await deployed(bench, no_switch=True)
    bench.runner.commands.clear()
    await bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester")
    assert ran(bench) == [*BEFORE[1:], *AFTER]


async def test_commands_on_a_host_that_allows_none_are_refused_before_anything_happens(bench: Bench) -> None:
    bench.host.is_allowed = False
    bench.runner.plan = plan(Settings(hooks=Hooks(on_failure=(Hook(("reboot",), on_host=True),))))
    with pytest.raises(Refused, match=r"x-bgd\.hooks\.on_failure"):
        await deployed(bench)
    assert await bench.store.latest_release("shop") is None


async def test_a_secret_in_a_hook_s_words_isn_t_journalled(bench: Bench) -> None:
    bench.runner.model = {"services": {"web": {"environment": {"API_TOKEN": "s3cr3t-token-value"}}}}
    hook = Hook(("curl", "-H", "Authorization: s3cr3t-token-value"))
    bench.runner.plan = plan(Settings(hooks=Hooks(before_start=(hook,))))
    await deployed(bench)
    assert all("s3cr3t" not in str(e.data) for e in await bench.store.entries(0, None, 10_000))
