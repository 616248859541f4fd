"""`bgctl diff` on real containers: what the releases explain, and what somebody changed by hand."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

PLANTED = "planted-s3cret-value"
RICH = f"""\
user: "1000:1000"
read_only: true
cap_drop: [ALL]
cap_add: [NET_BIND_SERVICE]
tmpfs: [/tmp, /run]
mem_limit: 128m
cpus: 0.5
pids_limit: 100
ulimits: {{nofile: {{soft: 2000, hard: 3000}}}}
restart: on-failure:3
stop_signal: SIGINT
init: true
hostname: front
extra_hosts: ["elsewhere:10.0.0.1"]
healthcheck: {{test: "python3 -c 'print(1)' || exit $$?", interval: 1s, retries: 3, start_period: 1m30s}}
labels: {{price: "$$5", api-token: {PLANTED}-label}}
networks: {{default: {{aliases: [api]}}, back: null}}
env_file: [secret.env]
deploy: {{replicas: 2}}
"""
BESIDE = f"""\
job:
  image: {IMAGE}
  command: ["sleep", "10000", "--password={PLANTED}-word"]
  entrypoint: ["sh", "-c", "exec sleep 10000"]
  stop_grace_period: 1s
  network_mode: "service:side"
  volumes: ["data:/data", "/anonymous", {{type: tmpfs, target: /mnt}}]
  deploy: {{resources: {{limits: {{cpus: '0.25', memory: 64M}}, reservations: {{memory: 32M}}}}}}
side:
  image: {IMAGE}
  command: [sleep, "10000"]
  stop_grace_period: 1s
worker:
  image: {IMAGE}
  command: ["sh", "-c", "trap 'exit 0' TERM; sleep 10000 & wait"]
  restart: always
  stop_grace_period: 1s
cache:
  image: {IMAGE}
  command: [sleep, "10000"]
  stop_grace_period: 1s
  networks: {{back: {{aliases: [store]}}}}
  container_name: tiny-cache
  ports: ["127.0.0.1::7000", "7001"]
  volumes: ["data:/data"]
"""
XBGD = "roles: {job: colored, side: colored, worker: live-only, cache: shared}"
TOP = "volumes: {data: {}}\nnetworks: {back: {}}\n"


def write(app: Tiny, version: str, image: str = IMAGE, web: str = RICH) -> None:
    """A version of a file that says something about nearly everything."""
    (app.directory / "secret.env").write_text(f"DB_PASSWORD={PLANTED}-{version}\n")
    text = app.write(version, web=web.strip(), services=BESIDE.strip(), xbgd=XBGD).read_text()
    text = text.replace(f"    container_name: {app.name}-front\n", "")
    app.file.write_text(text.replace(f"image: {IMAGE}", f"image: {image}", 1) + TOP)


def every_output(daemon: RunningDaemon, app: Tiny, *releases: str) -> str:
    """All that `diff` prints in its forms."""
    forms = [daemon.bgctl("diff", app.name), daemon.bgctl("diff", app.name, "--json")]
    if releases:
        forms += [
            daemon.bgctl("diff", app.name, *releases),
            daemon.bgctl("diff", app.name, *releases, "--json"),
        ]
    return "".join(done.stdout + done.stderr for done in forms)


def of_service(found: list[dict[str, Any]], service: str) -> dict[str, dict[str, Any]]:
    """The entries about a service, by aspect."""
    return {one["aspect"]: one for one in found if one["service"] == service}


@pytest.fixture
def twice(bgd: RunningDaemon, tiny: Tiny) -> Tiny:
    """The same file deployed twice."""
    tiny.directory.mkdir(parents=True)
    write(tiny, "one")
    bgd.bgctl("add", str(tiny.file))
    assert bgd.bgctl("diff", tiny.name, status=4).stderr
    bgd.bgctl("deploy", tiny.name)
    alone = bgd.json("diff", tiny.name)
    assert (alone["identical"], alone["blue"], alone["green"], alone["drift"]) == (None, "r1", None, [])
    assert "green is empty" in alone["notes"][0]
    bgd.bgctl("deploy", tiny.name)
    return tiny


def test_what_is_the_same_what_the_releases_explain_and_what_was_changed_by_hand(
    bgd: RunningDaemon, twice: Tiny
) -> None:
    same = bgd.json("diff", twice.name)
    assert (same["drift"], same["file"], same["identical"]) == ([], [], True)
    assert same["differences"] == []
    assert "identical apart from the release (r1 → r2)" in bgd.bgctl("diff", twice.name, "--exit-code").stdout

    other = f"{bgd.instance}/other:1"
    bgd.engine.images.build(
        fileobj=io.BytesIO(f"FROM {IMAGE}\nENV MADE=otherwise\n".encode()), tag=other, rm=True, forcerm=True
    )
    write(twice, "three", other, RICH.replace("mem_limit: 128m", "mem_limit: 192m"))
    waiting = bgd.json("diff", twice.name)["file"]
    assert {one["place"] for one in waiting} == {
        "web.image",
        "web.environment.VERSION",
        "web.environment.DB_PASSWORD",
        "web.mem_limit",
    }
    bgd.bgctl("deploy", twice.name)
    found = bgd.json("diff", twice.name)
    assert (found["identical"], found["drift"], found["file"]) == (True, [], [])
    web = of_service(found["differences"], "web")
    assert set(web) == {
        "image",
        "environment.VERSION",
        "environment.DB_PASSWORD",
        "environment.MADE",
        "memory",
    }
    assert web["memory"]["explained_by"] == "r2 → r3"
    assert (web["memory"]["blue"], web["memory"]["green"]) == ("192 MiB", "128 MiB")
    assert web["environment.MADE"]["explained_by"] == "r2 → r3, by its image"
    assert bgd.bgctl("diff", twice.name, "r1", "r2").stdout.strip().endswith("files and images")
    places = {one["place"] for one in bgd.json("diff", twice.name, "r1", "r3")["changes"]}
    assert {"web.image", "web.environment.VERSION", "web.mem_limit"} <= places
    assert PLANTED not in every_output(bgd, twice, "r1", "r3")
    assert PLANTED not in bgd.words()


def test_changes_by_hand_that_nobody_mends_are_found_and_told_apart(bgd: RunningDaemon, twice: Tiny) -> None:
    prefix = f"{bgd.instance}-{twice.name}"
    api = bgd.engine.api
    api.update_container(f"{prefix}-green-side-1", mem_limit="64m", memswap_limit="128m")
    api.connect_container_to_network(f"{prefix}-green-web-1", f"{prefix}-blue_default", aliases=["sneaky"])
    api.update_container(f"{prefix}-shared-cache-1", restart_policy={"Name": "always"})
    found = bgd.json("diff", twice.name)
    assert found["identical"] is False
    drift = {(one["container"] or one["color"], one["aspect"]): one for one in found["drift"]}
    assert set(drift) == {
        (f"{prefix}-green-side-1", "memory"),
        (f"{prefix}-green-web-1", f"networks.{prefix}-blue_default"),
        (f"{prefix}-shared-cache-1", "restart"),
    }
    memory = drift[f"{prefix}-green-side-1", "memory"]
    assert (memory["release"], memory["meant"], memory["runs"]) == ("r2", None, "64 MiB")
    assert {one["aspect"] for one in found["differences"]} == {
        "memory",
        f"networks.{prefix}-blue_default",
    }
    assert {one["explained_by"] for one in found["differences"]} == {None}
    told = bgd.bgctl("diff", twice.name, "--exit-code", status=1).stdout
    assert "2 differences that no release explains, and 3 drifts" in told
    assert max(map(len, told.splitlines())) <= 80
    assert PLANTED not in told


def test_a_container_made_by_hand_keeps_its_secrets_and_a_broken_file_is_said(
    bgd: RunningDaemon, twice: Tiny
) -> None:
    name = f"{bgd.instance}-{twice.name}-green-side-1"
    labels = bgd.engine.containers.get(name).labels
    bgd.engine.api.remove_container(name, force=True)
    bgd.engine.containers.run(
        IMAGE,
        ["sleep", "10000", "--token", f"{PLANTED}-argument"],
        name=name,
        labels=labels,
        environment={"BY_HAND": f"{PLANTED}-by-hand", "API_KEY": f"{PLANTED}-\x1b[31mred"},
        network=f"{bgd.instance}-{twice.name}-green_default",
        detach=True,
    )
    with twice.file.open("a") as file:
        file.write("x-bgd: broken\n")
    text = every_output(bgd, twice)
    assert PLANTED not in text
    assert "\x1b" not in text
    found = json.loads(bgd.bgctl("diff", twice.name, "--json").stdout)
    drift = {one["aspect"] for one in found["drift"] if one["service"] == "side"}
    assert {"command", "environment.BY_HAND", "environment.API_KEY"} <= drift
    assert any("can't be compared with r2" in note for note in found["notes"])
