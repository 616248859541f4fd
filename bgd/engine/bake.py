"""The watch over a release that has just got traffic: all of it, or a share.

It looks at what real requests get, at the containers, and, while few requests come, at its own. nginx writes
its log once a second; that is read ten times a second here, so a limit that breaks is known a second later at
most, and the way back is one flip.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from bgd.domain.bake import LAST_STATUSES, Watched, breach
from bgd.domain.color import Color
from bgd.domain.container import Container, Health
from bgd.domain.lifecycle import Event
from bgd.domain.probe import Probe, host_of, judge_health, path_under
from bgd.domain.receipt import BEFORE_S
from bgd.domain.served import Served
from bgd.domain.settings import Bake, HttpSmoke, Role
from bgd.domain.smoke import judge
from bgd.domain.tally import Summary, Tally
from bgd.engine.checks import CheckFailed, health_probe, route_of, way_to
from bgd.engine.figures import LATE_S
from bgd.engine.receipt_view import watched_json
from bgd.engine.stopwatch import stopwatch
from bgd.engine.work import Work
from bgd.errors import BgError

log = logging.getLogger("bgd.bake")

LOOK_EVERY_S = 0.1
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Smoke checks that may be asked again and again."""


async def bake(work: Work) -> Event:
    """Watch until the time is up, somebody promotes it, or a limit breaks: then `CheckFailed`."""
    limits, old = work.release.plan.settings.bake, work.deployment.previous
    if limits is None or old is None:
        return Event.DONE
    began = work.deployment.stages[-1].started
    until = began + timedelta(seconds=limits.for_s)
    async with watching(work, limits, old, work.app.colors[work.color].since) as watch:
        with work.app.at_rest():
            limit = await watch.until_over(began, until)
        watched = await watch.over(limit)
    if not limit:
        return Event.DONE
    raise taken_back(f"taken back: {limit}", watched.evidence(work.color))


async def meanwhile_watched(work: Work, doing: Coroutine[Any, Any, None]) -> None:
    """Do what follows the switch; given up with `CheckFailed` once the release breaks a limit.

    A worker may take minutes to stop, and nobody is to get errors for so long.
    """
    task = asyncio.create_task(doing, name=f"after the switch of {work.app.name}")
    try:
        limits, old = work.release.plan.settings.bake, work.deployment.previous
        if limits is not None and old is not None:
            async with watching(work, limits, old, work.app.colors[work.color].since) as watch:
                while not (await asyncio.wait({task}, timeout=LOOK_EVERY_S))[0]:
                    if limit := await watch.broken():
                        watched = await watch.over(limit)
                        raise taken_back(f"taken back: {limit}", watched.evidence(work.color))
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def taken_back(message: str, evidence: Sequence[str]) -> CheckFailed:
    """The error for a release that broke a limit."""
    hint = "the figures and the log lines tell why; mend it and deploy again"
    return CheckFailed(message, hint, evidence=evidence)


@asynccontextmanager
async def watching(work: Work, limits: Bake, old: Color, since: datetime) -> AsyncIterator[Watch]:
    """Watch a release that has had traffic since then, and ask it where few others do."""
    watch = Watch(work, limits, old, since)
    with watch.counting():
        await watch.begin()
        # Not in a TaskGroup: that would wrap what ends the watch in a group of its own.
        probing = asyncio.create_task(watch.probe(), name=f"probes of {work.app.name}")
        try:
            yield watch
        finally:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)


class Watch:
    """What is seen of one release since it got traffic."""

    def __init__(self, work: Work, limits: Bake, old: Color, since: datetime) -> None:
        self._work = work
        self._limits = limits
        self._watched = work.deployment.watched or Watched(old, min_requests=limits.min_requests)
        self._since = int(since.timestamp())
        self._after = Tally()
        self._failing: deque[int] = deque(maxlen=LAST_STATUSES)
        self._probes = self._failed_probes = 0
        self._containers: Mapping[str, Container] = {}
        self._sessions = -1
        self._complained = ""

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count its requests meanwhile."""
        figures, app, color = self._work.fleet.figures, self._work.app.name, self._work.color

        def note(served: Sequence[Served]) -> None:
            self._failing.extend(
                one.outcome.status
                for one in served
                if one.outcome.app == app and one.outcome.color is color and one.outcome.has_failed
            )

        with figures.counting(app, color, self._since) as self._after, figures.listening(note):
            yield

    async def begin(self) -> None:
        """Remember how the containers are now, or were when a watch before this one began.

        A next daemon compares with as many restarts.
        """
        self._sessions = self._work.world.runner.sessions
        containers = await self._own()
        self._containers = {**{one.name: one for one in containers}, **self._work.watched_containers}
        self._work.watched_containers = self._containers
        if not self._watched.restarts:
            restarts = {one.name: one.restarts for one in containers}
            await self._keep(replace(self._watched, restarts=restarts))

    async def until_over(self, began: datetime, until: datetime) -> str:
        """The limit that broke; empty where the time was up first, or somebody ended it.

        A next daemon watches for what is left of the time, and never longer than from its beginning: the
        clock may have been set back.
        """
        work = self._work
        for_s = (until - max(began, work.world.journal.clock())).total_seconds()
        spent_s = stopwatch()
        told = ""
        while True:
            if limit := await self.broken():
                return limit
            left_s = for_s - spent_s()
            if left_s <= 0 or work.app.promoted.is_set():
                return ""
            line = f"{self._after.requests:,} requests, {self._after.failed:,} failed"
            if line != told:
                work.progress(line)
                told = line
            await asyncio.sleep(min(LOOK_EVERY_S, left_s))

    async def broken(self) -> str:
        """The limit that is broken by now, where there is a way back; else empty."""
        limit = await self._look()
        return limit if limit and await self._can_go_back(limit) else ""

    async def over(self, limit: str, **told: object) -> Watched:
        """Keep and tell all that is known now, with the limit that broke, if one did."""
        watched = self._seen(limit)
        self._work.deployment = replace(self._work.deployment, watched=watched)
        data = {"color": self._work.color, "old": watched.old, **told, **watched_json(watched)}
        await self.tell("watched", data)
        return watched

    def _seen(self, limit: str) -> Watched:
        return replace(
            self._watched,
            before=self._watched.before or self._before(),
            after=self._after.summary(),
            probes=self._probes,
            failed_probes=self._failed_probes,
            failing=tuple(self._failing),
            limit=limit,
        )

    async def probe(self) -> None:
        """Make requests as long as too few come, one after the other."""
        work, release = self._work, self._work.release
        route, health = route_of(release), release.plan.settings.health
        door, asking = way_to(work.world, work.app.live, work.color, behind_doors=True)
        host = host_of(route, door)
        smokes = [
            each
            for each in release.plan.settings.smoke
            if isinstance(each, HttpSmoke) and each.method in HARMLESS
        ]
        for check in cycle([None, *smokes]):
            if self._after.requests < self._limits.min_requests:
                if check is None:
                    probe = health_probe(health, route, door, asking)
                    verdict = judge_health(health, await work.world.prober.ask(probe))
                else:
                    headers = {**check.headers, **asking}
                    url = f"http://{door}{path_under(route, check.path)}"
                    probe = Probe(check.method, url, host, headers, check.body, check.within_s)
                    verdict = judge(check, await work.world.prober.ask(probe))
                self._probes += 1
                self._failed_probes += not verdict.passed
            await asyncio.sleep(health.interval_s)

    async def _look(self) -> str:
        try:
            await self._work.fleet.figures.look()
        except BgError as error:
            await self._complain(f"nobody can tell how its requests go: {error.message}", error.hint)
        await self._learn_before()
        before = self._watched.before or self._before()
        limit = breach(self._limits, before, self._after, self._probes, self._failed_probes)
        return limit or await self._sick()

    def _before(self) -> Summary:
        figures = self._work.fleet.figures
        return figures.over(
            self._work.app.name, self._watched.old, self._since - BEFORE_S, self._since
        ).summary()

    async def _learn_before(self) -> None:
        """Keep the old colour's figures once all of them are known: they are forgotten, with a daemon too."""
        if self._watched.before is None and self._work.fleet.figures.known_until() > self._since + LATE_S:
            await self._keep(replace(self._watched, before=self._before()))

    async def _keep(self, watched: Watched) -> None:
        self._watched = watched
        self._work.deployment = self._work.app.deployment = replace(self._work.deployment, watched=watched)
        try:
            await self._work.world.journal.record(self._work.deployment, flush=False)
        except BgError as error:
            log.error("what %s is compared with isn't written: %s", self._work.app.name, error.message)

    async def _own(self) -> list[Container]:
        plan = self._work.release.plan
        services = {*plan.services(Role.COLORED), *plan.services(Role.LIVE_ONLY)}
        every = await self._work.world.runner.known(self._work.app.name)
        return [c for c in every if c.color == self._work.color and c.service in services and not c.one_off]

    async def _sick(self) -> str:
        """What happened to one of its containers since the watch began; an engine's restart excuses all."""
        try:
            if self._work.world.runner.sessions != self._sessions:
                self._work.watched_containers = {}
                await self.begin()
                self._watched = replace(
                    self._watched, restarts={c.name: c.restarts for c in self._containers.values()}
                )
            now = {one.name: one for one in await self._own()}
        except BgError:
            return ""
        for name, before in self._containers.items():
            if trouble := _trouble(name, before, now.get(name), self._watched.restarts.get(name, 0)):
                return trouble
        return ""

    async def _can_go_back(self, limit: str) -> bool:
        """Whether the old colour answers: one that doesn't is no better. Where it was stopped, it's tried.

        And where it is live still: a release that breaks a limit gets no more visitors, whoever else is ill.
        """
        work, old = self._work, self._watched.old
        release = work.app.release_in(old)
        if work.alone or not work.deployment.has_moved:
            return True
        if release is not None:
            door, asking = way_to(work.world, work.app.live, old, behind_doors=True)
            health = release.plan.settings.health
            answer = await work.world.prober.ask(health_probe(health, route_of(release), door, asking))
            verdict = judge_health(health, answer)
            if verdict.passed:
                return True
            limit = f"{limit}; {old} isn't better: {verdict.reason}"
        await self._complain(f"it isn't taken back: {limit}", "both colours need looking at")
        return False

    async def _complain(self, message: str, fix: str) -> None:
        """Once for each thing."""
        kind = message.partition(":")[0]
        if self._complained != kind:
            self._complained = kind
            await self.tell("warning", {"message": message, "fix": fix})

    async def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Journal it where that is possible: a full disk is no reason to take a release back."""
        deployment = self._work.deployment.id
        try:
            await self._work.world.journal.note(event, self._work.app.name, data, deployment=deployment)
        except BgError as error:
            log.error("%s of %s isn't written: %s", event, self._work.app.name, error.message)


def _trouble(name: str, before: Container, now: Container | None, restarts: int) -> str:
    if now is None:
        return f"{name} is gone"
    if now.oom_killed and not before.oom_killed:
        return f"{name} ran out of memory"
    if now.health is Health.UNHEALTHY:
        return f"{name} is unhealthy: its own health check fails"
    if now.restarts > restarts or now.status == "restarting":
        return f"{name} died and was restarted (exit status {now.exit_code})"
    if before.status == "running" and now.status in {"exited", "dead"} and now.exit_code != 0:
        return f"{name} exited with status {now.exit_code}"
    return ""
