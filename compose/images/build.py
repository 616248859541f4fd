"""Making an image of a recipe, unless the engine has the very same one already."""

import io
import tarfile
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from compose import debian
from compose.images import packages
from compose.images.layer import Layer
from compose.images.recipe import Recipe, file_mode

FINGERPRINT = "bgd.inputs"
"""The label that says of which inputs an image was made."""


class BuildError(Exception):
    """The engine refused a Dockerfile; the text ends with what it said."""


def is_current(client: docker.DockerClient, recipe: Recipe, archive: packages.Archive) -> bool:
    """Whether the engine has the image that this recipe would make now."""
    return _fingerprint_of(client, recipe.tag) == recipe.fingerprint(archive.closure(recipe.seeds))


def build(client: docker.DockerClient, recipe: Recipe, archive: packages.Archive, cache: Path) -> None:
    """Make the image and give it its tag; what had the tag before is removed where nothing uses it.

    `cache` keeps downloaded packages. Raises `BuildError` and `DebianError`.
    """
    before = _image_id(client, recipe.tag)
    chosen, archives = _gather(recipe, archive, cache)
    context = _context(recipe, archives)
    # The engine's own builder, by its API: unlike BuildKit it needs no further program beside
    # Debian's docker.io, and unlike `docker import` it leaves a Dockerfile that one can read.
    events = client.api.build(
        fileobj=io.BytesIO(context),
        custom_context=True,
        tag=recipe.tag,
        labels={FINGERPRINT: recipe.fingerprint(chosen)},
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
    )
    output = []
    for event in events:
        output.append(str(event.get("stream", "")))
        if "error" in event:
            raise BuildError(f"{recipe.tag}: {event['error']}\n" + "".join(output[-20:]))
    if before and before != _image_id(client, recipe.tag):
        _remove_unused(client, before)


def _gather(
    recipe: Recipe, archive: packages.Archive, cache: Path
) -> tuple[tuple[packages.Package, ...], list[Path]]:
    chosen = archive.closure(recipe.seeds)
    try:
        return chosen, packages.fetch(chosen, cache)
    except debian.DebianError:
        # Lists from before the last security update name files that are gone by now.
        debian.update()
        chosen = packages.read_archive(recipe.seeds).closure(recipe.seeds)
        return chosen, packages.fetch(chosen, cache)


def _context(recipe: Recipe, archives: list[Path]) -> bytes:
    layer = Layer()
    for archive in archives:
        packages.unpack(archive, layer)
    recipe.furnish(layer)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as writer:
        _add(writer, "rootfs.tar", layer.tar(), 0o644)
        for name, path in recipe.context_files():
            _add(writer, name, path.read_bytes(), file_mode(path))
    return whole.getvalue()


def _add(writer: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    header = tarfile.TarInfo(name)
    header.size, header.mode = len(content), mode
    writer.addfile(header, io.BytesIO(content))


def _fingerprint_of(client: docker.DockerClient, tag: str) -> str | None:
    try:
        return str(client.images.get(tag).labels.get(FINGERPRINT))
    except ImageNotFound:
        return None


def _image_id(client: docker.DockerClient, tag: str) -> str | None:
    try:
        return client.images.get(tag).id
    except ImageNotFound:
        return None


def _remove_unused(client: docker.DockerClient, image_id: str) -> None:
    in_use = client.containers.list(all=True, filters={"ancestor": image_id}, ignore_removed=True)
    tags = client.images.get(image_id).tags
    if not in_use and not tags:
        client.images.remove(image_id)
