"""All the images, as one set that is either up to date or made so."""

import time

import docker

from compose.checkout import STATE
from compose.images import demo, nginx
from compose.images.build import build, is_current
from compose.images.packages import read_archive

CACHE = STATE / "cache" / "debian"


def stock(client: docker.DockerClient, *, force: bool = False) -> list[str]:
    """Make what is missing or out of date, and say so; returns the tags of what was made.

    Raises `BuildError`, `DebianError`, and `DockerException` where the engine goes away.
    """
    made = []
    recipes = (nginx.recipe(), *demo.recipes())
    archive = read_archive(sorted({seed for recipe in recipes for seed in recipe.seeds}))
    for recipe in recipes:
        if not force and is_current(client, recipe, archive):
            print(f"image    {recipe.tag}  is up to date", flush=True)
            continue
        started = time.monotonic()
        build(client, recipe, archive, CACHE)
        print(f"image    {recipe.tag}  made in {time.monotonic() - started:.1f} s", flush=True)
        made.append(recipe.tag)
    return made
