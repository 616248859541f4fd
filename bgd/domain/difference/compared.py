"""Blue against green: what differs, whether the two releases explain it, and what has drifted from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bgd.domain.color import Color
from bgd.domain.difference.facts import OPEN, Fact, Facts, family_of, order_of
from bgd.domain.difference.meant import Meant
from bgd.domain.difference.survey import Running, Survey

UP = frozenset({"running", "done"})
_ASLEEP = frozenset({"created", "exited", "dead", "done"})
"""Containers that don't run: bgd takes the restart policy from what it stops, and gives it back later."""
_NOT_COMPARED = frozenset({"release"})
"""Differs by nature between the colours, and only says something beside its own release."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two environments, or without a colour what is shared: its release, and what was seen.

    `resting` are the services that needn't run in it (a worker in the idle colour, everything in a stopped
    one): that they don't is no drift.
    """

    color: Color | None
    release: str
    survey: Survey
    resting: frozenset[str] = frozenset()

    def of(self, service: str) -> list[Running]:
        """The containers of a service."""
        return [one for one in self.survey.running if one.service == service]


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact about a service that isn't the same in both colours, and what explains it, if anything."""

    service: str
    aspect: str
    blue: Fact | None
    green: Fact | None
    explained_by: str | None


@dataclass(frozen=True, slots=True)
class Drift:
    """A fact about a container that isn't what its release says."""

    color: Color | None  # none: shared
    service: str
    container: str | None  # none: about all of the service
    aspect: str
    meant: Fact | None
    runs: Fact | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out. `identical` is none where there is only one side."""

    differences: tuple[Difference, ...]
    drift: tuple[Drift, ...]
    identical: bool | None


def compared(blue: Side | None, green: Side | None, shared: Side | None = None) -> Compared:
    """Compare what there is: each side with what was meant, and the two colours also with each other."""
    drift = tuple(found for side in (blue, green, shared) if side is not None for found in _drift(side))
    if blue is None or green is None:
        return Compared((), drift, None)
    differences = tuple(_differences(blue, green))
    return Compared(differences, drift, all(one.explained_by is not None for one in differences))


def _differences(blue: Side, green: Side) -> Iterator[Difference]:
    for service in _services(blue, green):
        ours, theirs = blue.of(service), green.of(service)
        counts = _count(len(ours)), _count(len(theirs))
        if not ours or not theirs:
            if bool(ours) != bool(theirs):
                yield Difference(service, "replicas", *counts, _absence(service, blue, green))
            continue
        if counts[0] != counts[1]:
            said = [side.survey.meant.get(service) for side in (blue, green)]
            is_said = all(
                m is not None and m.replicas == n for m, n in zip(said, map(len, (ours, theirs)), strict=True)
            )
            yield Difference(service, "replicas", *counts, _releases(blue, green) if is_said else None)
        one, two = _combined(ours), _combined(theirs)
        has_asleep = any(container.status in _ASLEEP for container in (*ours, *theirs))
        left_out = _NOT_COMPARED | ({"restart"} if has_asleep else set())
        for aspect in sorted({*one, *two} - left_out, key=order_of):
            if one.get(aspect) != two.get(aspect):
                why = _explanation(service, aspect, blue, green)
                yield Difference(service, aspect, one.get(aspect), two.get(aspect), why)


def _absence(service: str, blue: Side, green: Side) -> str | None:
    """Why a service runs in one colour only."""
    empty, other = (blue, green) if not blue.of(service) else (green, blue)
    if service in empty.resting and service not in other.resting:
        return "live-only: runs in the live color alone"
    if service not in empty.survey.meant and service in other.survey.meant:
        return _releases(blue, green)
    return None


def _explanation(service: str, aspect: str, blue: Side, green: Side) -> str | None:
    """Both sides are as their releases say, and those say different things."""
    said = []
    for side in (blue, green):
        meant = side.survey.meant.get(service)
        containers = side.of(service)
        if meant is None or any(_contradicts(meant, one, aspect) for one in containers):
            return None
        said.append((meant.facts.get(aspect), _meant(meant, containers[0]).get(aspect)))
    (blue_file, blue_all), (green_file, green_all) = said
    if blue_all == green_all:
        return None
    by_image = blue_file == green_file and aspect != "image"
    return f"{_releases(blue, green)}, by its image" if by_image else _releases(blue, green)


def _releases(blue: Side, green: Side) -> str:
    """`r4 → r5`, the older first."""
    older, newer = sorted((blue.release, green.release), key=lambda name: int(name.removeprefix("r") or 0))
    return f"{older} → {newer}"


def _drift(side: Side) -> Iterator[Drift]:
    for service in _services(side):
        meant, containers = side.survey.meant.get(service), side.of(service)
        is_resting = service in side.resting
        if meant is None:
            for one in containers:
                yield Drift(side.color, service, one.name, "replicas", None, _count(1))
            continue
        if len(containers) != meant.replicas and not (is_resting and not containers):
            yield Drift(
                side.color, service, None, "replicas", _count(meant.replicas), _count(len(containers))
            )
        for one in containers:
            if one.status not in UP and not is_resting:
                yield Drift(side.color, service, one.name, "state", _word("running"), _word(one.status))
            wanted = _meant(meant, one)
            for aspect in sorted({*wanted, *one.facts}, key=order_of):
                if _contradicts(meant, one, aspect):
                    runs = one.facts.get(aspect)
                    yield Drift(side.color, service, one.name, aspect, wanted.get(aspect), runs)


def _contradicts(meant: Meant, one: Running, aspect: str) -> bool:
    """Whether the container isn't what was said of it; silence counts where it has a meaning."""
    family = family_of(aspect)
    if family in meant.unsaid or family in _of_network_mode(one):
        return False
    if aspect == "restart" and one.status in _ASLEEP:
        return False
    wanted = _meant(meant, one).get(aspect)
    if wanted is None and family in OPEN:
        return False
    return wanted != one.facts.get(aspect)


def _of_network_mode(one: Running) -> frozenset[str]:
    """With a network mode that isn't a network's, being on networks is the engine's own affair."""
    return frozenset({"networks"}) if "network mode" in one.facts else frozenset()


def _meant(meant: Meant, one: Running) -> Facts:
    """What is said, over what the image says; an entrypoint of the file's drops the image's command."""
    image = dict(one.of_image)
    if "entrypoint" in meant.facts:
        image.pop("command", None)
    together = {**image, **meant.facts}
    if together.get("healthcheck.test", _NO_TEST) == _NO_TEST:
        together = {
            k: v for k, v in together.items() if family_of(k) != "healthcheck" or k == "healthcheck.test"
        }
    return together


_NO_TEST = Fact(("NONE",))


def _combined(containers: Iterable[Running]) -> Facts:
    """The facts of all containers of a service; where they differ among themselves, all of them as one."""
    all_facts = [one.facts for one in containers]
    aspects = dict.fromkeys(aspect for facts in all_facts for aspect in facts)
    return {aspect: _joined([facts.get(aspect) for facts in all_facts]) for aspect in aspects}


def _joined(facts: list[Fact | None]) -> Fact:
    first = facts[0]
    if first is not None and all(fact == first for fact in facts):
        return first
    shown = sorted({"none" if fact is None else fact.shown for fact in facts})
    return Fact(tuple(None if fact is None else fact.value for fact in facts), " or ".join(shown))


def _services(*sides: Side) -> list[str]:
    meant = [name for side in sides for name in side.survey.meant]
    return list(dict.fromkeys([*meant, *(one.service for side in sides for one in side.survey.running)]))


def _count(number: int) -> Fact:
    return Fact(number, str(number))


def _word(text: str) -> Fact:
    return Fact(text, text)
