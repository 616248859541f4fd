"""`bgctl diff APP`: blue against green as they run; `bgctl diff APP r3 r5`: one release against another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.difference import lines, release_lines
from bgd.client import Client
from bgd.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out

DIFFERS = 1
"""The exit code of `--exit-code`, as `diff` and `git diff` have it."""
MIN_COLUMNS, MAX_COLUMNS = 48, 120


def arguments(parser: Parser) -> None:
    """An app, and perhaps two of its releases."""
    parser.takes_app()
    parser.add_argument(
        "releases",
        metavar="RELEASE",
        nargs="*",
        help="two releases to compare as recorded, instead of the colors as they run",
    )
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit 1 unless both colors are identical apart from the release and as their releases say",
    )
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print the comparison. The exit code is 0 whatever came out, unless `--exit-code` asks for it."""
    client = Client(values.socket)
    if values.releases:
        return _run_releases(client, values, out)
    told = client.diff(values.app)
    if values.json:
        out.document(told)
    else:
        out.facts(lines(told, _columns(out)))
    return DIFFERS if values.exit_code and not (told["identical"] and not told["drift"]) else 0


def _run_releases(client: Client, values: Namespace, out: Out) -> int:
    if len(values.releases) != 2:
        raise InvalidInput(
            f"bgctl diff: one release, {values.releases[0]}, can't be compared with nothing"
            if len(values.releases) == 1
            else f"bgctl diff: {len(values.releases)} releases are more than two",
            f"two releases: `bgctl diff {values.app} r1 r2`; none compares the colors as they run",
        )
    told = client.diff_releases(values.app, *values.releases)
    if values.json:
        out.document(told)
    else:
        out.facts(release_lines(told, _columns(out)))
    return DIFFERS if values.exit_code and told["changes"] else 0


def _columns(out: Out) -> int:
    return max(MIN_COLUMNS, min(MAX_COLUMNS, out.size()[0]))
