"""The smaller ports: who asks, watches, measures, runs commands and tells people."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bgd.domain.container import Container
from bgd.domain.notice import Notice
from bgd.domain.probe import Answer, Probe
from bgd.domain.release import Release
from bgd.domain.usage import Usage
from bgd.engine.ports.runner import BuildContext, Progress, RunResult


class Prober(Protocol):
    """Makes requests as a client would."""

    async def ask(self, probe: Probe) -> Answer:
        """Send one request over a new connection; never raises for what the other side does."""


class Watcher(Protocol):
    """Tells that files changed."""

    async def changes(
        self, files: Sequence[Path], contexts: Sequence[BuildContext] = ()
    ) -> AsyncGenerator[None]:
        """What yields once for each burst of changes to one of these, or to what they stand for.

        Counts from the moment of the call; nothing is missed between two of its items. Files may vanish, come
        back and be replaced by a rename. Ends when the iterator is closed.
        """


class Meter(Protocol):
    """Tells what containers take of the machine."""

    async def usage(self, containers: Sequence[Container]) -> Mapping[str, Usage]:
        """By container's id; those that don't run, or aren't on this machine, aren't in it."""


class HostCommands(Protocol):
    """Runs an app's commands on the machine itself."""

    @property
    def is_allowed(self) -> bool:
        """Whether the daemon's configuration allows any."""

    async def run(
        self,
        release: Release,
        directory: Path,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
        progress: Progress,
    ) -> RunResult:
        """Run a command as the daemon's user, `timeout_s` at most; its output without the release's secrets.

        Raises `Refused` where it isn't allowed, `Failed` where there is no such program.
        """


class Notifier(Protocol):
    """Tells people where they are."""

    async def send(self, notice: Notice, urls: Sequence[str]) -> Sequence[str]:
        """Send a notice to the daemon's own addresses and to these; what failed, without a secret."""
