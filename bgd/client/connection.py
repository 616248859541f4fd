"""HTTP/1.1 over the daemon's Unix socket."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from bgd.errors import BgError, Failed, InvalidInput, NotFound, Refused, Unreachable

CONNECT_TIMEOUT_S = 5.0
_ERRORS = {error.code: error for error in (Failed, InvalidInput, NotFound, Refused, Unreachable)}


def default_socket() -> str:
    """Where the daemon listens unless told otherwise: `BGD_SOCKET`, else root's or the user's place."""
    if told := os.environ.get("BGD_SOCKET"):
        return told
    if os.geteuid() == 0:
        return "/run/bgd/bgd.sock"
    return os.path.join(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"), "bgd/bgd.sock")  # noqa: PTH118 - pathlib costs 8 ms here


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("bgd", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_TIMEOUT_S)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        connection.settimeout(self.timeout)
        self.sock = connection


def _open(
    path: str, timeout_s: float | None, method: str, target: str, body: object
) -> tuple[_UnixConnection, http.client.HTTPResponse]:
    connection = _UnixConnection(path, timeout_s)
    data = None if body is None else json.dumps(body).encode()
    headers = {} if data is None else {"Content-Type": "application/json"}
    try:
        connection.request(method, target, body=data, headers=headers)
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise _unreachable(path, error) from error
    if response.status >= 400:
        with response:
            raise _error_of(response.status, response.read())
    return connection, response


def _unreachable(path: str, error: Exception) -> Unreachable:
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"the daemon at {path} didn't answer in time", "is it busy or stopped? its log tells"
        )
    if isinstance(error, PermissionError):
        return Unreachable(
            f"no permission to connect to {path}", "join the group that owns the socket, or use sudo"
        )
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
        return Unreachable(
            f"no daemon listens on {path}",
            "start `bgd`, or name its socket with --socket or BGD_SOCKET; traffic goes on without it",
        )
    return Unreachable(
        f"the daemon at {path} broke the connection off ({error or type(error).__name__})",
        "did it stop? its log tells",
    )


def _error_of(status: int, body: bytes) -> BgError:
    try:
        told = json.loads(body)["error"]
        return _ERRORS.get(told["code"], Failed)(told["message"], told.get("hint", ""))
    except (ValueError, KeyError, TypeError):
        return Failed(f"the daemon answered {status} without saying why", "its log tells more")


def call(path: str, method: str, target: str, body: object = None, timeout_s: float | None = 60.0) -> Any:
    """One request and its JSON answer. Raises the `BgError` that the daemon told, or `Unreachable`."""
    connection, response = _open(path, timeout_s, method, target, body)
    try:
        return json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(path, error) from error
    finally:
        response.close()
        connection.close()


class Stream:
    """An event stream: iterate over its JSON objects; `close` from any thread ends the iteration."""

    def __init__(self, path: str, target: str, last_id: int | None = None) -> None:
        self._path = path
        self._closed = False
        self._connection = _UnixConnection(path, None)
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        try:
            self._connection.request("GET", target, headers=headers)
            self._response = self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise _unreachable(path, error) from error
        if self._response.status >= 400:
            with self._response:
                raise _error_of(self._response.status, self._response.read())

    def __iter__(self) -> Iterator[Any]:
        data: list[str] = []
        while True:
            try:
                raw = self._response.readline()
            except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
                if self._closed:
                    return
                raise _unreachable(self._path, error) from error
            if not raw:
                return
            line = raw.decode().rstrip("\r\n")
            if line.startswith("data:"):
                data.append(line[5:].lstrip())
            elif not line and data:
                yield json.loads("\n".join(data))
                data = []

    def close(self) -> None:
        """End the stream; a thread that waits in it wakes up."""
        self._closed = True
        if (sock := self._connection.sock) is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._closed = True  # the other side was quicker
        self._connection.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def query(values: Mapping[str, object]) -> str:
    """`?a=1&b=true` of what is neither None nor False, or nothing."""
    told = {
        key: "true" if value is True else str(value)
        for key, value in values.items()
        if value is not None and value is not False
    }
    return "?" + urlencode(told) if told else ""
