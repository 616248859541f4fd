"""A root file system in memory, written as one tar file that is the same byte for byte each time."""

import io
import stat
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

MERGED_INTO_USR = ("bin", "lib", "lib64", "sbin")

UNWANTED = (
    "usr/lib/x86_64-linux-gnu/gconv",
    "usr/lib/aarch64-linux-gnu/gconv",
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/zoneinfo",
)
"""What packages bring that nothing in a container opens."""


@dataclass(frozen=True)
class Owner:
    uid: int = 0
    gid: int = 0


ROOT = Owner()


class Layer:
    """Directories, files and links by path, as they will be in the image.

    Paths have no leading slash. `bin`, `sbin` and `lib` are links into `usr`, as on every Debian since 12,
    so that packages from before and after that move meet in one place.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
        for name in MERGED_INTO_USR:
            self.directory(f"usr/{name}")
            self._add(name, tarfile.SYMTYPE, 0o777, ROOT, target=f"usr/{name}")
        self.directory("tmp", mode=0o1777)

    def directory(self, path: str, mode: int = 0o755, owner: Owner = ROOT) -> None:
        self._add(_merged(path), tarfile.DIRTYPE, mode, owner)

    def file(self, path: str, content: str | bytes, mode: int = 0o644, owner: Owner = ROOT) -> None:
        data = content.encode() if isinstance(content, str) else content
        self._add(_merged(path), tarfile.REGTYPE, mode, owner, data=data)

    def link(self, path: str, target: str) -> None:
        """A symbolic link at `path` that says `target`."""
        self._add(_merged(path), tarfile.SYMTYPE, 0o777, ROOT, target=target)

    def unpack(self, archive: IO[bytes]) -> None:
        """Take in a tar stream, as `dpkg-deb --fsys-tarfile` gives it, without documentation."""
        with tarfile.open(fileobj=archive, mode="r|") as members:
            for member in members:
                path = _merged(member.name)
                if path and not _is_below(path, UNWANTED):
                    self._take(members, member, path)

    def tar(self) -> bytes:
        """The whole as a tar file: sorted, with parents first, and no times but 1970."""
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as writer:
            for path in sorted(self._entries):
                header, data = self._entries[path]
                writer.addfile(header, io.BytesIO(data))
        return whole.getvalue()

    def _take(self, members: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        owner = Owner(member.uid, member.gid)
        if member.isdir():
            if path not in self._entries:
                self.directory(path, member.mode, owner)
        elif member.issym():
            self.link(path, member.linkname)
        elif member.islnk():
            original, data = self._entries[_merged(member.linkname)]
            self.file(path, data, original.mode, Owner(original.uid, original.gid))
        elif member.isfile():
            content = members.extractfile(member)
            assert content is not None
            self.file(path, content.read(), member.mode, owner)
        else:
            raise ValueError(f"{member.name}: devices and pipes are not for images")

    def _add(
        self, path: str, kind: bytes, mode: int, owner: Owner, data: bytes = b"", target: str = ""
    ) -> None:
        for parent in reversed(PurePosixPath(path).parents):
            if str(parent) != "." and str(parent) not in self._entries:
                self.directory(str(parent))
        header = tarfile.TarInfo(path)
        header.type, header.mode, header.linkname = kind, stat.S_IMODE(mode), target
        header.uid, header.gid, header.size = owner.uid, owner.gid, len(data)
        self._entries[path] = (header, data)


def _merged(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if parts and parts[0] in MERGED_INTO_USR:
        parts.insert(0, "usr")
    return "/".join(parts)


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
