"""The engine's API, called on threads of its own, its errors translated."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import requests
from docker import APIClient
from docker.errors import APIError, DockerException, NotFound

from bgd.errors import Failed, Unreachable

THREADS = 4
CALL_TIMEOUT_S = 60.0

Result = TypeVar("Result")
Connect = Callable[[], APIClient]


class Gone(Failed):
    """What was asked for isn't on the engine, or not any more."""


class Engine:
    """Runs calls of the SDK on a few threads, each with a client of its own: clients aren't thread-safe.

    Not on the loop's default threads, which long calls of others may fill.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(THREADS, "bgd-nginx-engine")
        self._local = threading.local()
        self._clients: list[APIClient] = []

    async def call(self, work: Callable[[APIClient], Result]) -> Result:
        """Run `work` with a client.

        Raises `Unreachable` when the engine doesn't answer, `Gone` for what isn't there, and `Failed`, in
        the engine's words, for everything else that it refuses.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                return await loop.run_in_executor(self._threads, self._run, work)
        except TimeoutError:
            raise Unreachable(
                f"the Docker engine didn't answer within {CALL_TIMEOUT_S:.0f} s",
                "`docker info` shows whether it does",
            ) from None

    def close(self) -> None:
        """End the threads and close their connections."""
        self._threads.shutdown(wait=True)
        for client in self._clients:
            client.close()

    def _run(self, work: Callable[[APIClient], Result]) -> Result:
        try:
            return work(self._client())
        except NotFound as error:
            raise Gone(f"the engine says: {error.explanation or error}") from error
        except APIError as error:
            raise Failed(f"the engine says: {error.explanation or error}") from error
        # The SDK wraps the first failure to connect, and lets those of requests and its streams through.
        except (DockerException, requests.RequestException, OSError) as error:
            raise Unreachable(
                f"the Docker engine doesn't answer: {error}", "`docker info` shows whether it runs"
            ) from error

    def _client(self) -> APIClient:
        client: APIClient | None = getattr(self._local, "client", None)
        if client is None:
            client = self._connect()
            self._local.client = client
            self._clients.append(client)
        return client
