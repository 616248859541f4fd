"""`bgctl diff` against a fake daemon: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bgd.errors import Refused
from tests.bgctl import bgctl
from tests.fake_daemon import FakeDaemon, running_daemon
from tests.samples import app_json

DIFF = "/v1/apps/shop/diff"
SECRET = "•••"


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    with running_daemon() as daemon:
        daemon.apps["shop"] = app_json("shop", "blue")
        daemon.on("GET", DIFF, diff_json())
        yield daemon


def diff_json(**changes: Any) -> dict[str, Any]:
    """Two colours that run the same."""
    return {
        "app": "shop",
        "identical": True,
        "live": "blue",
        "blue": "r1",
        "green": "r2",
        "differences": [],
        "drift": [],
        "file": [],
        "file_since": "r2",
        "notes": [],
        **changes,
    }


def difference(
    aspect: str, blue: str | None, green: str | None, why: str | None = "r1 → r2"
) -> dict[str, Any]:
    """A difference of `web`."""
    return {"service": "web", "aspect": aspect, "blue": blue, "green": green, "explained_by": why}


def drift(
    aspect: str, meant: str | None, runs: str | None, container: str | None = "shop-green-web-1"
) -> Any:
    """Something of green's `web` that has drifted."""
    return {
        "color": "green",
        "release": "r2",
        "service": "web",
        "container": container,
        "aspect": aspect,
        "meant": meant,
        "runs": runs,
    }


def lines_of(daemon: FakeDaemon, **changes: Any) -> list[str]:
    """What is printed about such a comparison."""
    daemon.on("GET", DIFF, diff_json(**changes))
    told = bgctl(daemon, "diff", "shop")
    assert (told.code, told.err) == (0, "")
    return told.out.splitlines()


def test_two_that_are_the_same_are_called_so(daemon: FakeDaemon) -> None:
    assert lines_of(daemon)[-1] == "identical apart from the release (r1 → r2)"
    assert lines_of(daemon, blue="r2")[-1] == "identical"


def test_both_values_stand_below_one_another_with_the_colours_word(daemon: FakeDaemon) -> None:
    printed = lines_of(daemon, differences=[difference("image", "shop:1 aa", "shop:2 bb")])
    at = printed.index("  ✓ image                 blue   shop:1 aa")
    assert printed[at - 1] == "web"
    assert printed[at + 1] == "                          green  shop:2 bb"
    assert printed[-1] == "identical apart from the release (r1 → r2)"


def test_variables_are_told_by_name_alone(daemon: FakeDaemon) -> None:
    found = [
        difference("environment.A", SECRET, SECRET),
        difference("environment.B", None, SECRET),
        difference("environment.C", SECRET, None),
    ]
    printed = lines_of(daemon, differences=found)
    assert "  ✓ environment           A differs, B only in green, C only in blue" in printed


def test_what_nothing_explains_is_marked_said_and_counted(daemon: FakeDaemon) -> None:
    found = [difference("memory", None, "64 MiB", None), difference("user", "1", "2", None)]
    printed = lines_of(daemon, differences=found, identical=False, drift=[drift("memory", None, "64 MiB")])
    assert "  ! memory                blue   none" in printed
    assert printed.count("                          no release explains it") == 2
    assert "  shop-green-web-1" in printed
    assert "  ! memory                r2     none" in printed
    assert "                          runs   64 MiB" in printed
    assert printed[-1] == "2 differences that no release explains, and 1 drift"


def test_a_secret_that_drifted_is_told_without_values(daemon: FakeDaemon) -> None:
    found = [
        drift("environment.A", SECRET, SECRET),
        drift("environment.B", SECRET, None),
        drift("environment.C", None, SECRET),
    ]
    printed = "\n".join(lines_of(daemon, drift=found))
    assert "A differs, B is missing, C isn't in r2" in printed


def test_one_colour_alone_is_compared_with_its_release(daemon: FakeDaemon) -> None:
    alone = {"identical": None, "green": None, "notes": ["green is empty: there is only blue to look at"]}
    printed = lines_of(daemon, **alone)
    assert "· green is empty: there is only blue to look at" in printed
    assert printed[-1] == "blue runs as r1 says"


def test_a_changed_file_is_told_place_by_place(daemon: FakeDaemon) -> None:
    changed = [
        {"service": "web", "place": "web.image", "before": "shop:1", "after": "shop:2"},
        {"service": "web", "place": "web.environment.A", "before": SECRET, "after": SECRET},
        {"service": "web", "place": "web.user", "before": None, "after": "7"},
        {"service": "web", "place": "web.networks.b", "before": "null", "after": None},
    ]
    printed = lines_of(daemon, file=changed)
    assert "file  changed since r2, not deployed" in printed
    for line in (
        "  web.image  shop:1 → shop:2",
        "  web.environment.A  changed",
        "  web.user  added  7",
        "  web.networks.b  removed",
    ):
        assert line in printed


def test_no_line_is_wider_than_the_terminal(daemon: FakeDaemon) -> None:
    long = "x" * 300
    changed = [{"service": "web", "place": f"web.{long}", "before": long, "after": long + "y"}]
    names = [difference(f"environment.VARIABLE_{n}", SECRET, SECRET) for n in range(30)]
    found = [*names, difference(f"mounts./{long[:60]}", long, None), difference("command", long, "y" + long)]
    printed = lines_of(daemon, differences=found, drift=[drift("command", long, None)], file=changed)
    assert max(map(len, printed)) <= 80


def test_it_exits_with_0_whatever_came_out_unless_asked(daemon: FakeDaemon) -> None:
    daemon.on("GET", DIFF, diff_json(identical=False, differences=[difference("user", "1", "2", None)]))
    assert bgctl(daemon, "diff", "shop").code == 0
    assert bgctl(daemon, "diff", "shop", "--exit-code").code == 1
    daemon.on("GET", DIFF, diff_json(drift=[drift("user", "1", "2")]))
    assert bgctl(daemon, "diff", "shop", "--exit-code").code == 1
    daemon.on("GET", DIFF, diff_json())
    assert bgctl(daemon, "diff", "shop", "--exit-code").code == 0


def test_json_is_the_document_as_it_came(daemon: FakeDaemon) -> None:
    told = bgctl(daemon, "diff", "shop", "--json")
    assert json.loads(told.out) == diff_json()


def test_nothing_to_compare_is_refused(daemon: FakeDaemon) -> None:
    daemon.on("GET", DIFF, Refused("nothing of shop runs", "deploy it"))
    assert bgctl(daemon, "diff", "shop").code == 4


def test_two_releases_are_compared_and_one_is_not_enough(daemon: FakeDaemon) -> None:
    changed = [{"service": "web", "place": "web.image", "before": "shop:1", "after": "shop:2"}]
    answer = {"app": "shop", "from": "r1", "to": "r2", "changes": changed}
    daemon.on("GET", "/v1/apps/shop/releases/r1/diff/r2", answer)
    told = bgctl(daemon, "diff", "shop", "r1", "r2")
    assert told.code == 0
    assert "  web.image  shop:1 → shop:2" in told.out
    assert told.out.endswith("1 change from r1 to r2\n")
    assert bgctl(daemon, "diff", "shop", "r1", "r2", "--exit-code").code == 1
    assert bgctl(daemon, "diff", "shop", "r1").code == 2
    assert bgctl(daemon, "diff", "shop", "r1", "r2", "r3").code == 2
