"""Debian packages as the raw material of an image: found, fetched and unpacked, never installed."""

import hashlib
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compose import debian
from compose.images.layer import Layer

APT_CACHE_TIMEOUT_S = 60
APT_DOWNLOAD_TIMEOUT_S = 300
UNPACK_TIMEOUT_S = 60

_DEPENDENCIES_ONLY = [
    f"--no-{relation}"
    for relation in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
]

FOLLOWED = ("lib", "python3.", "zlib1g")
"""How the names of dependencies begin that are needed at run time: `python3-minimal` is only links
to the files of, say, `python3.13-minimal`."""


@dataclass(frozen=True)
class Package:
    """One `.deb` that apt would take now."""

    file_name: str
    checksum: str
    """As apt prints it: `SHA256:` and 64 hexadecimal digits."""

    @property
    def name(self) -> str:
        return self.file_name.split("_")[0]


@dataclass(frozen=True)
class Archive:
    """What apt's lists say of some packages and all that they depend on."""

    needs: Mapping[str, Sequence[str]]
    packages: Mapping[str, Package]

    def closure(self, seeds: Iterable[str]) -> tuple[Package, ...]:
        """The packages named and what they need at run time, in the versions that apt would take now."""
        return tuple(self.packages[name] for name in sorted(_closure(seeds, self.needs)))


def read_archive(seeds: Sequence[str]) -> Archive:
    """What apt's lists say now; the lists are fetched where they lack a package. Raises `DebianError`."""
    try:
        return _read_archive(seeds)
    except debian.DebianError:
        debian.update()
        return _read_archive(seeds)


def fetch(packages: Iterable[Package], cache: Path) -> list[Path]:
    """The packages' files in `cache`, downloaded where they aren't there yet; raises `DebianError`."""
    cache.mkdir(parents=True, exist_ok=True)
    wanted = list(packages)
    for package in wanted:
        path = cache / package.file_name
        if path.exists() and _checksum(path) != package.checksum:
            path.unlink()
    missing = [package for package in wanted if not (cache / package.file_name).exists()]
    if missing:
        names = [package.name for package in missing]
        debian.run(["apt-get", "download", *names], APT_DOWNLOAD_TIMEOUT_S, cwd=cache)
    return [cache / package.file_name for package in wanted]


def unpack(archive: Path, layer: Layer) -> None:
    """Put a package's files into the layer; raises `DebianError` for a file that isn't a package."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        layer.unpack(reader.stdout)
        reader.stdout.close()
        if reader.wait(UNPACK_TIMEOUT_S) != 0:
            raise debian.DebianError(f"{archive} is not a whole Debian package; delete it and try again")


def _read_archive(seeds: Sequence[str]) -> Archive:
    printed = debian.run(
        ["apt-cache", "depends", "--recurse", *_DEPENDENCIES_ONLY, *seeds], APT_CACHE_TIMEOUT_S
    )
    needs = _dependencies(printed)
    names = sorted(_closure(seeds, needs))
    printed = debian.run(["apt-get", "download", "--print-uris", *names], APT_CACHE_TIMEOUT_S)
    found = {}
    for line in printed.splitlines():
        _, file_name, _, checksum = shlex.split(line)
        package = Package(file_name, checksum)
        found[package.name] = package
    return Archive(needs, found)


def _closure(seeds: Iterable[str], needs: Mapping[str, Sequence[str]]) -> set[str]:
    """Of the dependencies only libraries and Python itself are followed: the others (adduser, init scripts,
    perl) serve the scripts of an installation, and an image has none.
    """
    closure: set[str] = set()
    waiting = list(seeds)
    while waiting:
        name = waiting.pop()
        if name not in closure:
            closure.add(name)
            waiting += [need for need in needs.get(name, ()) if need.startswith(FOLLOWED)]
    return closure


def _dependencies(printed: str) -> dict[str, list[str]]:
    """Read `apt-cache depends`: a package at the margin, below it `  Depends: one`.

    Of alternatives (` |Depends: one`, then the next) the first is taken, as apt does. Lines that are indented
    further name who provides a virtual package and are passed over, as are virtual packages: `<name>`.
    """
    needs: dict[str, list[str]] = {}
    current: list[str] = []
    is_alternative = False
    for line in printed.splitlines():
        if not line.startswith(" "):
            current = needs.setdefault(line, [])
        elif line[2:].startswith(("Depends: ", "PreDepends: ")):
            name = line.split(": ", 1)[1]
            if not is_alternative and not name.startswith("<"):
                current.append(name)
            is_alternative = line.startswith(" |")
    return needs


def _checksum(path: Path) -> str:
    with path.open("rb") as content:
        return f"SHA256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
