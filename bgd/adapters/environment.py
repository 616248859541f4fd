"""The two environments of an app as they run on the engine, for comparing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bgd.adapters.container_facts import model_of, running_of
from bgd.adapters.container_report import ONE_OFFS, service_of
from bgd.adapters.docker_engine import DockerEngine, together
from bgd.adapters.secrecy import cleaner
from bgd.domain.color import Color
from bgd.domain.difference import Names, Survey, meant_by
from bgd.domain.release import Model
from bgd.domain.render import Place, Project
from bgd.domain.render.naming import COLOR, ROLE
from bgd.domain.settings import Role


async def surveys_of(
    engine: DockerEngine,
    place: Place,
    edge: str,
    projects: Mapping[Color | None, Project],
    models: Iterable[Model],
) -> Mapping[Color | None, Survey]:
    """What runs in these colours, and under none what is shared, beside the rendered projects.

    Secrets are those of all models and of all containers together: what one colour keeps secret may stand
    openly in the other.
    """
    listed = [c for c in await engine.containers(place.labels()) if c["Labels"].get(ROLE) not in ONE_OFFS]
    inspected = [c for c in await together(engine.inspect(c["Id"]) for c in listed) if c is not None]
    image_ids = sorted({str(c["Image"]) for c in inspected})
    found = await together(engine.inspect_image(image) for image in image_ids)
    images = dict(zip(image_ids, found, strict=True))
    show = await cleaner(*models, *(p.document for p in projects.values()), *map(model_of, inspected))
    peers = {c["Id"]: service_of(c["Config"].get("Labels") or {}) for c in inspected}
    surveys: dict[Color | None, Survey] = {}
    for color, project in projects.items():
        names = Names(place, color, edge)
        own = [c for c in inspected if (c["Config"].get("Labels") or {}).get(COLOR) == color]
        running = tuple(running_of(c, images[str(c["Image"])], peers, names, show) for c in own)
        meant = {
            name: meant_by(project, name, names, show)
            for name, given in project.services.items()
            if given["labels"].get(ROLE) != str(Role.TASK)
        }
        surveys[color] = Survey(running, meant)
    return surveys
