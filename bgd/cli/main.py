"""`bgctl`: finds the verb, runs it, and turns how it ended into an exit code.

    0 done · 1 it failed · 2 bad usage or an invalid file · 3 the daemon can't be reached · 4 refused

and, as of any program in a shell, 130 after Ctrl-C and 141 when the reader of a pipe went away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from bgd.cli.arguments import Parser, known_verb, split
from bgd.cli.out import Out, ReaderGone
from bgd.cli.verbs import MODULES, help_lines
from bgd.errors import BgError, InvalidInput

INTERRUPTED = 130
READER_GONE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `bgctl` with these arguments, the process's by default; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    out = Out()
    try:
        try:
            code = run(given, out)
        except BgError as error:
            out.error(error, as_json="--json" in given)
            code = error.exit_code
        except KeyboardInterrupt:
            code = INTERRUPTED
        out.flush()
    except (ReaderGone, BrokenPipeError):  # those of the socket are `Unreachable`
        code = READER_GONE
        _forget_stdout()
    except BgError as error:  # what was to be written can't be
        out.error(error, as_json=False)
        code = error.exit_code
        _forget_stdout()
    return code


def run(given: list[str], out: Out) -> int:
    """Run a verb. Raises `BgError`."""
    word, options = split(given)
    if word == "help":
        word, options = split([*options, "--help"])
    if word is None:
        return _without_verb(options, out)
    verb = known_verb(word)
    module = import_module(f"bgd.cli.{MODULES.get(verb, verb)}")
    parser = Parser(verb)
    module.arguments(parser)
    try:
        values = parser.parse_args(options)
    except SystemExit:  # argparse has printed the help
        return 0
    code: int = module.run(values, out)
    return code


def _without_verb(options: list[str], out: Out) -> int:
    if "-h" in options or "--help" in options:
        out.facts(help_lines())
        return 0
    if "--version" in options:
        from bgd import __version__

        out.fact(f"bgctl {__version__}")
        return 0
    if options:
        raise InvalidInput(f"no verb, only {' '.join(options)}", "`bgctl --help` lists the verbs")
    for line in help_lines():
        out.note(line)
    return InvalidInput.exit_code


def _forget_stdout() -> None:
    """Keep the interpreter from complaining, on its way out, of what it can't flush."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return
