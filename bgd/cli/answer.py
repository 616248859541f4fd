"""The lines of a Compose file that answer an open question of `bgctl check`: YAML to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bgd.domain.plan import Question
    from bgd.domain.settings import Settings

EXAMPLE_PORT = "8080"


def answer_lines(question: Question, settings: Settings) -> tuple[bool, list[str]]:
    """Whether the lines go below an `x-bgd:` that is there already, and the lines.

    What the file states about the route is in them, so that they replace a `route` that is there.
    """
    from bgd.domain.settings import Settings

    is_there = settings != Settings()
    lines = [] if is_there else ["x-bgd:"]
    lines += ["  route:", *(f"    {line}" for line in _route(question, settings))]
    return is_there, lines


def _route(question: Question, settings: Settings) -> list[str]:
    wish = settings.route
    stated = {
        "service": wish.service,
        "port": wish.port,
        "hosts": f"[{', '.join(map(_quoted, wish.hosts))}]" if wish.hosts else None,
        "path": None if wish.path == "/" else wish.path,
    }
    asked = question.key.removeprefix("route.")
    first, *others = question.choices or (EXAMPLE_PORT,)
    hint = f"or {', '.join(others)}" if others else "" if question.choices else "or where it listens"
    stated[asked] = f"{first}  # {hint}" if hint else first
    return [f"{key}: {value}" for key, value in stated.items() if value is not None]


def _quoted(host: str) -> str:
    """A name that begins with `*` would be an alias of YAML's."""
    return f"'{host}'" if host.startswith("*") else host
