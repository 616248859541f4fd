"""`python3 -m shop.web`: the shop over HTTP. SIGTERM lets it finish what is in flight."""

import asyncio
import signal
import sys

from shop.redis import Redis
from shop.server import DRAIN_TIMEOUT_S, serve
from shop.settings import read_settings
from shop.site import Site
from shop.websocket import Echo


async def main() -> int:
    """Returns 0, or 1 where requests had to be cut off at the end."""
    settings = read_settings()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    redis = Redis(settings.redis_host, settings.redis_port)
    site = Site(settings, redis, stopping)
    echo = Echo("/ws", settings.version, stopping)
    print(f"version {settings.version} serves on port {settings.port}", flush=True)
    if not await serve(settings.port, site, echo, stopping):
        print(f"requests were still in flight after {DRAIN_TIMEOUT_S:.0f} s", flush=True)
        return 1
    redis.close()
    print("stopped with nothing in flight", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
