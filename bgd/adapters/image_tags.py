"""The tags that keep the images of releases: `bgd/shop/web:r7`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from bgd.adapters.docker_engine import DockerEngine, together
from bgd.domain.release import Image
from bgd.domain.render import Place
from bgd.errors import Failed, NotFound


class ImageTags:
    """Tags every image of a release, so that `docker image prune` takes none that a rollback needs.

    Pulled images too: a tag that moved on leaves the old image without a name. With its last tag an image is
    gone, unless a container still has it.
    """

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    async def keep(self, images: Mapping[str, Image], place: Place, number: int) -> None:
        """Tag the images of release `number`, by service."""
        await together(
            self._tag(image.id, place.image(service, f"r{number}")) for service, image in images.items()
        )

    async def keep_only(self, place: Place, numbers: Collection[int]) -> None:
        """Take the tags of all other releases away."""
        await self._untag(place, lambda number: number not in numbers)

    async def forget(self, place: Place) -> None:
        """Take all the app's tags away."""
        await self._untag(place, lambda _: True)

    async def _tag(self, image: str, tag: str) -> None:
        repository, _, name = tag.rpartition(":")
        await self._engine.call(lambda api: api.tag(image, repository, name, force=True))

    async def _untag(self, place: Place, is_old: Callable[[int], bool]) -> None:
        pattern = place.images + "*"
        images = await self._engine.call(lambda api: api.images(filters={"reference": pattern}))
        for tag in [tag for image in images for tag in image.get("RepoTags") or []]:
            repository, _, release = tag.rpartition(":r")
            if repository.startswith(place.images) and release.isdigit() and is_old(int(release)):
                await self._remove(tag)

    async def _remove(self, tag: str) -> None:
        try:
            await self._engine.call(lambda api: api.remove_image(tag))
        except (NotFound, Failed):  # a container still has it: the next release tries again
            return
