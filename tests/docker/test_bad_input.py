"""What goes wrong at users' hands: each is told with place, cause and remedy, and changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny

QUICK = "health: {path: /up, within: 4s, interval: 100ms}"


@pytest.fixture(scope="module")
def live(shared_bgd: RunningDaemon, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """An app that serves version `one` from blue, whatever the tests deploy badly."""
    app = Tiny(tmp_path_factory.mktemp("app"), "live")
    shared_bgd.bgctl("add", str(write(app, "one", xbgd=QUICK)))
    shared_bgd.bgctl("deploy", app.name)
    return app


def write(app: Tiny, version: str, **more: str) -> Path:
    """The app's file, on its own host."""
    route = more.pop("route", f"{{service: web, port: 8000, hosts: [{app.name}.test]}}")
    return app.write(version, route=route, **more)


def served(daemon: RunningDaemon, app: Tiny) -> str:
    """What the public listener answers for the app."""
    answer = httpx.get(daemon.url, headers={"Host": f"{app.name}.test"}, timeout=10)
    return answer.text if answer.status_code == 200 else f"{answer.status_code}"


def deployed_badly(daemon: RunningDaemon, app: Tiny, status: int = 1) -> str:
    """Deploy, expect it to end badly and blue to serve on with the same containers; what was told."""
    before = daemon.ids(app.name, "blue")
    done = daemon.bgctl("deploy", app.name, status=status)
    assert served(daemon, app) == "one"
    assert daemon.ids(app.name, "blue") == before
    assert daemon.ids(app.name, "green") == set()
    assert daemon.json("status", app.name)["phase"] == "idle"
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("services:\n\tweb: {}\n", "2:1", "tab"),
        ("services:\n  web: {image: a}\n  web: {image: b}\n", "3:3", "web"),
        ("services:\n  web:\n    image: a\n    imagee: b\n", "4:5", "imagee"),
        ("services:\n  web: {image: a}\nx-bgd:\n  rout: {}\n", "4:3", "rout"),
        ("services:\n  web: {image: a}\nx-bgd:\n  route: {service: wep}\n", "4:20", "wep"),
        ("services:\n  web: {image: a}\nx-bgd:\n  route: {service: web, port: 70000}\n", "4:31", "70000"),
        ("services:\n  web: {image: a}\nx-bgd:\n  drain: soon\n", "4:10", "soon"),
        ("services:\n  web: {image: a}\nx-bgd:\n  health: {path: up}\n", "4:18", "/"),
    ],
    ids=["tab", "duplicate", "compose-key", "xbgd-key", "service", "port", "duration", "path"],
)
def test_a_wrong_file_is_told_with_its_place(
    shared_bgd: RunningDaemon, tmp_path: Path, text: str, place: str, words: str
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    apps = shared_bgd.json("status")
    for verb in ("check", "add"):
        told = shared_bgd.bgctl(verb, str(file), status=2).stderr
        assert f"{file}:{place}" in told
        assert words in told
    assert shared_bgd.json("status") == apps


def test_a_missing_file_is_told(shared_bgd: RunningDaemon, tmp_path: Path) -> None:
    told = shared_bgd.bgctl("add", str(tmp_path / "none.yaml"), status=2).stderr
    assert "none.yaml" in told


def test_an_image_that_cannot_be_had(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(live, "two", xbgd=QUICK, services="job: {image: 'nowhere.invalid/none:1'}")
    told = deployed_badly(shared_bgd, live)
    assert "nowhere.invalid/none:1" in told
    assert "blue still serves r1" in told


def test_a_build_that_fails(shared_bgd: RunningDaemon, live: Tiny) -> None:
    (live.directory / "Dockerfile").write_text("FROM bgd/demo-web:local\nCOPY no-such-file /\n")
    write(live, "two", xbgd=QUICK, services="job: {build: .}")
    told = deployed_badly(shared_bgd, live)
    assert "no-such-file" in told
    assert "prepar" in told


def test_a_health_check_that_never_passes(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(live, "two", fault="sick", xbgd=QUICK)
    told = deployed_badly(shared_bgd, live)
    assert "/up" in told
    assert "500" in told
    assert "no money in two" in told


def test_a_port_nobody_listens_on(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(live, "two", xbgd=QUICK, route=f"{{service: web, port: 9999, hosts: [{live.name}.test]}}")
    told = deployed_badly(shared_bgd, live)
    assert "502" in told
    assert "web:9999" in told


def test_a_container_that_crashes(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(live, "two", fault="crash", xbgd=QUICK)
    told = deployed_badly(shared_bgd, live)
    assert "status 3" in told
    assert "cannot go on" in told


def test_a_crash_loop_is_found_without_a_health_check(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(live, "two", fault="crash", web="restart: always", xbgd="health: {path: /up, within: 20s}")
    told = deployed_badly(shared_bgd, live)
    assert "cannot go on" in told


def deployments(bgd: RunningDaemon, app: Tiny) -> list[tuple[str, str]]:
    """What was deployed so far, and how that ended."""
    return [(d["release"], d["outcome"]) for d in bgd.json("history", app.name)["deployments"]]


def test_a_broken_file_at_deployment_changes_nothing(shared_bgd: RunningDaemon, live: Tiny) -> None:
    before = deployments(shared_bgd, live)
    with write(live, "two", xbgd=QUICK).open("a") as file:
        file.write("  promote: later\n")
    told = deployed_badly(shared_bgd, live, status=2)
    assert "promote" in told
    assert deployments(shared_bgd, live) == before


def test_a_second_deployment_is_refused(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(live, "two", fault="deaf", xbgd="health: {path: /up, within: 60s}")
    shared_bgd.bgctl("deploy", live.name, "--detach")
    told = shared_bgd.bgctl("deploy", live.name, status=4).stderr
    assert "busy" in told
    assert f"uid {os.getuid()}" in told
    shared_bgd.bgctl("cancel", live.name)
    assert served(shared_bgd, live) == "one"
    assert shared_bgd.ids(live.name, "green") == set()
    assert shared_bgd.json("history", live.name)["deployments"][0]["outcome"] == "cancelled"


def test_two_apps_on_one_host_and_path(shared_bgd: RunningDaemon, live: Tiny, tmp_path: Path) -> None:
    other = Tiny(tmp_path / "other", f"{live.name}x")
    file = write(other, "one", route=f"{{service: web, port: 8000, hosts: [{live.name}.test]}}")
    told = shared_bgd.bgctl("add", str(file), status=4).stderr
    assert f"{live.name}.test/" in told
    assert live.name in told


def test_switching_to_nothing_names_the_verb_that_helps(shared_bgd: RunningDaemon, live: Tiny) -> None:
    told = shared_bgd.json("switch", live.name, status=4)["error"]
    assert told["code"] == "refused"
    assert "bgctl" in told["hint"]
    assert live.name in told["hint"]


def test_an_unknown_app(shared_bgd: RunningDaemon) -> None:
    assert "no app 'nope'" in shared_bgd.bgctl("deploy", "nope", status=2).stderr


def test_a_socket_nobody_listens_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("bgctl")), "--socket", str(tmp_path / "none.sock"), "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "none.sock" in done.stderr


def test_secrets_stay_where_they_belong(shared_bgd: RunningDaemon, live: Tiny) -> None:
    write(
        live,
        "two",
        fault="crash",
        xbgd=QUICK,
        services="job:\n  image: bgd/demo-web:local\n  environment: {A: b}",
    )
    text = live.file.read_text().replace('VERSION: "two"', 'VERSION: "two"\n      PASSWORD: hunter2-and-more')
    live.file.write_text(text)
    told = deployed_badly(shared_bgd, live)
    release = shared_bgd.json("history", live.name)["deployments"][0]["release"]
    shown = shared_bgd.bgctl("show", live.name, release).stdout
    shown += shared_bgd.bgctl("show", live.name, release, "--json").stdout
    events = shared_bgd.bgctl("events", "--since", "0", "--json").stdout
    for text in (told, shown, events, shared_bgd.words()):
        assert "hunter2" not in text
