"""JSON as the socket answers it: in ASCII, whatever is in it.

Names, messages and reasons come from elsewhere, and `curl` prints what it gets: as an escape of JSON's, no
control character of theirs means anything to a terminal.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response


class JSONResponse(Response):
    """A document."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(content, status_code)

    def render(self, content: Any) -> bytes:
        """The document's bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
