"""Rendering: which services go where, and what is left of them there."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.domain.color import Color
from bgd.domain.render import Command, Place, render_color, render_command
from bgd.errors import Failed
from tests.unit.rendering import EDGE, SHOP, color, model, plan_of, shared


def test_each_role_goes_to_its_project() -> None:
    given = model(web={}, worker={}, migrate={}, db={}, traefik={})
    roles: dict[str, Any] = {"worker": "live-only", "migrate": "task", "db": "shared", "traefik": "ignored"}
    assert list(color(given, **roles).services) == ["web", "worker", "migrate"]
    assert list(shared(given, **roles).services) == ["db"]


def test_projects_are_named_after_app_and_color() -> None:
    given = model(web={}, db={})
    assert color(given, db="shared").name == "shop-blue"
    assert color(given, Color.GREEN, db="shared").name == "shop-green"
    assert shared(given, db="shared").name == "shop-shared"


def test_another_instance_prefixes_every_name() -> None:
    given = model(web={"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}, db={})
    given["volumes"] = {"data": {"name": "shop_data"}}
    other = Place("staging", "shop")
    project = color(given, place=other, db="shared")
    assert project.name == "staging-shop-blue"
    assert {spec.name for spec in project.networks} == {
        "staging-shop-blue_default",
        "staging-shop-shared_default",
    }
    assert [spec.name for spec in project.volumes] == ["staging-shop_data"]
    assert project.services["web"]["labels"]["bgd.instance"] == "staging"


def test_a_color_has_no_published_ports_no_container_names_and_no_builds() -> None:
    given = model(
        web={
            "ports": [{"target": 80, "published": "8080"}],
            "container_name": "front",
            "build": {"context": "."},
            "mac_address": "02:42:ac:11:65:43",
            "profiles": ["dev"],
            "x-note": 1,
            "deploy": {"placement": {}},
        }
    )
    web = color(given).services["web"]
    gone = {"ports", "container_name", "build", "mac_address", "profiles", "x-note", "deploy"}
    assert not gone & web.keys()


def test_a_container_name_stays_a_name_that_the_others_can_use() -> None:
    given = model(web={}, api={"container_name": "the-api"}, db={"container_name": "the-db"})
    assert color(given, db="shared").services["api"]["networks"]["default"]["aliases"] == ["the-api"]
    assert shared(given, db="shared").services["db"]["networks"]["default"]["aliases"] == ["the-db"]


def test_images_are_the_recorded_ids_and_never_pulled() -> None:
    given = model(web={"pull_policy": "always"}, db={})
    for service in (color(given, db="shared").services["web"], shared(given, db="shared").services["db"]):
        assert service["image"].startswith("sha256:")
        assert service["pull_policy"] == "never"


def test_a_release_without_images_is_not_rendered() -> None:
    given = model(web={})
    with pytest.raises(Failed, match="no image of web"):
        render_color(given, plan_of(given), {}, SHOP, Color.BLUE, "r1", EDGE)


def test_containers_of_a_color_say_whose_they_are() -> None:
    labels = color(model(web={"labels": {"team": "a"}}), release="r7").services["web"]["labels"]
    assert labels == {
        "team": "a",
        "bgd.instance": "bgd",
        "bgd.app": "shop",
        "bgd.color": "blue",
        "bgd.role": "colored",
        "bgd.release": "r7",
        "bgd.image": "web:1",
    }


def test_secrets_and_configs_go_where_they_are_used() -> None:
    given = model(web={"secrets": [{"source": "key"}], "configs": ["motd"]}, db={"secrets": ["pass"]})
    given["secrets"] = {"key": {"file": "/srv/key"}, "pass": {"environment": "PASS", "x-bgd-value": "pw"}}
    given["configs"] = {"motd": {"content": "hi $$USER"}}
    project = color(given, db="shared")
    assert project.document["secrets"] == {"key": {"file": "/srv/key"}}
    assert project.document["configs"] == {"motd": {"content": "hi $$USER"}}
    assert project.env == {}
    beside = shared(given, db="shared")
    assert beside.document["secrets"] == {"pass": {"environment": "PASS"}}
    assert beside.env == {"PASS": "pw"}


def test_the_model_itself_is_left_as_it_was() -> None:
    given = model(web={"labels": {"a": "b"}, "deploy": {"placement": {}}}, migrate={"restart": "always"})
    before = repr(given)
    project = color(given, migrate="task")
    render_command(project, Command("web", ["true"]), "web-run-1", EDGE)
    assert repr(given) == before
