"""The demo's shop on its own, without bgd: its Compose file, every page, and an end that cuts nothing off."""

import asyncio
import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest
from docker.models.containers import Container
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed

from compose.connection import connect
from compose.engine.composer import find_composer

FILE = Path(__file__).resolve().parents[2] / "compose" / "demo" / "compose.yaml"
GET_VERSION = b"GET /version HTTP/1.1\r\nHost: shop\r\n\r\n"
POST_FOUR_BYTES = b"POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"

COMPOSE_TIMEOUT_S = 90
ANSWER_TIMEOUT_S = 10
STOP_TIMEOUT_S = 30


# What Compose would prefer to the file's own `.env`.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("VERSION", "BROKEN")}


class Shop:
    """A Compose project of the shop, under a name of its own and on ports that were free."""

    def __init__(self, client: docker.DockerClient) -> None:
        composer = find_composer()
        assert composer is not None, "no Compose: run `make engine`"
        self._client = client
        self._project = f"bgd-test-{uuid.uuid4().hex[:8]}"
        self._command = [*composer.command, "--project-name", self._project, "--file", str(FILE)]

    def compose(self, *arguments: str, **environment: str) -> str:
        """Run a verb of Compose and return what it printed."""
        done = subprocess.run(
            [*self._command, *arguments],
            env={**_ENVIRONMENT, "PORT": "127.0.0.1:0", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMPOSE_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def up(self, **environment: str) -> None:
        self.compose("up", "--detach", "--wait", **environment)

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "5")

    @property
    def address(self) -> str:
        """The web service's published address, as in `127.0.0.1:32768`."""
        return self.compose("port", "web", "8000").strip()

    @property
    def host(self) -> str:
        """The host name that the web service's container has, which is the beginning of its id."""
        return str(self.container("web").id)[:12]

    def container(self, service: str) -> Container:
        labels = [f"com.docker.compose.project={self._project}", f"com.docker.compose.service={service}"]
        (container,) = self._client.containers.list(all=True, filters={"label": labels})
        return container


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    client = connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def running(client: docker.DockerClient) -> Iterator[Shop]:
    shop = Shop(client)
    try:
        shop.up()
        yield shop
    finally:
        shop.down()


@pytest.fixture
def shop(running: Shop) -> Iterator[Shop]:
    """The shop as it is after `up`, whatever the test does to it."""
    yield running
    running.up()


@pytest.fixture
async def http(running: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{running.address}", timeout=ANSWER_TIMEOUT_S) as http:
        yield http


async def test_the_page_shows_the_version_and_the_host(running: Shop, http: httpx.AsyncClient) -> None:
    answer = await http.get("/")

    assert answer.headers["content-type"].startswith("text/html")
    assert 'version <span id="version">1</span>' in answer.text
    assert running.host in answer.text


async def test_the_version_is_told_as_json(running: Shop, http: httpx.AsyncClient) -> None:
    answer = await http.get("/version")

    assert answer.json() == {"app": "shop", "version": "1", "host": running.host}


async def test_a_healthy_shop_is_up(http: httpx.AsyncClient) -> None:
    assert (await http.get("/up")).status_code == 200


async def test_an_order_is_accepted(http: httpx.AsyncClient) -> None:
    assert (await http.get("/checkout")).json()["order"] == "accepted"
    assert (await http.post("/checkout", json={"items": 3})).status_code == 200


async def test_a_slow_answer_comes(http: httpx.AsyncClient) -> None:
    answer = await http.get("/slow", params={"seconds": "0.25"})

    assert answer.json()["slept_s"] == 0.25
    assert answer.elapsed.total_seconds() >= 0.25


@pytest.mark.parametrize("seconds", ["much", "-1", "nan", "1e9"])
async def test_a_senseless_number_is_refused(http: httpx.AsyncClient, seconds: str) -> None:
    assert (await http.get("/slow", params={"seconds": seconds})).status_code == 400


async def test_the_stream_ticks_with_the_version(http: httpx.AsyncClient) -> None:
    async with http.stream("GET", "/stream") as answer:
        ticks = [tick async for tick in first(answer, 3)]

    assert answer.headers["content-type"] == "text/event-stream"
    assert [(tick["version"], tick["tick"]) for tick in ticks] == [("1", 1), ("1", 2), ("1", 3)]


async def test_the_websocket_echoes_with_the_version(running: Shop) -> None:
    async with websocket(running) as socket:
        for text in ("hello", "", "x" * 100_000):
            await socket.send(text)
            assert json.loads(await socket.recv()) == {"version": "1", "echo": text}


async def test_the_websocket_puts_a_message_in_pieces_together(running: Shop) -> None:
    async with websocket(running) as socket:
        await socket.send(["in ", "three ", "pieces"])

        assert json.loads(await socket.recv())["echo"] == "in three pieces"


async def test_an_upload_is_measured(http: httpx.AsyncClient) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"0123456789" * 1000

    whole = b"0123456789" * 50_000
    expected = {"bytes": 500_000, "sha256": hashlib.sha256(whole).hexdigest()}
    for content in (whole, in_chunks()):
        answer = (await http.post("/echo", content=content)).json()
        assert {key: answer[key] for key in expected} == expected


async def test_a_download_has_the_length_that_was_asked(http: httpx.AsyncClient) -> None:
    answer = await http.get("/download", params={"mb": "3"})

    assert int(answer.headers["content-length"]) == len(answer.content) == 3 << 20


async def test_the_worker_does_what_is_queued(http: httpx.AsyncClient) -> None:
    before = (await http.get("/jobs")).json()
    assert (await http.post("/jobs")).status_code == 202

    after = await counts_when_done(http)
    assert after["queued"] == before["queued"] + 1
    assert after["done_by"]["1"] == before["done_by"].get("1", 0) + 1


async def test_what_does_not_exist_is_not_found(http: httpx.AsyncClient) -> None:
    assert (await http.get("/nope")).status_code == 404
    assert (await http.delete("/jobs")).headers["allow"] == "GET, POST"
    assert (await http.get("/fail")).status_code == 500


async def test_a_connection_is_kept_alive(running: Shop) -> None:
    async with connection(running) as (reader, writer):
        for _ in range(3):
            writer.write(GET_VERSION)
            assert (await read_answer(reader)).startswith(b"HTTP/1.1 200 OK")


async def test_head_has_no_body(running: Shop) -> None:
    async with connection(running) as (reader, writer):
        writer.write(b"HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n" + GET_VERSION)
        head = await reader.readuntil(b"\r\n\r\n")

        assert b"content-length: " in head
        assert (await read_answer(reader)).startswith(b"HTTP/1.1 200 OK")


async def test_http_1_0_gets_an_answer_and_an_end(running: Shop) -> None:
    async with connection(running) as (reader, writer):
        writer.write(b"GET /version HTTP/1.0\r\n\r\n")

        assert b'"version": "1"' in await read_to_end(reader)


async def test_what_is_not_http_gets_400(running: Shop) -> None:
    async with connection(running) as (reader, writer):
        writer.write(b"\x16\x03\x01 is no HTTP\r\n\r\n")

        assert (await read_answer(reader)).startswith(b"HTTP/1.1 400 ")


async def test_without_redis_the_shop_is_not_up_and_heals(shop: Shop, http: httpx.AsyncClient) -> None:
    redis = shop.container("redis")
    await asyncio.to_thread(redis.stop)
    assert (await http.get("/up")).status_code == 503
    assert (await http.get("/version")).status_code == 200

    await asyncio.to_thread(shop.up)
    assert (await http.get("/up")).status_code == 200


async def test_a_new_version_leaves_redis_and_its_data(shop: Shop, http: httpx.AsyncClient) -> None:
    await http.post("/jobs")
    before = await counts_when_done(http)
    redis = shop.container("redis").id
    await asyncio.to_thread(shop.up, VERSION="2", BROKEN="1")

    async with httpx.AsyncClient(base_url=f"http://{shop.address}", timeout=ANSWER_TIMEOUT_S) as new:
        assert (await new.get("/version")).json()["version"] == "2"
        assert (await new.get("/checkout")).status_code == 500
        assert (await new.get("/up")).status_code == 200
        assert (await new.get("/jobs")).json()["done"] == before["done"]
    assert shop.container("redis").id == redis
    assert "GET /checkout answered 500" in bytes(shop.container("web").logs()).decode()


async def test_sigterm_finishes_everything_in_flight(shop: Shop, http: httpx.AsyncClient) -> None:
    """Each kind of request is known to be in flight: something of its answer was seen."""
    web = shop.container("web")
    async with (
        connection(shop) as (slow, slow_writer),
        connection(shop) as (upload, upload_writer),
        connection(shop) as (idle, idle_writer),
        websocket(shop) as socket,
        http.stream("GET", "/stream") as stream,
        http.stream("GET", "/download", params={"mb": "64"}) as download,
    ):
        # Both in one piece: with the first one's answer, the second is known to have arrived.
        slow_writer.write(GET_VERSION + b"GET /slow?seconds=2 HTTP/1.1\r\nHost: shop\r\n\r\n")
        await read_answer(slow)
        upload_writer.write(POST_FOUR_BYTES)
        assert (await upload.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        idle_writer.write(GET_VERSION)
        await read_answer(idle)
        await socket.send("hello")
        await socket.recv()
        ending = asyncio.create_task(asyncio.to_thread(web.stop, timeout=STOP_TIMEOUT_S))
        # The idle connection's end is the sign that the server has seen the signal.
        assert await read_to_end(idle) == b""

        upload_writer.write(b"four")
        assert b'"bytes": 4' in await read_to_end(upload)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert "event: end" in (await stream.aread()).decode()
        assert len(await download.aread()) == 64 << 20
        assert b'"slept_s": 2.0' in await read_to_end(slow)
        await ending

    assert web.wait(timeout=STOP_TIMEOUT_S)["StatusCode"] == 0
    assert bytes(web.logs()).decode().endswith("stopped with nothing in flight\n")


async def test_sigterm_lets_the_worker_finish_its_job(shop: Shop, http: httpx.AsyncClient) -> None:
    await asyncio.gather(*(http.post("/jobs") for _ in range(5)))
    worker = shop.container("worker")
    await asyncio.to_thread(worker.stop, timeout=STOP_TIMEOUT_S)

    assert worker.wait(timeout=STOP_TIMEOUT_S)["StatusCode"] == 0
    stopped = (await http.get("/jobs")).json()
    redis = shop.container("redis")
    _, waiting = redis.exec_run(["redis-cli", "llen", "shop:jobs"])
    assert isinstance(waiting, bytes)
    assert stopped["done"] + int(waiting) == stopped["queued"], "a job was lost on the way"


@asynccontextmanager
async def websocket(shop: Shop) -> AsyncIterator[ClientConnection]:
    async with connect_websocket(f"ws://{shop.address}/ws", open_timeout=ANSWER_TIMEOUT_S) as socket:
        async with asyncio.timeout(ANSWER_TIMEOUT_S + STOP_TIMEOUT_S):
            yield socket


async def first(answer: httpx.Response, count: int) -> AsyncIterator[dict[str, object]]:
    """The data of the first events of a stream."""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
            count -= 1
            if count == 0:
                return


async def counts_when_done(http: httpx.AsyncClient) -> Any:
    """What `/jobs` says once nothing is left to do."""
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        while (counts := (await http.get("/jobs")).json())["done"] != counts["queued"]:
            continue
    return counts


@asynccontextmanager
async def connection(shop: Shop) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = shop.address.split(":")
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """One whole answer: its head and a body of the length told there."""
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length: "))
        return head + await reader.readexactly(int(length.split()[1]))


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(STOP_TIMEOUT_S):
        return await reader.read()
