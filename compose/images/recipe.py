"""What an image is made of, and a fingerprint that changes when any of it does."""

import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from compose.images.layer import Layer
from compose.images.packages import Package

HERE = Path(__file__).resolve().parent
SKIPPED_FOLDERS = {"__pycache__"}
SKIPPED_SUFFIXES = {".so"}
"""What was compiled for the Python of this machine."""


@dataclass(frozen=True)
class Recipe:
    """An image by its tag, and everything that goes into it."""

    tag: str
    folder: Path
    """Holds the Dockerfile and the small files that it copies."""
    seeds: tuple[str, ...]
    """Debian packages, unpacked with the libraries they need into `rootfs.tar`."""
    furnish: Callable[[Layer], None]
    """Adds users, links and directories to `rootfs.tar`."""
    sources: Mapping[str, Path] = field(default_factory=dict)
    """Further files and folders that the Dockerfile copies, by their name in the build context."""

    def fingerprint(self, packages: tuple[Package, ...]) -> str:
        """A SHA-256 in hexadecimal of all that goes into the image, this very package of code included."""
        digest = hashlib.sha256(platform.machine().encode())
        for package in packages:
            digest.update(f"\0{package.file_name}\0{package.checksum}".encode())
        code = {f"code/{path.name}": path for path in HERE.glob("*.py")}
        for name, path in sorted({**code, **dict(self.context_files())}.items()):
            content = path.read_bytes()
            digest.update(f"\0{name}\0{file_mode(path):o}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def context_files(self) -> Iterator[tuple[str, Path]]:
        """Every file of the build context but `rootfs.tar`: its name there, and where it is now."""
        yield from _files_below("", self.folder)
        for name, source in self.sources.items():
            if source.is_dir():
                yield from _files_below(f"{name}/", source)
            else:
                yield name, source


def file_mode(path: Path) -> int:
    """0755 for what may be executed and 0644 for the rest, whatever the umask of the checkout was."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _files_below(prefix: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.suffix in SKIPPED_SUFFIXES or SKIPPED_FOLDERS.intersection(inner.parts):
            continue
        if path.is_file():
            yield prefix + inner.as_posix(), path
