"""Files: those that two colours would both write, and those that a container keeps to itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bgd.domain.findings import Findings
from bgd.domain.overlap import MOST_PLACES, data_places
from bgd.domain.plan import Caution
from bgd.domain.service import Service
from bgd.domain.settings import Role

_UPLOADS = re.compile(
    r"(UPLOAD|MEDIA|ATTACHMENT|STORAGE)S?_(DIR|DIRECTORY|FOLDER|PATH|ROOT|LOCATION)$", re.IGNORECASE
)
_SESSIONS = re.compile(r"SESSION_(DRIVER|TYPE|STORE|ENGINE|BACKEND|SAVE_HANDLER)$", re.IGNORECASE)
_ON_DISK = re.compile(r"file|files|filesystem|memory|in-memory|array|native", re.IGNORECASE)


def local_data(found: Findings) -> Iterator[Caution]:
    """Said while the file leaves it open; who states `overlap` knows."""
    if found.front is None or found.settings.overlap is not None:
        return
    if places := data_places(found.front, found.of(Role.SHARED)):
        yield Caution(
            "local-data",
            found.front.name,
            f"it keeps data in {', '.join(places[:MOST_PLACES])} and there is no database: two copies at "
            "once would break SQLite and the like, so each deployment stops the old colour before it starts "
            "the new one. Requests get a 503 page meanwhile, for as long as the new one takes to start and "
            "be checked",
            "nothing, where that is short enough; else keep the data in a database service, mount what is "
            f"only read as read-only ({places[0]}:ro), or say `x-bgd: {{overlap: true}}`, if both may "
            "write there",
        )


def uploads(found: Findings) -> Iterator[Caution]:
    """A place for uploads that the file names and mounts nothing at."""
    for service in found.of(Role.COLORED):
        for name, value in service.environment.items():
            if _UPLOADS.search(name) and _is_place(value) and not service.has_mount_at(value):
                yield Caution(
                    "lost-uploads",
                    service.name,
                    f"{name} is {value}, which is on no volume: what users upload is in one colour "
                    "alone, and gone with its container",
                    f"mount a volume there, which both colours then share: `volumes: [uploads:{value}]`",
                )
                break


def sessions(found: Findings) -> Iterator[Caution]:
    """Sessions that no other container can read."""
    front = found.front
    if front is None:
        return
    for name, value in front.environment.items():
        if _SESSIONS.search(name) and _ON_DISK.fullmatch(value) and not _keeps_files(front):
            yield Caution(
                "lost-sessions",
                front.name,
                f"{name} is {value}: sessions stay in the container, and each switch logs everybody out",
                "keep sessions in the database, in a shared cache, or in signed cookies",
            )
            return


def _is_place(value: str) -> bool:
    """Whether it is a directory in the container; `/uploads/` of an URL and `$…` can't be told from it."""
    return bool(re.fullmatch(r"/[\w.-]+(/[\w.-]+)+/?", value)) and not re.match(r"/(tmp|dev)/", value)


def _keeps_files(service: Service) -> bool:
    return any(
        mount.get("type") in ("volume", "bind") and not mount.get("read_only") for mount in service.mounts
    )
