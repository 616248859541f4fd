"""`bgctl check FILE`: its options; the work is `bgd.cli.check`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """Files."""
    parser.takes_files("a Compose file, and files that override it, as `docker compose -f` takes them")
    parser.takes_json()


def run(values: Namespace, _: Out) -> int:
    """Print how the file would be run."""
    from bgd.cli import check

    return check.run(values.files, values.profiles or (), values.json)
