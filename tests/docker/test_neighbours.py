"""What isn't bgd's on the engine stays as it is: somebody's own Compose project, another bgd."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_docker.plugin import Services

from compose.engine.composer import find_composer
from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

NEIGHBOUR = f"""\
services:
  web:
    image: {IMAGE}
    command: [python3, -m, http.server, "8000"]
    init: true
    working_dir: /tmp
    ports: ["127.0.0.1::8000"]
    volumes: [data:/data]
volumes:
  data:
"""


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    """The Compose that bgd finds too."""
    composer = find_composer()
    assert composer is not None, "no Compose: run `make engine`"
    return " ".join(composer.command)


@pytest.fixture(scope="session")
def docker_compose_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The neighbour's file."""
    file = tmp_path_factory.mktemp("neighbour") / "compose.yaml"
    file.write_text(NEIGHBOUR)
    return str(file)


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    """A name that nobody else has."""
    return f"neighbour{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="session")
def docker_cleanup() -> str:
    """Nothing is left of it, and quickly."""
    return "down --volumes --timeout 1"


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_neighbour_is_left_alone(
    docker_services: Services, docker_compose_project_name: str, bgd: RunningDaemon, tiny: Tiny
) -> None:
    url = f"http://127.0.0.1:{docker_services.port_for('web', 8000)}"
    docker_services.wait_until_responsive(timeout=20, pause=0.1, check=lambda: answers(url))
    (before,) = theirs(bgd, docker_compose_project_name)

    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("deploy", "tiny")
    bgd.bgctl("deploy", "tiny")
    bgd.bgctl("remove", "tiny", "--volumes", "--yes")

    assert answers(url)
    assert theirs(bgd, docker_compose_project_name) == [before]
    assert [v.name for v in bgd.engine.volumes.list() if v.name == f"{docker_compose_project_name}_data"]


def theirs(daemon: RunningDaemon, project: str) -> list[tuple[str, str]]:
    """The neighbour's containers and since when they run."""
    wanted: dict[str, Any] = {"label": f"com.docker.compose.project={project}"}
    return [
        (str(c.id), str(c.attrs["State"]["StartedAt"])) for c in daemon.engine.containers.list(filters=wanted)
    ]


def test_another_instance_with_an_app_of_the_same_name_is_another_world(
    bgd: RunningDaemon, shared_bgd: RunningDaemon, tiny: Tiny, tmp_path: Path
) -> None:
    other = Tiny(tmp_path / "other")
    for daemon, app, version in ((bgd, tiny, "one"), (shared_bgd, other, "two")):
        daemon.bgctl("add", str(app.write(version)))
        daemon.bgctl("deploy", "tiny")
    assert httpx.get(bgd.url).text == "one"
    assert httpx.get(shared_bgd.url).text == "two"
    shared_bgd.bgctl("remove", "tiny", "--yes")
    assert httpx.get(bgd.url).text == "one"
