"""The engine's ports: what it needs of the world, and no more.

Two of them carry the future, so they are narrow: `Runner`, what runs a colour (Compose today), and
`Traffic`, what moves the traffic (nginx today). Every method may be called twice with the same arguments
and then finds its work done. All of them raise `BgError` and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bgd.domain.adoption import PlainContainer, PlainProject
from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.deployment import AppRecord, ColorRecord, Deployment, Live
from bgd.domain.difference import Survey
from bgd.domain.log import LogLine
from bgd.domain.notice import Notice
from bgd.domain.origin import Origin
from bgd.domain.plan import Plan
from bgd.domain.probe import Answer, Probe
from bgd.domain.release import Image, Model, Release
from bgd.domain.served import Served
from bgd.domain.traffic import Closure, Remaining, Table
from bgd.domain.usage import Usage

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


class Traffic(Protocol):
    """What moves the traffic."""

    @property
    def preview_door(self) -> str:
        """`host:port` where this machine reaches the preview listener."""

    @property
    def public_door(self) -> str:
        """`host:port` where this machine reaches the public listener."""

    @property
    def shortcomings(self) -> Sequence[str]:
        """Promises that don't hold with what moves the traffic here, each as a sentence."""

    def check(self, table: Table) -> None:
        """Raise `InvalidInput` where `table` can't be served: asked before it is anybody's wish."""

    def preview_url_inside(self, app: str) -> str:
        """The base URL of the preview as a container of the app reaches it."""

    async def start(self, table: Table) -> None:
        """Make sure that the proxy runs and serves `table`.

        One that runs is recreated only for a changed address or image: traffic stops meanwhile. Raises
        `Occupied` where something else listens at an address of its.
        """

    async def remove(self) -> None:
        """Take the proxy away: its addresses are free, and nothing is served."""

    async def apply(self, table: Table) -> None:
        """Make nginx serve `table`: written, tested, reloaded, and seen.

        Where it isn't, the old one is put back and seen, and `Failed` raised.

        Doesn't move an app's traffic: `switch` does that.
        """

    async def switch(self, app: str, to: Color) -> None:
        """Flip the app's traffic to the other colour at once, and return when nginx was seen to serve it."""

    async def is_whole(self) -> bool:
        """Whether the proxy runs, and what it reads is what it was told last."""

    async def live(self, app: str) -> Color | None:
        """The colour that is live by nginx's files, whatever the journal says; `None` without a gate."""

    async def shut(self, app: str, why: Closure) -> None:
        """Answer 503 with a page instead of the app, from now on, and return when nginx was seen to do so.

        Closed doors stay so over moves, reloads and restarts, until `reopen`. An app with nothing live has
        none.
        """

    async def reopen(self, app: str, why: Closure) -> None:
        """Take this reason away; the doors open with the last one, seen."""

    async def closures(self, app: str) -> frozenset[Closure]:
        """Why the app's doors are closed, by nginx's files."""

    async def remaining(self, app: str, color: Color, addresses: Sequence[str]) -> Remaining:
        """What the colour that lost the traffic still has to do. `addresses` are its containers'."""

    async def cut(self, addresses: Sequence[str]) -> int:
        """Hang up what public requests of before the last reload still have open to these; how many.

        Nothing of any other app or colour, and not what came in by the preview.
        """

    async def connections(self, groups: Sequence[Sequence[str]]) -> Sequence[int]:
        """How many connections are open to each of these groups of addresses, now or a second ago."""

    async def requests(self) -> Sequence[Served]:
        """Public requests to apps that have ended since the last call; of many, some at a time."""

    async def forget(self, app: str) -> None:
        """Drop what was kept for an app that is no longer in the table."""


class Prober(Protocol):
    """Makes requests as a client would."""

    async def ask(self, probe: Probe) -> Answer:
        """Send one request over a new connection; never raises for what the other side does."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `id` is 0 until it is recorded; `data` holds plain JSON values."""

    at: datetime
    event: str
    app: str | None
    data: Mapping[str, Any]
    deployment: int | None = None
    actor: str | None = None
    id: int = 0


Record = AppRecord | ColorRecord | Deployment | Release | Live | Entry


class Store(Protocol):
    """What outlives the daemon: the journal and the state, in one place, so that they can't disagree."""

    async def record(self, *records: Record, flush: bool = True) -> Sequence[Entry]:
        """Write all of these or none of them; the entries with their ids.

        With `flush` they, and all before them, are on the disk then. Without, a power cut may forget them,
        a killed process doesn't. Whatever has a key already is replaced. A full disk raises `Failed`, and
        nothing is written.
        """

    async def next_release(self, app: str) -> int:
        """A number that no release of the app ever had."""

    async def next_deployment(self) -> int:
        """A number that no deployment ever had."""

    async def apps(self) -> Sequence[AppRecord]:
        """All apps."""

    async def colors(self, app: str) -> Mapping[Color, ColorRecord]:
        """The colours of an app that have a record."""

    async def release(self, app: str, number: int) -> Release | None:
        """One release."""

    async def latest_release(self, app: str) -> Release | None:
        """The release with the highest number."""

    async def deployments(self, app: str, limit: int = 200) -> Sequence[Deployment]:
        """The app's deployments, newest first."""

    async def unfinished(self) -> Sequence[Deployment]:
        """Deployments of all apps that a daemon left in the middle, oldest first."""

    async def lives(self, app: str, limit: int = 200) -> Sequence[Live]:
        """Which releases had the traffic, newest first."""

    async def releases(self, app: str) -> Sequence[int]:
        """The numbers of the app's releases."""

    async def prune(self, app: str, releases: Collection[int], deployments: int, entries: int) -> None:
        """Drop the app's other releases and its oldest deployments, and the oldest entries of all apps.

        What isn't final stays, and so do the releases of the deployments that stay, however old.
        """

    async def forget(self, app: str) -> None:
        """Drop everything about an app but the journal."""

    async def entries(self, since: int, app: str | None, limit: int) -> Sequence[Entry]:
        """The journal after entry `since`, oldest first."""

    async def first_id(self) -> int:
        """The id of the oldest entry that is kept; 1 while there is none."""

    async def last_id(self) -> int:
        """The id of the newest entry; 0 while there is none."""


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


class Watcher(Protocol):
    """Tells that files changed."""

    async def changes(
        self, files: Sequence[Path], contexts: Sequence[BuildContext] = ()
    ) -> AsyncGenerator[None]:
        """What yields once for each burst of changes to one of these, or to what they stand for.

        Counts from the moment of the call; nothing is missed between two of its items. Files may vanish, come
        back and be replaced by a rename. Ends when the iterator is closed.
        """
