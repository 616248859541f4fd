"""A lively fake daemon for looking at a client by hand: two apps, and deployments that take some seconds.

The app `shop` deploys well, `blog` fails in its smoke check.
`python -m tests.fake_scene /tmp/bgd.sock` runs it.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from bgd.errors import Refused
from tests.fake_daemon import FakeDaemon
from tests.fake_http import Request
from tests.samples import STAGES, app_json, color_json, deployment_json, failure_json, line_json

STAGE_S = 1.2


def _now(ago_s: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat().replace("+00:00", "Z")


class Scene:
    """Scripts the daemon's changing verbs, and lets containers log."""

    def __init__(self, daemon: FakeDaemon) -> None:
        self.daemon = daemon
        self.count = 1
        for name, live in (("shop", "blue"), ("blog", "green")):
            app = app_json(name, live)
            app["colors"][live]["since"] = _now(7300)
            app["route"]["hosts"] = [f"{name}.example.com"]
            app["urls"] = {
                "public": f"http://{name}.example.com/",
                "preview": f"http://{name}.example.com:8081/",
            }
            daemon.apps[name] = app
            daemon.deployments[name] = []
            at = f"/v1/apps/{name}"
            daemon.on("POST", f"{at}/deployments", self.deploy)
            daemon.on("POST", f"{at}/switch", self.switch)
            daemon.on("POST", f"{at}/rollback", self.switch)
        threading.Thread(target=self._chatter, daemon=True).start()

    def deploy(self, request: Request) -> Any:
        """Begin a deployment, in a thread of its own."""
        name = request.path.split("/")[3]
        app = self.daemon.apps[name]
        if app["deployment"] is not None:
            return Refused(f"{name} is busy: a deployment runs", f"stop it with `bgctl cancel {name}`")
        self.count += 1
        color = "green" if app["live"] == "blue" else "blue"
        one = deployment_json(name, self.count, color=color, started=_now())
        told = self.daemon.tell(
            "started", app=name, deployment=one["id"], kind="deploy", release=one["release"], color=color
        )
        one["event"] = told["id"]
        app.update(deployment=one, phase="preparing")
        app["colors"][color] = color_json(name, color, "preparing", one["release"], since=_now())
        self.daemon.deployments[name].insert(0, one)
        threading.Thread(target=self._play, args=(name, one), daemon=True).start()
        return one

    def switch(self, request: Request) -> Any:
        """Move the traffic to the other colour."""
        name = request.path.split("/")[3]
        app = self.daemon.apps[name]
        old, new = app["live"], "green" if app["live"] == "blue" else "blue"
        if app["colors"][new]["release"] is None:
            return Refused(f"{new} runs nothing", f"`bgctl deploy {name}` brings a release into it")
        self._go_live(name, new)
        release = app["colors"][new]["release"]
        return {"app": name, "from": old, "to": new, "release": release, "took_ms": 4.2}

    def _go_live(self, name: str, color: str) -> None:
        app = self.daemon.apps[name]
        old = app["live"]
        app["colors"][old].update(state="warm", since=_now(), warm_until=_now(-3600))
        app["colors"][color].update(state="live", since=_now())
        app["live"] = color
        release = app["colors"][color]["release"]
        self.daemon.tell("live", app=name, release=release, color=color, **{"from": old})

    def _play(self, name: str, one: dict[str, Any]) -> None:
        app, about = self.daemon.apps[name], {"app": name, "deployment": one["id"]}
        is_bad = name == "blog"
        for index, stage in enumerate(STAGES):
            app["phase"] = one["state"] = stage
            one["stages"][index].update(status="running", started=_now())
            self.daemon.tell("stage", **about, stage=stage, status="running")
            for step in range(4):
                self.daemon.tell_progress(name, one["id"], stage, f"step {step + 1} of 4 of {stage}")
                time.sleep(STAGE_S / 4)
            fails = is_bad and stage == "smoking"
            if stage == "switching":
                self._go_live(name, one["color"])
            end = {"status": "failed" if fails else "done", "took_ms": int(STAGE_S * 1000)}
            one["stages"][index].update(end)
            self.daemon.tell("stage", **about, stage=stage, **end)
            if fails:
                one["failure"] = failure_json(still_serving=f"{app['live']} still serves r1, untouched")
                break
        outcome = "failed" if is_bad else "succeeded"
        one.update(outcome=outcome, finished=_now(), took_ms=9600, state=outcome)
        app.update(deployment=None, last_deployment=one, phase="idle")
        if is_bad:
            app["colors"][one["color"]] = color_json(name, one["color"], "failed")
        told = {key: one[key] for key in ("kind", "outcome", "release", "color", "took_ms", "failure")}
        self.daemon.tell("finished", **about, live=app["live"], **told)

    def _chatter(self) -> None:
        count = 0
        while True:
            time.sleep(0.7)
            count += 1
            for name, app in self.daemon.apps.items():
                stream = "stderr" if count % 5 == 0 else "stdout"
                line = line_json(f"GET /?{count} 200", at=_now(), color=app["live"], stream=stream)
                self.daemon.tell_log(name, line | {"service": ("web", "worker")[count % 2]})


def main() -> None:
    """Serve on the path given until interrupted."""
    with FakeDaemon(sys.argv[1]) as daemon, suppress(KeyboardInterrupt):
        Scene(daemon)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
