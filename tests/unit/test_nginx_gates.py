"""The gate: one rename moves the traffic, and what is on disk is always one answer."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bgd.adapters.nginx.directory import Directory
from bgd.adapters.nginx.gates import Gates
from bgd.domain.color import Color
from bgd.domain.nginx_config import NginxConfig
from bgd.domain.traffic import Closure
from bgd.errors import InvalidInput

BLUE, GREEN = Color.BLUE, Color.GREEN


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    return Gates(tmp_path)


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_without_a_gate_nothing_is_live(gates: Gates, tmp_path: Path) -> None:
    assert gates.live("shop") is None
    (tmp_path / "gate/shop").mkdir(parents=True)
    assert gates.live("shop") is None


@pytest.mark.parametrize("first", list(Color))
def test_a_first_turn_makes_the_gate(gates: Gates, first: Color) -> None:
    gates.turn("shop", first)
    assert gates.live("shop") is first


def test_there_is_always_exactly_one_file_of_a_color(gates: Gates, tmp_path: Path) -> None:
    for color in (BLUE, GREEN, GREEN, BLUE, BLUE, GREEN):
        gates.turn("shop", color)
        assert gates.live("shop") is color
        assert len(files(tmp_path) - {"gate/shop/live.on"}) == 1


@pytest.mark.parametrize("color", list(Color))
@pytest.mark.parametrize("left_over", ["green.on", "green.off"])
def test_a_color_s_file_alone_makes_nothing_live(
    gates: Gates, tmp_path: Path, left_over: str, color: Color
) -> None:
    (tmp_path / "gate/shop").mkdir(parents=True)
    (tmp_path / "gate/shop" / left_over).touch()
    assert gates.live("shop") is None
    gates.turn("shop", color)
    assert gates.live("shop") is color


@pytest.mark.parametrize("color", list(Color))
def test_the_file_that_makes_a_color_live_comes_after_the_color_s(
    gates: Gates, tmp_path: Path, color: Color
) -> None:
    gate = tmp_path / "gate/shop"
    gates.turn("shop", color)
    name = "green.on" if color is GREEN else "green.off"
    assert (gate / name).stat().st_ctime_ns <= (gate / "live.on").stat().st_ctime_ns


def test_a_turn_renames_the_file_and_makes_none(gates: Gates, tmp_path: Path) -> None:
    gates.turn("shop", BLUE)
    before = (tmp_path / "gate/shop/green.off").stat().st_ino
    gates.turn("shop", GREEN)
    assert (tmp_path / "gate/shop/green.on").stat().st_ino == before


def test_apps_have_gates_of_their_own(gates: Gates) -> None:
    gates.turn("shop", GREEN)
    gates.turn("blog", BLUE)
    gates.drop("shop")
    assert (gates.live("shop"), gates.live("blog")) == (None, BLUE)


def test_dropping_what_isn_t_there_is_done(gates: Gates) -> None:
    gates.drop("shop")
    gates.drop("shop")


def test_two_files_are_read_as_nginx_reads_them_and_a_turn_ends_it(gates: Gates, tmp_path: Path) -> None:
    for target in (BLUE, GREEN):
        gates.turn("shop", BLUE)
        (tmp_path / "gate/shop/green.on").touch()
        assert gates.live("shop") is GREEN
        gates.turn("shop", target)
        assert gates.live("shop") is target
        assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", "."])
def test_no_name_leads_out_of_the_directory(gates: Gates, name: str) -> None:
    for use in (gates.live, gates.drop):
        with pytest.raises(InvalidInput):
            use(name)


def test_nginx_can_read_all_of_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        directory = Directory(tmp_path / "nginx")
        directory.prepare()
        directory.place(NginxConfig("events {}", "0" * 12))
        Gates(directory.path).turn("shop", BLUE)
    finally:
        os.umask(before)
    for path in [directory.path, *directory.path.rglob("*")]:
        wanted = 0o755 if path.is_dir() else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_configuration_replaces_the_one_before_whole(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    assert directory.current() is None
    old, new = NginxConfig("# generation 00000000000a\n", "00000000000a"), NginxConfig("x", "0" * 12)
    directory.place(old)
    directory.write_candidate(new)
    assert directory.current() == old
    directory.drop_candidate()
    assert files(tmp_path) == {"nginx.conf"}
    directory.place(new)
    assert directory.current() == new
    assert files(tmp_path) == {"nginx.conf"}


def test_closed_doors_keep_the_live_color_and_open_again(gates: Gates, tmp_path: Path) -> None:
    gates.turn("shop", GREEN)
    gates.shut("shop", Closure.PAUSE)
    assert "gate/shop/live.on" not in files(tmp_path)
    assert (gates.live("shop"), gates.closures("shop")) == (GREEN, frozenset({Closure.PAUSE}))
    gates.reopen("shop", Closure.PAUSE)
    assert files(tmp_path) == {"gate/shop/live.on", "gate/shop/green.on"}
    assert (gates.live("shop"), gates.closures("shop")) == (GREEN, frozenset())


def test_doors_open_only_when_nobody_wants_them_closed(gates: Gates) -> None:
    gates.turn("shop", BLUE)
    for why in Closure:
        gates.shut("shop", why)
        gates.shut("shop", why)
    gates.reopen("shop", Closure.PAUSE)
    assert gates.closures("shop") == {Closure.MAINTENANCE}
    gates.reopen("shop", Closure.PAUSE)
    assert gates.closures("shop") == {Closure.MAINTENANCE}
    gates.reopen("shop", Closure.MAINTENANCE)
    assert gates.closures("shop") == frozenset()


def test_a_turn_behind_closed_doors_leaves_them_closed(gates: Gates) -> None:
    gates.turn("shop", BLUE)
    gates.shut("shop", Closure.MAINTENANCE)
    gates.turn("shop", GREEN)
    assert (gates.live("shop"), gates.closures("shop")) == (GREEN, frozenset({Closure.MAINTENANCE}))


def test_an_app_with_nothing_live_has_no_doors_to_close(gates: Gates, tmp_path: Path) -> None:
    gates.shut("shop", Closure.MAINTENANCE)
    gates.reopen("shop", Closure.MAINTENANCE)
    assert gates.live("shop") is None
    assert not files(tmp_path)


@pytest.mark.parametrize("change", ["shut", "reopen"])
def test_killed_between_two_files_a_gate_still_tells_its_color(
    gates: Gates, tmp_path: Path, change: str
) -> None:
    gates.turn("shop", GREEN)
    (tmp_path / "gate/shop/pause.on").touch()  # in the middle of both changes the two files are there
    assert (gates.live("shop"), gates.closures("shop")) == (GREEN, frozenset())
    getattr(gates, change)("shop", Closure.PAUSE)
    assert gates.closures("shop") == (frozenset() if change == "reopen" else {Closure.PAUSE})
    assert len([name for name in files(tmp_path) if "green" not in name]) == 1


def test_a_daemon_that_starts_takes_away_what_a_killed_one_left_beside_open_doors(
    gates: Gates, tmp_path: Path
) -> None:
    for app in ("shop", "other"):
        gates.turn(app, GREEN)
    gates.shut("other", Closure.MAINTENANCE)
    (tmp_path / "gate/shop/pause.on").touch()
    gates.tidy(("shop", "other", "new"))
    assert gates.closures("other") == {Closure.MAINTENANCE}
    assert {name for name in files(tmp_path) if name.startswith("gate/shop")} == {
        "gate/shop/green.on",
        "gate/shop/live.on",
    }


def test_a_dropped_gate_forgets_its_closed_doors(gates: Gates, tmp_path: Path) -> None:
    gates.turn("shop", GREEN)
    gates.shut("shop", Closure.MAINTENANCE)
    gates.drop("shop")
    assert gates.live("shop") is None
    assert not files(tmp_path)


def test_a_reason_that_a_dead_daemon_left_does_not_close_other_doors_later(
    gates: Gates, tmp_path: Path
) -> None:
    gates.turn("shop", GREEN)
    (tmp_path / "gate/shop/maintenance.on").touch()
    gates.shut("shop", Closure.PAUSE)
    gates.reopen("shop", Closure.PAUSE)
    assert gates.closures("shop") == frozenset()
