"""The tree of errors, whole.

    BgError              what failed, where, what still serves; and a hint: what to do next
     ├── InvalidInput    the caller's file, option or request is wrong; nothing was changed   (exit code 2)
     ├── NotFound        no such app, release, service                                         (exit code 2)
     ├── Unreachable     the daemon, or what it needs, doesn't answer                          (exit code 3)
     ├── Refused         busy, unsafe, or not in a state where that makes sense                (exit code 4)
     │    └── Irreversible  going back crosses a task that can't be undone: one asks, and forces it
     └── Failed          it was tried and went wrong                                           (exit code 1)
          └── Occupied   something else listens where the proxy is to: one goes on without it

One subclass for each decision that a caller makes. Errors of libraries are translated in the adapter
that calls the library; nothing else ever reaches a client.
"""

from __future__ import annotations

from typing import ClassVar


class BgError(Exception):
    """Something a person must be told: a message, a hint, and a code that scripts can rely on."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(BgError):
    """The caller's file, option or request is wrong. `place` is `file:line:column` where known."""

    code = "invalid"
    exit_code = 2

    def __init__(self, message: str, hint: str = "", place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message, hint)
        self.place = place


class NotFound(BgError):
    """There is no such app, release, service or colour."""

    code = "not_found"
    exit_code = 2


class Unreachable(BgError):
    """The daemon doesn't answer, or the engine that the daemon needs doesn't."""

    code = "unreachable"
    exit_code = 3


class Refused(BgError):
    """Busy, unsafe, or not in a state where that makes sense; nothing was changed."""

    code = "refused"
    exit_code = 4


class Irreversible(Refused):
    """Going back would cross a task that can't be undone; it is done when forced."""

    code = "irreversible"


class Failed(BgError):
    """It was tried and it went wrong; the message says what still serves."""

    code = "failed"
    exit_code = 1


class Occupied(Failed):
    """Something else listens where the proxy is to. The daemon goes on without its proxy, and says so."""
