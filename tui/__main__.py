"""`python -m tui`, and what `bgctl ui` calls."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
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
    parser.add_argument(
        "--theme", choices=THEME_NAMES, help="default: as ui.toml or the terminal tells, or dark"
    )
    parser.add_argument("--read-only", action="store_true", help="only look: nothing can be changed")
    parser.add_argument("--web", action="store_true", help="in a browser, at an address that is printed")
    parser.add_argument("--port", type=int, default=0, help="of the address for the browser (default: any)")
    options = parser.parse_args(argv)
    if options.web:
        return _serve(options)
    # textual-serve talks to the processes that it starts over pipes.
    is_served = os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")
    if not is_served and not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _refuse("this isn't a terminal; `bgctl status --watch` does without one")
    if not os.environ.get("NO_COLOR", "x"):
        # Empty means colours, says no-color.org; Textual looks only whether it is set.
        del os.environ["NO_COLOR"]
    # Nothing that is made until the first paint is garbage: looking for some takes a third of the time.
    gc.disable()
    from tui.app import BgdApp  # Textual costs 200 ms: not for `--help`

    client = Client(options.socket)
    app = BgdApp(
        client,
        client.socket_path,
        options.theme,
        config=read_config(config_path(os.environ)),
        read_only=options.read_only,
    )
    from tui.terminal import Terminal, end_with

    if is_served:
        # The server may be killed, and Textual waits for the next word of its pipe for ever.
        threading.Thread(target=end_with, args=(0,), name="bgd server", daemon=True).start()
        app.run()
        return app.return_code or 0
    with Terminal(app.leave) as terminal:
        app.run()
    return terminal.status


def _serve(options: argparse.Namespace) -> int:
    try:
        from tui.web import serve
    except ModuleNotFoundError as error:
        return _refuse(f"the browser needs {error.name}: `pip install 'bgd[web]'`")
    words = [sys.executable, "-P", "-m", "tui"]  # nothing of the folder it is started in
    words += ["--socket", Client(options.socket).socket_path]
    words += ["--theme", options.theme] if options.theme else []
    words += ["--read-only"] if options.read_only else []
    try:
        serve(words, options.port, _tell_address)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        return _refuse(f"port {options.port} of 127.0.0.1 can't be used: {why}")
    return 0


def _tell_address(address: str) -> None:
    print(address, flush=True)  # noqa: T201 - a fact, for a script too
    print(  # noqa: T201
        "whoever knows this address can do what you can; ctrl+c ends it", file=sys.stderr, flush=True
    )


def _refuse(why: str) -> int:
    print(f"bgctl ui: {why}", file=sys.stderr)  # noqa: T201 - a message for a person who has no screen
    return 2


if __name__ == "__main__":
    sys.exit(main())
