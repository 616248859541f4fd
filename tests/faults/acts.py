"""What people do to an app, each as data: what it takes, what it does, what must hold afterwards."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Mapping

from bgd.domain.nginx_layout import SHARES
from bgd.errors import BgError
from tests.faults import adopting
from tests.faults.scene import SMOKE, Scene
from tests.faults.stage import Act

PAUSE, MAINTENANCE = "5", "60"  # what the pages' `Retry-After` says
MOVES_WITHIN_S = 0.3
BAKE = "smoke: [{get: /up}]\nbake: {for: 1s, min_requests: 5}"
LONG_BAKE = "smoke: [{get: /up}]\nbake: {for: 10s, min_requests: 5}"
SHIFT = f"{SMOKE}\nshift: {{steps: [20%, 60%, 100%], pause: 300ms}}"
APPROVED = f"{SMOKE}\npromote: manual"
LONG_SHIFT = "smoke: [{get: /up}]\nshift: {steps: [50%, 100%], pause: 10s}"
HOOKS = """\
hooks:
  before_start: [{run: [python3, -c, pass]}, {host: "true"}]
  before_switch: [{run: [python3, -c, pass]}, {host: "true"}]
  after_switch: [{run: [python3, -c, pass]}, {host: "true"}]
  on_failure: [{run: [python3, -c, pass]}, {host: "true"}]"""
GUEST = "health: {path: /up, interval: 100ms}\nroles: {store: shared}"
GUEST_ROUTE = "{service: web, port: 8000, hosts: [guest.test]}"
GUEST_SERVICES = "store:\n  image: bgd/demo-redis:local\n  volumes: [kept:/data]"


def deploying(fault: str = "", xbgd: str = SMOKE) -> Callable[[Scene], None]:
    """A deployment of a release with a fault, or none, and these settings."""

    def deploy(scene: Scene) -> None:
        scene.write(fault, xbgd)
        scene.deploy()

    return deploy


def beginning(until: str, fault: str = "", xbgd: str = SMOKE) -> Callable[[Scene], None]:
    """Such a deployment up to a phase: what comes before is as in any other."""

    def begin(scene: Scene) -> None:
        scene.write(fault, xbgd)
        scene.daemon.client.deploy(scene.name)
        scene.until_phase(until)

    return begin


def to_its_end(scene: Scene) -> None:
    """What goes on, goes on."""
    scene.until_phase("idle")


def cancel(scene: Scene) -> None:
    """End a deployment that checks; one that was over a moment before is no error."""
    if scene.phase() == "checking":
        with contextlib.suppress(BgError):
            scene.daemon.client.cancel(scene.name)


def cancel_to_its_end(scene: Scene) -> None:
    """As often as it takes: a front that never answers is checked until then."""
    while scene.phase() != "idle":
        cancel(scene)


def promote(scene: Scene) -> None:
    """Approve what waits."""
    if scene.phase() == "awaiting":
        scene.daemon.client.promote(scene.name)


def promote_to_its_end(scene: Scene) -> None:
    """Approve it, and see it live."""
    promote(scene)
    to_its_end(scene)


def get_errors(scene: Scene) -> None:
    """Visit what is broken, for as long as it is watched, in many browsers; the traffic on `/` is well."""
    if scene.phase() in ("shifting", "baking"):
        for browser in range(40):
            scene.public("/pay", browser=str(browser))


def get_errors_to_its_end(scene: Scene) -> None:
    """Until it is taken back."""
    while scene.phase() != "idle":
        get_errors(scene)


def with_two(scene: Scene) -> None:
    """See that there is a colour to move to, or to stop."""
    if not scene.can_move():
        deploying()(scene)


def without_shares(scene: Scene) -> None:
    """See that what makes a share has to be made anew: it is kept for the next one, of any app."""
    shutil.rmtree(scene.daemon.state_dir / "nginx" / SHARES, ignore_errors=True)


def switch(scene: Scene) -> None:
    """The traffic to the other colour, and so back in turn."""
    scene.daemon.client.switch(scene.name)


def roll_back(scene: Scene) -> None:
    """The traffic to the release before."""
    scene.daemon.client.rollback(scene.name)


def stop(scene: Scene) -> None:
    """The idle colour."""
    scene.daemon.client.stop(scene.name, scene.idle()[0])


def maintain(scene: Scene) -> None:
    """Maintenance, and the end of it."""
    scene.daemon.client.maintain(scene.name, on=True)
    scene.daemon.client.maintain(scene.name, on=False)


def end_maintenance(scene: Scene, where: str) -> None:
    """The daemon says what nginx does, and ends it."""
    closed = scene.daemon.client.app(scene.name)["closed"]
    answer = scene.public()
    assert closed in ([], ["maintenance"]), (closed, where)
    assert answer.status_code == (503 if closed else 200), (closed, answer.status_code, where)
    if closed:
        scene.daemon.client.maintain(scene.name, on=False)
    assert scene.public().status_code == 200, where


def restart_in(what: str) -> Callable[[Scene], None]:
    """A deployment whose daemon is killed, and the start of the next one: that is what is died in."""

    def restart(scene: Scene) -> None:
        scene.daemon.arm_next()
        scene.write()
        scene.daemon.client.deploy(scene.name)
        scene.until_phase(what)
        scene.daemon.kill()
        scene.daemon.start_armed()

    return restart


def with_guest(scene: Scene) -> None:
    """See that the other app is there, live."""
    if "guest" in apps_of(scene):
        return
    file = scene.guest.write("here", route=GUEST_ROUTE, xbgd=GUEST, services=GUEST_SERVICES)
    file.write_text(f"{file.read_text()}volumes: {{kept: {{}}}}\n")
    scene.daemon.client.add(str(file))
    number = scene.daemon.client.deploy("guest")["id"]
    scene.daemon.wait_until(
        lambda: scene.daemon.client.deployment("guest", number)["outcome"] == "succeeded", "there", 60
    )


def remove_guest(scene: Scene) -> None:
    """The other app leaves."""
    scene.daemon.client.remove("guest")


def be_whole_or_gone(scene: Scene, where: str) -> None:
    """The other app is as it was, or nothing is left of it but its data."""
    found = scene.daemon.containers("bgd.app=guest")
    of_guest = {"label": [f"bgd.instance={scene.daemon.instance}", "bgd.app=guest"]}
    networks = scene.daemon.engine.networks.list(filters=of_guest)
    assert len(scene.daemon.engine.volumes.list(filters=of_guest)) == 1, where
    if "guest" in apps_of(scene):
        assert scene.public(host="guest.test").text == "here", where
        assert {c.status for c in found} == {"running"}, where
        assert len(found) == 2, (found, where)
    else:
        assert scene.public(host="guest.test").text != "here", where
        assert not found, (found, where)
        assert not networks, (networks, where)
        assert not (scene.daemon.state_dir / "apps" / "guest").exists(), where


def apps_of(scene: Scene) -> list[str]:
    """The apps that the daemon has."""
    return [app["app"] for app in scene.daemon.client.apps()["apps"]]


def being_taken_back(until: str, xbgd: str) -> Act[Scene]:
    """A release that answers errors, from when it has begun to get requests."""
    return Act(
        get_errors_to_its_end,
        begin=beginning(until, "broke", xbgd),
        go_on=get_errors,
        outcome="rolled_back",
        takes_s=6.0,
    )


TOGETHER: Mapping[str, Act[Scene]] = {
    "deploy": Act(deploying(), outcome="succeeded"),
    "deploy_broken": Act(to_its_end, begin=beginning("starting", "broke"), outcome="failed"),
    "deploy_and_cancel": Act(
        cancel_to_its_end, begin=beginning("starting", "deaf"), go_on=cancel, outcome="cancelled"
    ),
    "deploy_with_hooks": Act(deploying("", f"{SMOKE}\n{HOOKS}"), outcome="succeeded"),
    "deploy_broken_with_hooks": Act(
        to_its_end, begin=beginning("starting", "broke", f"{SMOKE}\n{HOOKS}"), outcome="failed"
    ),
    "deploy_and_promote": Act(
        promote_to_its_end, begin=beginning("awaiting", "", APPROVED), go_on=promote, outcome="succeeded"
    ),
    "deploy_and_bake": Act(
        to_its_end, begin=beginning("starting", "", BAKE), outcome="succeeded", takes_s=5.0
    ),
    "deploy_and_shift": Act(
        to_its_end, without_shares, begin=beginning("starting", "", SHIFT), outcome="succeeded", takes_s=5.0
    ),
    "deploy_and_be_taken_back": being_taken_back("starting", LONG_BAKE),
    "shift_and_be_taken_back": being_taken_back("shifting", LONG_SHIFT),
    "switch": Act(switch, with_two, takes_s=MOVES_WITHIN_S),
    "rollback": Act(roll_back, with_two, takes_s=MOVES_WITHIN_S),
    "stop": Act(stop, with_two, takes_s=MOVES_WITHIN_S),
    "maintenance": Act(maintain, end=end_maintenance, pauses=MAINTENANCE, takes_s=MOVES_WITHIN_S),
    "remove": Act(remove_guest, with_guest, end=be_whole_or_gone),
    "adopt": Act(
        lambda s: adopting.adopt(s.daemon, s.plain),
        lambda s: adopting.begin(s.daemon, s.plain),
        end=lambda s, where: adopting.end(s.daemon, s.plain, where),
        takes_s=6.0,
    ),
}
"""With an app whose colours run side by side: nobody ever gets anything but an answer."""

RESTARTS: Mapping[str, Act[Scene]] = {
    "restart_while_checking": Act(restart_in("checking"), outcome="succeeded"),
    "restart_while_draining": Act(restart_in("idle"), outcome="succeeded"),
}
"""Killed once more, while the next daemon makes it whole."""

ALONE: Mapping[str, Act[Scene]] = {
    name: dataclasses.replace(TOGETHER[name], pauses=PAUSE, takes_s=6.0)
    for name in (
        "deploy",
        "deploy_broken",
        "deploy_and_cancel",
        "deploy_with_hooks",
        "deploy_and_be_taken_back",
        "switch",
        "rollback",
    )
}
"""With one whose colours must not run at once: a page that says when to come back is allowed, no error."""
