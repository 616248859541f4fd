"""Reading the command line: which verb, and its options. What is wrong is raised, not printed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from bgd.cli.verbs import VERBS
from bgd.errors import InvalidInput

MAX_HELP_COLUMNS = 100

_TAKES_A_VALUE = ("--socket",)


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        # Told its width, it doesn't import `shutil` to find it, which takes 4 ms before any verb runs.
        try:
            columns = os.get_terminal_size().columns
        except (OSError, ValueError):
            columns = MAX_HELP_COLUMNS
        super().__init__(prog, width=min(columns or MAX_HELP_COLUMNS, MAX_HELP_COLUMNS) - 2)


class Parser(argparse.ArgumentParser):
    """argparse that raises `InvalidInput` for bad usage, so that one place prints errors."""

    def __init__(self, verb: str) -> None:
        self.options: dict[str, str] = {}
        """Every option with its help."""
        super().__init__(
            prog=f"bgctl {verb}",
            description=f"{verb}: {VERBS[verb]}",
            allow_abbrev=False,  # a script's `--no` must not change its meaning with the next option
            formatter_class=_Formatter,
        )
        self.add_argument(
            "--socket", metavar="PATH", help="where the daemon listens (default: BGD_SOCKET, else the usual)"
        )

    def add_argument(self, *flags: Any, **details: Any) -> argparse.Action:
        """As argparse does it; options are remembered for the shells' completion."""
        self.options.update({flag: details.get("help", "") for flag in flags if flag.startswith("-")})
        return super().add_argument(*flags, **details)

    def takes_app(self) -> None:
        """The verb is about one app."""
        self.add_argument("app", metavar="APP", type=app_name, help="the app's name")

    def takes_files(self, about: str) -> None:
        """The verb is about the Compose files of one app."""
        self.add_argument("files", metavar="FILE", nargs="+", type=file_name, help=about)
        self.takes_profiles("a profile of the file to activate; may be repeated")

    def takes_profiles(self, about: str) -> None:
        """The verb reads Compose files."""
        self.add_argument("--profile", metavar="NAME", dest="profiles", action="append", help=about)

    def takes_json(self) -> None:
        """The verb prints facts."""
        self.add_argument("--json", action="store_true", help="facts as JSON on stdout")

    def takes_color(self, *, required: bool = False, which: str) -> None:
        """The verb is about one colour."""
        self.add_argument("--color", choices=("blue", "green"), required=required, help=which)

    def error(self, message: str) -> NoReturn:
        """Raise it; the usage is the hint."""
        usage = " ".join(self.format_usage().split())
        raise InvalidInput(f"{self.prog}: {message}", usage)


def app_name(text: str) -> str:
    """An app's name as an argument."""
    if not text or "/" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no app's name; `bgctl status` lists them")
    return text


def file_name(text: str) -> str:
    """A file as an argument: one that the daemon can be told of."""
    try:
        os.path.abspath(text).encode()  # noqa: PTH100 - `resolve` would follow links
    except FileNotFoundError:
        raise argparse.ArgumentTypeError(
            "the current directory is gone: go to one that is there, or name the file by its whole path"
        ) from None
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"the name {plain(text)!r} isn't UTF-8: rename the file") from None
    return text


def plain(text: str) -> str:
    """Words as an argument; bytes that are no UTF-8 are replaced, as JSON has no place for them."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def absolute(files: Sequence[str]) -> list[str]:
    """The files as the daemon must be told of them; a link to the newest file stays one."""
    return [os.path.abspath(file) for file in files]  # noqa: PTH100 - `resolve` would follow the link


def moment_to_come(text: str) -> str:
    """A time to come, in RFC 3339: `03:00` is the next one of this machine's clock."""
    from bgd.cli.moment import to_come

    try:
        return to_come(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def whole_number(text: str) -> int:
    """A number of things, or an id."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def split(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The verb, and everything else; options may stand before it."""
    before: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            return word, before + rest
        before.append(word)
        if word in _TAKES_A_VALUE and rest:
            before.append(rest.pop(0))
    return None, before


def known_verb(word: str) -> str:
    """`word`, if it is a verb. Raises `InvalidInput` with what was probably meant."""
    if word in VERBS:
        return word
    from difflib import get_close_matches

    close = get_close_matches(word, VERBS, n=1, cutoff=0.5)
    meant = f"did you mean `bgctl {close[0]}`?" if close else "`bgctl --help` lists the verbs"
    raise InvalidInput(f"there is no verb {word!r}", meant)
