"""What a person has set for their own eyes and fingers: theme and keys, in `ui.toml`.

    theme = "light"

    [keys]
    deploy = "f5"
    zoom = ["z", "f11"]

Nothing in it keeps the UI from starting: whoever is woken at night needs the screen, not a lesson.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tui.keymap import DEFAULT, Keys

THEME_NAMES = ("dark", "light", "ansi", "contrast")


@dataclass(frozen=True, slots=True)
class Config:
    """What is in the file; `problems` are sentences about what can't be used."""

    theme: str | None = None
    keys: Keys = DEFAULT
    problems: tuple[str, ...] = ()


def config_path(env: Mapping[str, str]) -> Path:
    """`BGD_UI_CONFIG`, else `bgd/ui.toml` where the user's settings are."""
    if told := env.get("BGD_UI_CONFIG"):
        return Path(told)
    return Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "bgd" / "ui.toml"


def read_config(path: Path) -> Config:
    """The settings of a file; of none where there is none."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except (OSError, ValueError) as error:
        return Config(problems=(f"{path} can't be used: {error}",))
    problems = [f"there is no setting {name!r}" for name in told if name not in ("theme", "keys")]
    theme = told.get("theme")
    if theme is not None and theme not in THEME_NAMES:
        problems.append(f"theme is one of {', '.join(THEME_NAMES)}, not {theme!r}")
        theme = None
    wanted = told.get("keys", {})
    keys, clashes = Keys.of(wanted if isinstance(wanted, dict) else {"keys": wanted})
    found = (*problems, *clashes)
    return Config(theme, keys, tuple(f"{os.fspath(path)}: {problem}" for problem in found))
