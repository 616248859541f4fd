"""How an error is told."""

from __future__ import annotations

from typing_extensions import TypedDict


class ErrorBody(TypedDict):
    """The inside of an error."""

    code: str
    message: str
    hint: str


class ErrorJson(TypedDict):
    """An error, as the socket answers it and `--json` prints it."""

    error: ErrorBody
