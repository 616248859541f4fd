"""The one place where ports and adapters meet."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from bgd import __version__
from bgd.adapters.cgroup_meter import CgroupMeter
from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.compose_runner import ComposeRunner
from bgd.adapters.docker_engine import DockerEngine
from bgd.adapters.file_watcher import FileWatcher
from bgd.adapters.host_commands import LocalCommands
from bgd.adapters.nginx import NginxTraffic
from bgd.adapters.notifier import AppriseNotifier
from bgd.adapters.prober import HttpProber
from bgd.adapters.sqlite_store import SqliteStore
from bgd.config import Config
from bgd.domain.traffic import edge_network
from bgd.engine.daemon import Daemon
from bgd.engine.journal import Journal
from bgd.engine.world import World

About = Callable[[], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def assembled(config: Config) -> AsyncIterator[tuple[Daemon, About]]:
    """A daemon on the real world, not started yet, and what tells of it. Everything is closed afterwards.

    Raises `Unreachable` where there is no engine or no Compose, `Failed` where the journal can't be opened.
    """
    notifier = AppriseNotifier(config.notify)
    notifier.check()
    async with AsyncExitStack() as stack:
        store = SqliteStore(config.state_dir / "bgd.db")
        await store.open()
        stack.push_async_callback(store.close)
        compose = await ComposeCli.find()
        engine = DockerEngine()
        stack.push_async_callback(engine.close)
        runner = ComposeRunner(
            config.instance, config.state_dir, compose, engine, edge_network(config.instance)
        )
        await runner.open()
        stack.push_async_callback(runner.close)
        traffic = NginxTraffic(
            state_dir=config.state_dir,
            instance=config.instance,
            http=config.http,
            preview=config.preview,
            image=config.proxy_image,
            compose=compose,
            engine=engine,
            trusted_proxies=config.trusted_proxies,
        )
        daemon = Daemon(
            World(
                runner,
                traffic,
                HttpProber(),
                store,
                Journal(store),
                FileWatcher(),
                CgroupMeter(),
                LocalCommands(config.host_hooks),
                notifier,
            )
        )

        async def about() -> dict[str, Any]:
            return {
                "version": __version__,
                "pid": os.getpid(),
                "instance": config.instance,
                "state_dir": str(config.state_dir),
                "socket": str(config.socket),
                "http": traffic.public_door,
                "preview": traffic.preview_door,
                "proxy_image": config.proxy_image,
                "compose": ".".join(map(str, compose.version)),
            }

        yield daemon, about
