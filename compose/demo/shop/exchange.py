"""A request and its response, as handlers see them."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


class BadRequest(Exception):
    """The client's mistake, told in the text; answered with 400."""


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order they came."""
    body: AsyncIterator[bytes]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def number(self, name: str, default: float, at_most: float) -> float:
        """A number of the query, from 0 to `at_most`; raises `BadRequest`."""
        text = parse_qs(urlsplit(self.target).query).get(name, [str(default)])[0]
        try:
            value = float(text)
        except ValueError:
            raise BadRequest(f"{name} is not a number") from None
        if not 0 <= value <= at_most:
            raise BadRequest(f"{name} must be from 0 to {at_most:g}")
        return value


@dataclass(frozen=True)
class Response:
    """A body of bytes is sent with its length; a generator in chunks, or as `headers` say."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes | AsyncGenerator[bytes, None] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Response]]


def json_response(document: object, status: int = 200) -> Response:
    return Response(status, "application/json", json.dumps(document).encode() + b"\n")
