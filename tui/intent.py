"""What an operator can ask for: the verbs, what each would do now, and why it can't be done.

One list, `ACTIONS`, feeds the keys, the footer, the help and the command palette. `planned` turns an
action and the state into an `Intent`, which says in words what will happen and is sent exactly as
confirmed, or into a `Refusal` with the reason. The daemon has the last word: it refuses too.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from tui.model import App, Deployment, Slot, State
from tui.words import color_name, stage_word

UNDOING = frozenset({"failing", "cancelling", "reverting"})
TOO_LATE_TO_CANCEL = frozenset({"switching", "handing_over"}) | UNDOING


@dataclass(frozen=True, slots=True)
class Intent:
    """An action made concrete, as it is confirmed and sent."""

    verb: str
    app: str
    title: str
    effect: str  # in words, for a person
    command: str  # the equal line of bgctl
    label: str  # of the button that confirms
    to: str | None = None
    no_switch: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action can't be done now, and what would help."""

    reason: str


Planned = Intent | Refusal


@dataclass(frozen=True, slots=True)
class Action:
    """An action as keys, footer, help and palette know it."""

    name: str
    key: str
    label: str
    summary: str
    plan: Callable[[App], Planned]


def planned(action: Action, state: State) -> Planned:
    """What the action would do to the selected app now, or why not."""
    if not state.link.is_up:
        return Refusal("the daemon is away")
    app = state.app
    if app is None:
        return Refusal("no app is selected" if state.apps else "there is no app yet: `bgctl add FILE`")
    asked = next((verb for name, verb in sorted(state.pending) if name == app.name), None)
    if asked is not None:
        return Refusal(f"waiting for the answer to {asked}")
    return action.plan(app)


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
    if app.deployment is not None:
        return _busy(app.deployment)
    if app.live is None:
        return Refusal("nothing is live yet, so there is nothing to go back to")
    idle = app.idle_slot
    name = color_name(idle.color)
    if idle.state in {"warm", "draining"}:
        effect = f"The traffic goes back at once from {_holder(app)} to {_named(idle)}, which is still warm."
    else:
        effect = (
            f"{name} is {idle.state}, not warm: the previous release is brought up there exactly as recorded "
            f"and checked, and then gets the public traffic. Until then {_holder(app)} serves as it does now."
        )
    return Intent(
        verb="rollback",
        app=app.name,
        title=f"Roll {app.name} back",
        effect=effect,
        command=_line("rollback", app.name),
        label="Roll back",
    )


def _promote(app: App) -> Planned:
    deployment = app.deployment
    if deployment is None or deployment.state != "awaiting":
        return Refusal("no deployment waits for approval")
    name = color_name(deployment.color)
    return Intent(
        verb="promote",
        app=app.name,
        title=f"Promote {deployment.release} of {app.name}",
        effect=f"{deployment.release} in {name} is checked once more, then gets the public traffic.",
        command=_line("promote", app.name),
        label="Promote",
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
    Action(
        "deploy",
        "d",
        "deploy",
        "a new release into the idle colour, then the switch",
        lambda app: _deploy(app, False),
    ),
    Action(
        "stage",
        "D",
        "deploy, no switch",
        "a new release into the idle colour, and no further",
        lambda app: _deploy(app, True),
    ),
    Action("switch", "s", "switch", "move the public traffic to the other colour", _switch),
    Action("rollback", "r", "rollback", "back to the previous release", _rollback),
    Action("promote", "p", "promote", "let a deployment that waits for approval switch", _promote),
    Action("cancel", "c", "cancel", "stop the deployment that runs and clean it up", _cancel),
)
