"""Keys and settings of one's own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fake_daemon import FakeDaemon
from tests.tui.scenes import past
from tests.tui.shop import NOW
from tests.tui.shown import shown
from tui.config import config_path, read_config
from tui.keymap import COMMANDS, FIXED, PREFIXES, Keys


def test_no_key_is_taken_twice_nor_from_tmux_or_screen() -> None:
    keys = [key for command in COMMANDS for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert not set(keys) & set(PREFIXES)
    assert not (set(keys) & FIXED) - {"ctrl+c"}


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"deploy": "s"}, "s is for deploy and switch"),
        ({"deploy": "s", "switch": "S"}, "S is for switch and since"),
        ({"deploy": "ctrl+b"}, "deploy: ctrl+b is tmux's prefix"),
        ({"deploy": "ctrl+a"}, "deploy: ctrl+a is screen's prefix"),
        ({"deploy": "j"}, "deploy: j is for moving"),
        ({"launch": "l"}, "there is nothing called 'launch'"),
        ({"deploy": 5}, "deploy: a key is a text like 'd' or 'ctrl+r'"),
    ],
)
def test_a_key_that_cannot_be_is_named_and_stays_as_it_was(wanted: dict[str, object], problem: str) -> None:
    keys, problems = Keys.of(wanted)
    assert problem in problems
    assert keys.shown("deploy") == "d"


def test_two_keys_may_change_places() -> None:
    keys, problems = Keys.of({"deploy": "s", "switch": ["d", "f5"]})
    assert (keys.shown("deploy"), keys.shown("switch"), problems) == ("s", "d", ())


def test_settings_are_read_and_what_is_wrong_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ui.toml"
    assert read_config(file).problems == ()
    file.write_text('theme = "pink"\nspeed = 1\n[keys]\nhelp = "!"\n')
    config = read_config(file)
    assert (config.theme, config.keys.shown("help")) == (None, "exclamation_mark")
    assert [problem.removeprefix(f"{file}: ") for problem in config.problems] == [
        "there is no setting 'speed'",
        "theme is one of dark, light, ansi, contrast, not 'pink'",
    ]
    file.write_text("theme = ")
    assert "can't be used" in read_config(file).problems[0]
    assert config_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/bgd/ui.toml")
    assert config_path({"BGD_UI_CONFIG": "/y.toml", "XDG_CONFIG_HOME": "/x"}) == Path("/y.toml")


async def test_keys_of_ones_own_work_and_are_shown_everywhere(daemon: FakeDaemon, tmp_path: Path) -> None:
    file = tmp_path / "ui.toml"
    file.write_text('theme = "contrast"\n[keys]\ndeploy = "f5"\nswitch = "H"\n')
    async with shown(daemon, theme=None, config=read_config(file)) as ui:
        await ui.reads("f5 deploy", "s switch", "▲", "H is for switch and history")
        assert ui.app.theme == "bgd-contrast"
        await ui.press("d")
        await ui.asked("f5", "Deploy shop")
        await ui.press("escape", "question_mark")
        await ui.reads("f5            deploy: a new release")


async def test_keys_in_any_order_at_any_size_leave_a_screen_that_works(daemon: FakeDaemon) -> None:
    dice = random.Random(1)
    keys = [key for command in COMMANDS for key in command.keys.split(",") if key not in {"q", "ctrl+c"}]
    keys += ["j", "k", "G", "h", "l", "tab", "enter", "down", "ctrl+d", "ctrl+r", "x", "(", "space", "b"]
    past(daemon)
    async with shown(daemon, (100, 30), clock=lambda: NOW) as ui:
        for count in range(60):
            await ui.press(dice.choice(keys))
            if count % 20 == 0:
                await ui.pilot.resize_terminal(*dice.choice(((60, 20), (20, 6), (200, 60), (1, 1))))
        await ui.pilot.resize_terminal(120, 40)
        await ui.until(lambda: ui.has_size(120, 40), "the size")
        while ui.app.screen is not ui.app._main:
            await ui.press("escape")
        await ui.reads("● GREEN is live")
