"""What the shop answers: its page, its version, a checkout, and requests of every awkward kind."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from http import HTTPStatus
from importlib import resources
from string import Template

from shop.exchange import Request, Response, json_response
from shop.jobs import Jobs
from shop.redis import Redis, RedisError
from shop.settings import Settings

TICK_S = 0.5
REDIS_TIMEOUT_S = 1.0
LONGEST_SLOW_S = 600
LARGEST_DOWNLOAD_MB = 4096
PIECE = bytes(range(256)) * 256

_Page = Callable[[Request], Awaitable[Response]]


class Site:
    """The shop's pages; an instance is the handler of its requests."""

    def __init__(self, settings: Settings, redis: Redis, stopping: asyncio.Event) -> None:
        self._settings, self._redis, self._stopping = settings, redis, stopping
        self._jobs = Jobs(redis)
        self._who = {"app": "shop", "version": settings.version, "host": settings.host}
        self._pages: dict[str, dict[str, _Page]] = {
            "/": {"GET": self._front},
            "/version": {"GET": self._version},
            "/up": {"GET": self._up},
            "/checkout": {"GET": self._checkout, "POST": self._checkout},
            "/fail": {"GET": self._fail, "POST": self._fail},
            "/slow": {"GET": self._slow},
            "/stream": {"GET": self._stream},
            "/download": {"GET": self._download},
            "/echo": {"POST": self._echo, "PUT": self._echo},
            "/jobs": {"GET": self._count_jobs, "POST": self._queue_job},
        }

    async def __call__(self, request: Request) -> Response:
        methods = self._pages.get(request.path)
        if methods is None:
            return Response(404, body=b"no such page\n")
        page = methods.get("GET" if request.method == "HEAD" else request.method)
        if page is None:
            return Response(405, body=b"not that way\n", headers={"allow": ", ".join(methods)})
        try:
            response = await page(request)
        except RedisError as error:
            response = json_response({**self._who, "error": f"redis: {error}"}, 503)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(response.body, bytes):
            why = response.body.decode().strip()
            print(f"{request.method} {request.path} answered {response.status}: {why}", flush=True)
        return response

    async def _front(self, _: Request) -> Response:
        page = Template(resources.files("shop").joinpath("page.html").read_text())
        body = page.substitute(version=self._settings.version, host=self._settings.host)
        return Response(content_type="text/html; charset=utf-8", body=body.encode())

    async def _version(self, _: Request) -> Response:
        return json_response(self._who)

    async def _up(self, _: Request) -> Response:
        """200 where redis answers, else 503."""
        await self._redis.command("PING", timeout_s=REDIS_TIMEOUT_S)
        return json_response({**self._who, "redis": "up"})

    async def _checkout(self, _: Request) -> Response:
        if self._settings.is_broken:
            return json_response({**self._who, "error": "the till is stuck"}, 500)
        return json_response({**self._who, "order": "accepted"})

    async def _fail(self, _: Request) -> Response:
        return json_response({**self._who, "error": "as asked"}, 500)

    async def _slow(self, request: Request) -> Response:
        """`?seconds=S`: answers after that long."""
        seconds = request.number("seconds", default=1, at_most=LONGEST_SLOW_S)
        await asyncio.sleep(seconds)
        return json_response({**self._who, "slept_s": seconds})

    async def _stream(self, _: Request) -> Response:
        """Server-sent events: a `tick` each half second, and a last `end` when the server stops."""
        return Response(
            content_type="text/event-stream",
            body=self._ticks(),
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _ticks(self) -> AsyncGenerator[bytes, None]:
        tick = 0
        while not self._stopping.is_set():
            tick += 1
            yield self._event("tick", tick)
            try:
                await asyncio.wait_for(self._stopping.wait(), TICK_S)
            except TimeoutError:
                continue
        yield self._event("end", tick + 1)

    def _event(self, kind: str, number: int) -> bytes:
        data = json.dumps({**self._who, "tick": number})
        return f"id: {number}\nevent: {kind}\ndata: {data}\n\n".encode()

    async def _download(self, request: Request) -> Response:
        """`?mb=N`: that many mebibytes, with their length told first."""
        pieces = int(request.number("mb", default=1, at_most=LARGEST_DOWNLOAD_MB) * 16)

        async def body() -> AsyncGenerator[bytes, None]:
            for _ in range(pieces):
                yield PIECE

        headers = {"content-length": str(pieces * len(PIECE))}
        return Response(content_type="application/octet-stream", body=body(), headers=headers)

    async def _echo(self, request: Request) -> Response:
        """Says how many bytes came and their SHA-256, without keeping them."""
        digest, size = hashlib.sha256(), 0
        async for piece in request.body:
            digest.update(piece)
            size += len(piece)
        return json_response({**self._who, "bytes": size, "sha256": digest.hexdigest()})

    async def _queue_job(self, _: Request) -> Response:
        job = await self._jobs.queue(self._settings.version)
        return json_response({**self._who, "job": job.id}, 202)

    async def _count_jobs(self, _: Request) -> Response:
        return json_response({**self._who, **await self._jobs.counts()})
