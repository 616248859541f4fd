"""The app's side of the bargain: what two versions side by side need of it, each looked at before the switch.

Schema: the live colour still works on what the tasks changed. Sessions: who is logged in there is so on the
new colour too. Equal environments: what differs between the colours is what the releases say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bgd.domain.color import Color
from bgd.domain.difference import Difference, compared
from bgd.domain.probe import Answer, Probe, host_of, path_under
from bgd.domain.release import Release
from bgd.domain.settings import HttpSmoke, Role, RunSmoke
from bgd.domain.smoke import judge
from bgd.engine.checks import CheckFailed, checks_of, failure_of, route_of, run_smoke, way_to
from bgd.engine.diff import Diffs
from bgd.engine.work import Work
from bgd.errors import BgError

MOST_TOLD = 5


async def note_that_live_works(work: Work) -> None:
    """Remember whether the live colour passes its own checks, before the tasks change what it works with."""
    if work.deployment.live_worked is not None or (live := _live(work)) is None:
        return
    worked = await _live_failure(work, *live) is None
    work.deployment = work.app.deployment = replace(work.deployment, live_worked=worked)
    await work.world.journal.record(work.deployment, flush=False)


async def see_that_live_still_works(work: Work) -> None:
    """Raise `CheckFailed` where the live colour fails its own checks on what the tasks changed.

    One that failed them before says nothing about the tasks, and its successor may be what mends it.
    """
    if (live := _live(work)) is None:
        return
    color, release = live
    if not work.deployment.live_worked:
        await work.warn(
            f"{color} fails its own checks, also before the tasks ran: whether it works with what they"
            " changed can't be told",
            f"`bgctl smoke {work.app.name} --color {color}` shows them",
        )
        return
    if any(isinstance(check, RunSmoke) for check in release.plan.settings.smoke):
        work.progress(f"`run` checks of {release.name} see the preview, so {color} is asked the others")
    failure = await _live_failure(work, color, release)
    if failure is None:
        work.progress(f"{color} works with what the tasks changed")
        return
    raise CheckFailed(
        f"{release.name}, which is live in {color}, doesn't work any more with what the tasks changed: "
        f"{failure.message}",
        f"{color} still has the traffic, and its data is as the tasks left it: change the schema so that both"
        " versions can use it, add first and remove in a later release",
        failure.probe,
        failure.answer,
    )


def _live(work: Work) -> tuple[Color, Release] | None:
    """What goes on serving while this release comes; nothing where the tasks have the data to themselves."""
    color = work.app.live
    release = None if color is None else work.app.release_in(color)
    if color is None or release is None or work.alone or not work.release.plan.services(Role.TASK):
        return None
    return color, release


async def _live_failure(work: Work, color: Color, release: Release) -> CheckFailed | None:
    asking = [check for check in checks_of(release) if isinstance(check, HttpSmoke)]
    results = await run_smoke(
        work.world, release, color, work.app.live, work.progress, behind_doors=True, checks=asking
    )
    return failure_of(results)


async def see_sessions(work: Work) -> None:
    """Log in on the live colour; raise `CheckFailed` where that is forgotten on the new one."""
    sessions, live = work.release.plan.settings.sessions, work.app.live
    old = None if live is None else work.app.release_in(live)
    if sessions is None or live is None or old is None or work.alone:
        return
    jar: dict[str, str] = {}
    login = await _asked(work, old, live, sessions.login, jar)
    verdict = judge(sessions.login, login)
    if not verdict.passed or not jar:
        why = verdict.reason if not verdict.passed else "it sets no cookie"
        await _untold(work, f"`{sessions.login.title}` on {live}: {why}")
        return
    there = await _asked(work, old, live, sessions.check, jar)
    verdict = judge(sessions.check, there)
    if not verdict.passed:
        await _untold(work, f"`{sessions.check.title}` on {live}, logged in: {verdict.reason}")
        return
    stranger = await _asked(work, old, live, sessions.check, {})
    if judge(sessions.check, stranger).passed and stranger.status == there.status:
        await _untold(work, f"`{sessions.check.title}` on {live} passes without a login too")
        return
    here = await _asked(work, work.release, work.color, sessions.check, jar)
    verdict = judge(sessions.check, here)
    if verdict.passed and here.status == there.status:
        work.progress(f"who is logged in on {live} is so on {work.color}")
        return
    why = verdict.reason if not verdict.passed else f"status {here.status}"
    raise CheckFailed(
        f"who is logged in on {live} isn't on {work.color}: `{sessions.check.title}` there: {why},"
        f" on {live}: status {there.status}",
        "keep sessions in a shared service or in signed cookies, with one key for both releases",
    )


async def _untold(work: Work, why: str) -> None:
    await work.warn(
        f"whether sessions survive can't be told: {why}", "`sessions` in x-bgd says how to log in"
    )


async def _asked(work: Work, release: Release, color: Color, check: HttpSmoke, jar: dict[str, str]) -> Answer:
    """Ask a colour as one visitor, whose cookies are in the jar; nothing of this is kept anywhere."""
    route = route_of(release)
    door, asking = way_to(work.world, work.app.live, color, behind_doors=bool(work.app.closures))
    headers = {**check.headers, **asking}
    if jar:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    url = f"http://{door}{path_under(route, check.path)}"
    probe = Probe(
        check.method, url, host_of(route, door), headers, check.body, check.within_s, keeps_cookies=True
    )
    answer = await work.world.prober.ask(probe)
    jar.update(answer.cookies)
    return answer


async def see_equality(work: Work) -> None:
    """Warn of what differs between the colours and no release explains; with `strict` raise `CheckFailed`."""
    live, strict = work.app.live, work.release.plan.settings.strict
    old = None if live is None else work.app.release_in(live)
    if live is None or old is None or work.alone:
        return
    try:
        sides = await Diffs(work.fleet).sides(work.app, {live: old, work.color: work.release})
    except BgError as error:
        if strict:
            raise
        await work.warn(f"the colours weren't compared: {error.message}", error.hint)
        return
    found = compared(sides.get(Color.BLUE), sides.get(Color.GREEN))
    told = _told([one for one in found.differences if one.explained_by is None])
    if not told:
        return
    message = f"{work.color} differs from {live} in what no release explains: {told[0]}"
    fix = f"`bgctl diff {work.app.name}` shows all of it"
    if strict:
        raise CheckFailed(message, f"{fix}; without `strict` in x-bgd it is a warning", evidence=told)
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    await work.warn(f"{message}{more}", fix)


def _told(differences: Sequence[Difference]) -> list[str]:
    shown: list[Mapping[str, str]] = [
        {
            color: fact.shown if fact else "not there"
            for color, fact in (("blue", one.blue), ("green", one.green))
        }
        for one in differences
    ]
    told = [
        f"{one.service}: {one.aspect} is {said['blue']} in blue, {said['green']} in green"
        for one, said in zip(differences, shown, strict=True)
    ]
    return told if len(told) <= MOST_TOLD else [*told[:MOST_TOLD], f"and {len(told) - MOST_TOLD} more"]
