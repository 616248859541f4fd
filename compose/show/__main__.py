"""`python -m compose.show up|down`: what `make demo` and `make demo-down` do."""

import argparse
import os
import sys
import urllib.error

from docker.errors import DockerException

from compose.connection import connect
from compose.debian import DebianError
from compose.engine.dockerd import DockerdError
from compose.engine.supply import SupplyError, ensure_engine, stop_engine
from compose.images.build import BuildError
from compose.show import paper
from compose.show.crowd import CrowdError
from compose.show.daemon import BIN, DaemonError, bgctl_environment
from compose.show.ports import NoPortError
from compose.show.receipt import read_receipt
from compose.show.story import StoryError, tell
from compose.show.traces import remove_folder, remove_images, remove_traces

TROUBLES = (
    BuildError,
    CrowdError,
    DaemonError,
    DebianError,
    DockerException,
    DockerdError,
    NoPortError,
    StoryError,
    SupplyError,
    urllib.error.URLError,
)
INTERRUPTED = 130


def main() -> int:
    """Returns 0; 1 where something went wrong or a visitor's request failed."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("verb", choices=("up", "down"))
    options = parser.parse_args()
    try:
        return up() if options.verb == "up" else down()
    except TROUBLES as error:
        sys.stdout.flush()
        print(f"\ndemo     {error}\n`make demo-down` removes what there is of it", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; `make demo-down` removes what there is of it", file=sys.stderr)
        return INTERRUPTED


def up() -> int:
    """Tell the story; on a terminal its end is the terminal UI."""
    if not tell():
        return 1
    if sys.stdin.isatty() and sys.stdout.isatty():
        os.execve(BIN / "bgctl", ["bgctl", "ui"], bgctl_environment())
    return 0


def down() -> int:
    """Remove the demo's every trace, and the engine's process where the demo started it."""
    receipt = read_receipt()
    if receipt is None:
        return _down_without_receipt()
    # Started again where it is gone: what the demo made on it would come back with it.
    engine = ensure_engine()
    client = connect()
    try:
        _tell_removed(remove_traces(client))
        removed, kept = remove_images(client, receipt.images)
        if removed:
            paper.say(f"images   {removed} removed")
        for tag in kept:
            paper.say(f"images   {tag} is in use by something else, and stays")
    finally:
        client.close()
    if (receipt.engine_was_started or engine.was_started) and stop_engine():
        paper.say("engine   stopped; what was installed stays")
    return 0


def _down_without_receipt() -> int:
    """Nothing was noted here; an engine that answers may still have things of a demo elsewhere."""
    try:
        client = connect(timeout_s=30)
    except DockerException:
        remove_folder()
        paper.say("demo     there is none")
        return 0
    try:
        removed = remove_traces(client)
    finally:
        client.close()
    if any(removed.values()):
        _tell_removed(removed)
    else:
        paper.say("demo     there is none")
    return 0


def _tell_removed(removed: dict[str, int]) -> None:
    paper.say(f"bgd      {'stopped' if removed.pop('daemon') else 'was not running'}")
    paper.say("removed  " + ", ".join(f"{count} {name}" for name, count in removed.items()))


if __name__ == "__main__":
    sys.exit(main())
