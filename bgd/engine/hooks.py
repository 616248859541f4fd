"""Runs the app's hooks: their intent and end in the journal, their failure as the moment has it."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from bgd.domain.hook import Hook, Moment
from bgd.domain.log import sanitized
from bgd.domain.secret import masked, secrets_of
from bgd.domain.settings import Settings
from bgd.engine.checks import CheckFailed, route_of
from bgd.engine.ports import RunResult
from bgd.engine.work import Work
from bgd.errors import BgError, Refused

KEPT_CHARS = 1000
"""How much of a line that a hook printed is journalled."""


async def run_hooks(work: Work, moment: Moment) -> None:
    """Run the hooks of a moment, in order. Raises `CheckFailed` where one fails that may end it all."""
    for hook in work.release.plan.settings.hooks.of(moment):
        title = masked(sanitized(hook.title), secrets_of(work.release.model))
        work.progress(f"{moment} hook: {title}")
        begun = monotonic()
        result: RunResult | None = None
        async with work.effect("run_hook", f"{moment}: {title}"):
            try:
                result = await _run(work, hook, moment)
                failure = f"exit status {result.exit_code}" if result.exit_code else ""
            except BgError as error:
                failure = error.message
        told = {
            "hook": moment,
            "command": title,
            "passed": not failure,
            "reason": failure,
            "took_ms": round((monotonic() - begun) * 1000),
            "log": [line[:KEPT_CHARS] for line in result.log] if result else [],
        }
        await work.world.journal.note("hook", work.app.name, told, deployment=work.deployment.id)
        if not failure:
            continue
        if moment.can_end_it:
            raise CheckFailed(
                f"the {moment} hook `{title}` failed: {failure}",
                "nothing was switched; mend it and deploy again",
                log=result.log if result else (),
            )
        await work.warn(
            f"the {moment} hook `{title}` failed: {failure}",
            f"`bgctl events` has what it printed; {work.app.name} serves all the same",
        )


async def _run(work: Work, hook: Hook, moment: Moment) -> RunResult:
    told = _told(work, moment)
    if hook.on_host:
        directory = Path(work.app.record.file).parent
        return await work.world.host.run(
            work.release, directory, hook.command, told, hook.within_s, work.progress
        )
    told["BGD_URL"] = work.world.traffic.preview_url_inside(work.app.name)
    service = hook.service or route_of(work.release).service
    return await work.world.runner.run_command(
        work.release, work.color, service, hook.command, told, hook.within_s
    )


def _told(work: Work, moment: Moment) -> dict[str, str]:
    """The variables of a hook. `BGD_URL` is the preview before the switch, then the public address."""
    world, deployment = work.world, work.deployment
    is_before = moment.can_end_it
    outcome = {
        Moment.AFTER_SWITCH: "switched",
        Moment.ON_FAILURE: "failed",
        Moment.ON_ROLLBACK: "rolled_back",
    }.get(moment, "")
    return {
        "BGD_HOOK": moment.value,
        "BGD_APP": work.app.name,
        "BGD_RELEASE": work.release.name,
        "BGD_COLOR": work.color.value,
        "BGD_LIVE": work.app.live.value if work.app.live else "",
        "BGD_DEPLOYMENT": str(deployment.id),
        "BGD_ACTOR": deployment.actor,
        "BGD_REASON": deployment.reason,
        "BGD_OUTCOME": outcome,
        "BGD_FAILURE": deployment.failure.message if deployment.failure else "",
        "BGD_URL": f"http://{world.traffic.preview_door if is_before else world.traffic.public_door}",
        "BGD_FILE": work.app.record.file,
    }


def refuse_host_hooks(settings: Settings, is_allowed: bool) -> None:
    """Raise `Refused` for an app that wants to run commands on a host where that isn't allowed."""
    if settings.hooks.on_host and not is_allowed:
        raise Refused(
            f"x-bgd.hooks.{settings.hooks.on_host[0]} has a command for the host, and the daemon runs none",
            "`host_hooks = true` in bgd.toml allows it, as the daemon's user; or use `run:`, in a container",
        )
