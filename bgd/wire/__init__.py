"""The JSON of the socket, as types: what the API writes and the clients read.

Keys that the contract names are promised; the others may grow. Times are RFC 3339 in UTC, durations end in
`_ms` or `_s`. Clients import this for their type checker alone, and stay quick to start.
`TypedDict` is that of `typing_extensions`: pydantic reads no other before Python 3.12.
"""

from bgd.wire.apps import AppJson, AppsJson, ColorJson, ColorName, ContainerJson, RemainingJson, RouteJson
from bgd.wire.deployments import (
    DeploymentJson,
    FailureJson,
    ProbeJson,
    ShiftJson,
    SmokeJson,
    StageJson,
    SwitchJson,
    WaitJson,
)
from bgd.wire.differences import ChangeJson, DifferenceJson, DiffJson, DriftJson, ReleaseDiffJson
from bgd.wire.errors import ErrorBody, ErrorJson
from bgd.wire.streams import EventJson, LogLineJson
from bgd.wire.traffic import (
    ColorTraffic,
    CutJson,
    MoveJson,
    ReceiptJson,
    SeriesJson,
    TrafficDocument,
    TrafficJson,
    TrafficSumJson,
    WatchedJson,
)

__all__ = [
    "AppJson",
    "AppsJson",
    "ChangeJson",
    "ColorJson",
    "ColorName",
    "ColorTraffic",
    "ContainerJson",
    "CutJson",
    "DeploymentJson",
    "DiffJson",
    "DifferenceJson",
    "DriftJson",
    "ErrorBody",
    "ErrorJson",
    "EventJson",
    "FailureJson",
    "LogLineJson",
    "MoveJson",
    "ProbeJson",
    "ReceiptJson",
    "ReleaseDiffJson",
    "RemainingJson",
    "RouteJson",
    "SeriesJson",
    "ShiftJson",
    "SmokeJson",
    "StageJson",
    "SwitchJson",
    "TrafficDocument",
    "TrafficJson",
    "TrafficSumJson",
    "WaitJson",
    "WatchedJson",
]
