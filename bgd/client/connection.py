"""Requests to the daemon over its Unix socket, and its errors as those of `bgd.errors`."""

from __future__ import annotations

import json
import os
import select
import socket
from types import TracebackType
from typing import Any, Self

from bgd.client.http1 import Answer, NotHttp, request
from bgd.errors import BgError, Failed, InvalidInput, Irreversible, NotFound, Refused, Unreachable

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 60.0
RECEIVE_BYTES = 65_536

JSON = "application/json"

_ERRORS = {
    error.code: error for error in (Failed, InvalidInput, Irreversible, NotFound, Refused, Unreachable)
}


def default_socket() -> str:
    """Where the daemon listens unless told otherwise: `BGD_SOCKET`, else root's or the user's place."""
    if told := os.environ.get("BGD_SOCKET"):
        return told
    if os.geteuid() == 0:
        return "/run/bgd/bgd.sock"
    return os.path.join(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}", "bgd/bgd.sock")  # noqa: PTH118 - pathlib costs 8 ms here


class Exchange:
    """One request and its answer, over a connection of its own.

    The constructor returns when the head of the answer is there. It raises the `BgError` that the daemon
    told, or `Unreachable`, as `receive` does.
    """

    def __init__(
        self,
        path: str,
        method: str,
        target: str,
        body: object = None,
        *,
        accept: str = JSON,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self.path = path
        self._answer = Answer()
        self._early = b""  # of the body: what came together with the head
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(CONNECT_TIMEOUT_S)
            self._socket.connect(path)
            self._socket.settimeout(timeout_s)
            self._socket.sendall(request(method, target, body, accept))
            while not self._answer.status:
                self._early = self._receive()
            if self._answer.status >= 400:
                raise _error_of(self._answer.status, self.read_all())
        except OSError as error:
            self.close()
            raise unreachable(path, error) from error
        except BaseException:
            self.close()
            raise

    def receive(self) -> bytes | None:
        """The next part of the body, which may be empty; `None` at its end."""
        if self._early:
            early, self._early = self._early, b""
            return early
        if self._answer.is_whole:
            return None
        try:
            return self._receive()
        except OSError as error:
            raise unreachable(self.path, error) from error

    def _receive(self) -> bytes:
        try:
            if data := self._socket.recv(RECEIVE_BYTES):
                return self._answer.feed(data)
            self._answer.end()
        except NotHttp as error:
            raise unreachable(self.path, error) from error
        return b""

    def read_all(self) -> bytes:
        """What is left of the body."""
        parts = []
        while (part := self.receive()) is not None:
            parts.append(part)
        return b"".join(parts)

    def is_ready(self, timeout_s: float | None) -> bool:
        """Whether `receive` has something to say within this time, be it the end."""
        if self._early or self._answer.is_whole:
            return True
        return bool(select.select([self._socket], [], [], timeout_s)[0])

    def shut_down(self) -> None:
        """End the connection and leave it open: whoever waits for it wakes up and finds the end."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was quicker

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def call(
    path: str, method: str, target: str, body: object = None, timeout_s: float = ANSWER_TIMEOUT_S
) -> Any:
    """One request and its JSON answer. Raises the `BgError` that the daemon told, or `Unreachable`."""
    with Exchange(path, method, target, body, timeout_s=timeout_s) as exchange:
        data = exchange.read_all()
    try:
        return json.loads(data)
    except ValueError as error:
        raise unreachable(path, NotHttp("its answer isn't JSON")) from error


def unreachable(path: str, error: Exception) -> Unreachable:
    """Why the daemon can't be talked to, for a person."""
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"the daemon at {path} didn't answer in time", "is it busy or stopped? its log tells"
        )
    if isinstance(error, PermissionError):
        return Unreachable(
            f"no permission to connect to {path}", "join the group that owns the socket, or use sudo"
        )
    if isinstance(error, (FileNotFoundError, NotADirectoryError, ConnectionRefusedError)):
        return Unreachable(
            f"no daemon listens on {path}",
            "start `bgd`, or name its socket with --socket or BGD_SOCKET; traffic goes on without it",
        )
    if isinstance(error, OSError) and error.errno is None:  # Python's own word, before the system is asked
        return Unreachable(
            f"{path} can't be a socket: {error}",
            "a path of at most 107 bytes is needed: see --socket and BGD_SOCKET",
        )
    if isinstance(error, NotHttp):
        return Unreachable(
            f"the daemon at {path} can't be understood: {error}", "is it bgd's socket? its log tells more"
        )
    return Unreachable(
        f"the daemon at {path} broke the connection off ({error or type(error).__name__})",
        "did it stop? its log tells",
    )


def told_error(told: Any) -> BgError:
    """The error that a `bgd.wire.ErrorJson` tells. Raises `KeyError` or `TypeError` for what is none."""
    error = told["error"]
    return _ERRORS.get(error["code"], Failed)(error["message"], error.get("hint", ""))


def _error_of(status: int, body: bytes) -> BgError:
    try:
        return told_error(json.loads(body))
    except (ValueError, KeyError, TypeError):
        return Failed(f"the daemon answered {status} without saying why", "its log tells more")
