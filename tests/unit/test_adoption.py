"""What an adoption keeps, and how it is told: pure."""

from __future__ import annotations

from dataclasses import replace

from bgd.domain.adoption import (
    KeptVolume,
    PlainContainer,
    PlainMount,
    PlainPort,
    PlainProject,
    kept_volumes,
    names_in_the_way,
    of_file,
    rivals_of,
    with_kept,
)
from bgd.domain.adoption_plan import AdoptionPlan, plan_adoption, plan_text
from bgd.domain.plan import Plan, RoleOf
from bgd.domain.release import Model
from bgd.domain.settings import Role, Route, Settings

ANONYMOUS = "ab" * 32


def mount(source: str, target: str) -> dict[str, object]:
    return {"type": "volume", "source": source, "target": target}


MODEL: Model = {
    "name": "shop",
    "services": {
        "web": {"networks": {"default": None}},
        "db": {"volumes": [mount("data", "/data")], "container_name": "shop_db"},
        "proxy": {},
    },
    "volumes": {"data": {"name": "shop_data"}},
}
ROLES = {"web": Role.COLORED, "db": Role.SHARED, "proxy": Role.IGNORED}
PLAN = Plan(
    "shop",
    Settings(),
    {name: RoleOf(role, "so it is") for name, role in ROLES.items()},
    Route("web", 80),
    (),
    (),
    (),
)
WEB = PlainContainer("1", "shop-web-1", "web", "shop", "running")
DB = PlainContainer(
    "2", "shop_db", "db", "shop", "running", mounts=(PlainMount("shop_data", "/data"),), check_every_s=5
)


def told(*containers: PlainContainer, model: Model = MODEL, closed: bool = False) -> AdoptionPlan:
    project = PlainProject("shop", containers)
    kept = kept_volumes(project, model, PLAN)
    return plan_adoption(project, ["old"], model, PLAN, kept, (80, 81), closed)


def port(number: int, address: str = "0.0.0.0") -> tuple[PlainPort, ...]:
    return (PlainPort(address, number, "tcp", 80),)


def test_a_volume_is_the_one_that_is_mounted_whatever_the_project_is_called() -> None:
    other = replace(DB, project="prod", mounts=(PlainMount("prod_data", "/data"),))
    assert kept_volumes(PlainProject("prod", (other,)), MODEL, PLAN) == (KeptVolume("prod_data", "data"),)


def test_a_volume_is_kept_though_its_container_is_gone() -> None:
    project = PlainProject("shop", (), (("data", "shop_data"), ("older", "shop_older")))
    assert kept_volumes(project, MODEL, PLAN) == (KeptVolume("shop_data", "data"),)


def test_a_shared_services_volume_without_a_name_is_kept_in_its_place() -> None:
    nameless = {"type": "volume", "target": "/data"}
    model: Model = {"services": {"web": {}, "db": {"volumes": [nameless]}}, "volumes": {}}
    plain = replace(DB, mounts=(PlainMount(ANONYMOUS, "/data", is_anonymous=True),))
    kept = kept_volumes(PlainProject("shop", (plain,)), model, PLAN)
    mounts = with_kept(model, kept)["services"]["db"]["volumes"]
    assert [(one["source"], one["target"]) for one in mounts] == [(ANONYMOUS, "/data")]
    assert with_kept(model, kept)["volumes"][ANONYMOUS] == {"name": ANONYMOUS, "external": True}


def test_a_volume_that_the_file_names_by_now_wins_over_the_nameless_one() -> None:
    kept = (KeptVolume(ANONYMOUS, None, "db", "/data"),)
    assert with_kept(MODEL, kept) == MODEL


def test_the_nameless_volumes_of_a_color_arent_kept_but_told() -> None:
    plain = replace(WEB, mounts=(PlainMount(ANONYMOUS, "/uploads", is_anonymous=True),))
    assert kept_volumes(PlainProject("shop", (plain,)), MODEL, PLAN) == ()
    assert any("/uploads" in line and "empty" in line for line in told(plain).warnings)


def test_what_the_file_doesnt_have_is_left_alone() -> None:
    stray = replace(WEB, id="3", service="old")
    assert of_file(PlainProject("shop", (WEB, stray)), MODEL).containers == (WEB,)
    assert any("old" in line and "left running" in line for line in told(WEB).warnings)


def test_a_name_that_the_app_needs_is_in_the_way() -> None:
    assert names_in_the_way(PlainProject("shop", (WEB, DB)), MODEL) == ("2",)


def test_two_of_the_same_work_on_one_volume_are_rivals_and_a_reader_isnt() -> None:
    backup = replace(DB, id="4", service="backup")
    stopped = replace(DB, id="5", status="exited")
    assert rivals_of((DB, WEB, backup, stopped), PLAN) == (DB,)
    second = replace(DB, id="7")
    assert rivals_of((DB, second), PLAN, own=iter(("2", "7"))) == ()


def test_each_port_is_told_where_it_goes() -> None:
    ports = told(
        replace(WEB, ports=port(8080)),
        replace(DB, ports=port(5432, "127.0.0.1")),
        replace(WEB, id="6", service="proxy", ports=(*port(80), *port(80, "::"))),
    ).ports
    assert ports == (
        "0.0.0.0:8080 of web ends: bgd's nginx answers on port 80 (--http sets it)",
        "127.0.0.1:5432 stays with db",
        "0.0.0.0:80 passes from proxy to bgd's nginx",
    )


def test_a_proxy_that_speaks_https_is_warned_of() -> None:
    assert any("HTTPS" in line for line in told(replace(WEB, service="proxy", ports=port(443))).warnings)


def test_the_gap_counts_the_health_checks_and_the_limit_the_deaf() -> None:
    plan = told(WEB, replace(DB, stops_within_s=60))
    assert plan.gap_s == 1 + (5 + 2) + (1 + 2)
    assert plan.at_most_s == plan.gap_s + 60 + PLAN.settings.health.within_s


def test_a_fixed_subnet_a_one_off_and_a_strangers_port_keep_it_from_being_done() -> None:
    fixed: Model = {**MODEL, "networks": {"default": {"ipam": {"config": [{"subnet": "10.9.0.0/24"}]}}}}
    assert "fixed subnet" in told(WEB, model=fixed).obstacles[0]
    assert "isn't over" in told(replace(WEB, is_one_off=True)).obstacles[0]
    assert "isn't this app" in told(WEB, closed=True).obstacles[0]
    assert told(replace(WEB, ports=port(80)), closed=True).obstacles == ()


def test_the_plan_says_what_moves_and_the_way_back() -> None:
    text = plan_text(told(WEB, DB), "shop", "compose.yaml")
    assert "web  shop-web-1  → shop-blue, later shop-green" in text
    assert "db   shop_db     → shop-shared, on the same volumes" in text
    assert "`bgctl remove shop --yes`, then `docker compose -f compose.yaml up -d`" in text
