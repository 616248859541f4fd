"""Lines of containers' logs as they are shown, and which of them were shown already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bgd.cli.text import Line, Span, clean, width

_HUES = tuple(f"service{number}" for number in range(6))
_COLOR_COLUMNS = len("shared")


class LogLines:
    """Marks each line with its colour and its service, and lines of stderr as such."""

    def __init__(self, services: Sequence[str]) -> None:
        self._columns = max([width(service) for service in services], default=0)
        self._hues = {service: _HUES[at % len(_HUES)] for at, service in enumerate(services)}
        self._last: dict[str, str] = {}  # by container: when its last line was written
        self._before: dict[str, str] = {}  # the same, as it was when the stream was lost
        self._interruptions = 0

    def is_new(self, line: dict[str, Any], interruptions: int) -> bool:
        """Whether it wasn't there before the last interruption: a stream that is opened again repeats some.

        Lines of one moment are all new otherwise: a container's clock may be coarse.
        """
        if interruptions != self._interruptions:
            self._interruptions = interruptions
            self._before = dict(self._last)
        container, at = line["container"], line["at"]
        self._last[container] = max(at, self._last.get(container, ""))
        return bool(at > self._before.get(container, ""))

    def line(self, told: dict[str, Any]) -> Line:
        """`blue   web     │ text`; a line of stderr has `!` for the bar."""
        return [*self._mark(told["color"] or "shared", told["service"], told["stream"]), told["text"]]

    def shown(self, told: Iterable[dict[str, Any]], ink: Callable[[Line], str]) -> str:
        """Many lines as they are written. `ink` makes a line's text; what lines begin with is inked once."""
        known: dict[tuple[str, str, str], str] = {}
        lines = []
        for line in told:
            key = line["color"] or "shared", line["service"], line["stream"]
            if (mark := known.get(key)) is None:
                mark = known[key] = ink(self._mark(*key))
            text = line["text"]
            lines.append(f"{mark}{text if text.isprintable() else clean(text)}\n")
        return "".join(lines)

    def _mark(self, color: str, service: str, stream: str) -> list[Span]:
        hue = self._hues.setdefault(service, _HUES[len(self._hues) % len(_HUES)])
        self._columns = max(self._columns, width(service))
        return [
            (f"{color:<{_COLOR_COLUMNS}} ", color),
            (service + " " * (self._columns - width(service)), hue),
            (" ! ", "bad") if stream == "stderr" else (" │ ", "faint"),
        ]
