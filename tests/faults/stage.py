"""What a daemon is killed on: an app or more, what must hold before and after, and how it dies."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Self, TypeVar

from bgd.errors import BgError
from tests.faults.mortal_daemon import MortalDaemon

ACT_WITHIN_S = 120.0
WHOLE_WITHIN_S = 90.0
SEED = int(os.environ.get("BGD_SEED", random.SystemRandom().randrange(10**6)))


@dataclass
class Died:
    """How an act ended: at which effect, or at none because it was over before."""

    point: str | None
    ended: BgError | None


class Stage:
    """A mortal daemon and its apps. What one death breaks, the next one finds."""

    def __init__(self, daemon: MortalDaemon) -> None:
        self.daemon = daemon

    def note(self) -> None:
        """Remember the world before an act."""

    def check(self, where: str) -> None:
        """What must hold after it, whatever happened; `where` tells of it."""

    def outcome(self) -> str | None:
        """How the newest deployment ended."""
        return None

    def allow(self, retry_after: str | None) -> None:
        """Let visitors get a 503 page that says when to come back, from now on; `None` is not at all."""

    def forgive(self) -> None:
        """What was found is told: the next act is judged by itself."""

    def die_in(self, act: Act[Self], at: int) -> Died:
        """Begin the act, arm the daemon, go on, and wait until it is dead or the act is over."""
        act.begin(self)
        self.daemon.arm(at)
        return self._end(partial(act.do, self))

    def die_after(self, act: Act[Self], delay_s: float) -> Died:
        """Act, and kill the daemon so long after the beginning."""

        def whole() -> None:
            act.begin(self)
            act.do(self)

        self.daemon.arm(0)
        timer = threading.Timer(delay_s, self.daemon.kill)
        timer.start()
        died = self._end(whole)
        timer.cancel()
        timer.join()
        return died

    def _end(self, do: Callable[[], None]) -> Died:
        ended: BgError | None = None
        try:
            do()
        except BgError as error:
            ended = error
        self.daemon.wait_until(lambda: self.daemon.has_died() or self.is_settled(), "settled", ACT_WITHIN_S)
        if self.daemon.has_died():
            return Died((self.daemon.points() or ["at once"])[-1], ended)
        return Died(None, ended)

    def is_settled(self) -> bool:
        """Whether nothing is going on, draining included."""
        try:
            apps = self.daemon.client.apps()["apps"]
        except BgError:
            return False
        return all(
            app["phase"] == "idle" and all(c["state"] != "draining" for c in app["colors"].values())
            for app in apps
        )

    def revive(self, go_on: Callable[[], None]) -> None:
        """The next daemon, until it has done what the dead one left; `go_on` is asked meanwhile."""
        self.daemon.kill()
        self.daemon.start()

        def is_whole() -> bool:
            go_on()
            return self.is_settled()

        self.daemon.wait_until(is_whole, "whole", WHOLE_WITHIN_S)


S = TypeVar("S", bound=Stage)


def _nothing(_: Stage) -> None:
    pass


def _no_more(_: Stage, __: str) -> None:
    pass


@dataclass(frozen=True)
class Act(Generic[S]):
    """Something that a person does; safe to do when the daemon dies in the middle of it."""

    do: Callable[[S], None]
    ready: Callable[[S], None] = _nothing
    """Brings about what it takes; all is settled afterwards."""
    begin: Callable[[S], None] = _nothing
    """Its first part, in whose effects others have died: killed at random times, it dies in this one too."""
    go_on: Callable[[S], None] = _nothing
    """What the person does when the next daemon is there; asked again and again until all is settled."""
    end: Callable[[S, str], None] = _no_more
    """Sees what else must hold, whatever happened, and ends what the act began."""
    outcome: str | None = None
    """How the newest deployment ended where nobody was killed."""
    pauses: str | None = None
    """When the page says to come back that visitors may get meanwhile: its `Retry-After`."""
    takes_s: float = 3.0
    """About how long it takes: random deaths are within."""
