"""The smaller ports: probes, the watched files, notifications, the host, what containers take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path

from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.notice import Notice
from bgd.domain.probe import Answer, Probe
from bgd.domain.release import Release
from bgd.domain.usage import Usage
from bgd.engine.ports import BuildContext, Progress, RunResult
from tests.unit.fakes.runner import FakeRunner


class FakeProber:
    """Answers what the test says."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Probe] = []
        self.by_probe: Callable[[Probe], Answer | None] = lambda _: None  # before `answers`

    async def ask(self, probe: Probe) -> Answer:
        self.asked.append(probe)
        if (told := self.by_probe(probe)) is not None:
            return told
        path = "/" + probe.url.split("/", 3)[3]
        return self.answers.get(path, Answer(200, "ok", 1.0))


class FakeWatcher:
    """Yields when the test says that a file changed."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    async def changes(
        self, files: Sequence[Path], contexts: Sequence[BuildContext] = ()
    ) -> AsyncGenerator[None]:
        return self._changes()

    async def _changes(self) -> AsyncGenerator[None]:
        while True:
            await self.changed.wait()
            self.changed.clear()
            yield


class FakeNotifier:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[Notice, tuple[str, ...]]] = []
        self.fails_with: BaseException | None = None
        self.failed: tuple[str, ...] = ()
        self.is_slow = False

    async def send(self, notice: Notice, urls: Sequence[str]) -> Sequence[str]:
        if self.is_slow:
            await asyncio.Event().wait()
        if self.fails_with is not None:
            raise self.fails_with
        self.sent.append((notice, tuple(urls)))
        return self.failed


class FakeHost:
    """Runs commands on no host at all: what they are told is kept."""

    def __init__(self, runner: FakeRunner) -> None:
        self.runner = runner
        self.is_allowed = True

    async def run(
        self,
        release: Release,
        directory: Path,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
        progress: Progress,
    ) -> RunResult:
        """As in a container."""
        return await self.runner.run_command(release, Color(env["BGD_COLOR"]), "", command, env, timeout_s)


class FakeMeter:
    """Every container takes the same."""

    async def usage(self, containers: Sequence[Container]) -> Mapping[str, Usage]:
        """A twentieth of a core, and 20 MB of 64."""
        return {one.id: Usage(20 << 20, 64 << 20, 0.05) for one in containers}
