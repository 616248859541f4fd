"""The Compose command: the plugin of `docker`, or the standalone program."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MINIMUM = (2, 24)
VERSION_TIMEOUT_S = 20


@dataclass(frozen=True)
class Composer:
    command: tuple[str, ...]
    """`("docker", "compose")` or `("/…/docker-compose",)`."""
    version: str


def find_composer() -> Composer | None:
    """The first Compose that is new enough; the virtual environment's own comes last."""
    for command in _candidates():
        version = _version(command)
        numbers = re.match(r"v?(\d+)\.(\d+)", version)
        if numbers and (int(numbers[1]), int(numbers[2])) >= MINIMUM:
            return Composer(command, version)
    return None


def _candidates() -> Iterator[tuple[str, ...]]:
    if docker := shutil.which("docker"):
        yield docker, "compose"
    beside_python = Path(sys.executable).parent / "docker-compose"
    for program in (shutil.which("docker-compose"), str(beside_python)):
        if program and Path(program).exists():
            yield (program,)


def _version(command: tuple[str, ...]) -> str:
    """What `version --short` prints; nothing where the command fails, as `docker` does without the plugin."""
    try:
        done = subprocess.run(
            [*command, "version", "--short"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
