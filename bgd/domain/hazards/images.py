"""Images whose names stand for something else tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bgd.domain import rules
from bgd.domain.findings import Findings, listed
from bgd.domain.plan import Caution
from bgd.domain.service import Service
from bgd.domain.settings import Role


def moving_tags(found: Findings) -> Iterator[Caution]:
    """Of what each release starts anew: shared services go on with the image that they have."""
    wanted = found.of(Role.COLORED, Role.LIVE_ONLY, Role.TASK)
    moving = [s for s in wanted if s.image and not s.is_built and _is_moving(s)]
    if moving:
        is_one = len(moving) == 1
        yield Caution(
            "moving-tag",
            moving[0].name if is_one else None,
            f"{_one(moving[0]) if is_one else _many(moving)}. A deployment takes what is newest; the "
            "digest is recorded with the release, and a rollback uses that",
            "name a version, so that a deployment brings what you chose",
        )


def _one(service: Service) -> str:
    tag = f"the tag {service.image_tag}" if service.image_tag else "no tag"
    return f"its image has {tag}, so it may be another one tomorrow"


def _many(services: Sequence[Service]) -> str:
    return "images by tags that move: " + listed([f"{s.name} ({s.image_tag or 'no tag'})" for s in services])


def _is_moving(service: Service) -> bool:
    if "@sha256:" in service.image or service.image.startswith("sha256:"):
        return False
    return not service.image_tag or bool(
        rules.MOVING_TAGS & set(re.split(r"[^a-z]+", service.image_tag.lower()))
    )
