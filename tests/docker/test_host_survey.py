"""What the real engine tells about its machine and its images; and that one which is away is no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters.engine_address import EngineAddress
from bgd.adapters.engine_socket import EngineSocket
from bgd.adapters.host_survey import HostSurvey, usual_survey
from bgd.cli.main import main
from bgd.domain.host import UNKNOWN

NGINX = "bgd/nginx:local"


async def test_the_engine_tells_memory_disk_and_the_images_that_it_has() -> None:
    survey = usual_survey()
    assert survey is not None
    host = await survey.ask({"web": NGINX, "other": NGINX, "gone": "bgd/no-such-image:local"})
    assert host.images.keys() == {"web", "other"}
    assert host.images["web"].ports == (80,)
    assert host.images["web"].size_bytes > 0
    assert host.memory_bytes is not None
    assert host.memory_bytes > 0
    assert host.free_disk_bytes is None or host.free_disk_bytes > 0


async def test_an_engine_that_is_away_tells_nothing_and_is_no_error(tmp_path: Path) -> None:
    away = EngineSocket(EngineAddress(f"unix://{tmp_path}/no.sock"))
    assert await HostSurvey(away).ask({"web": NGINX}) == UNKNOWN


def test_check_takes_the_port_from_an_image_that_is_here(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  web:\n    image: bgd/demo-web:local\n")
    assert main(["check", str(file)]) == 0


def test_check_asks_for_the_port_where_no_engine_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  web:\n    image: bgd/demo-web:local\n")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    assert main(["check", str(file)]) == 2
