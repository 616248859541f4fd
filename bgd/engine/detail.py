"""What is told of one app that is looked at, beyond what is told of all: what it takes, and its limits."""

from __future__ import annotations

from collections.abc import Mapping

from bgd.domain.lifecycle import State
from bgd.domain.release import Release
from bgd.domain.usage import Usage
from bgd.engine.checks import MOVE_WITHIN_S
from bgd.wire import AppJson


def with_usage(told: AppJson, usage: Mapping[str, Usage]) -> AppJson:
    """The app with what each of its containers takes of the machine."""
    for one in [*told["shared"], *(c for color in told["colors"].values() for c in color["containers"])]:
        if (taken := usage.get(one["id"])) is not None:
            cores = taken.cpu_cores
            one["cpu_cores"] = None if cores is None else round(cores, 4)
            one["memory_bytes"] = taken.memory_bytes
            one["memory_limit_bytes"] = taken.memory_limit_bytes
    return told


def with_limits(told: AppJson, release: Release | None) -> AppJson:
    """The app with how long the stages of its deployment may last, where there is a limit."""
    deployment = told["deployment"]
    if deployment is None or release is None:
        return told
    ran_before = deployment["stages"][0]["stage"] == State.CHECKING  # a move begins there
    limits = stage_limits(release, ran_before)
    for stage in deployment["stages"]:
        if (limit_s := limits.get(stage["stage"])) is not None:
            stage["limit_s"] = limit_s
    return told


def with_alone(told: AppJson, release: Release | None) -> AppJson:
    """The app with the reason why the colours mustn't run at once, by the live release; empty: they may."""
    overlap = release.plan.overlap if release is not None else None
    told["alone"] = "" if overlap is None or overlap.is_allowed else overlap.reason
    return told


def stage_limits(release: Release, ran_before: bool) -> Mapping[str, float]:
    """Seconds by stage; the other ones last as long as what they wait for."""
    settings = release.plan.settings
    smoke = sum(check.within_s for check in settings.smoke) or settings.health.timeout_s
    return {
        State.CHECKING: MOVE_WITHIN_S if ran_before else settings.health.within_s,
        State.SMOKING: smoke,
    }
