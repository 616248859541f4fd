"""Debian's packages: what a fresh machine installs, and what the demo's images are made of."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

APT_UPDATE_TIMEOUT_S = 180
APT_INSTALL_TIMEOUT_S = 600
APT_LOCK_TIMEOUT_S = 120


class DebianError(Exception):
    """A package that could not be had; the text ends with what apt said."""


def is_debian() -> bool:
    """Whether apt is at hand, on Debian or one of its children."""
    return Path("/usr/bin/apt-get").exists()


def is_root() -> bool:
    return os.geteuid() == 0


def install(packages: Sequence[str]) -> None:
    """Install packages without what they only recommend; needs root. Raises `DebianError`.

    The package lists are fetched only when they lack a package or point at files that are gone:
    a fresh machine has none, and most others have lists that do.
    """
    command = [
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
        f"--option=DPkg::Lock::Timeout={APT_LOCK_TIMEOUT_S}",
        *packages,
    ]
    try:
        run(command, APT_INSTALL_TIMEOUT_S)
    except DebianError:
        update()
        run(command, APT_INSTALL_TIMEOUT_S)


def update() -> None:
    """Fetch the package lists; needs root. Raises `DebianError`."""
    if not is_root():
        raise DebianError("apt's package lists are missing or old; run `apt-get update` as root")
    run(["apt-get", "update"], APT_UPDATE_TIMEOUT_S)


def run(command: Sequence[str], timeout_s: float, cwd: Path | None = None) -> str:
    """Run one of apt's or dpkg's programs and return what it printed; raises `DebianError`."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError as error:
        raise DebianError(
            f"{command[0]} is not installed: this needs Debian or one of its children"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise DebianError(f"`{' '.join(command[:2])}` did not end within {timeout_s:.0f} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-8:]
        raise DebianError(f"`{' '.join(command)}` failed:\n" + "\n".join(f"  {line}" for line in said))
    return done.stdout
