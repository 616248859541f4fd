"""Whether a colour can take traffic: Docker's word, a probe on traffic's own path, the smoke checks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from bgd.domain.color import Color
from bgd.domain.container import Container, Health
from bgd.domain.probe import Answer, Probe, Verdict, host_of, judge_health, path_under
from bgd.domain.release import Release
from bgd.domain.settings import HealthCheck, HttpSmoke, Role, Route, RunSmoke, SmokeCheck
from bgd.domain.smoke import judge
from bgd.engine.ports import Progress
from bgd.engine.world import World
from bgd.errors import Failed

FIRST_PAUSE_S = 0.05
PATIENCE = 0.1
CRASH_RESTARTS = 3
MOVE_WITHIN_S = 10.0
LOG_LINES = 30


class CheckFailed(Failed):
    """A colour that can't take traffic, with the last probe and the containers' last words."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        probe: Probe | None = None,
        answer: Answer | None = None,
        log: Sequence[str] = (),
        evidence: Sequence[str] = (),
    ) -> None:
        super().__init__(message, hint)
        self.probe = probe
        self.answer = answer
        self.log = tuple(log)
        self.evidence = tuple(evidence)


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """One smoke check and how it went. Time in milliseconds."""

    check: str
    verdict: Verdict
    took_ms: float
    probe: Probe | None = None
    answer: Answer | None = None
    log: tuple[str, ...] = ()


def health_probe(
    check: HealthCheck, route: Route, door: str, headers: Mapping[str, str] | None = None
) -> Probe:
    """The request of the health check, through a listener at `door`."""
    url = f"http://{door}{path_under(route, check.path)}"
    return Probe("GET", url, host_of(route, door), headers or {}, timeout_s=check.timeout_s)


def door_of(world: World, live: Color | None, color: Color) -> str:
    """The listener that shows a colour: the public one for the live colour, else the preview."""
    return world.traffic.public_door if color is live else world.traffic.preview_door


def way_to(
    world: World, live: Color | None, color: Color, *, behind_doors: bool
) -> tuple[str, Mapping[str, str]]:
    """The listener that shows a colour, and the headers that ask it for that colour."""
    if behind_doors:
        return world.traffic.preview_door, {"Bgd-Color": color}
    return door_of(world, live, color), {}


async def await_healthy(
    world: World,
    release: Release,
    color: Color,
    live: Color | None,
    within_s: float,
    progress: Progress,
    *,
    ran_before: bool = False,
    behind_doors: bool = False,
) -> None:
    """Return once the colour's containers and the probe are well; raise `CheckFailed` when they won't be.

    A container that can't recover ends it at once: unhealthy, exited with an error, or in a crash loop.
    Of a colour that `ran_before`, the engine's events have told what changed, and the first look is at that.
    `behind_doors` looks at the live colour of an app whose doors are closed.
    """
    route = route_of(release)
    settings = release.plan.settings
    door, headers = way_to(world, live, color, behind_doors=behind_doors)
    probe = health_probe(settings.health, route, door, headers)
    services = release.plan.services(Role.COLORED)
    deadline = monotonic() + within_s
    begun = monotonic()
    answer: Answer | None = None
    while True:
        first, ran_before = ran_before, False
        look = (
            world.runner.known(release.app) if first else world.runner.containers(release.app, details=True)
        )
        containers = [c for c in await look if c.color == color and c.service in services and not c.one_off]
        dead = _hopeless(containers)
        if dead is not None:
            log = await last_words(world, release.app, color, dead.service)
            raise CheckFailed(
                _death_of(dead), "the log lines tell why; mend it and deploy again", probe, answer, log
            )
        waiting = _not_ready(containers, services)
        if not waiting:
            answer = await world.prober.ask(probe)
            verdict = judge_health(settings.health, answer)
            if verdict.passed:
                return
            progress(f"{probe.method} {path_under(route, settings.health.path)}: {verdict.reason}")
            waiting = f"{probe.url}: {verdict.reason}"
        else:
            progress(waiting)
        left_s = deadline - monotonic()
        if left_s <= 0:
            log = await last_words(world, release.app, color, None)
            raise CheckFailed(
                f"not healthy within {within_s:g} s: {waiting}",
                _hint_for(answer, route),
                probe if answer is not None else None,
                answer,
                log,
            )
        # Often at first, then less: an app that is up after a second is found after 1.1, not after 1.6.
        pause_s = max(FIRST_PAUSE_S, (monotonic() - begun) * PATIENCE)
        await world.runner.changed(release.app, min(pause_s, settings.health.interval_s, left_s))


def route_of(release: Release) -> Route:
    """The route of a release; one without is never recorded."""
    if release.plan.route is None:
        raise Failed(f"{release.name} of {release.app} has no route", "name its front in x-bgd: route")
    return release.plan.route


def _hopeless(containers: Sequence[Container]) -> Container | None:
    for container in containers:
        if container.health is Health.UNHEALTHY or container.restarts >= CRASH_RESTARTS:
            return container
        if container.status in {"exited", "dead"} and container.exit_code != 0:
            return container
    return None


def _death_of(container: Container) -> str:
    if container.oom_killed:
        return f"{container.name} ran out of memory (exit status {container.exit_code})"
    if container.health is Health.UNHEALTHY:
        return f"{container.name} is unhealthy: its own health check fails"
    if container.restarts >= CRASH_RESTARTS:
        return (
            f"{container.name} crashes again and again ({container.restarts} restarts,"
            f" exit status {container.exit_code})"
        )
    return f"{container.name} exited with status {container.exit_code}"


def _not_ready(containers: Sequence[Container], services: Sequence[str]) -> str:
    for service in services:
        own = [c for c in containers if c.service == service]
        if not own:
            return f"{service} has no container yet"
        for container in own:
            if container.status == "exited" and container.exit_code == 0:
                continue  # a one-shot that did its work
            if container.status != "running":
                return f"{container.name} is {container.status}"
            if container.health is Health.STARTING:
                return f"{container.name}: its health check is starting"
    return ""


def _hint_for(answer: Answer | None, route: Route) -> str:
    if answer is None:
        return "its containers never got ready; `health: {within: …}` in x-bgd gives them longer"
    if answer.status in {502, 504}:
        return (
            f"nginx can't reach {route.service}:{route.port}: does it listen there, on 0.0.0.0?"
            " `route: {port: …}` in x-bgd says another port"
        )
    return "`health: {path: …, within: …}` in x-bgd says what is asked and how long is waited"


async def last_words(world: World, app: str, color: Color, service: str | None) -> list[str]:
    """The last lines that a colour's containers, or one service's, wrote."""
    try:
        lines = await world.runner.log_tail(app, color, LOG_LINES)
    except Failed as error:
        return [f"(the log can't be read: {error.message})"]
    return [f"{line.service} | {line.text}" for line in lines if service in (None, line.service)][-LOG_LINES:]


async def run_smoke(
    world: World,
    release: Release,
    color: Color,
    live: Color | None,
    progress: Progress,
    *,
    behind_doors: bool = False,
    checks: Sequence[SmokeCheck] | None = None,
) -> list[SmokeResult]:
    """Run the smoke checks of a release, or these, in order, up to the first that fails."""
    results: list[SmokeResult] = []
    for check in checks_of(release) if checks is None else checks:
        progress(check.title)
        result = await _smoke(world, release, color, live, check, behind_doors=behind_doors)
        results.append(result)
        if not result.verdict.passed:
            break
    return results


def checks_of(release: Release) -> Sequence[SmokeCheck]:
    """The smoke checks; without any, the health check is the smoke check."""
    health = release.plan.settings.health
    status = () if health.stated else tuple(range(200, 500))
    alone = HttpSmoke("GET", health.path, status=status, within_s=health.timeout_s)
    return release.plan.settings.smoke or (alone,)


async def _smoke(
    world: World,
    release: Release,
    color: Color,
    live: Color | None,
    check: SmokeCheck,
    *,
    behind_doors: bool,
) -> SmokeResult:
    route = route_of(release)
    door, asking = way_to(world, live, color, behind_doors=behind_doors)
    begun = monotonic()
    if isinstance(check, HttpSmoke):
        probe = Probe(
            check.method,
            f"http://{door}{path_under(route, check.path)}",
            host_of(route, door),
            {**check.headers, **asking},
            check.body,
            check.within_s,
        )
        answer = await world.prober.ask(probe)
        return SmokeResult(check.title, judge(check, answer), answer.took_ms, probe, answer)
    return await _run_smoke_command(world, release, color, live, check, begun)


async def _run_smoke_command(
    world: World, release: Release, color: Color, live: Color | None, check: RunSmoke, begun: float
) -> SmokeResult:
    service = check.service or route_of(release).service
    inside = world.traffic.preview_url_inside(release.app)
    env = {"BGD_URL": inside, "BGD_APP": release.app, "BGD_COLOR": color, "BGD_RELEASE": release.name}
    if color is live:
        raise Failed(
            "a `run` smoke check sees the preview, so it can't ask the live colour",
            "leave --color out, or write the check as a request",
        )
    try:
        async with asyncio.timeout(check.within_s + 30):
            result = await world.runner.run_command(
                release, color, service, check.command, env, check.within_s
            )
    except TimeoutError:
        verdict = Verdict(passed=False, reason=f"didn't end within {check.within_s:g} s")
        return SmokeResult(check.title, verdict, (monotonic() - begun) * 1000)
    reason = f"exit status {result.exit_code}"
    verdict = Verdict(passed=result.exit_code == 0, reason=reason)
    return SmokeResult(check.title, verdict, (monotonic() - begun) * 1000, log=result.log)


def failure_of(results: Sequence[SmokeResult]) -> CheckFailed | None:
    """The error for the check that failed, if one did."""
    for result in results:
        if not result.verdict.passed:
            return CheckFailed(
                f"smoke check `{result.check}` failed: {result.verdict.reason}",
                "nothing was switched; mend it and deploy again",
                result.probe,
                result.answer,
                result.log,
            )
    return None
