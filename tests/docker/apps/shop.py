"""The demo's shop in a directory of its own, under a name and with a limit of draining of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEMO = Path(__file__).parents[3] / "compose" / "demo" / "compose.yaml"


@dataclass
class Shop:
    """An app `name`; `release` makes its next version. With a `host` it answers on that alone."""

    directory: Path
    name: str
    drain: str = "10s"
    host: str = ""

    @property
    def file(self) -> Path:
        """The Compose file."""
        return self.directory / "compose.yaml"

    def release(self, version: str) -> None:
        """Write the files of a version."""
        self.directory.mkdir(parents=True, exist_ok=True)
        text = DEMO.read_text()
        hosts = f", hosts: [{self.host}]" if self.host else ""
        for old, new in (
            ("name: shop\n", f"name: {self.name}\n"),
            ("  app: shop\n", f"  app: {self.name}\n"),
            ("port: 8000}", f"port: 8000{hosts}}}"),
            ("drain: 10s", f"drain: {self.drain}"),
            ("timeout: 2s", "timeout: 20s"),  # a busy machine is not what is tried
        ):
            assert old in text, old
            text = text.replace(old, new)
        self.file.write_text(text)
        (self.directory / ".env").write_text(f"VERSION={version}\n")
