"""`bgctl ui`: the terminal UI, in a terminal or in a browser."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bgd.cli.arguments import whole_number
from bgd.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """How it looks, what it may, and where it is shown."""
    parser.add_argument(
        "--theme",
        choices=("dark", "light", "ansi", "contrast"),
        help="default: as ui.toml or the terminal tells, or dark",
    )
    parser.add_argument("--read-only", action="store_true", help="only look: nothing can be changed")
    parser.add_argument("--web", action="store_true", help="in a browser, at an address that is printed")
    parser.add_argument(
        "--port", metavar="N", type=whole_number, help="of the address for the browser (default: any)"
    )


def run(values: Namespace, _: Out) -> int:
    """Start it."""
    if not values.web and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InvalidInput(
            "the terminal UI needs a terminal for its input and its output",
            "`bgctl status --watch` shows the same without one",
        )
    from tui.__main__ import main

    given = (("--socket", values.socket), ("--theme", values.theme), ("--port", values.port))
    flags = (("--read-only", values.read_only), ("--web", values.web))
    words = [str(word) for option in given if option[1] is not None for word in option]
    return main([*words, *(name for name, is_set in flags if is_set)])
