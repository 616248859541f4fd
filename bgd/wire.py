"""The JSON of the socket, as types: what the API writes and the clients read.

Keys that the contract names are promised; the others may grow. Times are RFC 3339 in UTC, durations end in
`_ms` or `_s`. Clients import this for their type checker alone, and stay quick to start.
`TypedDict` is that of `typing_extensions`: pydantic reads no other before Python 3.12.
"""

from __future__ import annotations

from typing import Literal, NotRequired, Required

from typing_extensions import TypedDict

ColorName = Literal["blue", "green"]


class ContainerJson(TypedDict):
    """One container of a colour, or a shared one."""

    name: str
    service: str
    status: str
    health: str
    image: str
    id: str
    role: NotRequired[str]
    restarts: NotRequired[int]
    started: NotRequired[str | None]
    digest: NotRequired[str]  # of the image, as its registry names it; else the image's id
    # Told where one app is asked for and its containers run on this machine. `cpu_cores` is null at first:
    # it takes two looks, a second apart; a limit of null is none.
    cpu_cores: NotRequired[float | None]
    memory_bytes: NotRequired[int]
    memory_limit_bytes: NotRequired[int | None]


class ColorJson(TypedDict):
    """One colour: `state` and `health` are words of the contract."""

    state: str
    release: str | None
    health: str
    containers: list[ContainerJson]
    since: NotRequired[str | None]
    warm_until: NotRequired[str | None]
    remaining: NotRequired[RemainingJson | None]  # while draining
    traffic: NotRequired[TrafficJson]


class TrafficJson(TypedDict):
    """A colour's public traffic over the last 10 s that are known, up to 2 s ago.

    `error_share` is from 0 to 1, of answers with 5xx; times are until the app began to answer, null without
    requests; `connections` are those that nginx has open to its containers now.
    """

    requests_per_s: float
    error_share: float
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None
    connections: int


class SeriesJson(TypedDict):
    """The last minute, one value a second, oldest first."""

    requests: list[int]
    failed: list[int]
    p50_ms: list[int | None]
    p95_ms: list[int | None]


class ColorTraffic(TrafficJson):
    """A colour's traffic, with the last minute."""

    series: SeriesJson


class TrafficDocument(TypedDict):
    """An app's traffic. `until` is the second (of the epoch) before which everything is known."""

    app: str
    until: int
    window_s: int
    late_s: int
    series_s: int
    colors: dict[str, ColorTraffic]


class TrafficSumJson(TypedDict):
    """Requests counted. `failed` are 5xx, of which nginx had no answer for `unanswered`; the client went
    away from `left` first. `statuses` count by class (`2xx`), `errors` by status."""

    requests: int
    failed: int
    unanswered: int
    left: int
    websockets: int
    statuses: dict[str, int]
    errors: dict[str, int]
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None


class WatchedJson(TypedDict):
    """What a release's real traffic did after its switch. `before` is the old colour's minute before it.

    `verdict` is a sentence; `broke` a limit, and the traffic went back; not `judged` where too few requests
    came. `probes` are bgd's own requests, `failing` the last statuses that were errors.
    """

    verdict: str
    broke: bool
    judged: bool
    before: TrafficSumJson | None
    after: TrafficSumJson
    probes: int
    failed_probes: int
    failing: list[int]


class CutJson(TypedDict):
    """What was still open when the limit of draining came; `left` is what couldn't be cut."""

    connections: int
    websockets: int
    left: int


MoveJson = TypedDict(
    "MoveJson",
    {
        "from": str | None,
        "to": str,
        "ordered_ms": int,
        "seen_ms": int | None,
        "first_new_ms": int | None,
        "last_old_ms": int | None,
        "in_flight": int,
        "strays": int,
        "drained_ms": int | None,
        "cut": CutJson,
    },
)
"""How sharp a move was, in milliseconds since the command, by nginx's clock of milliseconds.

The flip was ordered, and seen; the new colour began its first answer; the last request of the old one began.
`in_flight` requests ended on the old colour after the order, `strays` began there after it was seen.
"""


class ReceiptJson(TypedDict):
    """What happened to real traffic during a change; `before` is the minute before it.

    Counted are requests that ended between `began` and `ended`, when the old colour had drained. Not `whole`
    where no daemon saw all of it.
    """

    began: str
    ended: str
    before: TrafficSumJson
    during: TrafficSumJson
    colors: dict[str, TrafficSumJson]
    move: MoveJson | None
    whole: bool


class RemainingJson(TypedDict):
    """What a draining colour still has to do."""

    connections: int
    old_workers: int
    limit_s: float
    elapsed_s: float


class RouteJson(TypedDict):
    """Where requests come from and go to."""

    hosts: list[str]
    path: str
    service: str
    port: int


class StageJson(TypedDict):
    """One stage of a deployment: `status` is waiting, running, done, failed or skipped."""

    stage: str
    status: str
    took_ms: int | None
    started: str | None
    detail: str
    limit_s: NotRequired[float]  # how long it may last, where one app is asked for and there is a limit


class FailureJson(TypedDict):
    """Why a deployment failed, whole: enough for a card on a screen."""

    stage: str
    message: str
    hint: str
    probe: ProbeJson | None
    log: list[str]
    evidence: list[str]  # the figures that decided, a line each
    still_serving: str


class ProbeJson(TypedDict):
    """The last request that decided."""

    url: str
    host: str
    method: str
    status: int
    answer: str
    took_ms: float
    error: str


class WaitJson(TypedDict):
    """What a deployment waits for: `approval` of somebody, or just for `until`; null until is for ever."""

    approval: bool
    until: str | None
    message: str


class DeploymentJson(TypedDict):
    """A deployment. `kind` is deploy, switch or rollback; `outcome` is null while it runs."""

    id: int
    app: str
    kind: str
    release: str
    color: str
    state: str
    outcome: str | None
    started: str
    finished: str | None
    took_ms: int | None
    actor: str
    reason: str
    stages: list[StageJson]
    failure: FailureJson | None
    waits: NotRequired[WaitJson | None]  # of one that runs now
    watched: NotRequired[WatchedJson | None]  # where its traffic is or was watched after the switch
    receipt: NotRequired[ReceiptJson | None]  # null until its old colour has drained
    event: NotRequired[int]  # in the answer to a request that began it: follow the journal from here


class AppJson(TypedDict):
    """One app as `status` shows it."""

    app: str
    live: ColorName | None
    phase: str
    route: RouteJson | None
    colors: dict[str, ColorJson]
    shared: list[ContainerJson]
    deployment: DeploymentJson | None
    last_deployment: DeploymentJson | None
    file: str
    more: list[str]  # files that override `file`
    profiles: list[str]
    watch: bool
    urls: dict[str, str]  # `public` and `preview`
    alone: NotRequired[
        str
    ]  # why the colours mustn't run at once, where one app is asked for; empty: they may
    closed: NotRequired[list[str]]  # why requests get 503 though a colour is live: pause, maintenance
    problems: list[str]
    stale_s: NotRequired[int | None]  # how old what is said of containers is, while the engine is away


class AppsJson(TypedDict):
    """`status` of everything. `problems` are the daemon's own, such as a proxy that couldn't start."""

    apps: list[AppJson]
    problems: NotRequired[list[str]]


class EventJson(TypedDict, total=False):
    """One line of the journal, flat. Progress lines aren't journalled: they have no `id`.

    Besides the keys below, an event has those of its kind:

    added, removed   file
    started          kind, release, color, reason
    stage            stage, status (running, done, failed), took_ms, detail
    effect           effect, phase (intent, done, failed), detail: each thing that changes the world
    progress         stage, message
    warning          message, fix
    live             release, color, from: the traffic moved
    color            color, state, release
    doors            closed: why requests get 503 now (pause, maintenance), took_ms: for how long they did
    drain            color, connections, old_workers; when its time was up also cut and left
    receipt          what happened to real traffic, a moment after a change is over: see `ReceiptJson`
    smoke            color, passed, checks
    watch            message
    waiting          approval, until, message: see `WaitJson`
    hook             hook, command, passed, reason, took_ms, log: what it printed last
    finished         kind, outcome, release, color, live, took_ms, failure
    daemon           message: it started, stopped, mended something
    resync           this subscriber was too slow: read the state anew
    """

    id: int
    at: str
    event: Required[str]
    app: str | None
    deployment: int | None
    actor: str | None


SwitchJson = TypedDict(
    "SwitchJson",
    {"app": str, "from": str | None, "to": str, "release": str, "took_ms": float},
)
"""What `switch` and `rollback` did; `from` and `to` are colours, `took_ms` the time until it was seen."""


class SmokeJson(TypedDict):
    """The result of one smoke check."""

    check: str
    passed: bool
    reason: str
    took_ms: float
    status: int
    answer: str


class LogLineJson(TypedDict):
    """One line of a container's log, sanitised. `stream` is stdout or stderr."""

    at: str
    color: str | None
    service: str
    container: str
    stream: str
    text: str


class DifferenceJson(TypedDict):
    """A fact about a service that isn't the same in blue and green; null is absent, `•••` a secret.

    `aspect` is a kind of fact, or one and a name: `memory`, `environment.VERSION`. `explained_by` is null
    where no release says that it should differ.
    """

    service: str
    aspect: str
    blue: str | None
    green: str | None
    explained_by: str | None


class DriftJson(TypedDict):
    """A fact about a container (null: about its whole service) that isn't what its release says.

    Of a shared service `color` and `release` are null: it is compared with what it was last made from.
    """

    color: str | None
    release: str | None
    service: str
    container: str | None
    aspect: str
    meant: str | None
    runs: str | None


class ChangeJson(TypedDict):
    """A place of a Compose file where two versions differ; null is absent, `•••` a secret."""

    service: str | None
    place: str
    before: str | None
    after: str | None


class DiffJson(TypedDict):
    """Blue against green as they run. `identical` (but for the release) is null where one isn't there.

    `file` are the changes of the file since the newest release, `file_since`; `notes` are sentences about
    what couldn't be compared.
    """

    app: str
    identical: bool | None
    live: ColorName | None
    blue: str | None
    green: str | None
    differences: list[DifferenceJson]
    drift: list[DriftJson]
    file: list[ChangeJson]
    file_since: str | None
    notes: list[str]


ReleaseDiffJson = TypedDict(
    "ReleaseDiffJson", {"app": str, "from": str, "to": str, "changes": list[ChangeJson]}
)
"""What one release's Compose model and images have otherwise than another's."""


class ErrorBody(TypedDict):
    """The inside of an error."""

    code: str
    message: str
    hint: str


class ErrorJson(TypedDict):
    """An error, as the socket answers it and `--json` prints it."""

    error: ErrorBody
