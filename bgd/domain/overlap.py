"""Whether both colours of an app may run at once.

Blue-green means that they do, for the time of the checks and the drain. An app that keeps its data in files
of its own, in a volume or a directory that both colours have mounted, breaks by that: two processes would
write one SQLite file. So a deployment of such a one stops the old colour before it starts the new one, and
requests get a 503 page in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bgd.domain import rules
from bgd.domain.plan import Overlap
from bgd.domain.release import Release
from bgd.domain.roles import stateful_word
from bgd.domain.service import Service

MOST_PLACES = 3


def overlap_of(stated: bool | None, front: Service | None, shared: Iterable[Service]) -> Overlap:
    """The overlap of a plan: what x-bgd states, else not where the front keeps data in files of its own."""
    if stated is not None:
        return Overlap(stated, "x-bgd.overlap says so", is_stated=True)
    if front is not None and (places := data_places(front, shared)):
        kept = ", ".join(places[:MOST_PLACES])
        return Overlap(False, f"{front.name} keeps data in {kept}, and there is no database")
    return Overlap()


def overlap_between(live: Release, coming: Release) -> Overlap:
    """Whether two releases may run at once: what the newer one's file states, else only if both may.

    The newer one's, also on the way back to the older: it is the last word of whoever knows the app.
    """
    newer, older = sorted((live, coming), key=lambda release: release.number, reverse=True)
    if newer.plan.overlap.is_stated or not newer.plan.overlap.is_allowed:
        return newer.plan.overlap
    return newer.plan.overlap if older.plan.overlap.is_allowed else older.plan.overlap


def data_places(front: Service, shared: Iterable[Service]) -> Sequence[str]:
    """Where a front keeps data in files of its own, as paths in its container; with a database nowhere."""
    if any(_is_database(service) for service in shared):
        return ()
    return [str(mount["target"]) for mount in front.mounts if _may_hold_data(mount)]


def _is_database(service: Service) -> bool:
    word = stateful_word(service)
    return word is None or rules.STATEFUL_IMAGES[word] == "a database"


def _may_hold_data(mount: Mapping[str, object]) -> bool:
    """Whether a service may write data there: no configuration file, no cache of the build."""
    target, source = str(mount.get("target", "")), str(mount.get("source", ""))
    if mount.get("read_only") or mount.get("type") not in ("volume", "bind"):
        return False
    is_file = bool(re.search(r"\w\.\w{1,5}$", target.rsplit("/", 1)[-1])) and mount.get("type") == "bind"
    is_known = re.search(r"^/(etc|run|var/run|tmp|dev|sys|proc)\b|node_modules|/cache\b|docker\.sock", target)
    return not is_file and not is_known and not source.endswith(".sock")
