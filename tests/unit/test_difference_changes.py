"""What changed between two Compose models."""

from __future__ import annotations

from typing import Any

from bgd.domain.difference import Change, changes
from bgd.domain.release import Image


def model(web: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A model with a service `web`."""
    return {
        "name": "shop",
        "services": {"web": {"image": "shop:1", **web}, **more.pop("services", {})},
        **more,
    }


def test_an_unchanged_file_has_no_changes() -> None:
    assert changes(model({"environment": {"A": "1"}}), model({"environment": {"A": "1"}})) == ()


def test_a_change_is_told_where_it_is_in_the_file() -> None:
    before = model({"deploy": {"resources": {"limits": {"memory": "134217728"}}}})
    after = model({"image": "shop:2", "deploy": {"resources": {"limits": {"memory": "268435456"}}}})
    assert changes(before, after) == (
        Change("web", "web.image", "shop:1", "shop:2"),
        Change("web", "web.deploy.resources.limits.memory", "128 MiB", "256 MiB"),
    )


def test_variables_are_named_and_their_values_never_shown() -> None:
    before = model({"environment": {"A": "hunter2", "GONE": "x", "SAME": "y", "EMPTY": None}})
    after = model({"environment": {"A": "hunter3", "NEW": None, "SAME": "y", "EMPTY": ""}})
    assert changes(before, after) == (
        Change("web", "web.environment.A", "•••", "•••"),
        Change("web", "web.environment.GONE", "•••", None),
        Change("web", "web.environment.EMPTY", "•••", "•••"),
        Change("web", "web.environment.NEW", None, "•••"),
    )


def test_a_list_of_variables_is_the_same_as_a_mapping() -> None:
    assert changes(model({"environment": ["A=1"]}), model({"environment": {"A": "1"}})) == ()


def test_a_secret_in_a_command_isnt_shown() -> None:
    before = model({"command": ["redis-server", "--requirepass", "hunter2-old"]})
    after = model({"command": ["redis-server", "--requirepass", "hunter2-new"]})
    [change] = changes(before, after)
    assert change.place == "web.command"
    assert "hunter2" not in repr(change)


def test_a_value_recorded_for_a_secret_isnt_shown() -> None:
    before = model({}, secrets={"key": {"environment": "KEY", "x-bgd-value": "planted"}})
    after = model({}, secrets={"key": {"environment": "KEY", "x-bgd-value": "planted2"}})
    assert changes(before, after) == (Change(None, "secrets.key.x-bgd-value", "•••", "•••"),)


def test_a_new_service_and_a_new_volume_are_told_once() -> None:
    after = model({}, services={"job": {"image": "job:1", "command": ["x"]}}, volumes={"data": {"name": "d"}})
    assert changes(model({}), after) == (
        Change("job", "job", None, "job:1"),
        Change(None, "volumes.data", None, "d"),
    )


def test_an_image_made_anew_under_the_same_name_is_a_change() -> None:
    images = {"web": Image("shop:1", "sha256:" + "a" * 64)}, {"web": Image("shop:1", "sha256:" + "b" * 64)}
    assert changes(model({}), model({}), images) == (
        Change("web", "web.image", "shop:1 " + "a" * 12, "shop:1 " + "b" * 12),
    )


def test_a_network_that_is_joined_without_saying_more_is_a_change() -> None:
    before, after = model({"networks": {"a": None}}), model({"networks": {"a": None, "b": None}})
    assert changes(before, after) == (Change("web", "web.networks.b", None, "null"),)


def test_what_was_left_out_before_is_added() -> None:
    assert changes(model({"command": None}), model({"command": ["x"]})) == (
        Change("web", "web.command", None, '["x"]'),
    )


def test_settings_of_bgds_own_are_part_of_the_file() -> None:
    before, after = (
        model({}, **{"x-bgd": {"drain": "1s"}}),
        model({}, **{"x-bgd": {"drain": "2s", "keep": "1h"}}),
    )
    assert changes(before, after) == (
        Change(None, "x-bgd.drain", "1s", "2s"),
        Change(None, "x-bgd.keep", None, "1h"),
    )
