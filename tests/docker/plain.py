"""An app that runs under plain Compose, as its users had it before bgd."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import docker

from compose.engine.composer import find_composer
from tests.docker.leftovers import clear_label
from tests.docker.tiny import IMAGE, indented

REDIS = "bgd/demo-redis:local"


class PlainApp:
    """A front on a published port, and a database with a volume. `compose` runs Compose on it."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.name = f"plain{uuid.uuid4().hex[:6]}"
        self.port = port
        self.file = directory / "compose.yaml"
        self.engine = docker.from_env()
        self.projects = {self.name}

    def write(
        self,
        version: str = "one",
        *,
        fault: str = "",
        within: str = "20s",
        db: str = "",
        more: str = "",
        hosts: str = "",
    ) -> Path:
        """Write the file; `db` is added to the database, `more` are other services."""
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(__file__).with_name("tiny_app.py"), self.directory / "app.py")
        self.file.write_text(f"""\
name: {self.name}
services:
  web:
    image: {IMAGE}
    command: [python3, -u, /app.py]
    environment: {{VERSION: "{version}", FAULT: "{fault}"}}
    volumes: ["./app.py:/app.py:ro"]
    ports: ["127.0.0.1:{self.port}:8000"]
    restart: always
    depends_on: [db]
  db:
    image: {REDIS}
    command: [redis-server, --save, "60", "1", --dir, /data]
    container_name: {self.name}-database
    volumes: [data:/data]
    restart: unless-stopped
{indented(db, 4)}{indented(more, 2)}
volumes:
  data:
x-bgd:
  route: {{service: web, port: 8000, hosts: [{hosts}]}}
  health: {{path: /up, within: {within}}}
""")
        return self.file

    def compose(self, *arguments: str, project: str | None = None) -> None:
        """`docker compose … `; fails the test where it fails."""
        composer = find_composer()
        assert composer is not None
        if project is not None:
            self.projects.add(project)
        done = subprocess.run(
            [*composer.command, "-f", str(self.file), "-p", project or self.name, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def redis(self, container: str, *words: str) -> str:
        """What the database says."""
        status, output = self.engine.containers.get(container).exec_run(["redis-cli", *words])
        assert status == 0, output
        assert isinstance(output, bytes)
        return output.decode().strip()

    def containers(self, project: str | None = None) -> dict[str, Any]:
        """The plain containers by name."""
        wanted: dict[str, Any] = {"label": f"com.docker.compose.project={project or self.name}"}
        found = self.engine.containers.list(all=True, filters=wanted)
        return {str(one.name): one for one in found}

    def state(self) -> dict[str, tuple[str, str, object]]:
        """What an adoption that failed has to bring back: ids, states and restart policies by name."""
        return {
            name: (str(one.id), str(one.status), one.attrs["HostConfig"]["RestartPolicy"])
            for name, one in self.containers().items()
        }

    def clear(self) -> None:
        """Leave nothing."""
        for project in self.projects:
            clear_label(self.engine, f"com.docker.compose.project={project}")
        self.engine.close()
