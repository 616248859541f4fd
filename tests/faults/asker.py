"""A client of the public port that never stops asking, and remembers every request that failed."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType
from typing import Self

TIMEOUT_S = 20.0
PAUSE_S = 0.004


class Asker:
    """Asks over one kept connection and over new ones in turn, on a thread of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = 0
        self.failures: list[str] = []
        self.may_pause: str | None = None  # the `Retry-After` of a page that is no failure now
        self.pauses = 0
        self.versions: list[str] = []  # each that answered, in order, without repeats
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        kept = self._connection()
        while not self._ending.wait(PAUSE_S):
            kept = self._ask(kept)
            fresh = self._ask(self._connection())
            fresh.close()
        kept.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        self.asked += 1
        began, may_pause = time.monotonic(), self.may_pause
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{error!r} after {time.monotonic() - began:.3f} s")
            connection.close()
            return self._connection()
        if answer.status == 503 and may_pause is not None and answer.getheader("Retry-After") == may_pause:
            self.pauses += 1
        elif answer.status != 200:
            self.failures.append(f"status {answer.status}: {body[:80]!r}")
        elif not self.versions or self.versions[-1] != body:
            self.versions.append(body)
        return connection

    def wait_for(self, version: str) -> None:
        """Return when that one has answered last."""
        ends_at = time.monotonic() + TIMEOUT_S
        while self.versions[-1:] != [version]:
            if time.monotonic() > ends_at:
                raise AssertionError(f"{version} doesn't answer, but {self.versions}")
            time.sleep(PAUSE_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(TIMEOUT_S)
