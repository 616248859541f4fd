"""Blue against green: what differs, what explains it, and what has drifted."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.adapters.container_facts import running_of
from bgd.domain.color import Color
from bgd.domain.difference import Compared, Fact, Meant, Names, Running, Side, Survey, compared, meant_by
from bgd.domain.plan import Plan, RoleOf
from bgd.domain.release import Image
from bgd.domain.render import Place, render_color
from bgd.domain.settings import Role, Route, Settings

EDGE = "zz-edge"
PLACE = Place("bgd", "shop")


def facts(**values: str) -> dict[str, Fact]:
    """Facts that are shown as they are; `environment_A` is `environment.A`, and a secret."""
    return {
        name.replace("_", "."): Fact(value) if name.startswith("environment") else Fact(value, value)
        for name, value in values.items()
    }


def side(
    color: Color, number: int, meant: dict[str, Fact], *runs: dict[str, Fact], resting: str = "", **more: Any
) -> Side:
    """A side with one service, `web`, and a container for each of `runs`; by default one, as meant."""
    containers = tuple(
        Running(
            f"shop-{color}-web-{n}", "web", more.get("status", "running"), given, more.get("of_image", {})
        )
        for n, given in enumerate(runs or (meant,), 1)
    )
    said = Meant(meant, more.get("replicas", len(containers)))
    return Side(color, f"r{number}", Survey(containers, {"web": said}), frozenset(resting.split()))


def blue(meant: dict[str, Fact], *runs: dict[str, Fact], **more: Any) -> Side:
    """Blue, with r1."""
    return side(Color.BLUE, 1, meant, *runs, **more)


def green(meant: dict[str, Fact], *runs: dict[str, Fact], **more: Any) -> Side:
    """Green, with r2."""
    return side(Color.GREEN, 2, meant, *runs, **more)


def told(found: Compared) -> list[tuple[str, str | None]]:
    """The aspects that differ, and why."""
    return [(one.aspect, one.explained_by) for one in found.differences]


def drifted(found: Compared) -> list[tuple[str | None, str]]:
    """Containers and aspects that have drifted."""
    return [(one.container, one.aspect) for one in found.drift]


def test_two_that_run_the_same_are_identical() -> None:
    found = compared(blue(facts(memory="1")), green(facts(memory="1")))
    assert (found.identical, found.differences, found.drift) == (True, (), ())


def test_what_the_two_releases_say_differently_is_explained_by_them() -> None:
    found = compared(
        blue(facts(image="a", environment_A="1")),
        green(facts(image="b", environment_A="2", environment_B="3")),
    )
    assert found.identical is True
    assert [aspect for aspect, _ in told(found)] == ["image", "environment.A", "environment.B"]
    assert {why for _, why in told(found)} == {"r1 → r2"}
    assert found.drift == ()


def test_what_was_changed_by_hand_is_a_difference_that_nothing_explains_and_drift() -> None:
    found = compared(blue(facts(memory="1")), green(facts(memory="1"), facts(memory="2")))
    assert found.identical is False
    assert told(found) == [("memory", None)]
    assert drifted(found) == [("shop-green-web-1", "memory")]
    assert (found.drift[0].meant, found.drift[0].runs) == (Fact("1"), Fact("2"))


def test_a_change_by_hand_isnt_explained_by_releases_that_differ_there_too() -> None:
    found = compared(blue(facts(memory="1")), green(facts(memory="2"), facts(memory="3")))
    assert told(found) == [("memory", None)]


def test_the_same_change_by_hand_in_both_is_drift_and_no_difference() -> None:
    found = compared(blue(facts(), facts(memory="9")), green(facts(), facts(memory="9")))
    assert found.identical is True
    assert drifted(found) == [("shop-blue-web-1", "memory"), ("shop-green-web-1", "memory")]


def test_what_comes_from_the_image_is_explained_by_the_image() -> None:
    old, new = facts(environment_PATH="/a"), facts(environment_PATH="/b")
    found = compared(
        blue(facts(image="a"), {**facts(image="a"), **old}, of_image=old),
        green(facts(image="b"), {**facts(image="b"), **new}, of_image=new),
    )
    assert told(found) == [("image", "r1 → r2"), ("environment.PATH", "r1 → r2, by its image")]
    assert found.drift == ()


def test_one_replica_that_is_otherwise_is_seen_beside_those_that_are_right() -> None:
    right = facts(memory="1")
    found = compared(blue(right, right, right), green(right, right, facts(memory="2")))
    assert drifted(found) == [("shop-green-web-2", "memory")]
    assert told(found) == [("memory", None)]
    assert found.differences[0].green is not None
    assert found.differences[0].green.shown == "1 or 2"


def test_a_container_that_is_missing_is_drift() -> None:
    right = facts(memory="1")
    found = compared(blue(right, right, right), green(right, right, replicas=2))
    assert told(found) == [("replicas", None)]
    assert drifted(found) == [(None, "replicas")]


def test_more_replicas_in_the_next_release_are_explained() -> None:
    right = facts(memory="1")
    found = compared(blue(right, right), green(right, right, right))
    assert told(found) == [("replicas", "r1 → r2")]
    assert found.drift == ()


def test_a_worker_that_runs_in_the_live_colour_alone_is_explained() -> None:
    right = facts(image="a")
    idle = Side(Color.GREEN, "r2", Survey((), {"web": Meant(right)}), frozenset({"web"}))
    found = compared(blue(right), idle)
    assert told(found) == [("replicas", "live-only: runs in the live color alone")]
    assert (found.identical, found.drift) == (True, ())


def test_a_service_that_only_one_release_has_is_explained() -> None:
    without = Side(Color.GREEN, "r2", Survey((), {}))
    found = compared(blue(facts(image="a")), without)
    assert told(found) == [("replicas", "r1 → r2")]


def test_a_container_that_stopped_is_drift_unless_its_colour_rests() -> None:
    right = facts(image="a")
    assert drifted(compared(blue(right, status="exited"), None)) == [("shop-blue-web-1", "state")]
    assert drifted(compared(blue(right, status="exited", resting="web"), None)) == []
    assert drifted(compared(blue(right, status="done"), None)) == []


@pytest.mark.parametrize("status", ["exited", "done"])
def test_what_bgd_stopped_has_no_restart_policy_and_that_is_neither_drift_nor_a_difference(
    status: str,
) -> None:
    wanted = facts(restart="always")
    found = compared(blue(wanted), green(wanted, facts(), status=status, resting="web"))
    assert (found.identical, found.differences, found.drift) == (True, (), ())


def test_a_single_colour_is_compared_with_its_release_and_called_identical_to_nothing() -> None:
    found = compared(None, green(facts(memory="1"), facts(memory="2")))
    assert found.identical is None
    assert drifted(found) == [("shop-green-web-1", "memory")]


def test_what_the_engine_decides_itself_is_no_drift() -> None:
    assert drifted(compared(blue(facts(), facts(logging_driver="journald")), None)) == []
    assert drifted(compared(blue(facts(logging_driver="syslog"), facts(logging_driver="x")), None)) != []


def test_an_engine_that_changed_its_mind_between_the_colours_is_a_difference() -> None:
    found = compared(blue(facts(), facts(logging_driver="a")), green(facts(), facts(logging_driver="b")))
    assert told(found) == [("logging.driver", None)]


def test_an_entrypoint_of_the_files_drops_the_images_command() -> None:
    image = facts(command="serve", entrypoint="sh")
    assert drifted(compared(blue(facts(entrypoint="x"), facts(entrypoint="x"), of_image=image), None)) == []


def test_no_value_of_a_secret_is_in_what_a_fact_says_of_itself() -> None:
    fact = Fact("hunter2")
    assert "hunter2" not in repr(fact)
    assert "hunter2" not in fact.shown


# What is said, and what the engine tells: the same words


FILE: dict[str, Any] = {
    "image": "shop:1",
    "command": ["serve", "--price", "$$5"],
    "environment": {"A": "x$$y", "UNSET": None},
    "user": "7",
    "mem_limit": "134217728",
    "cpus": 0.5,
    "pids_limit": 100,
    "ulimits": {"nofile": {"soft": 2, "hard": 3}},
    "cap_add": ["NET_ADMIN"],
    "restart": "on-failure:3",
    "healthcheck": {"test": ["CMD", "up"], "interval": "1m30s", "retries": 3},
    "volumes": [
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "bind", "source": "/srv/x", "target": "/x", "read_only": True},
    ],
    "networks": {"default": None, "back": {"aliases": ["api", "web"]}},
    "ports": [{"target": 80, "published": "8080"}],
}


def inspected(color: str) -> dict[str, Any]:
    """A container of `FILE`, as the engine inspects it."""
    labels = {"bgd.color": color, "bgd.release": "r1", "bgd.image": "shop:1", "bgd.app": "shop"}
    mine = ["4f3a4f3a4f3a", f"shop-{color}-web-1", "web"]
    return {
        "Id": "4f3a" * 16,
        "Name": f"/shop-{color}-web-1",
        "Image": "sha256:1",
        "State": {"Status": "running", "ExitCode": 0},
        "Config": {
            "Hostname": "4f3a4f3a4f3a",
            "Cmd": ["serve", "--price", "$5"],
            "Env": ["A=x$y", "PATH=/bin", "UNSET"],
            "User": "7",
            "Labels": {**labels, "com.docker.compose.service": "web"},
            "Healthcheck": {"Test": ["CMD", "up"], "Interval": 90_000_000_000, "Retries": 3},
        },
        "HostConfig": {
            "Memory": 134217728,
            "MemorySwap": 268435456,
            "NanoCpus": 500_000_000,
            "PidsLimit": 100,
            "Ulimits": [{"Name": "nofile", "Soft": 2, "Hard": 3}],
            "CapAdd": ["CAP_NET_ADMIN"],
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
            "NetworkMode": f"shop-{color}_default",
            "LogConfig": {"Type": "json-file", "Config": {}},
        },
        "Mounts": [
            {"Type": "volume", "Name": "shop_data", "Destination": "/data", "RW": True},
            {"Type": "bind", "Source": "/srv/x", "Destination": "/x", "RW": False},
            {"Type": "volume", "Name": "0f" * 32, "Destination": "/cache", "RW": True},
        ],
        "NetworkSettings": {
            "Networks": {
                f"shop-{color}_default": {"Aliases": mine},
                f"shop-{color}_back": {"Aliases": [*mine, "api"]},
                EDGE: {"Aliases": [f"shop-{color}-web", "4f3a4f3a4f3a"]},
            }
        },
    }


IMAGE = {"Config": {"Env": ["PATH=/bin"], "Cmd": ["other"], "Volumes": {"/cache": {}}}}


def surveyed(color: Color, container: dict[str, Any]) -> Side:
    """A colour with `FILE` in it, whose one container is `container`."""
    model = {
        "name": "shop",
        "services": {"web": FILE},
        "networks": {"default": {}, "back": {}},
        "volumes": {"data": {"name": "shop_data"}},
    }
    plan = Plan("shop", Settings(), {"web": RoleOf(Role.COLORED, "front")}, Route("web", 80), (), (), ())
    project = render_color(model, plan, {"web": Image("shop:1", "sha256:1")}, PLACE, color, "r1", EDGE)
    names = Names(PLACE, color, EDGE)
    running = running_of(container, IMAGE, {}, names, str)
    return Side(color, "r1", Survey((running,), {"web": meant_by(project, "web", names, str)}))


def test_a_container_made_of_the_file_is_as_the_file_says_and_the_same_in_both_colours() -> None:
    found = compared(*(surveyed(color, inspected(color)) for color in Color))
    assert [(d.aspect, d.meant, d.runs) for d in found.drift] == []
    assert found.differences == ()
    assert found.identical is True


@pytest.mark.parametrize(
    ("section", "key", "value", "aspect"),
    [
        ("HostConfig", "Memory", 999, "memory"),
        ("HostConfig", "NanoCpus", 0, "cpus"),
        ("HostConfig", "PidsLimit", None, "pids"),
        ("HostConfig", "Ulimits", [{"Name": "nofile", "Soft": 9, "Hard": 9}], "ulimits.nofile"),
        ("HostConfig", "CapAdd", None, "capabilities added"),
        ("HostConfig", "Privileged", True, "privileged"),
        ("HostConfig", "RestartPolicy", {"Name": "always"}, "restart"),
        ("HostConfig", "PortBindings", {"80/tcp": [{"HostPort": "80"}]}, "ports.80/tcp"),
        ("Config", "Cmd", ["serve"], "command"),
        ("Config", "User", "", "user"),
        ("Config", "Env", ["A=z", "PATH=/bin"], "environment.A"),
        ("Config", "Healthcheck", {"Test": ["NONE"]}, "healthcheck.test"),
    ],
)
def test_each_fact_that_is_otherwise_is_drift(section: str, key: str, value: Any, aspect: str) -> None:
    container = inspected("blue")
    container[section][key] = value
    found = compared(surveyed(Color.BLUE, container), surveyed(Color.GREEN, inspected("green")))
    assert aspect in [one.aspect for one in found.drift]
    assert (aspect, None) in told(found)


def test_a_network_and_a_variable_that_were_added_are_drift() -> None:
    container = inspected("green")
    container["NetworkSettings"]["Networks"]["other"] = {"Aliases": ["sneaky"]}
    container["Config"]["Env"].append("ADDED=1")
    found = compared(None, surveyed(Color.GREEN, container))
    assert [one.aspect for one in found.drift] == ["environment.ADDED", "networks.other"]


def test_a_mount_that_is_missing_is_drift() -> None:
    container = inspected("green")
    del container["Mounts"][0]
    found = compared(None, surveyed(Color.GREEN, container))
    assert [(one.aspect, one.runs) for one in found.drift] == [("mounts./data", None)]


def test_names_of_another_instance_are_taken_back_too() -> None:
    names = Names(Place("t1", "shop"), Color.GREEN, "t1-zz-edge")
    assert names.network("t1-shop-green_default") == "default"
    assert names.network("t1-shop-shared_back") == "back (shared)"
    assert names.network("t1-zz-edge") == "(proxy)"
    assert names.network("t1-shop-blue_default") == "t1-shop-blue_default"
    assert names.volume("t1-shop_data") == "shop_data"
