"""What a test leaves on the engine is removed, found by a label that only its own things bear."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
from docker.errors import NotFound

AT_ONCE = 6
"""Removing a container is mostly waiting for the kernel."""


def clear_label(engine: docker.DockerClient, label: str) -> None:
    """Remove the containers, networks and volumes with a label, those of a kind side by side."""
    wanted: dict[str, Any] = {"label": label}
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def remove(found: Iterable[Any], **options: bool) -> None:
            def one(each: Any) -> None:
                with contextlib.suppress(NotFound):
                    each.remove(**options)

            list(pool.map(one, found))

        remove(engine.containers.list(all=True, filters=wanted), force=True, v=True)
        remove(engine.networks.list(filters=wanted))
        remove(engine.volumes.list(filters=wanted), force=True)


def clear_instance(engine: docker.DockerClient, instance: str) -> None:
    """Remove all that a daemon called `instance` made, the tags that keep its images included."""
    clear_label(engine, f"bgd.instance={instance}")
    for image in engine.images.list(filters={"reference": [f"{instance}/*", f"{instance}/*/*"]}):
        for tag in image.tags:
            if tag.startswith(f"{instance}/"):
                engine.images.remove(tag)
