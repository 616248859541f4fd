"""What becomes of services that aren't simply colored: shared ones, workers, tasks, approval."""

from __future__ import annotations

import os
from typing import Any

import httpx

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

SLEEP = (
    "[python3, -c, 'import signal, sys, time; signal.signal(15, lambda *_: sys.exit()); time.sleep(9999)']"
)
STORE = f"""\
store:
  image: {IMAGE}
  command: {SLEEP}
  init: true
  volumes: [data:/data]
  environment: {{SIZE: "SIZE"}}
worker:
  image: {IMAGE}
  command: {SLEEP}
  init: true
migrate:
  image: {IMAGE}
  user: root
  command: [python3, -c, "STEP"]
  volumes: [data:/data]
"""
ROLES = "roles: {store: shared, worker: live-only, migrate: task}"
COUNT = "open('/data/runs', 'a').write('x')"


def write(app: Tiny, version: str, *, size: str = "1", step: str = COUNT, xbgd: str = ROLES) -> str:
    """The app with a store, a worker and a migration; the store's volume is the app's."""
    services = STORE.replace('SIZE: "SIZE"', f'SIZE: "{size}"').replace('"STEP"', f'"{step}"')
    file = app.write(version, services=services, xbgd=xbgd)
    file.write_text(file.read_text() + "volumes:\n  data:\n")
    return str(file)


def service_of(container: Any) -> str:
    """The Compose service of a container."""
    return str(container.labels["com.docker.compose.service"])


def running(daemon: RunningDaemon, *labels: str) -> set[str]:
    """The services that run with these labels."""
    return {service_of(c) for c in daemon.containers(*labels) if c.status == "running"}


def test_each_role_has_its_place(bgd: RunningDaemon, tiny: Tiny) -> None:
    bgd.bgctl("add", write(tiny, "one"))
    bgd.bgctl("deploy", "tiny")
    (store,) = bgd.containers("bgd.role=shared")
    assert service_of(store) == "store"
    assert set(store.labels) >= {"bgd.instance", "bgd.app", "bgd.role"}
    assert not {"bgd.color", "bgd.release"} & set(store.labels)
    assert running(bgd, "bgd.color=blue") == {"web", "worker"}

    write(tiny, "two", size="2")
    done = bgd.bgctl("deploy", "tiny")
    assert "store" in done.stdout + done.stderr, "a changed shared service is reported"
    assert running(bgd, "bgd.color=blue") == {"web"}
    assert running(bgd, "bgd.color=green") == {"web", "worker"}
    (same,) = bgd.containers("bgd.role=shared")
    assert same.id == store.id
    assert same.exec_run(["cat", "/data/runs"]).output == b"xx", "the task ran once for each deployment"

    bgd.bgctl("rollback", "tiny")
    assert running(bgd, "bgd.color=blue") == {"web", "worker"}
    assert running(bgd, "bgd.color=green") == {"web"}

    bgd.bgctl("deploy", "tiny", "--with-shared")
    (updated,) = bgd.containers("bgd.role=shared")
    assert updated.id != store.id
    assert updated.exec_run(["cat", "/data/runs"]).output == b"xxx", "its data outlived the update"


def test_a_failed_migration_ends_the_deployment_before_anything_started(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", write(tiny, "one"))
    bgd.bgctl("deploy", "tiny")
    blue = bgd.ids("tiny", "blue")
    write(tiny, "two", step="raise SystemExit('no such column')")
    done = bgd.bgctl("deploy", "tiny", status=1)
    assert "migrate" in done.stdout + done.stderr
    assert "no such column" in done.stdout + done.stderr
    assert bgd.ids("tiny", "blue") == blue
    assert bgd.ids("tiny", "green") == set()
    assert httpx.get(bgd.url).text == "one"


def test_approval_is_waited_for_with_the_preview_ready(bgd: RunningDaemon, tiny: Tiny) -> None:
    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("deploy", "tiny")
    tiny.write("two", xbgd="promote: manual")
    bgd.bgctl("deploy", "tiny", "--detach")
    with bgd.client.events(app="tiny", since=0) as events:
        next(e for e in events if e["event"] == "stage" and e["stage"] == "awaiting")
    assert httpx.get(bgd.url).text == "one"
    assert httpx.get(bgd.preview).text == "two"
    assert bgd.json("status", "tiny")["phase"] == "awaiting"
    assert bgd.json("status", "tiny")["colors"]["green"]["state"] == "ready"
    bgd.end()
    bgd.start()
    assert bgd.json("status", "tiny")["phase"] == "awaiting", "the wait outlives the daemon"
    bgd.bgctl("promote", "tiny")
    with bgd.client.events(app="tiny", since=0) as events:
        done = next(e for e in events if e["event"] == "finished" and e["release"] == "r2")
    assert done["outcome"] == "succeeded"
    assert httpx.get(bgd.url).text == "two"


def test_no_switch_then_switch_then_stop_then_rollback(bgd: RunningDaemon, tiny: Tiny) -> None:
    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("deploy", "tiny")
    tiny.write("two")
    done = bgd.finished("deploy", "tiny", "--no-switch")
    assert (done["outcome"], done["release"], done["live"]) == ("succeeded", "r2", "blue")
    status = bgd.json("status", "tiny")
    assert (status["phase"], status["colors"]["green"]["state"]) == ("idle", "ready")
    assert bgd.json("smoke", "tiny", "--color", "green")["passed"]
    assert bgd.json("switch", "tiny", "--to", "green")["to"] == "green"
    assert bgd.bgctl("stop", "tiny", "--color", "green", status=4).stderr
    bgd.bgctl("stop", "tiny", "--color", "blue")
    assert bgd.json("status", "tiny")["colors"]["blue"]["state"] == "stopped"
    refused = bgd.json("switch", "tiny", status=4)["error"]
    assert "rollback" in refused["hint"]
    back = bgd.json("rollback", "tiny")
    assert (back["app"], back["from"], back["to"], back["release"]) == ("tiny", "green", "blue", "r1")
    assert httpx.get(bgd.url).text == "one"


def test_removing_an_app_leaves_its_volumes_and_nothing_else(bgd: RunningDaemon, tiny: Tiny) -> None:
    bgd.bgctl("add", write(tiny, "one"))
    bgd.bgctl("deploy", "tiny")
    assert bgd.bgctl("remove", "tiny", status=4).stderr
    bgd.bgctl("remove", "tiny", "--yes")
    assert bgd.containers("bgd.app=tiny") == []
    wanted: dict[str, Any] = {"label": [f"bgd.instance={bgd.instance}", "bgd.app=tiny"]}
    assert bgd.engine.networks.list(filters=wanted) == []
    (volume,) = bgd.engine.volumes.list(filters=wanted)
    assert volume.name.endswith("tiny_data")
    assert httpx.get(bgd.url).status_code == 404
    bgd.bgctl("add", write(tiny, "two"))
    bgd.bgctl("deploy", "tiny")
    (store,) = bgd.containers("bgd.role=shared")
    assert store.exec_run(["cat", "/data/runs"]).output == b"xx", "the data was still there"
    bgd.bgctl("remove", "tiny", "--volumes", "--yes")
    assert bgd.engine.volumes.list(filters=wanted) == []


def test_who_did_it_is_in_the_history(bgd: RunningDaemon, tiny: Tiny) -> None:
    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("deploy", "tiny")
    (done,) = bgd.json("history", "tiny")["deployments"]
    assert done["actor"].startswith(f"uid {os.getuid()} ")
    release = bgd.json("show", "tiny", "r1")
    assert release["images"]["web"]["id"].startswith("sha256:")
    assert release["images"]["web"]["reference"] == IMAGE


def test_a_volume_that_something_else_uses_is_named_and_the_removal_goes_on_later(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", write(tiny, "one"))
    bgd.bgctl("deploy", "tiny")
    volume = f"{bgd.instance}-tiny_data"
    other = bgd.engine.containers.create(
        IMAGE, volumes=[f"{volume}:/data"], labels={"bgd.instance": bgd.instance}
    )
    try:
        told = bgd.bgctl("remove", "tiny", "--volumes", "--yes", status=1).stderr
        assert f"something else uses {volume}" in told
        assert f"docker ps -a --filter volume={volume}" in told
        assert f"tiny can't be removed: something else uses {volume}" in bgd.bgctl("status").stdout
        assert "that isn't finished" in bgd.bgctl("deploy", "tiny", status=2).stderr
    finally:
        other.remove(force=True)
    bgd.bgctl("remove", "tiny", "--volumes", "--yes")
    assert "can't be removed" not in bgd.bgctl("status").stdout
    assert volume not in [each.name for each in bgd.engine.volumes.list()]
