"""Images whose names stand for something else tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
        names = listed([f"{s.name} ({s.image_tag or 'no tag'})" for s in moving])
        yield Caution(
            "moving-tag",
            moving[0].name if len(moving) == 1 else None,
            f"images by a tag that moves: {names}. A deployment takes what the tag names then; the digest is "
            "recorded with the release, and a rollback uses that",
            "name a version, so that a deployment brings what you chose",
        )


def _is_moving(service: Service) -> bool:
    if "@sha256:" in service.image or service.image.startswith("sha256:"):
        return False
    return not service.image_tag or bool(
        rules.MOVING_TAGS & set(re.split(r"[^a-z]+", service.image_tag.lower()))
    )
