"""A daemon that can be armed to die at one of its effects, and what there is to ask of it."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.docker.daemon import RunningDaemon
from tests.faults import mortal
from tests.faults.own_engine import OwnEngine


class MortalDaemon(RunningDaemon):
    """A daemon that can be armed to die at one of its effects."""

    def __init__(self, home: Path, own: OwnEngine | None = None) -> None:
        super().__init__(home, engine_url=own.url if own else None)
        self.own = own
        if own is not None:
            self.prefix, self.environment = own.inside, own.environment
        self.program = (mortal.__file__, str(home))

    def arm(self, at: int) -> None:
        """Let it die at effect number `at` from now on; 0 only counts."""
        assert self._process is not None
        (self.home / mortal.AT).write_text(str(at))
        (self.home / mortal.POINTS).write_text("armed later\n")
        self._process.send_signal(mortal.ARM)
        self.wait_until(lambda: "armed later" not in (self.home / mortal.POINTS).read_text(), "armed", 10)

    def start_armed(self) -> None:
        """Start it so that it dies at the effect that the last `arm` named, counted from its start on."""
        usual, self.environment = self.environment, {**self.environment, mortal.ARMED: "1"}
        try:
            self.start()
        except AssertionError:
            if not self.has_died():
                raise
        finally:
            self.environment = usual

    def arm_next(self) -> None:
        """Let the effect that was named be the next daemon's: this one doesn't die."""
        named = (self.home / mortal.AT).read_text()
        self.arm(0)
        (self.home / mortal.AT).write_text(named)

    def points(self) -> list[str]:
        """The effects since it was armed."""
        return (self.home / mortal.POINTS).read_text().splitlines()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process else None

    def has_died(self) -> bool:
        """Whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it at once, wherever it is."""
        if not self.has_died():
            self.end(signal.SIGKILL)

    def answer(self) -> str | None:
        """What the public port answers; `None` when it doesn't, or not well."""

        def ask() -> str | None:
            try:
                told = httpx.get(self.url, timeout=5)
            except httpx.HTTPError:
                return None
            return told.text if told.status_code == 200 else None

        return self.own.within(ask) if self.own else ask()

    def children(self) -> Iterator[tuple[int, str]]:
        """The processes that it has started and that run: pid and command line."""
        assert self._process is not None
        for children in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            for pid in children.read_text().split():
                with contextlib.suppress(OSError):
                    yield int(pid), Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")

    def wait_until(self, holds: Callable[[], bool], what: str, within_s: float) -> None:
        """Look until it holds; fails the test when it doesn't in time."""
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"not {what} within {within_s} s:\n{self.words()}"
            time.sleep(0.05)
