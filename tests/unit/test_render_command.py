"""One-off commands, builds and the names of images."""

from __future__ import annotations

import pytest

from bgd.domain.render import Command, render_build, render_command
from bgd.errors import InvalidInput
from tests.unit.rendering import EDGE, SHOP, color, model, plan_of


def test_a_command_is_like_its_service_but_answers_to_none_of_its_names() -> None:
    given = model(
        web={
            "entrypoint": ["/run.sh"],
            "command": ["serve"],
            "environment": {"A": "1", "B": None},
            "restart": "always",
            "networks": {"default": {"aliases": ["www"]}},
            "deploy": {"replicas": 2},
        },
        db={},
    )
    project = color(given, db="shared")
    command = Command("web", ["echo", "$HOME"], {"BGD_URL": "http://$x"})
    run = render_command(project, command, "web-run-1", EDGE)
    service = run.services["web-run-1"]
    assert list(run.services) == ["web-run-1"]
    assert service["entrypoint"] == ["/run.sh"]
    assert service["command"] == ["echo", "$$HOME"]
    assert service["environment"] == {"A": "1", "B": None, "BGD_URL": "http://$$x"}
    assert service["networks"] == {"default": {}}
    assert service["restart"] == "no"
    assert service["labels"]["bgd.role"] == "command"
    assert service["labels"]["bgd.service"] == "web"
    assert [(j.network, j.aliases) for j in run.joints["web-run-1"]] == [
        ("shop-shared_default", ()),
        (EDGE, ()),
    ]


def test_a_command_in_a_service_that_no_color_has_is_refused() -> None:
    given = model(web={}, db={})
    with pytest.raises(InvalidInput, match="db isn't a service of the colours"):
        render_command(color(given, db="shared"), Command("db", ["true"]), "x", EDGE)


def test_a_build_names_its_image_after_the_release_unless_the_file_names_it() -> None:
    given = model(web={"build": {"context": "/src"}}, api={"build": {"context": "/src"}}, db={})
    del given["services"]["web"]["image"]
    given["services"]["web"]["platform"] = "linux/amd64"
    build = render_build(given, plan_of(given, db="shared"), SHOP, "r7")
    assert build.services["web"] == {
        "image": "bgd/shop/web:r7",
        "platform": "linux/amd64",
        "build": {"context": "/src"},
    }
    assert build.services["api"]["image"] == "api:1"
    assert "db" not in build.services


@pytest.mark.parametrize(
    ("service", "repository"),
    [
        ("web", "bgd/shop/web"),
        ("web_2", "bgd/shop/web_2"),
        ("web-", "bgd/shop/web-"),
        ("Web", "bgd/shop/web-"),
    ],
)
def test_images_have_names_that_the_engine_takes(service: str, repository: str) -> None:
    name = SHOP.image(service, "r1").removesuffix(":r1")
    assert name.startswith(repository)
    assert name == name.lower()
    assert not name.endswith("-")
