"""Services: what they wait for, what they are tied to, and what can't exist once per colour."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.errors import InvalidInput
from tests.unit.rendering import color, model, shared


def test_dependencies_stay_only_between_what_starts_together() -> None:
    on = {"condition": "service_healthy", "required": True}
    given = model(
        web={"depends_on": {"api": on, "db": on, "migrate": on, "worker": on}},
        api={"depends_on": ["db"]},
        worker={"depends_on": {"web": on, "clock": on}},
        clock={},
        migrate={"depends_on": {"db": on}},
        db={"depends_on": {"web": on, "cache": on}},
        cache={},
    )
    roles: dict[str, Any] = {
        "worker": "live-only",
        "clock": "live-only",
        "migrate": "task",
        "db": "shared",
        "cache": "shared",
    }
    services = color(given, **roles).services
    assert services["web"]["depends_on"] == {"api": on}
    assert "depends_on" not in services["api"]
    assert services["worker"]["depends_on"] == {"clock": on}
    assert "depends_on" not in services["migrate"]
    assert shared(given, **roles).services["db"]["depends_on"] == {"cache": on}


def test_short_dependencies_become_long_ones() -> None:
    services = color(model(web={"depends_on": ["api"]}, api={})).services
    assert services["web"]["depends_on"] == {"api": {"condition": "service_started"}}


def test_a_task_runs_once_whatever_the_file_says() -> None:
    given = model(
        web={},
        migrate={
            "restart": "always",
            "scale": 3,
            "deploy": {"replicas": 3, "restart_policy": {"condition": "any"}},
            "healthcheck": {"test": ["CMD", "true"]},
        },
    )
    migrate = color(given, migrate="task").services["migrate"]
    assert migrate["restart"] == "no"
    assert migrate["healthcheck"] == {"disable": True}
    assert not {"scale", "deploy"} & migrate.keys()


def test_replicas_stay_in_a_color() -> None:
    assert color(model(web={"deploy": {"replicas": 3}})).services["web"]["deploy"] == {"replicas": 3}


def test_a_colored_service_on_the_host_network_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInput, match="host's network") as refused:
        color(model(web={}, agent={"network_mode": "host"}))
    assert "shared" in refused.value.hint


@pytest.mark.parametrize("role", ["live-only", "task"])
def test_what_runs_once_at_a_time_may_use_the_host_network(role: str) -> None:
    services = color(model(web={}, agent={"network_mode": "host"}), agent=role).services
    assert services["agent"]["network_mode"] == "host"
    assert "networks" not in services["agent"]


def test_a_front_without_a_network_is_refused() -> None:
    with pytest.raises(InvalidInput, match="web is the front"):
        color(model(web={"network_mode": "none"}))


def test_a_front_in_another_services_network_is_reached_through_that_one() -> None:
    given = model(web={"network_mode": "service:vpn"}, vpn={})
    project = color(given)
    assert project.joints["vpn"][-1].aliases == ("shop-blue-web",)
    assert "web" not in project.joints


@pytest.mark.parametrize(
    "tie", [{"network_mode": "service:db"}, {"pid": "service:db"}, {"volumes_from": ["db:ro"]}]
)
def test_a_tie_to_another_project_is_refused(tie: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"api \(colored\).*db \(shared\)"):
        color(model(web={}, api=tie, db={}), db="shared")


def test_a_tie_within_a_color_stays() -> None:
    given = model(web={}, api={"volumes_from": ["web", "container:other"], "ipc": "service:web"})
    assert color(given).services["api"]["volumes_from"] == ["web", "container:other"]


def test_a_link_becomes_an_alias_where_its_target_is() -> None:
    given = model(web={"links": ["db:database", "api:backend", "api"]}, api={}, db={})
    services = color(given, db="shared").services
    assert "links" not in services["web"]
    assert services["api"]["networks"]["default"]["aliases"] == ["backend"]
    assert shared(given, db="shared").services["db"]["networks"]["default"]["aliases"] == ["database"]


def test_a_link_name_for_two_services_is_refused() -> None:
    with pytest.raises(InvalidInput, match="links db2 as database"):
        color(model(web={"links": ["db:database"]}, api={"links": ["db2:database"]}, db={}, db2={}))


def test_a_service_of_a_provider_is_refused() -> None:
    with pytest.raises(InvalidInput, match="provider"):
        color(model(web={}, llm={"provider": {"type": "model"}}))
