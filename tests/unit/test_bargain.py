"""What two versions side by side need of an app: each lack ends a deployment before anything moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Deployment, Options
from bgd.domain.difference import Fact
from bgd.domain.lifecycle import State
from bgd.domain.probe import Answer, Probe
from bgd.domain.settings import HttpSmoke, RunSmoke, Sessions, Settings
from bgd.engine.app import App
from bgd.errors import Refused
from tests.unit.fakes import Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN
PAY = Settings(smoke=(HttpSmoke("GET", "/pay"), RunSmoke(("true",))))
SESSIONS = Settings(
    sessions=Sessions(
        HttpSmoke("POST", "/in", body="password=hunter2"), HttpSmoke("GET", "/me", status=(200,))
    )
)


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def deployed(bench: Bench, settings: Settings, task: bool = True) -> Deployment:
    bench.runner.plan = plan(settings, task=task)
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def told(bench: Bench) -> str:
    """All that was journalled, as one text."""
    return "\n".join(str(dict(entry.data)) for entry in await bench.store.entries(0, "shop", 10_000))


def of_live(bench: Bench, status: Callable[[], int]) -> Callable[[Probe], Answer | None]:
    """What the live colour answers, asked by its name."""

    def answer(probe: Probe) -> Answer | None:
        is_live = probe.headers.get("Bgd-Color") == shop(bench).live and probe.url.endswith("/pay")
        return Answer(status()) if is_live else None

    return answer


async def test_an_old_version_that_a_task_breaks_stops_the_deployment_before_anything_moved(
    bench: Bench,
) -> None:
    await deployed(bench, PAY)
    ran = len(bench.runner.tasks_run)
    bench.prober.by_probe = of_live(bench, lambda: 500 if len(bench.runner.tasks_run) > ran else 200)
    done = await deployed(bench, PAY)
    assert done.state is State.FAILED
    assert done.failure is not None
    assert done.failure.stage is State.MIGRATING
    assert done.failure.message.startswith(
        "r1, which is live in blue, doesn't work any more with what the tasks changed"
    )
    assert shop(bench).live is BLUE
    assert not [key for key in bench.runner.running if key[0] is GREEN]


async def test_a_live_color_that_was_broken_before_does_not_keep_its_successor_away(bench: Bench) -> None:
    await deployed(bench, PAY)
    bench.prober.by_probe = of_live(bench, lambda: 500)
    assert (await deployed(bench, PAY)).state is State.SUCCEEDED
    assert "also before the tasks ran" in await told(bench)


async def test_without_a_task_the_live_color_is_not_asked(bench: Bench) -> None:
    await deployed(bench, PAY, task=False)
    bench.prober.asked.clear()
    await deployed(bench, PAY, task=False)
    assert not [probe for probe in bench.prober.asked if "Bgd-Color" in probe.headers]


def logged_in(forgetful: bool) -> Callable[[Probe], Answer | None]:
    """An app that sets a cookie, and knows it again; on the new colour perhaps not."""

    def answer(probe: Probe) -> Answer | None:
        if probe.url.endswith("/in"):
            return Answer(303, cookies={"id": "s3cret"} if probe.keeps_cookies else {})
        if not probe.url.endswith("/me"):
            return None
        is_new = ":8081/" in probe.url
        knows = probe.headers.get("Cookie") == "id=s3cret" and not (is_new and forgetful)
        return Answer(200 if knows else 401)

    return answer


async def test_whoever_is_logged_in_stays_so(bench: Bench) -> None:
    await deployed(bench, SESSIONS, task=False)
    bench.prober.by_probe = logged_in(forgetful=False)
    assert (await deployed(bench, SESSIONS, task=False)).state is State.SUCCEEDED
    assert "sessions survive" not in await told(bench)


async def test_a_release_that_forgets_who_is_logged_in_is_not_switched_to(bench: Bench) -> None:
    await deployed(bench, SESSIONS, task=False)
    bench.prober.by_probe = logged_in(forgetful=True)
    done = await deployed(bench, SESSIONS, task=False)
    assert done.state is State.FAILED
    assert done.failure is not None
    assert "who is logged in on blue isn't on green: `GET /me` there" in done.failure.message
    assert shop(bench).live is BLUE
    everything = await told(bench) + repr(await bench.store.deployments("shop"))
    assert "s3cret" not in everything
    assert "hunter2" not in everything


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"/in": Answer(500)}, "`POST /in` on blue: "),
        ({"/in": Answer(200)}, "it sets no cookie"),
        ({"/in": Answer(200, cookies={"a": "b"}), "/me": Answer(403)}, "`GET /me` on blue, logged in: "),
        ({"/in": Answer(200, cookies={"a": "b"}), "/me": Answer(200)}, "passes without a login too"),
    ],
)
async def test_a_check_of_sessions_that_proves_nothing_is_said(
    bench: Bench, answers: dict[str, Answer], why: str
) -> None:
    await deployed(bench, SESSIONS, task=False)
    bench.prober.answers = answers
    assert (await deployed(bench, SESSIONS, task=False)).state is State.SUCCEEDED
    assert f"whether sessions survive can't be told: {'' if why[0] != '`' else why}" in await told(bench)
    assert why in await told(bench)


async def test_what_no_release_explains_is_warned_of(bench: Bench) -> None:
    await deployed(bench, Settings())
    bench.runner.by_hand[BLUE, "web"] = {"memory": Fact("1", "1 GB")}
    assert (await deployed(bench, Settings())).state is State.SUCCEEDED
    assert "green differs from blue in what no release explains: web: memory is 1 GB in blue" in await told(
        bench
    )


async def test_with_strict_what_no_release_explains_ends_the_deployment(bench: Bench) -> None:
    await deployed(bench, Settings())
    bench.runner.by_hand[BLUE, "web"] = {"memory": Fact("1", "1 GB")}
    done = await deployed(bench, Settings(strict=True))
    assert done.state is State.FAILED
    assert done.failure is not None
    assert done.failure.evidence == ("web: memory is 1 GB in blue, not there in green",)
    assert shop(bench).live is BLUE


FOR_GOOD = Settings(irreversible=("migrate",))


async def test_a_rollback_across_a_task_that_cannot_be_undone_asks(bench: Bench) -> None:
    await deployed(bench, Settings())
    await deployed(bench, FOR_GOOD)
    for going_back in (
        bench.daemon.changes.rollback(shop(bench), None, "tester"),
        bench.daemon.changes.rollback(shop(bench), "r1", "tester"),
        bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester"),
    ):
        with pytest.raises(Refused, match="task migrate of r2 can't be undone"):
            await going_back
    assert shop(bench).live is GREEN
    await bench.daemon.changes.rollback(shop(bench), None, "tester", force=True)
    assert shop(bench).live is BLUE
    await bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester")
    assert shop(bench).live is GREEN, "forward again crosses nothing"


async def test_a_release_without_such_a_task_is_gone_back_from_at_once(bench: Bench) -> None:
    await deployed(bench, FOR_GOOD)
    await deployed(bench, replace(FOR_GOOD, irreversible=()))
    await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert shop(bench).live is BLUE
