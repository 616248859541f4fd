"""The doctor: a line for each finding, a fix for what is wrong, and never a wait without an end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bgd.adapters.docker_engine import DockerEngine
from bgd.adapters.doctor import THEMES, Place, examination, examine
from bgd.adapters.doctor.disk import look_at
from bgd.adapters.doctor.memory import judge
from bgd.adapters.doctor.permissions import look as look_at_permissions
from bgd.adapters.engine_address import EngineAddress
from bgd.cli.doctor import document, lines
from bgd.cli.main import main
from bgd.cli.text import inked
from bgd.domain.finding import Finding, Level, broken, good, warning
from bgd.errors import Failed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Nothing installed: no daemon, no engine."""
    engine = DockerEngine(EngineAddress(f"unix://{tmp_path}/docker.sock"))
    state = tmp_path / "state"
    return Place(
        tmp_path / "bgd.sock",
        state,
        "127.0.0.1:8080",
        "127.0.0.1:8081",
        "nginx",
        "bgd",
        engine,
        None,
        "silent",
    )


async def test_without_daemon_and_engine_all_themes_are_told_with_what_to_do(place: Place) -> None:
    found = await examine(place)
    assert [theme for theme in THEMES if not any(each.theme == theme for each in found)] == []
    by_theme = {each.theme: each for each in found}
    for theme in ("daemon", "engine", "proxy", "ports"):
        assert by_theme[theme].level is Level.BROKEN, by_theme[theme]
        assert by_theme[theme].fix
    await place.engine.close()


async def test_a_theme_that_hangs_or_fails_is_a_finding(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_: Place) -> Sequence[Finding]:
        await asyncio.Event().wait()
        return []

    async def fails(_: Place) -> Sequence[Finding]:
        raise Failed("it broke", "mend it")

    async def denied(_: Place) -> Sequence[Finding]:
        raise PermissionError(13, "Permission denied", "/x")

    monkeypatch.setattr(examination, "THEME_TIMEOUT_S", 0.01)
    found = await examine(place, {"slow": hangs, "bad": fails, "shut": denied})
    assert [(each.theme, each.level) for each in found] == [
        ("slow", Level.BROKEN),
        ("bad", Level.BROKEN),
        ("shut", Level.BROKEN),
    ]
    assert found[1] == broken("bad", "it broke", "mend it")
    await place.engine.close()


def test_the_state_directory_need_not_be_there_yet(tmp_path: Path) -> None:
    (finding,) = look_at(tmp_path / "not" / "yet", None)
    assert str(tmp_path) in finding.message


def test_state_that_others_can_read_is_broken(place: Place) -> None:
    place.state_dir.mkdir(mode=0o755)
    place.state_dir.chmod(0o755)
    state = asyncio.run(look_at_permissions(place))[0]
    assert (state.level, state.fix) == (Level.BROKEN, f"`chmod 0700 {place.state_dir}`")
    place.state_dir.chmod(0o700)
    assert asyncio.run(look_at_permissions(place))[0].level is Level.GOOD


@pytest.mark.parametrize(("available", "level"), [(4_000_000, Level.GOOD), (300_000, Level.WARNING)])
def test_little_memory_is_a_warning(available: int, level: Level) -> None:
    assert judge(f"MemTotal:  8000000 kB\nMemAvailable: {available} kB\n").level is level


FOUND = [
    good("host", "Linux"),
    warning("host", "busy", "wait"),
    broken("disk", "it is full of things that nobody needs any more", "remove some"),
]


def test_each_finding_is_a_line_and_its_fix_one_below() -> None:
    shown = [inked(line, False).rstrip() for line in lines(FOUND, 50)]
    assert shown == [
        "host          ✓ Linux",
        "              ! busy",
        "                wait",
        "disk          ✗ it is full of things that nobody",
        "                needs any more",
        "                remove some",
        "",
        "1 thing broken, 1 warning",
    ]


def test_only_what_is_broken_is_not_ok() -> None:
    assert document(FOUND)["ok"] is False
    assert document(FOUND[:2])["ok"] is True
    assert document(FOUND)["findings"][1] == {
        "theme": "host",
        "level": "warning",
        "message": "busy",
        "fix": "wait",
    }


def test_bgctl_doctor_needs_no_daemon_and_says_that_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main(["doctor", "--json", "--socket", str(tmp_path / "none.sock")]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    daemon = next(each for each in told["findings"] if each["theme"] == "daemon")
    assert "none.sock" in daemon["message"]
