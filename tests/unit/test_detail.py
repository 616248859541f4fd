"""What is told of one app that is looked at: what its containers take, and how long its stages may last."""

from __future__ import annotations

from bgd.domain.deployment import Options
from bgd.domain.lifecycle import State
from bgd.domain.settings import HealthCheck, Promote, Settings
from tests.unit.fakes import Bench, plan
from tests.unit.test_deployment import deployed, in_state, shop


async def test_one_app_is_told_with_what_its_containers_take(bench: Bench) -> None:
    await deployed(bench)
    told = await bench.daemon.status_of(shop(bench))
    for one in told["colors"]["blue"]["containers"]:
        taken = (one["cpu_cores"], one["memory_bytes"], one["memory_limit_bytes"])
        assert taken == (0.05, 20 << 20, 64 << 20)
        assert one["digest"]
    (brief,) = (await bench.daemon.status())["apps"]
    assert "cpu_cores" not in brief["colors"]["blue"]["containers"][0]


async def test_stages_of_a_running_deployment_have_their_limits(bench: Bench) -> None:
    settings = Settings(promote=Promote.MANUAL, health=HealthCheck(within_s=45, timeout_s=4))
    bench.runner.plan = plan(settings)
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await in_state(bench, State.AWAITING)
    deployment = (await bench.daemon.status_of(shop(bench)))["deployment"]
    assert deployment is not None
    limits = {stage["stage"]: stage.get("limit_s") for stage in deployment["stages"]}
    assert (limits["checking"], limits["smoking"], limits["preparing"]) == (45, 4, None)
    await bench.daemon.deployer.cancel(shop(bench), "tester")
