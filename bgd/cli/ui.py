"""`bgctl ui`: the terminal UI."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bgd.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """How it looks."""
    parser.add_argument(
        "--theme",
        choices=("dark", "light", "ansi", "contrast"),
        help="default: as ui.toml or the terminal tells, or dark",
    )
    parser.add_argument("--read-only", action="store_true", help="only look: nothing can be changed")


def run(values: Namespace, _: Out) -> int:
    """Start it, on a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InvalidInput(
            "the terminal UI needs a terminal for its input and its output",
            "`bgctl status --watch` shows the same without one",
        )
    from tui.__main__ import main

    given = (("--socket", values.socket), ("--theme", values.theme))
    words = [word for option in given if option[1] for word in option]
    return main([*words, *(["--read-only"] if values.read_only else [])])
