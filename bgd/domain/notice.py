"""What people are told where they are: that a release is live, failed, was taken back, or waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Tone(StrEnum):
    """How a notice is meant."""

    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of a title and some lines."""

    tone: Tone
    title: str
    body: str


def notice_of(event: str, app: str | None, data: Mapping[str, Any], actor: str | None) -> Notice | None:
    """The notice for an entry of the journal; `None` for most of them.

    Logs of containers aren't in it: it leaves the machine.
    """
    if app is None:
        return None
    if event == "waiting" and data["approval"]:
        until = f"It goes on by itself at {data['until']}." if data["until"] else "It waits until then."
        return Notice(Tone.INFO, f"{app}: a release waits for approval", f"{until}\nbgctl promote {app}")
    if event != "finished":
        return None
    release, failure = data["release"], data.get("failure")
    by = f"{data['kind']} by {actor}, {data['took_ms'] / 1000:.1f} s"
    if data["outcome"] == "failed" and failure:
        lines = (failure["message"], failure["still_serving"], failure["hint"], by)
        return Notice(Tone.FAILURE, f"{app}: {release} failed", _lines(*lines))
    if data["outcome"] == "rolled_back":
        why = failure["message"] if failure else ""
        return Notice(Tone.FAILURE, f"{app}: {release} was taken back", _lines(why, _live(data), by))
    if data["outcome"] != "succeeded":
        return None
    if data["live"] != data["color"]:
        title = f"{app}: {release} is ready in {data['color']}"
        return Notice(Tone.INFO, title, _lines(_live(data), f"bgctl switch {app}", by))
    if data["kind"] == "rollback":
        return Notice(Tone.WARNING, f"{app}: rolled back to {release}", _lines(_live(data), by))
    return Notice(Tone.SUCCESS, f"{app}: {release} is live", _lines(_live(data), by))


def _live(data: Mapping[str, Any]) -> str:
    return f"{data['live']} is live" if data["live"] else "nothing is live"


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
