"""The wheel, outside the checkout: what a user installs is whole."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.docker.daemon import running
from tests.docker.tiny import Tiny

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (built,) = out.glob("bgd-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel; its dependencies are those of this environment.

    They are added as a plain directory, so that this environment's editable install of the checkout, which
    works by a `.pth` file, is not seen.
    """
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120, cwd=home)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "dependencies.py").write_text(f"import sys\nsys.path.append({sysconfig.get_path('purelib')!r})\n")
    (site / "dependencies.pth").write_text("import dependencies\n")
    return python


def test_it_carries_what_the_daemon_reads(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "compose/proxy/compose.yaml" in names
    assert "tui/bgd.tcss" in names
    assert "bgd/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [
            str(installed),
            "-c",
            "import bgd, tui, compose; print(bgd.__file__, tui.__file__, compose.__file__)",
        ],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    assert where.count(str(installed.parents[1])) == 3
    for program in ("bgd", "bgctl"):
        told = subprocess.run(
            [str(installed.with_name(program)), "--version"],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert "0.1.0" in told.stdout


def test_a_daemon_from_the_wheel_deploys(installed: Path, tmp_path: Path, tiny: Tiny) -> None:
    with running(tmp_path / "bgd", str(installed)) as bgd:
        bgd.bgctl("add", str(tiny.write("one")))
        assert bgd.finished("deploy", "tiny")["outcome"] == "succeeded"
        assert httpx.get(bgd.url).text == "one"
