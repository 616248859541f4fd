"""The images of a release: built, pulled or found, and kept from being cleaned away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.docker_engine import Attributes, DockerEngine, together
from bgd.adapters.image_tags import ImageTags
from bgd.adapters.registry import Registry
from bgd.adapters.rendered_file import AppFiles
from bgd.adapters.secrecy import Voice
from bgd.domain.reference import Reference
from bgd.domain.release import Image, Release
from bgd.domain.render import Place, Project, render_build
from bgd.domain.settings import Role
from bgd.engine.ports import ImageNews
from bgd.errors import BgError, Failed, NotFound

BUILD_TIMEOUT_S = 3600.0

_ROLES = tuple(role for role in Role if role is not Role.IGNORED)
_KEPT = {"missing", "if_not_present", "never"}
_PULL = {"always", "missing", "if_not_present", "never"}


class ImageSupply:
    """Gets the images of releases, and remembers which one each service's name stood for."""

    def __init__(self, cli: ComposeCli, engine: DockerEngine) -> None:
        self._cli = cli
        self._engine = engine
        self._registry = Registry(engine)
        self.tags = ImageTags(engine)

    async def prepare(
        self, release: Release, place: Place, files: AppFiles, voice: Voice
    ) -> Mapping[str, Image]:
        """The images of every service that is run, by service, each with a tag of this release's.

        A release that recorded its images gets exactly those again, or `Failed`. Otherwise what has a `build`
        is built, and the rest is pulled as its `pull_policy` says. Without one: what is missing is pulled;
        what came from a registry is looked up there, and kept when that doesn't answer; what was made here is
        used as it is.
        """
        services = {
            name: release.model["services"][name]
            for name in release.plan.services(*_ROLES)
            if name in release.model["services"]
        }
        if release.images:
            images = await self._recorded(release, voice)
        else:
            build = render_build(release.model, release.plan, place, release.name)
            built = [name for name in services if name in build.services and not _is_never(services[name])]
            await self._build(build, built, files, voice)
            made = {name: str(build.services[name]["image"]) for name in built}
            images = await self._resolve(services, made, voice)
        await self.tags.keep(images, place, release.number)
        return images

    async def _build(self, build: Project, services: list[str], files: AppFiles, voice: Voice) -> None:
        if not services:
            return
        path = await files.write("build", build.document)
        arguments = ["-f", str(path), "--progress", "plain", "build", *services]
        try:
            async with self._cli.project(build.name):
                done = await self._cli.run(
                    arguments,
                    timeout_s=BUILD_TIMEOUT_S,
                    env=build.env,
                    on_line=voice.say,
                    on_output=voice.say,
                )
        finally:
            await files.remove("build")
        if done.status:
            raise Failed(
                f"the build of {', '.join(services)} fails: {voice.clean(done.complaint)}",
                "the progress above has the step; `docker compose build` in the app's directory repeats it",
            )

    async def _resolve(
        self, services: Mapping[str, Any], made: Mapping[str, str], voice: Voice
    ) -> dict[str, Image]:
        """The image of each service; one look at each name, however many services have it."""
        own = set(made.values())
        wanted: dict[tuple[str, str | None, str | None], None] = {}
        keys = {}
        for name, given in services.items():
            reference = made.get(name) or given.get("image")
            if not reference:
                raise Failed(f"{name} has neither an image nor a build", f"give {name} an `image:`")
            policy = None if reference in own else given.get("pull_policy")
            keys[name] = (str(reference), "never" if reference in own else policy, given.get("platform"))
            wanted[keys[name]] = None
        found = dict(zip(wanted, await together(self._image(*key, voice) for key in wanted), strict=True))
        return {name: found[key] for name, key in keys.items()}

    async def _image(self, reference: str, policy: str | None, platform: str | None, voice: Voice) -> Image:
        present = await self._present(reference)
        if policy == "never":
            if present is None:
                raise Failed(
                    f"the image {reference} isn't here, and its pull_policy is never",
                    f"load it (`docker load`, `docker pull {reference}`), or drop the pull_policy",
                )
        elif present is None or policy == "always":
            await self._registry.pull(reference, platform, voice)
        elif policy not in _PULL and present.get("RepoDigests") and not Reference.of(reference).is_pinned:
            await self._refresh(reference, platform, present, voice)
        return _image_of(reference, await self._required(reference))

    async def _refresh(self, reference: str, platform: str | None, present: Attributes, voice: Voice) -> None:
        """Pull a tag that moved on. When its registry doesn't answer, what is here is good enough."""
        try:
            digest = await self._registry.digest(reference)
            if not any(known.endswith("@" + digest) for known in present["RepoDigests"]):
                await self._registry.pull(reference, platform, voice)
        except BgError as error:
            voice.say(f"{reference}: the image that is here is used, for its registry says: {error.message}")

    async def news(self, release: Release) -> ImageNews:
        """See `Runner.image_news`. The registry is asked only for what a deployment would pull from it."""
        moved: dict[str, str] = {}
        unknown: dict[str, str] = {}
        for name, image in release.images.items():
            given = release.model["services"].get(name) or {}
            is_built = given.get("build") and not _is_never(given)
            if is_built or Reference.of(image.reference).is_pinned:
                continue
            try:
                now = await self._now(image, given.get("pull_policy"))
            except BgError as error:
                unknown[image.reference] = error.message
                continue
            if now is not None:
                moved[image.reference] = now
        return ImageNews(moved, unknown)

    async def _now(self, image: Image, policy: str | None) -> str | None:
        """What an image's name stands for, where that isn't the image any more."""
        named = await self._present(image.reference)
        if named is not None and named["Id"] != image.id:
            return str(named["Id"])
        known = named or await self._present(image.id) or {}
        if policy in _KEPT or not known.get("RepoDigests"):
            return None  # made here, or not looked up
        digest = await self._registry.digest(image.reference)
        return None if any(one.endswith("@" + digest) for one in known["RepoDigests"]) else digest

    async def _recorded(self, release: Release, voice: Voice) -> dict[str, Image]:
        await together(self._again(release, name, image, voice) for name, image in release.images.items())
        return dict(release.images)

    async def _again(self, release: Release, name: str, image: Image, voice: Voice) -> None:
        """Make sure that an image which was used before is here."""
        if await self._present(image.id) is not None:
            return
        trouble = "it was made here and has no registry"
        if image.digest is not None:
            try:
                await self._registry.pull(
                    image.digest, release.model["services"][name].get("platform"), voice
                )
                if await self._present(image.id) is not None:
                    return
                trouble = f"{image.digest} is another image now"
            except Failed as error:
                trouble = error.message
        raise Failed(
            f"the image of {name} in {release.name} ({image.reference}) is gone: {trouble}",
            "roll back to another release, or deploy the file again",
        )

    async def _present(self, reference: str) -> Attributes | None:
        try:
            found: Attributes = await self._engine.call(lambda api: api.inspect_image(reference))  # type: ignore[no-untyped-call]
        except NotFound:
            return None
        return found

    async def _required(self, reference: str) -> Attributes:
        found = await self._present(reference)
        if found is None:
            raise Failed(f"the image {reference} vanished while it was prepared", "deploy again")
        return found


def _image_of(reference: str, found: Attributes) -> Image:
    digests: list[str] = found.get("RepoDigests") or []
    repository = Reference.of(reference).repository
    own = [digest for digest in digests if digest.split("@", 1)[0] == repository]
    return Image(reference, found["Id"], next(iter(own or digests), None))


def _is_never(service: Mapping[str, Any]) -> bool:
    return service.get("pull_policy") == "never" and bool(service.get("image"))
