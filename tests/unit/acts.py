"""What is done to an app on a bench, by a daemon that may be killed in the middle of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container, Health
from bgd.domain.deployment import Options
from bgd.domain.hook import Hook, Hooks, Moment
from bgd.domain.lifecycle import State
from bgd.domain.probe import Answer
from bgd.domain.served import Outcome, Served
from bgd.domain.settings import Bake, HealthCheck, HttpSmoke, Promote, Settings, Shift
from tests.unit.fakes import Bench, Killed

GREEN = Color.GREEN
Act = Callable[[Bench], Awaitable[None]]


async def deploy(bench: Bench) -> None:
    """A deployment to its end, or to the daemon's."""
    app = bench.daemon.fleet.get("shop")
    deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    await bench.daemon.deployer.finished(app, deployment.id)


async def deploy_badly(bench: Bench) -> None:
    """A deployment whose smoke check fails."""
    bench.runner.plan = replace(
        bench.runner.plan, settings=Settings(smoke=(HttpSmoke("GET", "/pay", status=(200,)),))
    )
    bench.prober.answers["/pay"] = Answer(500)
    await deploy(bench)


HOOKS = Hooks(*(((Hook(("say", moment)), Hook(("say", moment), on_host=True))) for moment in Moment))


async def deploy_with_hooks(bench: Bench) -> None:
    """A deployment with two hooks at each moment."""
    bench.runner.plan = replace(bench.runner.plan, settings=Settings(hooks=HOOKS))
    await deploy(bench)


async def deploy_badly_with_hooks(bench: Bench) -> None:
    """The same, and its smoke check fails."""
    settings = Settings(smoke=(HttpSmoke("GET", "/pay", status=(200,)),), hooks=HOOKS)
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    bench.prober.answers["/pay"] = Answer(500)
    await deploy(bench)


async def deploy_and_approve(bench: Bench) -> None:
    """A deployment that is approved by itself, as soon as it waits."""
    settings = Settings(promote=Promote.MANUAL, promote_after_s=0.001)
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    await deploy(bench)


async def switch(bench: Bench) -> None:
    """The traffic to the other colour."""
    app = bench.daemon.fleet.get("shop")
    await bench.daemon.changes.switch(app, None, force=False, actor="tester")


async def deploy_and_hand_over_badly(bench: Bench) -> None:
    """A deployment whose worker dies as soon as it starts, when the traffic has moved already."""
    release = await bench.store.next_release("shop") + 1
    dead = Container(
        "x", "shop-worker-1", "worker", "shop", GREEN, f"r{release}", "exited", Health.NONE, "", exit_code=1
    )
    bench.runner.sick["worker"] = dead
    await deploy(bench)


def baking(bench: Bench, *statuses: int) -> None:
    """From now on releases are watched after the switch, and these are what requests get then."""
    settings = Settings(bake=Bake(0.05, min_requests=2), health=HealthCheck(interval_s=0.02))
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    now_ms = round(time.time() * 1000)
    bench.traffic.after_move = [Served(now_ms, Outcome("shop", GREEN, s, s, 3, 2)) for s in statuses]


async def deploy_and_bake(bench: Bench) -> None:
    """A deployment that is watched after its switch, and does well."""
    baking(bench)
    await deploy(bench)


async def deploy_and_be_taken_back(bench: Bench) -> None:
    """A deployment whose requests get errors after its switch."""
    baking(bench, *[500] * 12)
    await deploy(bench)


def shifting(bench: Bench, *statuses: int) -> None:
    """From now on visitors move by and by, and these are what requests of a quarter of them get."""
    settings = Settings(shift=Shift((5, 25, 100), 0.02), health=HealthCheck(interval_s=0.02))
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    told = [Served(0, Outcome("shop", GREEN, status, status, 3, 2)) for status in statuses]
    bench.traffic.after_share = {25: told}


async def deploy_and_shift(bench: Bench) -> None:
    """A deployment whose visitors move by and by."""
    shifting(bench)
    await deploy(bench)


async def deploy_shift_and_bake(bench: Bench) -> None:
    """The same, and after the switch it breaks a limit."""
    shifting(bench)
    settings = replace(bench.runner.plan.settings, bake=Bake(0.05, min_requests=2))
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    bench.traffic.after_move = [Served(0, Outcome("shop", GREEN, 500, 500, 3, 2))] * 12
    await deploy(bench)


async def deploy_and_lose_the_share(bench: Bench) -> None:
    """A deployment whose second step gets errors."""
    shifting(bench, *[500] * 12)
    await deploy(bench)


async def deploy_and_cancel(bench: Bench) -> None:
    """A deployment that is given up while its new colour starts."""
    app = bench.daemon.fleet.get("shop")
    bench.prober.answers["/"] = Answer(0, error="not yet")
    try:
        await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
        while app.deployment is not None and app.deployment.state is not State.CHECKING:
            if bench.fuse.is_blown:
                raise Killed(bench.fuse.calls[-1])
            await asyncio.sleep(0)
    finally:
        bench.prober.answers.clear()
    if app.deployment is not None:
        await bench.daemon.deployer.cancel(app, "tester")


async def roll_back(bench: Bench) -> None:
    """Back to the release before."""
    app = bench.daemon.fleet.get("shop")
    await bench.daemon.changes.rollback(app, None, "tester")


async def deploy_twice(bench: Bench) -> None:
    """Two releases, so that both colours are in use."""
    await deploy(bench)
    await deploy(bench)
    await cooled(bench)


async def remove(bench: Bench) -> None:
    """The app leaves."""
    await bench.daemon.intake.remove(bench.daemon.fleet.get("shop"), volumes=False, actor="tester")


async def cooled(bench: Bench) -> None:
    """Wait until nothing drains and nobody is busy."""
    async with asyncio.timeout(10):
        while any(
            app.busy or any(c.state is ColorState.DRAINING for c in app.colors.values())
            for app in bench.daemon.fleet.apps.values()
        ):
            if bench.fuse.is_blown:
                raise Killed(bench.fuse.calls[-1])
            await asyncio.sleep(0.001)
