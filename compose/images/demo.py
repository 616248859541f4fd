"""The demo's images: `bgd/demo-web:local`, which is its worker too, and `bgd/demo-redis:local`."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from compose.images.layer import Layer, Owner
from compose.images.recipe import HERE, Recipe

WEB_TAG = "bgd/demo-web:local"
REDIS_TAG = "bgd/demo-redis:local"

REDIS = Owner(uid=999, gid=999)

# Both are pure Python (the C part of websockets is an extra that it does without), so that the copies
# that this very Python has installed serve the image's Python as well, whatever version that is.
LIBRARIES = ("h11", "websockets")

APPLETS = ("cat", "env", "id", "kill", "ls", "ps", "sh", "sleep", "wget")


def recipes() -> tuple[Recipe, ...]:
    return (
        Recipe(
            tag=WEB_TAG,
            folder=HERE / "demo-web",
            seeds=("busybox-static", "libpython3-stdlib", "python3-minimal"),
            furnish=_furnish_web,
            sources={"shop": HERE.parent / "demo" / "shop", **_libraries()},
        ),
        Recipe(
            tag=REDIS_TAG,
            folder=HERE / "demo-redis",
            seeds=("busybox-static", "redis-server", "redis-tools"),
            furnish=_furnish_redis,
        ),
    )


def _libraries() -> Mapping[str, Path]:
    return {f"site-packages/{name}": Path(str(resources.files(name))) for name in LIBRARIES}


def _furnish_web(layer: Layer) -> None:
    _furnish(layer, "app", Owner(uid=1000, gid=1000))


def _furnish_redis(layer: Layer) -> None:
    _furnish(layer, "redis", REDIS)
    layer.directory("data", owner=REDIS)


def _furnish(layer: Layer, user: str, owner: Owner) -> None:
    layer.file(
        "etc/passwd", f"root:x:0:0::/root:/bin/sh\n{user}:x:{owner.uid}:{owner.gid}::/nonexistent:/bin/sh\n"
    )
    layer.file("etc/group", f"root:x:0:\n{user}:x:{owner.gid}:\n")
    layer.directory("run")
    for applet in APPLETS:
        layer.link(f"usr/bin/{applet}", "busybox")
