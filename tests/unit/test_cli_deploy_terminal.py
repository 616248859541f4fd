"""Deployments as `bgctl deploy` paints them on a terminal."""

from __future__ import annotations

import pytest

from tests.bgctl import on_terminal
from tests.fake_daemon import FakeDaemon
from tests.samples import STAGES, color_json
from tests.unit.told_deployment import ABOUT, finish, stage, takes_deployments


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    takes_deployments(daemon)
    return daemon


def test_on_a_terminal_of_80_columns_the_stages_are_painted_in_place(daemon: FakeDaemon) -> None:
    daemon.apps["shop"]["colors"]["green"] = color_json("shop", "green", "live", "r2")
    with on_terminal(daemon, "deploy", "shop") as terminal:
        terminal.read_until("· hand over")
        daemon.wait_for_streams()
        daemon.tell("stage", **ABOUT, stage="preparing", status="running")
        daemon.tell_progress("shop", 2, "preparing", "pulling " + "x" * 100)
        terminal.read_until("pulling xxx")
        assert not terminal.screen.has_cursor
        running = next(line for line in terminal.screen.lines if "pulling" in line)
        assert len(running) == 79
        assert running.endswith("x…")
        daemon.tell("stage", **ABOUT, stage="preparing", status="done", took_ms=1200)
        daemon.tell("warning", **ABOUT, message="redis changed in the file", fix="")
        for name in STAGES[1:]:
            stage(daemon, name)
        finish(daemon)
        assert terminal.read_to_end() == 0
        assert terminal.screen.has_cursor
        lines = terminal.screen.text.splitlines()
        assert lines[0] == "! redis changed in the file"
        assert lines[1].startswith("shop r2 → green  ")
        assert [line.split()[1] for line in lines[2:10]] == [
            "prepare",
            "shared",
            "migrate",
            "start",
            "check",
            "smoke",
            "switch",
            "hand",
        ]
        assert all(line.startswith("  ✓ ") for line in lines[2:10])
        assert lines[10] == "✓ shop serves r2 from ● green  in 9.6s"
        assert "32" in terminal.screen.styles


def test_on_a_terminal_the_spinner_turns_while_nothing_comes(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "deploy", "shop") as terminal:
        daemon.wait_for_streams()
        daemon.tell("stage", **ABOUT, stage="preparing", status="running")
        for frame in "⠋⠙⠹":
            terminal.read_until(frame)


def test_a_small_terminal_shows_what_fits(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "deploy", "shop", columns=20, rows=6) as terminal:
        terminal.read_until("… ")
        daemon.wait_for_streams()
        finish(daemon)
        assert terminal.read_to_end() == 0
        assert terminal.screen.text.count("shop r2 → green") == 1


def test_without_color_a_terminal_is_painted_without_hues(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "deploy", "shop", env={"NO_COLOR": "1"}) as terminal:
        terminal.read_until("hand over")
        daemon.wait_for_streams()
        finish(daemon)
        assert terminal.read_to_end() == 0
        assert terminal.screen.styles == set()


def test_a_dumb_terminal_gets_lines(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "deploy", "shop", env={"TERM": "dumb"}) as terminal:
        terminal.read_until("shop r2 → green")
        daemon.wait_for_streams()
        stage(daemon, "preparing")
        finish(daemon)
        assert terminal.read_to_end() == 0
        assert b"\x1b" not in terminal.raw
        assert "✓ prepare" in terminal.screen.text


def test_the_terminal_says_that_the_daemon_is_away_and_goes_on(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "deploy", "shop") as terminal:
        terminal.read_until("hand over")
        daemon.wait_for_streams()
        daemon.crash()
        terminal.read_until("the daemon is away")
        daemon.start()
        finish(daemon)
        assert terminal.read_to_end() == 0
        assert "away" not in terminal.screen.text
