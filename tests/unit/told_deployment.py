"""A deployment of `shop` as a fake daemon tells it, event by event."""

from __future__ import annotations

from typing import Any

from tests.fake_daemon import FakeDaemon
from tests.samples import deployment_json

SHOP = "/v1/apps/shop"
ABOUT = {"app": "shop", "deployment": 2}


def takes_deployments(daemon: FakeDaemon) -> None:
    """Let the daemon begin a deployment when it is asked for one."""
    daemon.deployments["shop"] = [deployment_json("shop", 2)]
    daemon.on("POST", f"{SHOP}/deployments", lambda _: begin(daemon))


def begin(daemon: FakeDaemon, **changes: Any) -> dict[str, Any]:
    """The journal says that it begins; the daemon's answer to who asked for it."""
    started = daemon.tell("started", **ABOUT, kind="deploy", release="r2", color="green", reason="")
    return deployment_json("shop", 2, event=started["id"], **changes)


def stage(daemon: FakeDaemon, name: str, status: str = "done", **values: Any) -> None:
    """A stage begins and ends."""
    daemon.tell("stage", **ABOUT, stage=name, status="running")
    daemon.tell("stage", **ABOUT, stage=name, status=status, took_ms=1200, **values)


def finish(daemon: FakeDaemon, outcome: str = "succeeded", live: str = "green", **values: Any) -> None:
    """It ends."""
    told = {"kind": "deploy", "release": "r2", "color": "green", "took_ms": 9600, "failure": None, **values}
    daemon.tell("finished", **ABOUT, outcome=outcome, live=live, **told)
