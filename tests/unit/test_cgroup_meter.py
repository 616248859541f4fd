"""CPU and memory from the kernel's files, in both layouts."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bgd.adapters.cgroup_meter import CgroupMeter
from bgd.domain.container import Container, Health
from bgd.domain.usage import Usage

ID = "f" * 64
MB = 1 << 20


def container(pid: int | None = 7, status: str = "running") -> Container:
    return Container(ID, "shop-blue-web-1", "web", "shop", "blue", "r1", status, Health.NONE, "web", pid=pid)


class Machine:
    """Files as a kernel has them, and a clock."""

    def __init__(self, root: Path, is_unified: bool) -> None:
        self.root = root
        self.is_unified = is_unified
        self.now_s = 100.0
        self.meter = CgroupMeter(root / "cgroup", root / "proc", lambda: self.now_s)
        self.path = f"system.slice/docker-{ID}.scope"
        lines = (
            f"0::/{self.path}"
            if is_unified
            else f"3:memory:/{self.path}\n2:cpu,cpuacct:/{self.path}\n0::/{self.path}"
        )
        self.write("proc/7/cgroup", lines)
        self.take(cpu_s=1.0)

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def take(self, cpu_s: float, limit: int | None = 64 * MB) -> None:
        """The container has taken so much CPU so far."""
        if self.is_unified:
            self.write(f"cgroup/{self.path}/cpu.stat", f"usage_usec {round(cpu_s * 1e6)}\nuser_usec 1")
            self.write(f"cgroup/{self.path}/memory.current", str(30 * MB))
            self.write(f"cgroup/{self.path}/memory.stat", f"anon 5\ninactive_file {10 * MB}")
            self.write(f"cgroup/{self.path}/memory.max", "max" if limit is None else str(limit))
            return
        self.write(f"cgroup/cpuacct/{self.path}/cpuacct.usage", str(round(cpu_s * 1e9)))
        self.write(f"cgroup/memory/{self.path}/memory.usage_in_bytes", str(30 * MB))
        self.write(f"cgroup/memory/{self.path}/memory.stat", f"cache 5\ntotal_inactive_file {10 * MB}")
        told = 9223372036854771712 if limit is None else limit
        self.write(f"cgroup/memory/{self.path}/memory.limit_in_bytes", str(told))

    async def usage(self, one: Container | None = None) -> Usage | None:
        return (await self.meter.usage([one or container()])).get(ID)


@pytest.fixture(params=[True, False], ids=["v2", "v1"])
def machine(tmp_path: Path, request: pytest.FixtureRequest) -> Machine:
    return Machine(tmp_path, request.param)


async def test_cpu_is_the_share_of_the_time_between_two_looks(machine: Machine) -> None:
    assert await machine.usage() == Usage(20 * MB, 64 * MB, None)
    machine.take(cpu_s=1.5)
    machine.now_s += 2
    assert await machine.usage() == Usage(20 * MB, 64 * MB, 0.25)
    machine.take(cpu_s=1.6)
    machine.now_s += 0.5  # too soon to tell
    assert await machine.usage() == Usage(20 * MB, 64 * MB, 0.25)


async def test_a_container_without_a_limit_has_none(machine: Machine) -> None:
    machine.take(cpu_s=1, limit=None)
    assert await machine.usage() == Usage(20 * MB, None, None)


async def test_a_restarted_container_begins_anew(machine: Machine) -> None:
    await machine.usage()
    machine.take(cpu_s=0.1)
    machine.now_s += 2
    usage = await machine.usage()
    assert usage is not None
    assert usage.cpu_cores is None


async def test_what_does_not_run_here_has_no_figures(machine: Machine) -> None:
    assert await machine.usage(container(pid=None)) is None
    assert await machine.usage(container(status="exited")) is None
    machine.write("proc/7/cgroup", "0::/init.scope")  # the engine is elsewhere, and this is another process
    assert await machine.usage() is None
    assert await machine.usage(container(pid=8)) is None


async def test_looks_at_once_take_turns(tmp_path: Path) -> None:
    machine, both = Machine(tmp_path, True), threading.Barrier(2)
    have_met = False

    def clock() -> float:
        nonlocal have_met
        try:
            have_met = have_met or both.wait(0.3) >= 0
        except threading.BrokenBarrierError:
            both.reset()
        return 100.0

    meter = CgroupMeter(machine.root / "cgroup", machine.root / "proc", clock)
    await asyncio.gather(*(meter.usage([container()]) for _ in range(2)))
    assert not have_met
