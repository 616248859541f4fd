"""People outside who keep asking the public port, in a process of their own that knows nothing of bgd.

`python -m compose.show.visitors 127.0.0.1:8080` asks until its standard input ends. For each line there
it prints one JSON object: what was asked and what failed since the line `open`, before which nothing counts.

    {"requests": 512, "failed": 0, "by_version": {"1": 400, "2": 112}, "slowest_ms": 31.5, "failures": []}
"""

import json
import math
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

PAUSE_S = 0.02
REQUEST_TIMEOUT_S = 15.0
FAILURES_TOLD = 20
SLOW_S = 1


@dataclass
class Tally:
    requests: int = 0
    failed: int = 0
    by_version: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    """The longest that a request took which wasn't asked to be slow."""
    failures: list[str] = field(default_factory=list)
    """The first few, as in `POST /echo over a new connection: ConnectionResetError: …`."""


class Book:
    """The tally that all visitors write in. It counts requests that began after it was opened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tally = Tally()
        self._opened_at = math.inf

    def open(self) -> None:
        with self._lock:
            self._opened_at = time.monotonic()

    def note_answer(self, started: float, version: str, *, was_slow: bool) -> None:
        """A good answer. `started` is by the monotonic clock; `was_slow` says that it was asked to be."""
        with self._lock:
            if started < self._opened_at:
                return
            self._tally.requests += 1
            self._tally.by_version[version] += 1
            if not was_slow:
                took_ms = round((time.monotonic() - started) * 1000, 1)
                self._tally.slowest_ms = max(self._tally.slowest_ms, took_ms)

    def note_failure(self, started: float, what: str) -> None:
        """No answer, or a bad one."""
        with self._lock:
            if started < self._opened_at:
                return
            self._tally.requests += 1
            self._tally.failed += 1
            if len(self._tally.failures) < FAILURES_TOLD:
                self._tally.failures.append(what)

    def as_json(self) -> str:
        with self._lock:
            return json.dumps(vars(self._tally))


@dataclass(frozen=True)
class Errand:
    """One kind of request, and how it is asked."""

    method: str
    path: str
    body: bytes | None = None
    keeps_connection: bool = True
    is_slow: bool = False
    pause_s: float = PAUSE_S

    def __str__(self) -> str:
        manner = "a kept connection" if self.keeps_connection else "a new connection"
        return f"{self.method} {self.path} over {manner}"


ERRANDS = (
    Errand("GET", "/version"),
    Errand("GET", "/version"),
    Errand("POST", "/echo", body=b"a parcel" * 512),
    Errand("GET", "/version", keeps_connection=False),
    Errand("POST", "/echo", body=b"a letter", keeps_connection=False),
    Errand("GET", f"/slow?seconds={SLOW_S}", is_slow=True),
    Errand("POST", "/jobs", pause_s=0.5),
)


def visit(address: str, errand: Errand, book: Book, leaving: threading.Event) -> None:
    """Do the same errand again and again. No request is tried twice: what fails is counted."""
    connection = HTTPConnection(address, timeout=REQUEST_TIMEOUT_S)
    while not leaving.wait(errand.pause_s):
        started = time.monotonic()
        try:
            connection.request(errand.method, errand.path, errand.body)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            book.note_failure(started, f"{errand}: {type(error).__name__}: {error}")
            connection.close()
            continue
        if answer.status >= 400:
            book.note_failure(started, f"{errand}: {answer.status} {answer.reason}: {content[:80]!r}")
        else:
            book.note_answer(started, json.loads(content)["version"], was_slow=errand.is_slow)
        if not errand.keeps_connection:
            connection.close()


def main(address: str, report: Callable[[str], None]) -> None:
    """Let all visitors in, answer each line of standard input with a report, and end with it."""
    book, leaving = Book(), threading.Event()
    threads = [threading.Thread(target=visit, args=(address, errand, book, leaving)) for errand in ERRANDS]
    for thread in threads:
        thread.start()
    try:
        for line in sys.stdin:
            if line.strip() == "open":
                book.open()
            report(book.as_json())
    finally:
        leaving.set()
    for thread in threads:
        thread.join()
    report(book.as_json())


if __name__ == "__main__":
    main(sys.argv[1], lambda text: print(text, flush=True))
