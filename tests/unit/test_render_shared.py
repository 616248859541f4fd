"""The shared project: nothing in it changes by itself, and changes are seen."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.domain.render import Place, finishing, merged_shared
from tests.unit.rendering import SHOP, model, shared


def test_nothing_in_the_shared_project_changes_with_the_release() -> None:
    given = model(web={"command": ["one"]}, db={"ports": [{"target": 5432, "published": "5432"}]})
    later = model(web={"command": ["two"]}, db={"ports": [{"target": 5432, "published": "5432"}]})
    assert shared(given, db="shared").document == shared(later, db="shared").document


def test_a_shared_service_keeps_its_published_ports() -> None:
    port = {"target": 5432, "published": "5432", "host_ip": "127.0.0.1"}
    assert shared(model(web={}, db={"ports": [port]}), db="shared").services["db"]["ports"] == [port]


@pytest.mark.parametrize(
    ("place", "name", "kept"),
    [
        (SHOP, "shop", True),
        (Place("staging", "shop"), "shop", False),
        (SHOP, "elsewhere", False),
    ],
)
def test_a_shared_container_name_is_kept_where_it_can_not_clash(place: Place, name: str, kept: bool) -> None:
    given = model(web={}, db={"container_name": "the-db"})
    given["name"] = name
    assert ("container_name" in shared(given, place, db="shared").services["db"]) is kept


def test_a_shared_service_tells_whether_its_definition_changed() -> None:
    def definition(**db: Any) -> str:
        given = model(web={}, db={"secrets": ["pass"], **db})
        given["secrets"] = {"pass": {"file": "/srv/pass"}}
        return str(shared(given, db="shared").services["db"]["labels"]["bgd.definition"])

    assert definition() == definition()
    assert definition() != definition(command=["postgres", "-c", "fsync=off"])


def test_kept_shared_services_stay_as_they_were_applied() -> None:
    old = model(web={}, db={"command": ["old"]}, cache={})
    new = model(web={}, db={"command": ["new"]}, broker={})
    roles: dict[str, Any] = {"db": "shared", "cache": "shared", "broker": "shared"}
    whole = merged_shared(shared(new, **roles), shared(old, **roles).document, ["db", "cache"])
    assert set(whole.services) == {"db", "cache", "broker"}
    assert whole.services["db"]["command"] == ["old"]


def test_services_that_end_are_those_whose_end_is_awaited() -> None:
    given = model(web={"depends_on": {"init": {"condition": "service_completed_successfully"}}}, init={})
    assert finishing(given) == {"init"}
