"""What real traffic does, did during a change, and does since a switch."""

from __future__ import annotations

from typing_extensions import TypedDict


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
    """What a release's real traffic did since it got some. `before` is the old colour's minute before that.

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
