"""The visitors' process, as the show holds it."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from compose.show.visitors import Tally

REPORT_TIMEOUT_S = 10
LEAVE_TIMEOUT_S = 30
SEEN_TIMEOUT_S = 30
POLL_S = 0.05


class CrowdError(Exception):
    """The visitors' process ended, or did not see in time what it should have."""


class Crowd:
    """A context: the visitors are there within it."""

    def __init__(self, address: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "compose.show.visitors", address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C ends the show, which then sends them home
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.leave()

    def open(self) -> None:
        """From now on each request counts."""
        self._ask("open")

    def count(self) -> Tally:
        """What was asked and what failed so far; raises `CrowdError`."""
        return self._ask("count")

    def wait_until(self, is_so: Callable[[Tally], bool], what: str) -> Tally:
        """Wait until the visitors have seen something; raises `CrowdError` where they don't in time."""
        deadline = time.monotonic() + SEEN_TIMEOUT_S
        while not is_so(tally := self.count()):
            if time.monotonic() > deadline:
                raise CrowdError(f"the visitors have not seen within {SEEN_TIMEOUT_S} s that {what}")
            time.sleep(POLL_S)
        return tally

    def leave(self) -> Tally:
        """Send the visitors home once what they asked is answered; returns the final count.

        Raises `CrowdError` where they don't go.
        """
        try:
            output, _ = self._process.communicate(timeout=LEAVE_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise CrowdError(f"the visitors did not leave within {LEAVE_TIMEOUT_S} s") from error
        return Tally(**json.loads(output.splitlines()[-1]))

    def _ask(self, line: str) -> Tally:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise CrowdError("the visitors' process has ended") from error
        # One line comes for each that was asked for, so none is left in a buffer that `select` can't see.
        ready, _, _ = select.select([self._process.stdout], [], [], REPORT_TIMEOUT_S)
        if not ready:
            raise CrowdError(f"the visitors did not report within {REPORT_TIMEOUT_S} s")
        report = self._process.stdout.readline()
        if not report:
            raise CrowdError("the visitors' process has ended")
        return Tally(**json.loads(report))
