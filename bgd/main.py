"""`bgd`, the daemon: puts the ports together, runs in the foreground, stops cleanly on SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import bgd
from bgd.config import Config, load
from bgd.errors import BgError, InvalidInput

log = logging.getLogger("bgd")

STOPPED, BROKEN, MISCONFIGURED = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    """The daemon's command line; what isn't given comes from the environment or the config file."""
    made = argparse.ArgumentParser(
        prog="bgd", description="Blue-green deployments for Docker hosts: the daemon."
    )
    made.add_argument("--version", action="version", version=f"bgd {bgd.__version__}")
    made.add_argument("--config", metavar="FILE", help="bgd.toml to read")
    made.add_argument("--socket", metavar="PATH", help="Unix socket that bgctl connects to")
    made.add_argument("--state-dir", metavar="DIR", help="journal, releases and nginx's configuration")
    made.add_argument("--http", metavar="ADDR:PORT", help="where the public traffic comes in")
    made.add_argument("--preview", metavar="ADDR:PORT", help="where the idle colour can be looked at")
    made.add_argument("--proxy-image", metavar="REF", help="nginx image of the proxy")
    made.add_argument("--instance", metavar="NAME", help="prefix of everything on the engine (default: bgd)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon until it is told to stop; the exit code of the contract."""
    options = parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        config = load(vars(options), os.environ, is_root=os.geteuid() == 0)
        asyncio.run(run(config))
    except InvalidInput as error:
        return _say(error, MISCONFIGURED)
    except BgError as error:
        return _say(error, BROKEN)
    except KeyboardInterrupt:
        return STOPPED
    return STOPPED


def _say(error: BgError, code: int) -> int:
    hint = f"\n  {error.hint}" if error.hint else ""
    sys.stderr.write(f"bgd: {error.message}{hint}\n")
    return code


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises `BgError` where it can't."""
    from bgd.server import bound, held

    os.umask(0o077)
    with held(config.state_dir):
        listener = bound(config.socket)
        try:
            await _serve(config, listener)
        finally:
            listener.close()
            config.socket.unlink(missing_ok=True)


async def _serve(config: Config, listener: Any) -> None:
    from bgd.api.context import Context
    from bgd.api.service import service
    from bgd.assembly import assembled
    from bgd.server import Server

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with assembled(config) as (daemon, about):
        context = Context(daemon, about)
        server = Server(service(context))
        await daemon.start()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        log.info("bgd %s listens on %s", bgd.__version__, config.socket)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping; nginx and the apps go on")
        context.ending.set()
        server.should_exit = True
        await serving
        stopping.cancel()
        await daemon.close()


if __name__ == "__main__":
    sys.exit(main())
