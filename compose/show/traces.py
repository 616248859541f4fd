"""What the demo leaves on the machine, and taking it away."""

import shutil
from collections.abc import Callable
from functools import partial

import docker
from docker.errors import APIError, ImageNotFound, NotFound

from compose.show.daemon import stop_daemon
from compose.show.place import FOLDER, INSTANCE, socket_path

LABEL = f"bgd.instance={INSTANCE}"


def count_traces(client: docker.DockerClient) -> int:
    """How many containers, networks and volumes of the demo are on the engine."""
    return (
        len(client.containers.list(all=True, filters={"label": LABEL}))
        + len(client.networks.list(filters={"label": LABEL}))
        + len(client.volumes.list(filters={"label": LABEL}))
    )


def remove_traces(client: docker.DockerClient) -> dict[str, int]:
    """Stop the daemon, then remove its containers, networks, volumes and tags and the demo's folder.

    Returns how many there were of each. What is gone by itself meanwhile is no error.
    """
    # The daemon first: it would put back what is taken from under it.
    removed = {"daemon": int(stop_daemon()), "containers": 0, "networks": 0, "volumes": 0}
    for container in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
        removed["containers"] += _is_removed(partial(container.remove, force=True, v=True))
    for network in client.networks.list(filters={"label": LABEL}):
        removed["networks"] += _is_removed(network.remove)
    for volume in client.volumes.list(filters={"label": LABEL}):
        removed["volumes"] += _is_removed(volume.remove)
    # Each release keeps its images by tags of the daemon's own; the images themselves aren't touched here.
    releases = [tag for image in client.images.list() for tag in image.tags if tag.startswith(f"{INSTANCE}/")]
    remove_images(client, releases)
    remove_folder()
    return removed


def remove_folder() -> None:
    for folder in {FOLDER, socket_path().parent}:
        if folder.exists():
            shutil.rmtree(folder)


def remove_images(client: docker.DockerClient, tags: list[str]) -> tuple[int, list[str]]:
    """Remove images by tag; returns how many, and those that something else still uses."""
    removed, kept = 0, []
    for tag in tags:
        try:
            client.images.remove(tag)
        except ImageNotFound:
            continue
        except APIError:
            kept.append(tag)
        else:
            removed += 1
    return removed, kept


def _is_removed(remove: Callable[[], object]) -> bool:
    try:
        remove()
    except NotFound:
        return False
    return True
