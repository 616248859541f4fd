"""`python -m tui`, and what `bgctl ui` calls."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from bgd.client import Client
from tui.config import THEME_NAMES, config_path, read_config


def main(argv: Sequence[str] | None = None) -> int:
    """Run the UI until it is left.

    Returns 0, 2 for bad usage or where there is no terminal, or 128 and the signal that ended it.
    """
    parser = argparse.ArgumentParser(
        prog="bgctl ui", description="The terminal UI of bgd. Press ? in it for the keys."
    )
    parser.add_argument("--socket", metavar="PATH", help="where the daemon listens (BGD_SOCKET)")
    parser.add_argument("--theme", choices=THEME_NAMES, help="default: as the terminal tells, or dark")
    parser.add_argument("--read-only", action="store_true", help="only look: nothing can be changed")
    options = parser.parse_args(argv)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(  # noqa: T201 - a message for a person who has no screen
            "bgctl ui: this isn't a terminal; `bgctl status --watch` does without one", file=sys.stderr
        )
        return 2
    if not os.environ.get("NO_COLOR", "x"):
        # Empty means colours, says no-color.org; Textual looks only whether it is set.
        del os.environ["NO_COLOR"]
    # Nothing that is made until the first paint is garbage: looking for some takes a third of the time.
    gc.disable()
    from tui.app import BgdApp  # Textual costs 200 ms: not for `--help`
    from tui.terminal import Terminal

    client = Client(options.socket)
    app = BgdApp(
        client,
        client.socket_path,
        options.theme,
        config=read_config(config_path(os.environ)),
        read_only=options.read_only,
    )
    with Terminal(app.leave) as terminal:
        app.run()
    return terminal.status


if __name__ == "__main__":
    sys.exit(main())
