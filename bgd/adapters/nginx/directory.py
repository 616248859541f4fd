"""The directory that nginx has mounted: its configuration, always one whole file.

These functions block: they wait for the disk.
"""

from __future__ import annotations

import os
from pathlib import Path

from bgd.adapters.nginx.gates import sync
from bgd.domain.nginx_config import NginxConfig
from bgd.domain.nginx_layout import CANDIDATE, CONFIG


class Directory:
    """`STATE_DIR/nginx`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make it, readable for nginx whatever the umask: what is secret doesn't get here."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o755)

    def current(self) -> NginxConfig | None:
        """The configuration that is in place."""
        try:
            return NginxConfig.read((self.path / CONFIG).read_text(errors="replace"))
        except FileNotFoundError:
            return None

    def write_candidate(self, config: NginxConfig) -> None:
        """Write a configuration beside the one in place, and flush it."""
        handle = os.open(self.path / CANDIDATE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        with os.fdopen(handle, "w") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(config.text)
            file.flush()
            os.fsync(file.fileno())

    def place_candidate(self) -> None:
        """Put the candidate in place of what is there, in one go, and make that durable."""
        (self.path / CANDIDATE).rename(self.path / CONFIG)
        sync(self.path)

    def drop_candidate(self) -> None:
        """Forget a candidate that was refused."""
        (self.path / CANDIDATE).unlink(missing_ok=True)

    def place(self, config: NginxConfig) -> None:
        """Put a configuration in place without a test: one that was there before, or the first one."""
        self.write_candidate(config)
        self.place_candidate()
