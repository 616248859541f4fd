"""What real containers take, by the files of this machine's kernel."""

from __future__ import annotations

import pytest

from bgd.adapters.cgroup_meter import CgroupMeter
from bgd.domain.color import Color
from bgd.domain.usage import Usage
from tests.docker.apps.files import compose, service
from tests.docker.apps.world import World


async def test_a_container_that_works_takes_more_than_one_that_sleeps(place: World) -> None:
    limit = "mem_limit: 32m"
    text = compose(
        service("busy", "while true; do true; done", limit), service("idle", "exec sleep 10000", limit)
    )
    await place.runner.start(await place.prepared(text, {}), Color.BLUE, place.say)
    busy, idle = await place.container("busy", Color.BLUE), await place.container("idle", Color.BLUE)
    meter = CgroupMeter()
    told: dict[str, Usage] = {}

    async def both_are_known() -> bool:
        told.update(await meter.usage([busy, idle]))
        return all(told[one.id].cpu_cores is not None for one in (busy, idle))

    if busy.id not in await meter.usage([busy]):
        pytest.skip("the engine isn't on this machine")
    await place.until("shop", both_are_known)
    assert (told[busy.id].cpu_cores or 0) > 10 * (told[idle.id].cpu_cores or 0)
    for usage in told.values():
        assert 0 < usage.memory_bytes < 32 << 20
        assert usage.memory_limit_bytes == 32 << 20
