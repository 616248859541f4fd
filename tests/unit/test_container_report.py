"""What the engine says about containers, in the domain's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bgd.adapters.container_report import container_of
from bgd.domain.container import Container, Health
from bgd.domain.readiness import Readiness, readiness
from bgd.domain.stopping import stopping_order

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def listed(status: str, state: str = "running", **labels: str) -> dict[str, Any]:
    return {
        "Id": "abc",
        "Names": ["/shop-blue-web-1"],
        "Image": "sha256:1",
        "State": state,
        "Status": status,
        "Labels": {"bgd.app": "shop", "com.docker.compose.service": "web", **labels},
        "NetworkSettings": {"Networks": {"a": {"IPAddress": "10.0.0.2", "GlobalIPv6Address": ""}}},
    }


def running(**given: Any) -> Container:
    started = given.pop("started", NOW - timedelta(minutes=1))
    return Container(
        **{
            "id": "abc",
            "name": "shop-shared-db-1",
            "service": "db",
            "app": "shop",
            "color": None,
            "release": None,
            "status": "running",
            "health": Health.NONE,
            "image": "db:1",
            "started_at": started.isoformat(),
            **given,
        }
    )


@pytest.mark.parametrize(
    ("sentence", "health"),
    [
        ("Up 2 minutes", Health.NONE),
        ("Up 2 minutes (healthy)", Health.HEALTHY),
        ("Up 1 second (health: starting)", Health.STARTING),
        ("Up 2 minutes (unhealthy)", Health.UNHEALTHY),
    ],
)
def test_health_is_known_without_an_inspection(sentence: str, health: Health) -> None:
    found = container_of(listed(sentence))
    assert (found.health, found.has_health_check) == (health, health is not Health.NONE)


def test_the_exit_status_is_known_without_an_inspection() -> None:
    assert container_of(listed("Exited (137) 3 minutes ago", "exited")).exit_code == 137
    assert container_of(listed("Up 3 minutes")).exit_code is None


def test_a_container_names_its_service_image_and_addresses() -> None:
    found = container_of(listed("Up", **{"bgd.image": "web:2", "bgd.color": "blue", "bgd.release": "r3"}))
    assert (found.name, found.service, found.image) == ("shop-blue-web-1", "web", "web:2")
    assert (found.color, found.release, found.addresses) == ("blue", "r3", ("10.0.0.2",))


def test_a_command_belongs_to_the_service_that_it_imitates() -> None:
    labels = {"com.docker.compose.service": "web-run-1", "bgd.service": "web", "bgd.role": "command"}
    found = container_of(listed("Up", **labels))
    assert (found.service, found.one_off) == ("web", True)


def test_an_inspection_adds_restarts_memory_and_times() -> None:
    inspected = {
        "RestartCount": 4,
        "State": {
            "Status": "restarting",
            "Running": True,
            "Restarting": True,
            "ExitCode": 137,
            "OOMKilled": True,
            "StartedAt": "2026-01-02T03:04:05Z",
        },
        "Config": {"Healthcheck": {"Test": ["CMD", "true"]}},
        "NetworkSettings": {"Networks": {}},
    }
    found = container_of(listed("Restarting (137) 1 second ago", "restarting"), inspected)
    assert (found.status, found.restarts, found.exit_code, found.oom_killed) == ("restarting", 4, 137, True)
    assert found.has_health_check


def test_a_container_that_never_started_has_no_time() -> None:
    state = {"Status": "created", "Running": False, "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z"}
    found = container_of(listed("Created", "created"), {"State": state})
    assert (found.started_at, found.exit_code) == (None, None)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, Readiness.READY),
        ({"started": NOW}, Readiness.WAITING),
        ({"has_health_check": True, "health": Health.STARTING}, Readiness.WAITING),
        ({"has_health_check": True, "health": Health.HEALTHY, "restarts": 9}, Readiness.READY),
        ({"has_health_check": True, "health": Health.UNHEALTHY}, Readiness.HOPELESS),
        ({"status": "restarting", "restarts": 1}, Readiness.WAITING),
        ({"status": "restarting", "restarts": 3}, Readiness.HOPELESS),
        ({"status": "exited", "exit_code": 0}, Readiness.READY),
        ({"status": "exited", "exit_code": 1}, Readiness.HOPELESS),
        ({"status": "created"}, Readiness.WAITING),
    ],
)
def test_a_shared_service_is_ready_when_others_can_use_it(given: dict[str, Any], found: Readiness) -> None:
    assert readiness([running(**given)], ends=False, now=NOW)[0] is found


def test_a_service_that_ends_is_ready_when_it_has() -> None:
    assert readiness([running()], ends=True, now=NOW)[0] is Readiness.WAITING
    done = running(status="exited", exit_code=0)
    assert readiness([done], ends=True, now=NOW)[0] is Readiness.READY


def test_a_service_without_a_container_is_not_ready() -> None:
    assert readiness([], ends=False, now=NOW)[0] is Readiness.WAITING


def test_who_depends_on_others_stops_before_them() -> None:
    given = {
        "1": ("web", frozenset({"api", "db"})),
        "2": ("api", frozenset({"db"})),
        "3": ("db", frozenset[str]()),
        "4": ("web", frozenset({"api"})),
    }
    assert stopping_order(given) == [["1", "4"], ["2"], ["3"]]


def test_a_circle_of_dependencies_stops_together() -> None:
    given = {"1": ("a", frozenset({"b"})), "2": ("b", frozenset({"a"}))}
    assert stopping_order(given) == [["1", "2"]]
