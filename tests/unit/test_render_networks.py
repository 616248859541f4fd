"""Networks and volumes: which names resolve where, and what exists once."""

from __future__ import annotations

from typing import Any

from bgd.domain.color import Color
from bgd.domain.release import Model
from bgd.domain.render import Joint, NetworkSpec, Project
from tests.unit.rendering import EDGE, color, model, shared


def names(project: Project) -> set[str]:
    return {spec.name for spec in project.networks}


def spec(project: Project, name: str) -> NetworkSpec:
    return next(spec for spec in project.networks if spec.name == name)


def networked(networks: dict[str, Any], **services: dict[str, Any]) -> Model:
    given = model(**services)
    given["networks"] = networks
    return given


def test_no_network_of_a_color_is_also_the_others() -> None:
    given = networked(
        {"front": {"name": "shop_front"}, "back": {"name": "shop_back"}},
        web={"networks": {"front": None, "back": None}},
        api={"networks": {"back": None}},
        db={"networks": {"back": None}},
    )
    blue, green = color(given, db="shared"), color(given, Color.GREEN, db="shared")
    own = {n["name"] for n in blue.document["networks"].values()}
    assert own == {"shop-blue_front", "shop-blue_back"}
    assert not own & {n["name"] for n in green.document["networks"].values()}


def test_names_of_the_file_are_aliases_only_on_the_colors_own_networks() -> None:
    given = networked(
        {"default": {"name": "shop_default"}, "outside": {"name": "lan", "external": True}},
        web={"networks": {"default": {"aliases": ["www"]}, "outside": {"aliases": ["shop"]}}},
        db={},
    )
    project = color(given, db="shared")
    assert project.services["web"]["networks"] == {
        "default": {"aliases": ["www"]},
        "outside": {"aliases": ["shop"]},
    }
    assert project.document["networks"]["outside"]["name"] == "shop-blue_outside"
    assert project.joints["web"] == (
        Joint("shop-shared_default"),
        Joint("lan"),
        Joint(EDGE, ("shop-blue-web",)),
    )


def test_a_color_joins_shared_services_only_where_the_file_puts_them_together() -> None:
    given = networked(
        {"front": {"name": "shop_front"}, "back": {"name": "shop_back"}},
        web={"networks": {"front": None}},
        api={"networks": {"front": None, "back": None}},
        db={"networks": {"back": None}},
    )
    project = color(given, db="shared")
    assert project.joints["api"] == (Joint("shop-shared_back"),)
    assert project.joints["web"] == (Joint(EDGE, ("shop-blue-web",)),)
    assert "shop-shared_front" not in names(project)


def test_own_networks_sort_before_shared_ones_and_those_before_the_edge() -> None:
    project = color(model(web={}, db={}), Color.GREEN, db="shared")
    own, common = sorted(names(project))
    assert [own, common, EDGE] == sorted([EDGE, common, own])
    assert own == "shop-green_default"


def test_only_the_front_is_on_the_edge() -> None:
    project = color(model(web={}, api={}))
    assert project.joints["web"] == (Joint(EDGE, ("shop-blue-web",)),)
    assert project.joints["api"] == ()


def test_a_fixed_subnet_exists_once_and_fixed_addresses_with_it() -> None:
    ipam = {"config": [{"subnet": "10.9.0.0/24"}]}
    given = networked(
        {"default": {"name": "shop_default", "ipam": ipam}},
        web={"networks": {"default": {"ipv4_address": "10.9.0.4"}}},
        db={"networks": {"default": {"ipv4_address": "10.9.0.5"}}},
    )
    project, beside = color(given, db="shared"), shared(given, db="shared")
    assert project.services["web"]["networks"] == {"default": {}}
    assert spec(project, "shop-blue_default").ipam is None
    assert spec(project, "shop-shared_default").ipam == ipam
    assert beside.services["db"]["networks"] == {"default": {"ipv4_address": "10.9.0.5"}}


def test_an_address_without_a_subnet_is_dropped_for_shared_services_too() -> None:
    given = model(web={}, db={"networks": {"default": {"ipv4_address": "10.9.0.5"}}})
    assert shared(given, db="shared").services["db"]["networks"] == {"default": {}}


def test_an_internal_network_stays_internal() -> None:
    given = networked({"default": {"name": "shop_default", "internal": True}}, web={}, db={})
    project = color(given, db="shared")
    assert all(spec(project, name).internal for name in names(project))


def test_a_network_of_another_driver_exists_once_and_both_colors_join_it() -> None:
    lan = {"name": "shop_lan", "driver": "macvlan", "driver_opts": {"parent": "eth0"}}
    given = networked({"lan": lan}, web={"networks": {"lan": None}})
    project = color(given)
    assert spec(project, "shop-shared_lan").driver == "macvlan"
    assert spec(project, "shop-blue_lan").driver == "bridge"
    assert Joint("shop-shared_lan") in project.joints["web"]


def test_a_bridge_named_by_the_file_gets_its_name_only_once() -> None:
    options = {"com.docker.network.bridge.name": "br-shop", "com.docker.network.driver.mtu": 1400}
    given = networked({"default": {"name": "shop_default", "driver_opts": options}}, web={}, db={})
    project = color(given, db="shared")
    assert spec(project, "shop-blue_default").driver_opts == {"com.docker.network.driver.mtu": "1400"}
    assert spec(project, "shop-shared_default").driver_opts["com.docker.network.bridge.name"] == "br-shop"


def test_networks_have_room_for_every_replica() -> None:
    given = model(web={"deploy": {"replicas": 40}}, api={"scale": 2})
    assert spec(color(given), "shop-blue_default").hosts == 42


def test_a_network_from_outside_is_never_created() -> None:
    given = networked(
        {"default": {"name": "lan", "external": True}}, web={"networks": {"default": None}}, db={}
    )
    assert names(color(given, db="shared")) == {"shop-blue_default"}
    assert names(shared(given, db="shared")) == set()
    assert shared(given, db="shared").document["networks"]["default"]["name"] == "lan"


def test_a_service_without_networks_of_its_own_is_on_the_default_one() -> None:
    given = model(web={})
    del given["services"]["web"]["networks"]
    assert color(given).services["web"]["networks"] == {"default": {}}


def volumed(volumes: dict[str, Any]) -> Model:
    mounts = [{"type": "volume", "source": key, "target": f"/{key}"} for key in volumes]
    given = model(web={"volumes": mounts}, db={"volumes": mounts})
    given["volumes"] = volumes
    return given


def test_named_volumes_are_the_same_for_both_colors_and_the_shared_services() -> None:
    given = volumed({"data": {"name": "shop_data"}})
    projects = [color(given, db="shared"), color(given, Color.GREEN, db="shared"), shared(given, db="shared")]
    for project in projects:
        assert project.document["volumes"] == {"data": {"name": "shop_data", "external": True}}
        assert [volume.name for volume in project.volumes] == ["shop_data"]


def test_a_volume_has_the_name_that_plain_compose_gave_it() -> None:
    given = volumed({"data": {"name": "elsewhere_data"}, "named": {"name": "mine"}})
    given["name"] = "elsewhere"
    assert [volume.name for volume in color(given).volumes] == ["elsewhere_data", "mine"]


def test_a_volume_keeps_its_driver_and_its_labels_beside_bgds() -> None:
    [volume] = color(
        volumed({"d": {"name": "shop_d", "driver": "local", "driver_opts": {"o": 1}, "labels": {"a": "b"}}})
    ).volumes
    assert (volume.driver, volume.driver_opts) == ("local", {"o": "1"})
    assert volume.labels == {"a": "b", "bgd.instance": "bgd", "bgd.app": "shop", "bgd.role": "shared"}


def test_a_volume_from_outside_is_used_and_never_created() -> None:
    project = color(volumed({"data": {"name": "theirs", "external": True}}))
    assert project.document["volumes"]["data"]["name"] == "theirs"
    assert project.volumes == ()


def test_anonymous_volumes_binds_and_tmpfs_stay_as_they_are() -> None:
    mounts = [
        {"type": "volume", "target": "/cache"},
        {"type": "bind", "source": "/srv", "target": "/srv"},
        {"type": "tmpfs", "target": "/tmp"},
    ]
    project = color(model(web={"volumes": mounts}))
    assert project.services["web"]["volumes"] == mounts
    assert "volumes" not in project.document
