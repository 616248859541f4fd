"""`bgd`, the daemon: puts the ports together, runs in the foreground, stops cleanly on SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

import bgd
from bgd.config import Config, load
from bgd.errors import BgError, InvalidInput

log = logging.getLogger("bgd")

STOPPED, BROKEN, MISCONFIGURED = 0, 1, 2

OPEN_FILES = 65_536
END_WITHIN_S = 9.0
"""How long stopping may take, of the 10 s that service managers and people grant."""


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
    made.add_argument(
        "--trusted-proxies",
        metavar="ADDR",
        action="append",
        help="a proxy in front, such as one that ends TLS, or its network: what it says of clients is taken"
        " (X-Forwarded-For, -Proto, -Port). 127.0.0.1 is this machine. May be repeated",
    )
    made.add_argument(
        "--host-hooks",
        action="store_const",
        const="true",
        help="let apps run hooks on this machine, as the daemon's user (default: in containers only)",
    )
    made.add_argument(
        "--notify",
        metavar="URL",
        action="append",
        help="whom to tell of releases, by Apprise; may be repeated. Better in bgd.toml: it is a secret",
    )
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


class Order:
    """The order to stop, by SIGTERM or SIGINT: `given` once it has come; it ends `start`, while there is one.

    A start may take minutes: an image is pulled, or an engine hangs.
    """

    def __init__(self, start: asyncio.Task[Any] | None) -> None:
        self.given = asyncio.Event()
        self.start = start
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._give)

    def _give(self) -> None:
        if self.given.is_set():
            return
        self.given.set()
        _end_in_time()
        if self.start is not None:
            self.start.cancel()


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises `BgError` where it can't."""
    from bgd.server import bound, held, vacated

    os.umask(0o077)
    _allow_open_files()
    order = Order(asyncio.current_task())
    with held(config.state_dir):
        listener = bound(config.socket)
        own = config.socket.lstat()
        try:
            await _serve(config, listener, order)
        except asyncio.CancelledError:
            log.info("stopped while it started: the next start goes on from here")
        finally:
            listener.close()
            vacated(config.socket, own)


def _allow_open_files() -> None:
    """Take what the host allows: 1024, the usual default, is a few dozen streams of logs."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _end_in_time() -> None:
    """See that the process ends, even where the engine or Compose hangs and a thread of ours with it.

    To the next daemon it is as if this one had been killed, which it is made for.
    """

    def end() -> None:
        log.error("not everything could be ended within %g s: the next start goes on from here", END_WITHIN_S)
        logging.shutdown()
        os._exit(STOPPED)

    timer = threading.Timer(END_WITHIN_S, end)
    timer.daemon = True
    timer.start()


async def _serve(config: Config, listener: Any, order: Order) -> None:
    from bgd.api.context import Context
    from bgd.api.service import service
    from bgd.assembly import assembled
    from bgd.server import Server

    async with assembled(config) as (daemon, about):
        context = Context(daemon, about)
        server = Server(service(context))
        await daemon.start()
        order.start = None
        # What is here by now stays: looked through for garbage, it would hold a switch up for 30 ms.
        gc.collect()
        gc.freeze()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        log.info("bgd %s listens on %s", bgd.__version__, config.socket)
        stopping = asyncio.create_task(order.given.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping; nginx and the apps go on")
        if not order.given.is_set():
            _end_in_time()
        context.ending.set()
        server.should_exit = True
        await serving
        stopping.cancel()
        await daemon.close()


if __name__ == "__main__":
    sys.exit(main())
