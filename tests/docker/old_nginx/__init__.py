"""An image of Debian's nginx, made as `make images` makes its own."""

from __future__ import annotations

from pathlib import Path

import docker

from compose.images import build, packages
from compose.images.layer import Layer
from compose.images.recipe import Recipe

TAG = "bgd/nginx-of-debian:local"
SEEDS = ("busybox-static", "nginx")


def made(client: docker.DockerClient, cache: Path) -> str:
    """Make it, unless it is there already; its tag."""
    archive = packages.read_archive(SEEDS)
    recipe = Recipe(tag=TAG, folder=Path(__file__).parent, seeds=SEEDS, furnish=_furnish)
    if not build.is_current(client, recipe, archive):
        build.build(client, recipe, archive, cache)
    return TAG


def _furnish(layer: Layer) -> None:
    layer.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nnginx:x:101:101::/nonexistent:/bin/false\n")
    layer.file("etc/group", "root:x:0:\nnginx:x:101:\n")
    for applet in ("cat", "echo", "sh"):
        layer.link(f"usr/bin/{applet}", "busybox")
    layer.directory("run")
    layer.directory("var/cache/nginx")
