"""A small image with a shell, made without a registry: Debian's static busybox."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from compose.images import packages

TAG = "bgd-test/busybox:1"
_DOCKERFILE = b'FROM scratch\nADD root.tar /\nCMD ["sleep", "1000000"]\n'


def made(client: docker.DockerClient, cache: Path) -> str:
    """The image's tag; the image is made where the engine doesn't have it. `cache` keeps the package."""
    try:
        client.images.get(TAG)
    except ImageNotFound:
        client.images.build(
            fileobj=io.BytesIO(_context(_binary(cache))), custom_context=True, tag=TAG, rm=True
        )
    return TAG


def _binary(cache: Path) -> bytes:
    archive = packages.read_archive(["busybox-static"])
    package = archive.packages["busybox-static"]
    [deb] = packages.fetch([package], cache)
    subprocess.run(["dpkg-deb", "-x", deb, cache / "busybox"], check=True)
    return next((cache / "busybox").glob("**/bin/busybox")).read_bytes()


def _context(binary: bytes) -> bytes:
    root = io.BytesIO()
    with tarfile.open(fileobj=root, mode="w") as tar:
        _file(tar, "bin/busybox", binary, 0o755)
        for name in ("etc", "tmp", "run"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(folder)
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        _file(tar, "Dockerfile", _DOCKERFILE, 0o644)
        _file(tar, "root.tar", root.getvalue(), 0o644)
    return context.getvalue()


def _file(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


_APPLETS = (
    "cat", "echo", "env", "false", "hostname", "httpd", "ip", "mkdir", "nc", "nslookup", "ping", "printf",
    "seq", "sh", "sleep", "test", "touch", "true", "wget", "yes", "dd", "tr", "head",
)  # fmt: skip
