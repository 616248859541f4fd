"""A small app as a Compose file that tests write and edit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

IMAGE = "bgd/demo-web:local"


@dataclass
class Tiny:
    """An app `name` in a directory of its own; `write` makes a new version of its file."""

    directory: Path
    name: str = "tiny"

    @property
    def file(self) -> Path:
        """The Compose file."""
        return self.directory / "compose.yaml"

    def write(
        self,
        version: str,
        *,
        fault: str = "",
        route: str = "{service: web, port: 8000}",
        xbgd: str = "",
        web: str = "",
        services: str = "",
        environment: str = "",
        volumes: str = "",
    ) -> Path:
        """Write the file: `web` is added to the front, `services` beside it, `xbgd` to its block.

        `environment` are more of its variables, `volumes` one more mount.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(__file__).with_name("tiny_app.py"), self.directory / "app.py")
        self.file.write_text(
            f"""\
name: {self.name}
services:
  web:
    image: {IMAGE}
    command: [python3, -u, /app.py]
    environment:
      VERSION: "{version}"
      FAULT: "{fault}"
{indented(environment, 6)}\
    volumes: ["./app.py:/app.py:ro"{f', "{volumes}"' if volumes else ""}]
    ports: ["8000:8000"]
    container_name: {self.name}-front
    stop_grace_period: 5s
{indented(web, 4)}{indented(services, 2)}
x-bgd:
  route: {route}
{indented(xbgd, 2)}"""
        )
        return self.file


def indented(text: str, by: int) -> str:
    """Each line further in, and an end of line after the last."""
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())
