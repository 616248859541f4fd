"""Projects on disk: read by Compose as they were meant, and by nobody else."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bgd.adapters.rendered_file import AppFiles, dumped
from bgd.errors import Failed


@pytest.mark.parametrize(
    "text", ["1e3", "0o14", "012", "=", "<<", "yes", "1:30", "null", "~", "", " x ", "a: b", "$$x", "é\x85😀"]
)
def test_a_string_is_read_back_as_that_string(text: str) -> None:
    written = dumped({"key": text})
    assert '"' in written.partition(":")[2]
    assert yaml.safe_load(written) == {"key": text}


def test_numbers_truths_and_nothing_stay_what_they_are() -> None:
    given: dict[str, Any] = {"a": 1, "b": True, "c": None, "d": 0.5, "e": [], "f": {}}
    assert yaml.safe_load(dumped(given)) == given


def test_what_appears_twice_is_written_twice() -> None:
    part = {"x": "y"}
    assert "&" not in dumped({"a": part, "b": part})


async def test_only_the_owner_may_read_a_project(tmp_path: Path) -> None:
    files = AppFiles(tmp_path, "shop")
    path = await files.write("blue", {"name": "shop-blue"})
    assert path == tmp_path / "apps" / "shop" / "blue.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_project_that_can_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    files = AppFiles(tmp_path, "shop")
    path = await files.write("blue", {"name": "old"})
    path.with_suffix(".new").mkdir()  # in the way of the file that is written beside
    with pytest.raises(Failed, match="can't be written"):
        await files.write("blue", {"name": "new"})
    assert await files.read("blue") == {"name": "old"}


async def test_a_project_that_was_never_written_is_nothing(tmp_path: Path) -> None:
    assert await AppFiles(tmp_path, "shop").read("blue") is None


async def test_a_damaged_project_is_nothing(tmp_path: Path) -> None:
    files = AppFiles(tmp_path, "shop")
    path = await files.write("blue", {})
    path.write_bytes(b"\x00{")
    assert await files.read("blue") is None


async def test_the_projects_of_a_colors_commands_are_not_the_colors_own(tmp_path: Path) -> None:
    files = AppFiles(tmp_path, "shop")
    for name in ("blue", "blue-task", "blue.web-run-1", "green"):
        await files.write(name, {})
    assert await files.names("blue.") == ["blue.web-run-1"]
    assert await files.names("") == ["blue", "blue-task", "blue.web-run-1", "green"]


async def test_a_project_that_can_not_be_removed_is_told(tmp_path: Path) -> None:
    files = AppFiles(tmp_path, "shop")
    files.path("blue").mkdir(parents=True)
    with pytest.raises(Failed, match=r"blue.yaml can't be removed"):
        await files.remove("blue")


async def test_secrets_that_are_left_behind_are_told(tmp_path: Path) -> None:
    files = AppFiles(tmp_path, "shop")
    await files.remove_all()
    files.directory.parent.mkdir(parents=True)
    files.directory.write_text("in the way")
    with pytest.raises(Failed, match="shop can't be removed"):
        await files.remove_all()


def test_a_project_is_read_as_it_was_written_whatever_the_locale(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys; from bgd.adapters.rendered_file import AppFiles\n"
        "async def main():\n"
        "    files = AppFiles(pathlib.Path(sys.argv[1]), 'shop')\n"
        "    await files.write('blue', {'key': '\\u00e9'})\n"
        "    assert await files.read('blue') == {'key': '\\u00e9'}\n"
        "asyncio.run(main())"
    )
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=locale, check=True, timeout=30)
