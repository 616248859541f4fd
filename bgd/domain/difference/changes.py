"""What changed between two Compose models, in the words of the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bgd.domain.difference.sheet import shown_size
from bgd.domain.release import Image, Model
from bgd.domain.render.service import mapping
from bgd.domain.secret import MASK, masked, secrets_of

_BY_NAME = frozenset({"environment", "labels", "args", "sysctls"})
"""Mappings that may also be written as lists of `name=value`."""
_SECRET = frozenset({"environment", "args", "labels", "content", "x-bgd-value"})
"""Below these no value is shown."""
_SIZES = frozenset({"mem_limit", "mem_reservation", "memswap_limit", "memory", "shm_size"})
"""Compose prints them in bytes."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: where in the file, and what it was and is as text; `•••` for secrets, none for absent.

    `place` is the path (`web.environment.VERSION`, below `services`; else from the top: `volumes.data.name`).
    """

    service: str | None
    place: str
    before: str | None
    after: str | None


def changes(
    before: Model,
    after: Model,
    images: tuple[Mapping[str, Image], Mapping[str, Image]] | None = None,
) -> tuple[Change, ...]:
    """All changes, service by service in the order of the file, then the rest.

    With the `images` of two releases also those that were made anew under the same name.
    """
    secrets = secrets_of(before) | secrets_of(after)
    found = [
        _shown(service, path, pair, secrets)
        for service in dict.fromkeys([*_services(before), *_services(after)])
        for path, pair in _part((service,), _services(before), _services(after))
    ]
    if images is not None:
        found += _rebuilt(*images, known={change.place for change in found})
    found += [_shown(None, path, pair, secrets) for path, pair in _rest(before, after)]
    return tuple(found)


class _Absent:
    """Stands for a key that isn't there: `null` is a value, as in `environment`."""


_Pair = tuple[tuple[str, ...], tuple[Any, Any]]


def _services(model: Model) -> dict[str, Any]:
    return model.get("services") or {}


def _rest(before: Model, after: Model) -> Iterator[_Pair]:
    """The sections beside the services."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key) or {}, after.get(key) or {}
        if key == "services":
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for name in dict.fromkeys([*old, *new]):
                yield from _part((key, name), old, new)
        else:
            yield from _walk((key,), old or _Absent, new or _Absent)


def _part(path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[_Pair]:
    """One service, volume, network …: where it changed; one that is new or gone is told as a whole."""
    old, new = before.get(path[-1], _Absent), after.get(path[-1], _Absent)
    if _Absent in (old, new):
        yield path, (_name(old), _name(new))
    else:
        yield from _walk(path, old, new)


def _name(given: Any) -> Any:
    """What a whole service, volume or network is told as."""
    if not isinstance(given, Mapping):
        return given
    return given.get("image") or given.get("name") or "…"


def _walk(path: tuple[str, ...], old: Any, new: Any) -> Iterator[_Pair]:
    """The paths where the two trees part. A list is compared whole."""
    if path[-1] in _BY_NAME:
        old, new = (mapping(given) if isinstance(given, list) else given for given in (old, new))
    if old == new:
        return
    trees = [given for given in (old, new) if isinstance(given, Mapping)]
    if any(trees) and all(given in trees or given in (None, _Absent) for given in (old, new)):
        first, second = (given if isinstance(given, Mapping) else {} for given in (old, new))
        for key in dict.fromkeys([*first, *second]):
            yield from _walk((*path, str(key)), first.get(key, _Absent), second.get(key, _Absent))
    else:
        yield path, (old, new)


def _shown(
    service: str | None, path: tuple[str, ...], pair: tuple[Any, Any], secrets: frozenset[str]
) -> Change:
    is_secret = bool(_SECRET & set(path[1:]))
    old, new = (_text(given, path[-1], is_secret=is_secret, secrets=secrets) for given in pair)
    if old is new is None:  # one is `null`, the other isn't there
        old, new = (None if given is _Absent else "null" for given in pair)
    return Change(service, ".".join(path), old, new)


def _text(given: Any, key: str, *, is_secret: bool, secrets: frozenset[str]) -> str | None:
    if given is _Absent or (given is None and not is_secret):
        return None
    if is_secret:
        return MASK
    if key in _SIZES and str(given).isdigit():
        return shown_size(int(given))
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
    return masked(text, secrets)


def _rebuilt(old: Mapping[str, Image], new: Mapping[str, Image], known: set[str]) -> Iterator[Change]:
    """Images that have another id, where the file doesn't name another one."""
    for service in old:
        if service in new and old[service].id != new[service].id and f"{service}.image" not in known:
            pair = [
                f"{one.reference} {one.id.removeprefix('sha256:')[:12]}"
                for one in (old[service], new[service])
            ]
            yield Change(service, f"{service}.image", *pair)
