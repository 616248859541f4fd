"""The deaths of each act, one after the other: all of them, or a few that a seed picks; counted."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial

import httpx

from bgd.errors import BgError
from tests.faults.stage import SEED, Act, Died, S

IS_ASKED_FOR = "BGD_FAULTS" in os.environ
"""Else it is one of many tests, and says no more than they do."""
SHARE = os.environ.get("BGD_FAULTS", "1")
"""How many effects of each act are tried: a number, or `all`."""
EVERY = SHARE == "all"
AT_RANDOM = int(os.environ.get("BGD_FAULTS_AT_RANDOM", "200" if EVERY else "3"))
MOST_FAILURES = 3
"""An act that fails so often is given up: what follows is mostly the same."""
SETTLED_WITHIN_S = 60.0


@dataclass
class Count:
    """What was tried of an act: its effects, deaths at them, and what didn't hold afterwards."""

    act: str
    points: int = 0
    kills: int = 0
    failures: list[str] = field(default_factory=list)


class Matrix:
    """Kills, says how it goes, and goes on after a failure: the others are wanted as well.

    `say` takes a line while it goes on, `record` the counts of an act, as simple values.
    """

    def __init__(self, say: Callable[[str], None], record: Callable[[dict[str, object]], None]) -> None:
        self._say = say
        self._record = record

    def at_each_effect(self, stage: S, name: str, act: Act[S]) -> None:
        """Let an act die at each of its effects once, or at a share of them."""
        with self._counting(name) as count:
            count.points = self._points(count, stage, name, act)
            numbers: Sequence[int] = range(1, count.points + 1)
            if not EVERY:
                few = min(int(SHARE), count.points)
                numbers = sorted(random.Random(f"{SEED}{name}").sample(numbers, few))
            for at in numbers:
                where = f"{name} killed at effect {at} of {count.points}"
                self._kill(count, stage, act, where, partial(stage.die_in, act, at))

    def at_any_time(self, stage: S, acts: Mapping[str, Act[S]], times: int) -> None:
        """Let acts die whenever a seed says."""
        chance = random.Random(SEED)
        with self._counting(f"at random times, {len(acts)} acts") as count:
            for run in range(1, times + 1):
                name = chance.choice(sorted(acts))
                act, delay_s = acts[name], chance.uniform(0.0, acts[name].takes_s)
                where = f"death {run} of {times}: {name} killed after {delay_s:.3f} s"
                self._kill(count, stage, act, where, partial(stage.die_after, act, delay_s))

    @contextmanager
    def _counting(self, name: str) -> Iterator[Count]:
        count = Count(name)
        try:
            yield count
        finally:
            self._record(asdict(count))
        assert not count.failures, "\n\n".join(count.failures)

    def _points(self, count: Count, stage: S, name: str, act: Act[S]) -> int:
        """How many effects of an act has when nobody is killed; it has to do its work then."""
        where = f"{name}, undisturbed"
        with self._judging(count, stage, where):
            self._begin(stage, act)
            died = stage.die_in(act, 0)
            assert died == Died(None, None), died
            self._end(stage, act, where)
            assert act.outcome in (None, stage.outcome()), stage.outcome()
            points = stage.daemon.points()
            assert len(points) > 5, points
            return len(points)
        return 0

    def _kill(self, count: Count, stage: S, act: Act[S], where: str, die: Callable[[], Died]) -> None:
        if len(count.failures) >= MOST_FAILURES:
            return
        with self._judging(count, stage, where):
            self._begin(stage, act)
            died = die()
            count.kills += died.point is not None
            told = f"{where}: {died.point or 'it was over'}"
            began = time.monotonic()
            stage.revive(partial(act.go_on, stage))
            self._end(stage, act, told)
            self._say(f"{told}; whole after {time.monotonic() - began:.1f} s")

    def _begin(self, stage: S, act: Act[S]) -> None:
        stage.allow(act.pauses)
        act.ready(stage)
        stage.daemon.wait_until(stage.is_settled, "settled", SETTLED_WITHIN_S)
        stage.note()

    def _end(self, stage: S, act: Act[S], where: str) -> None:
        act.end(stage, where)
        stage.allow(None)
        stage.check(where)

    @contextmanager
    def _judging(self, count: Count, stage: S, where: str) -> Iterator[None]:
        try:
            yield
        except (AssertionError, BgError, OSError, httpx.HTTPError) as error:
            count.failures.append(f"{where}; seed {SEED}: {error}")
            self._say(f"{where} FAILED: {str(error)[:500]}")
            stage.allow(None)
            stage.forgive()
            if stage.daemon.has_died():
                stage.daemon.start()
