"""`python -m compose.engine`: what `make engine` does, and what needs an engine only for a while."""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence

from compose.debian import DebianError
from compose.engine.dockerd import DockerdError
from compose.engine.supply import SupplyError, ensure_engine, stop_engine


def main() -> int:
    """Returns 0; 1 where there is no engine and none could be had; of `during` the command's exit code."""
    parser = argparse.ArgumentParser(prog="python -m compose.engine", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up", help="find an engine and Compose, else install and start them")
    verbs.add_parser("stop", help="stop the dockerd that `up` started, if it did")
    during = verbs.add_parser("during", help="run a command with an engine; stop it if this started it")
    during.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        if options.verb == "during":
            return run_with_engine(options.command)
        if options.verb == "up":
            ensure_engine()
        elif stop_engine():
            print("engine   stopped")
        else:
            print("engine   none was started from here; nothing to stop")
    except (DebianError, DockerdError, SupplyError) as error:
        print(f"engine   {error}", file=sys.stderr)
        return 1
    return 0


def run_with_engine(command: Sequence[str]) -> int:
    """Run a command while an engine is there, and return its exit code.

    What was started for it is stopped after it without a word, so that the command's output stays the last.
    """
    engine = ensure_engine()
    try:
        return _run(command)
    finally:
        if engine.was_started:
            stop_engine()


def _run(command: Sequence[str]) -> int:
    with subprocess.Popen(command) as child:
        # Ctrl-C reaches the command too, which ends on its own terms; SIGTERM is passed on.
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: child.terminate()),
        }
        try:
            status = child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
