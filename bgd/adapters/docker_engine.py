"""The Docker engine through the `docker` SDK: short calls, on threads of their own.

The SDK blocks, so its calls run on threads; not on asyncio's default pool, which name look-ups and file
reads share and which would starve. Its client isn't safe to share, so each thread has one. Whatever streams
or takes long goes through `EngineSocket` instead.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import docker
import docker.errors
import requests
from docker.constants import DEFAULT_DOCKER_API_VERSION
from docker.transport import UnixHTTPAdapter

from bgd.adapters.engine_address import EngineAddress, away
from bgd.adapters.engine_socket import EngineSocket
from bgd.domain.restart_policy import RestartPolicy
from bgd.errors import BgError, Failed, NotFound

THREADS = 8
CALL_TIMEOUT_S = 60
START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 3600.0  # the longest grace period that is believed

T = TypeVar("T")
Attributes = dict[str, Any]


class DockerEngine:
    """One engine, for as long as the daemon runs. `close()` ends its threads."""

    def __init__(self, address: EngineAddress | None = None) -> None:
        self.address = address or EngineAddress.of()
        self.socket = EngineSocket(self.address)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="docker")
        self._local = threading.local()
        self._clients: list[docker.APIClient] = []
        self._version: str | None = None
        self._lock = threading.Lock()

    async def call(self, function: Callable[[docker.APIClient], T], *, timeout_s: int = CALL_TIMEOUT_S) -> T:
        """Run `function` with a client on one of the threads; `timeout_s` bounds each wait for the engine.

        Raises `Unreachable` when the engine is away, `NotFound` and `Failed` for what it says.
        """

        def work() -> T:
            try:
                client = self._client()
                client.timeout = timeout_s
                return function(client)
            except BgError:
                raise
            except (docker.errors.DockerException, requests.RequestException, OSError) as error:
                raise _translated(self.address, error, timeout_s) from error

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _client(self) -> docker.APIClient:
        client: docker.APIClient | None = getattr(self._local, "client", None)
        if client is None:
            client = self._new_client(self._agreed_version())
            self._local.client = client
        return client

    def _new_client(self, version: str) -> docker.APIClient:
        client = docker.APIClient(
            base_url=self.address.url,
            version=version,
            timeout=CALL_TIMEOUT_S,
            tls=self.address.sdk_tls() or False,
        )
        if self.address.socket is not None:
            # The client has one that keeps a connection for each of the last 25 URLs, whatever it is told.
            kept = UnixHTTPAdapter(self.address.socket, CALL_TIMEOUT_S, pool_connections=1)
            client.mount("http+docker://", kept)
        with self._lock:
            self._clients.append(client)
        return client

    def _agreed_version(self) -> str:
        """The newest version of the interface that both sides know, asked for once.

        The SDK's own `auto` takes the engine's version without asking whether it knows it itself.
        """
        with self._lock:
            known = self._version
        if known is not None:
            return known
        said = self._new_client("1.24").version(api_version=False)
        version = agreed_version(said.get("ApiVersion", "1.24"), said.get("MinAPIVersion", "1.24"))
        with self._lock:
            self._version = version
        return version

    async def ping(self) -> None:
        """Raises `Unreachable` unless the engine answers."""
        await self.call(lambda api: api.ping())

    async def version(self) -> Attributes:
        """What the engine says of itself: `Version`, `ApiVersion`, …"""
        return await self.call(lambda api: api.version(api_version=False))

    async def containers(self, labels: Mapping[str, str]) -> list[Attributes]:
        """All containers with these labels, running or not, as `/containers/json` lists them."""
        wanted = [f"{name}={value}" for name, value in labels.items()]
        found: list[Attributes] = await self.call(
            lambda api: api.containers(all=True, filters={"label": wanted})
        )
        return found

    async def inspect(self, container: str) -> Attributes | None:
        """Everything about one container; `None` when it is gone."""
        try:
            found: Attributes = await self.call(lambda api: api.inspect_container(container))
        except NotFound:
            return None
        return found

    async def inspect_image(self, image: str) -> Attributes | None:
        """Everything about one image; `None` when it is gone."""
        try:
            found: Attributes = await self.call(lambda api: api.inspect_image(image))  # type: ignore[no-untyped-call]
        except NotFound:
            return None
        return found

    async def start(self, container: str) -> None:
        """Start a container. One that runs is done. Raises `Failed` with what the engine complains about."""
        async with self.socket.request(
            "POST", f"/containers/{container}/start", answer_within_s=START_TIMEOUT_S
        ):
            pass

    async def stop(self, container: str) -> None:
        """Stop a container within its own grace period. One that is gone or stopped is done."""
        try:
            async with self.socket.request(
                "POST", f"/containers/{container}/stop", answer_within_s=STOP_TIMEOUT_S
            ):
                pass
        except NotFound:
            return

    async def set_restart_policy(self, container: str, policy: RestartPolicy) -> None:
        """Say whether the engine starts a container again by itself. Gone is done."""
        told: Any = {"Name": policy.name, "MaximumRetryCount": policy.tries}
        try:
            await self.call(lambda api: api.update_container(container, restart_policy=told))
        except NotFound:
            return

    async def remove(self, container: str, anonymous_volumes: bool = True) -> None:
        """Remove a container, running or not, with the volumes that have no name. Gone is done."""
        try:
            await self.call(lambda api: api.remove_container(container, force=True, v=anonymous_volumes))
        except NotFound:
            return
        except Failed as error:
            if "is already in progress" not in error.message:
                raise

    async def close(self) -> None:
        """End the threads and close the connections; a call that is under way ends with them."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            clients, self._clients = self._clients, []
        for client in clients:
            client.close()


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of calls made at once; when all have ended, the first error.

    A TaskGroup would wrap the error in a group, and `gather` alone would leave the other calls running.
    """
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", results)


def agreed_version(newest: str, oldest: str) -> str:
    """The version of the interface to speak: the engine's newest, or the SDK's, if that is older.

    An engine that no longer knows that one is spoken to in its oldest.
    """
    known = min(_number(newest), _number(DEFAULT_DOCKER_API_VERSION))
    return ".".join(map(str, max(known, _number(oldest))))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _translated(address: EngineAddress, error: BaseException, timeout_s: int) -> BgError:
    if isinstance(error, docker.errors.NotFound):
        return NotFound(f"the engine: {error.explanation or 'not found'}")
    if isinstance(error, docker.errors.APIError):
        if error.response is not None:
            return Failed(f"the engine refused: {error.explanation or error}")
        return Failed(f"the engine: {error}")
    if isinstance(error, requests.exceptions.ReadTimeout):
        return Failed(
            f"the Docker engine didn't answer within {timeout_s} s",
            "is it overloaded? `docker events` shows what it does",
        )
    return away(address, error)
