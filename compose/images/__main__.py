"""`python -m compose.images`: make every image that isn't there yet or is out of date."""

import argparse
import sys

from docker.errors import DockerException

from compose import debian
from compose.connection import connect, engine_address, unreachable_reason
from compose.images import shelf
from compose.images.build import BuildError


def main() -> int:
    """Returns 0 when every image is there, 1 when one could not be made."""
    parser = argparse.ArgumentParser(prog="make images", description=__doc__)
    parser.add_argument("--force", action="store_true", help="make them anew though nothing changed")
    options = parser.parse_args()
    try:
        client = connect()
    except DockerException as error:
        print(f"no engine answers at {engine_address()}: {unreachable_reason(error)}", file=sys.stderr)
        print("run `make engine` first", file=sys.stderr)
        return 1
    try:
        shelf.stock(client, force=options.force)
    except (BuildError, debian.DebianError, DockerException, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
