"""What an `x-bgd` block says of moments: hooks, what is watched, approval, windows, notifications."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.domain.hook import Hook, Moment
from bgd.domain.settings import (
    Promote,
)
from bgd.domain.window import Window
from tests.unit.xbgd_block import refusal, settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the Compose file of a test is."""
    return tmp_path / "compose.yaml"


def test_hooks_are_commands_in_containers_or_on_the_host(file: Path) -> None:
    hooks = settings(
        file,
        """\
hooks:
  before_start: ["make backup"]
  after_switch: [{host: [/usr/bin/logger, live], within: 5s}, {run: [./warm], service: worker}]
  on_rollback: [{host: "echo back"}]""",
    ).hooks
    assert hooks.before_start == (Hook(("/bin/sh", "-c", "make backup")),)
    assert hooks.after_switch == (
        Hook(("/usr/bin/logger", "live"), on_host=True, within_s=5.0),
        Hook(("./warm",), service="worker"),
    )
    assert [hook.title for hook in hooks.of(Moment.ON_ROLLBACK)] == ["host: echo back"]
    assert hooks.on_host == (Moment.AFTER_SWITCH, Moment.ON_ROLLBACK)


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("hooks: {before_stat: [a]}", "x-bgd.hooks.before_stat: unknown key: did you mean before_start?"),
        ("hooks: {on_failure: [{hots: [a]}]}", "unknown key: did you mean host?"),
        ("hooks: {on_failure: [{run: [a], host: [b]}]}", "either `run:`"),
        ("hooks: {on_failure: [{}]}", "either `run:`"),
        ("hooks: {on_failure: [{host: [a], service: web}]}", "`service` means nothing beside `host`"),
        ("hooks: {on_failure: [{run: [a], service: wep}]}", "there is no service 'wep'"),
    ],
)
def test_a_mistake_in_a_hook_has_its_place(file: Path, block: str, told: str) -> None:
    lines = refusal(file, block)
    assert all(line.startswith("6:") for line in lines)
    assert any(told in line for line in lines)


@pytest.mark.parametrize(
    ("block", "watched"),
    [
        ("watch: true", (True, False, None)),
        ("watch: false", (False, False, None)),
        ("watch: build", (True, True, None)),
        ("watch: {images: 5m}", (True, False, 300.0)),
        ("watch: {build: true, images: 1h}", (True, True, 3600.0)),
    ],
)
def test_what_is_watched_is_the_file_or_more(
    file: Path, block: str, watched: tuple[bool, bool, float | None]
) -> None:
    given = settings(file, block)
    assert (given.watch, given.watch_build, given.watch_images_s) == watched


def test_approval_may_come_by_itself_and_windows_are_hours_of_days(file: Path) -> None:
    given = settings(
        file,
        """\
promote: manual
promote_after: 10m
windows:
  - {days: mon-fri, from: "09:00", to: "17:00", tz: Europe/Berlin}
  - {days: [sat, "sun"], from: "22:00", to: "04:30"}
  - {days: fri-mon}""",
    )
    assert (given.promote, given.promote_after_s) == (Promote.MANUAL, 600.0)
    assert given.windows == (
        Window((0, 1, 2, 3, 4), 540, 1020, "Europe/Berlin"),
        Window((5, 6), 1320, 270, "UTC"),
        Window((0, 4, 5, 6), 0, 1440, "UTC"),
    )


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("promote_after: 10m", "6:18: x-bgd.promote_after: only means something with `promote: manual`"),
        ("windows: [{days: someday}]", "6:20: x-bgd.windows.0.days: 'someday' is no day"),
        ("windows: [{days: mon-}]", "'mon-' is no day"),
        ("windows: [{from: 900}]", "6:20: x-bgd.windows.0.from: is no time of day"),
        ('windows: [{to: "24:01"}]', "is no time of day"),
        ("windows: [{tz: Mars/Olympus}]", "6:18: x-bgd.windows.0.tz: 'Mars/Olympus' is no time zone"),
        ("windows: [{until: x}]", "unknown key"),
        ("watch: {images: 10ms}", "6:19: x-bgd.watch.images: is shorter than a second"),
        ("watch: {image: 5m}", "unknown key: did you mean images?"),
    ],
)
def test_a_mistake_in_approval_or_watching_has_its_place(file: Path, block: str, told: str) -> None:
    (line,) = refusal(file, block)
    assert told in line


def test_the_url_of_a_notification_is_never_repeated(file: Path) -> None:
    assert settings(file, "notify: json://u:secret@localhost").notify == ("json://u:secret@localhost",)
    (line,) = refusal(file, "notify: [json//secret-token]")
    assert line.startswith("6:12: x-bgd.notify.0: needs the URL of a notification service")
    assert "secret-token" not in line
