"""What runs a colour."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bgd.domain.adoption import PlainContainer, PlainProject
from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.difference import Survey
from bgd.domain.log import LogLine
from bgd.domain.origin import Origin
from bgd.domain.plan import Plan
from bgd.domain.release import Image, Model, Release

Progress = Callable[[str], None]
"""Takes one line for a person about what is being done now. Never a secret."""


@dataclass(frozen=True, slots=True)
class BuildContext:
    """A directory that an image is built from, and its Dockerfile."""

    root: Path
    dockerfile: Path


@dataclass(frozen=True, slots=True)
class Reading:
    """A Compose file as read: the resolved model, the plan for it, and what both were made of.

    `sources` are files, whether they are there or not; `contexts` are those that are watched; `contents` has
    a hash for each thing whose content the model doesn't hold.
    """

    model: Model
    plan: Plan
    sources: tuple[Path, ...]
    contexts: tuple[BuildContext, ...] = ()
    contents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageNews:
    """Images that are others now than those of a release: by reference, what each stands for.

    `unknown` has those that couldn't be asked for, and why.
    """

    moved: Mapping[str, str]
    unknown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SharedReport:
    """Shared services that were created now, and those that changed in the file but run as they were."""

    created: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The end of a one-off container; the last lines of its log, sanitised."""

    exit_code: int
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines: `since` is an RFC 3339 time; `tail` counts lines of each container; all optional."""

    app: str
    color: Color | None = None
    service: str | None = None
    follow: bool = False
    tail: int | None = None
    since: str | None = None


class Runner(Protocol):
    """What runs a colour."""

    async def read(self, origin: Origin, name: str | None = None) -> Reading:
        """Read an app's Compose files, and plan it. `name` overrides the app's name.

        Raises `InvalidInput` with `file:line:column` for what is wrong. Open questions are no error:
        they are in the plan.
        """

    async def prepare(self, release: Release, color: Color, progress: Progress) -> Mapping[str, Image]:
        """Build or pull the images of every service that has a role but `ignored`; their ids by service."""

    async def image_news(self, release: Release) -> ImageNews:
        """Which of the release's images a deployment would replace by now, pinned and built ones aside."""

    async def start_shared(self, release: Release, update: bool, progress: Progress) -> SharedReport:
        """Create the shared volumes, networks and services that are missing, and wait till they are healthy.

        Those that run are left as they are, whatever the file says now, unless `update`.
        """

    async def run_task(self, release: Release, color: Color, service: str, progress: Progress) -> RunResult:
        """Run a `task` service to its end, once for this release: if it ran already, its result."""

    async def run_command(
        self,
        release: Release,
        color: Color,
        service: str,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
    ) -> RunResult:
        """Run a command in a one-off container like the colour's `service`, which can reach the preview."""

    async def start(self, release: Release, color: Color, progress: Progress) -> None:
        """Bring the colour up with this release's `colored` services only; health isn't awaited."""

    async def start_live_only(self, release: Release, color: Color) -> None:
        """Start the colour's `live-only` services. Touches none of the others."""

    async def stop_live_only(self, release: Release, color: Color) -> None:
        """Stop the colour's `live-only` services, each within its own grace period."""

    async def remove_tasks(self, app: str, color: Color) -> None:
        """Remove the colour's one-off containers (tasks, commands), running or not. Nothing else of it."""

    async def stop(self, app: str, color: Color) -> None:
        """Stop the colour's containers and keep them."""

    async def restart(self, app: str, color: Color) -> None:
        """Start the colour's stopped containers again."""

    async def remove(self, app: str, color: Color) -> None:
        """Remove everything of the colour: containers, networks, one-offs. Volumes stay."""

    async def remove_app(self, app: str, volumes: bool) -> None:
        """Remove everything of the app, its shared services included; its volumes only if told."""

    async def keep_images(self, app: str, releases: Collection[int]) -> None:
        """Let go of the images of the app's other releases, but for those that a container has."""

    async def containers(self, app: str | None = None, details: bool = False) -> Sequence[Container]:
        """The app's containers, or all of this instance's. `details` fills what takes an inspection each."""

    async def known(self, app: str) -> Sequence[Container]:
        """The app's containers in detail, as the engine's last event about them left them.

        At once, where nothing happened since somebody looked. An event takes a moment to come: whoever has
        just changed something looks with `containers`.
        """

    async def survey(self, app: str, releases: Mapping[Color, Release]) -> Mapping[Color | None, Survey]:
        """These colours as they run, beside what the release says that is in each. No secret is shown.

        Under none are the shared services, beside what they were last made from.
        """

    async def changed(self, app: str | None, timeout_s: float) -> None:
        """Return when a container of the app changed (started, died, health), or after `timeout_s`.

        Without an app: one that belongs to none, which is the proxy's.
        """

    @property
    def sessions(self) -> int:
        """How often the engine was found again so far: between two of them it may have been restarted."""

    async def reach(self) -> None:
        """Raise `Unreachable` while the engine doesn't answer. Costs nothing while it tells of its events."""

    async def mend(self, release: Release, color: Color, progress: Progress) -> None:
        """Bring back what the live colour and its shared services lack. Touches nothing that runs."""

    async def plain_project(self, file: Path, name: str) -> PlainProject | None:
        """What plain Compose made of this file: the project `name`, else the one that was made of `file`."""

    async def stop_plain(self, project: PlainProject, renamed: Sequence[str], progress: Progress) -> None:
        """Stop a plain project's containers and keep them; the names of `renamed` (ids) are free then."""

    async def start_plain(self, project: PlainProject, progress: Progress) -> None:
        """Bring a stopped plain project back as it is recorded: the same containers, names, policies."""

    async def remove_plain(self, project: PlainProject) -> None:
        """Remove a plain project's containers, and its networks where unused. Volumes stay."""

    async def users_of_shared(self, app: str, model: Model, plan: Plan) -> Sequence[PlainContainer]:
        """Running containers that aren't the app's and have a volume of its shared services mounted."""

    async def log_tail(self, app: str, color: Color, lines: int) -> Sequence[LogLine]:
        """The last lines of a colour, merged by time."""

    def logs(self, query: LogQuery) -> AsyncGenerator[Sequence[LogLine]]:
        """The lines asked for, merged by time, as they come: none of the batches is empty.

        With `follow` endless, new containers included.
        """
