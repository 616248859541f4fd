"""The actions: what each would do to an app now, in words, and why it can't be done.

One list, `ACTIONS`, feeds the footer, the help and the command palette; the keys are in `tui.keymap`.
"""

from __future__ import annotations

import shlex

from tui.intent import Action, Intent, Planned, Refusal
from tui.model import App, Deployment, Slot
from tui.words import color_name, stage_word

UNDOING = frozenset({"failing", "cancelling", "reverting"})
TOO_LATE_TO_CANCEL = frozenset({"switching", "handing_over"}) | UNDOING


def _deploy(app: App, no_switch: bool) -> Planned:
    if app.deployment is not None:
        return _busy(app.deployment)
    target = color_name(app.idle_slot.color)
    made = f"A new release is made from {app.file or 'the Compose file'}, started in {target} and checked."
    if app.live is None:
        then = (
            "It then waits there without traffic."
            if no_switch
            else f"{target} then gets the public traffic: it is the first release."
        )
    elif app.alone:
        then = (
            f"Both must not run at once ({app.alone}): {_holder(app)} is stopped first, and requests get 503 "
            f"until {target} serves."
        )
    elif no_switch:
        then = f"It then waits there; the public traffic stays on {_holder(app)}."
    else:
        then = f"Then the public traffic moves to {target}. Until then {_holder(app)} serves as it does now."
    replaced = _replaced(app)
    return Intent(
        verb="deploy",
        app=app.name,
        title=f"Deploy {app.name}" + (" without switching" if no_switch else ""),
        effect=" ".join(filter(None, (made, then, replaced))),
        command=_line("deploy", app.name, *(("--no-switch",) if no_switch else ())),
        label="Deploy",
        no_switch=no_switch,
    )


def _replaced(app: App) -> str:
    idle = app.idle_slot
    if app.live is None or not idle.is_running or idle.release is None:
        return ""
    return f"{idle.release} in {color_name(idle.color)} is replaced."


def _switch(app: App) -> Planned:
    if app.deployment is not None:
        return _busy(app.deployment)
    target = app.idle_slot
    if app.live is None:
        # Before the first switch either colour may hold a release that waits.
        target = app.green if app.green.is_running else app.blue
    name = color_name(target.color)
    if not target.is_running:
        return Refusal(f"{name} is {target.state}: nothing runs there to switch to; deploy first")
    if target.health != "healthy":
        return Refusal(
            f"{name} is {_health(target.health)}; `bgctl switch --force` would switch all the same"
        )
    moved = f"The public traffic moves from {_holder(app)} to {_named(target)}"
    if app.live is None:
        moved = f"The public traffic goes to {_named(target)}"
    kept = f" {_holder(app)} ends its last requests and stays warm for a while." if app.live else ""
    return Intent(
        verb="switch",
        app=app.name,
        title=f"Switch {app.name} to {name}",
        effect=f"{moved}, checked before and verified after.{kept}",
        command=_line("switch", app.name, "--to", target.color),
        label=f"Switch to {name}",
        to=target.color,
    )


def _rollback(app: App) -> Planned:
    return rollback_to(app, None)


def rollback_to(app: App, release: str | None) -> Planned:
    """Back to a release, or to the one that was live before."""
    if app.deployment is not None:
        return _busy(app.deployment)
    live = app.live_slot
    if live is None:
        return Refusal("nothing is live yet, so there is nothing to go back to")
    if release is not None and release == live.release:
        return Refusal(f"{release} is live already")
    idle = app.idle_slot
    name, what = color_name(idle.color), release or "the previous release"
    if idle.is_running and release in (None, idle.release) and (release or idle.state != "ready"):
        effect = f"The traffic goes back at once from {_holder(app)} to {_named(idle)}, which runs still."
    else:
        why = f"{name} is {idle.state}: " if release is None else ""
        effect = (
            f"{why}{what} is brought up in {name} exactly as recorded and checked, "
            f"and then gets the public traffic. Until then {_holder(app)} serves as it does now."
        )
        effect = " ".join(filter(None, (effect[0].upper() + effect[1:], _replaced(app))))
    return Intent(
        verb="rollback",
        app=app.name,
        title=f"Roll {app.name} back" + (f" to {release}" if release else ""),
        effect=effect,
        command=_line("rollback", app.name, *(("--to", release) if release else ())),
        label="Roll back",
        to=release,
    )


def _promote(app: App) -> Planned:
    deployment = app.deployment
    if deployment is None or deployment.state not in ("awaiting", "shifting"):
        return Refusal("no deployment waits for approval")
    name = color_name(deployment.color)
    if deployment.state == "shifting":
        return Intent(
            verb="promote",
            app=app.name,
            title=f"Give {deployment.release} of {app.name} more visitors",
            effect=f"{name} gets its next share now; it is watched as before.",
            command=_line("promote", app.name),
            label="Next step",
        )
    # One that only waits for its time has nothing to be approved but that it needn't.
    is_now = not deployment.waits_approval
    early = " It doesn't wait for its time." if is_now else ""
    return Intent(
        verb="promote",
        app=app.name,
        title=f"Promote {deployment.release} of {app.name}",
        effect=f"{deployment.release} in {name} is checked once more, then gets the public traffic.{early}",
        command=_line("promote", app.name, *(("--now",) if is_now else ())),
        label="Promote now" if is_now else "Promote",
        is_now=is_now,
    )


def _cancel(app: App) -> Planned:
    deployment = app.deployment
    if deployment is None:
        return Refusal("nothing is going on that could be cancelled")
    if deployment.state in UNDOING:
        return Refusal(f"{deployment.release} is being cleaned up already")
    if deployment.state in TOO_LATE_TO_CANCEL:
        return Refusal("too late: the traffic moves already; rollback undoes it")
    serving = f" {_holder(app)} serves on." if app.live else ""
    return Intent(
        verb="cancel",
        app=app.name,
        title=f"Cancel the {deployment.kind} of {app.name}",
        effect=(
            f"{deployment.release} doesn't go live; what was started of it in "
            f"{color_name(deployment.color)} is cleaned up.{serving}"
        ),
        command=_line("cancel", app.name),
        label=f"Cancel the {deployment.kind}",
    )


def _smoke(app: App) -> Planned:
    deployment = app.deployment
    if deployment is not None and deployment.state != "awaiting":
        return _busy(deployment)
    slot = app.live_slot
    if deployment is not None:
        slot = app.slot(deployment.color)
    elif slot is None or app.idle_slot.state == "ready":
        slot = app.idle_slot
    if not slot.is_running:
        return Refusal(f"{color_name(slot.color)} is {slot.state}: nothing runs there to check")
    return Intent(
        verb="smoke",
        app=app.name,
        title=f"Smoke-test {app.name}",
        effect=f"The smoke checks ask {_named(slot)} through the preview. Nothing is changed or moved.",
        command=_line("smoke", app.name, "--color", slot.color),
        label="Run the checks",
        to=slot.color,
    )


def _stop(app: App) -> Planned:
    if app.deployment is not None:
        return _busy(app.deployment)
    slot = app.idle_slot
    if app.live is None and not slot.is_running:
        slot = app.green
    if not slot.is_running:
        return Refusal(f"{color_name(slot.color)} is {slot.state}: there is nothing to stop")
    serving = f" {_holder(app)} serves on." if app.live else ""
    cost = " A rollback then takes a deployment instead of an instant." if slot.state == "warm" else ""
    return Intent(
        verb="stop",
        app=app.name,
        title=f"Stop {color_name(slot.color)} of {app.name}",
        effect=f"The containers of {_named(slot)} stop and are kept.{cost}{serving}",
        command=_line("stop", app.name, "--color", slot.color),
        label=f"Stop {color_name(slot.color)}",
        to=slot.color,
    )


def _maintenance(app: App) -> Planned:
    word = "off" if app.in_maintenance else "on"
    if app.in_maintenance:
        effect = f"The public gets {_holder(app)} again instead of the maintenance page."
    else:
        effect = (
            "The public gets a page with status 503 instead of the app, until it is switched off again. "
            "Containers run on, and the preview answers."
        )
    return Intent(
        verb="maintenance",
        app=app.name,
        title=f"Maintenance of {app.name}: {word}",
        effect=effect,
        command=_line("maintenance", app.name, word),
        label="End maintenance" if app.in_maintenance else "Close for maintenance",
        is_on=not app.in_maintenance,
    )


def _busy(deployment: Deployment) -> Refusal:
    return Refusal(f"busy: {deployment.kind} of {deployment.release} is at {stage_word(deployment.state)}")


def _holder(app: App) -> str:
    slot = app.live_slot
    return "nobody" if slot is None else _named(slot)


def _named(slot: Slot) -> str:
    return f"{color_name(slot.color)} {slot.release or ''}".rstrip()


def _health(health: str) -> str:
    return "not known to be healthy" if health == "none" else health


def _line(*words: str) -> str:
    return shlex.join(("bgctl", *words))


ACTIONS = (
    Action("deploy", "deploy", lambda app: _deploy(app, False)),
    Action("stage", "deploy, no switch", lambda app: _deploy(app, True)),
    Action("switch", "switch", _switch),
    Action("rollback", "rollback", _rollback),
    Action("promote", "promote", _promote),
    Action("cancel", "cancel", _cancel),
    Action("smoke", "smoke", _smoke),
    Action("stop", "stop", _stop),
    Action("maintenance", "maintenance", _maintenance),
)
