"""Back to a release of some days ago, when its files are gone: the same model, the same images."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

APP = "history"


@pytest.fixture
def tiny(common_bgd: RunningDaemon, tmp_path: Path) -> Iterator[Tiny]:
    """The app, and nothing of it afterwards."""
    yield Tiny(tmp_path, APP)
    common_bgd.bgctl("remove", APP, "--yes", "--volumes")


def release(tiny: Tiny, version: str) -> None:
    """A version whose image is built and whose variables come from a file."""
    tiny.write(version, web='env_file: ["./day.env"]\nbuild: {context: ./built}')
    text = (
        tiny.file.read_text()
        .replace(f"    image: {IMAGE}\n", "")
        .replace(f'      VERSION: "{version}"\n', "")
    )
    tiny.file.write_text(text)
    (tiny.directory / "day.env").write_text(f"VERSION={version}\n")
    built = tiny.directory / "built"
    built.mkdir(exist_ok=True)
    (built / "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL day={version}\n")


def test_a_release_comes_back_as_it_was_when_its_files_are_gone(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd = common_bgd
    release(tiny, "1")
    bgd.bgctl("add", str(tiny.file))
    bgd.bgctl("deploy", APP)
    (first,) = bgd.containers(f"bgd.app={APP}", "bgd.color=blue")
    image, environment = first.attrs["Image"], sorted(first.attrs["Config"]["Env"])
    for version in ("2", "3"):
        release(tiny, version)
        bgd.bgctl("deploy", APP)
    for file in (tiny.file, tiny.directory / "day.env", tiny.directory / "built" / "Dockerfile"):
        file.unlink()
    assert "deployed again" in bgd.bgctl("rollback", APP, "--to", "r1").stderr
    status = bgd.json("status", APP)
    assert (status["live"], status["colors"]["green"]["release"]) == ("green", "r1")
    (back,) = bgd.containers(f"bgd.app={APP}", "bgd.color=green")
    assert back.attrs["Image"] == image
    assert sorted(back.attrs["Config"]["Env"]) == environment
    with urllib.request.urlopen(f"{bgd.url}/") as answer:
        assert answer.read() == b"1"
    assert bgd.json("show", APP, "r1")["images"]["web"]["id"] == image
