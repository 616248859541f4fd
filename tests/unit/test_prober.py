"""The prober against a real server, well-behaved and otherwise."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bgd.adapters.prober import MAX_BODY_BYTES, HttpProber
from bgd.domain.probe import Probe

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
def prober() -> HttpProber:
    """A prober."""
    return HttpProber()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server that treats each connection so; its base URL."""
    servers: list[asyncio.Server] = []
    connections: set[asyncio.Task[None]] = set()

    async def start(handler: Handler) -> str:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections.add(task)
            try:
                await handler(reader, writer)
            except (OSError, asyncio.CancelledError):
                pass  # the client went away, or the test is over
            finally:
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
    for task in connections:
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
    for server in servers:
        await server.wait_closed()


def probe(url: str, **changes: object) -> Probe:
    """A GET of `url` for shop.example.com, within 5 seconds."""
    return Probe(**{"method": "GET", "url": url, "host": "shop.example.com", **changes})  # type: ignore[arg-type]


def answering(raw: bytes) -> Handler:
    """Reads the request's head, then sends `raw` and hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    return handle


def response(body: bytes, status: str = "200 OK", head: str = "") -> bytes:
    """A whole answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


async def forever(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Says nothing."""
    await asyncio.Event().wait()


async def test_an_answer_has_its_status_body_and_time(prober: HttpProber, serve: Serve) -> None:
    url = await serve(answering(response("grüß\ndich\n".encode(), "201 Created")))
    answer = await prober.ask(probe(url))
    assert (answer.status, answer.body, answer.error, answer.is_cut) == (201, "grüß\ndich\n", "", False)
    assert answer.took_ms > 0


async def test_the_request_is_sent_as_the_probe_says(prober: HttpProber, serve: Serve) -> None:
    heard = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.readuntil(b'{"a": 1}'))
        writer.write(response(b""))
        await writer.drain()

    url = await serve(listen)
    headers = {"X-One": "1", "user-agent": "mine"}
    await prober.ask(probe(url + "/a?b=c%20d", method="PUT", headers=headers, body='{"a": 1}'))
    head, _, body = (await heard).decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "PUT /a?b=c%20d HTTP/1.1"
    assert named["host"] == "shop.example.com"
    assert (named["x-one"], named["user-agent"], named["connection"]) == ("1", "mine", "close")
    assert named["accept-encoding"] == "identity"
    assert body == '{"a": 1}'


async def test_each_probe_comes_over_a_connection_of_its_own(prober: HttpProber, serve: Serve) -> None:
    peers = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response(b"ok"))
        await writer.drain()
        await asyncio.Event().wait()  # willing to keep the connection

    url = await serve(count)
    await prober.ask(probe(url))
    await prober.ask(probe(url))
    assert len(set(peers)) == 2


async def test_a_redirect_is_an_answer(prober: HttpProber, serve: Serve) -> None:
    url = await serve(answering(response(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n")))
    assert (await prober.ask(probe(url))).status == 302


async def test_the_proxies_of_the_environment_are_not_asked(
    prober: HttpProber, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    url = await serve(answering(response(b"ok")))
    assert (await HttpProber().ask(probe(url))).status == 200


async def test_a_refused_connection_is_told_as_the_system_says_it(prober: HttpProber) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = await prober.ask(probe(f"http://127.0.0.1:{port}/"))
    assert (answer.status, answer.error) == (0, "connection refused")


async def test_a_host_that_does_not_resolve_is_told(prober: HttpProber) -> None:
    answer = await prober.ask(probe("http://does-not-exist.invalid/"))
    assert answer.status == 0
    assert answer.error


async def test_silence_ends_with_the_probe_s_time(prober: HttpProber, serve: Serve) -> None:
    answer = await prober.ask(probe(await serve(forever), timeout_s=0.05))
    assert (answer.status, answer.error) == (0, "nothing came within 50ms")
    assert answer.took_ms >= 50


async def test_a_slow_body_counts_against_the_whole_time(prober: HttpProber, serve: Serve) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        await writer.drain()
        await asyncio.Event().wait()

    answer = await prober.ask(probe(await serve(trickle), timeout_s=0.1))
    assert (answer.status, answer.body) == (200, "hello")
    assert answer.error == "the answer wasn't whole within 100ms, 5 bytes had come"


async def test_an_answer_that_breaks_off_keeps_what_came(prober: HttpProber, serve: Serve) -> None:
    url = await serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
    answer = await prober.ask(probe(url))
    assert (answer.status, answer.body) == (200, "half")
    assert answer.error.startswith("the answer broke off after 4 bytes")


async def test_a_huge_body_is_read_no_further_than_needed(prober: HttpProber, serve: Serve) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    answer = await prober.ask(probe(await serve(flood)))
    assert answer.is_cut
    assert answer.body == "x" * MAX_BODY_BYTES
    assert answer.error == ""


async def test_a_compressed_bomb_is_not_unpacked(prober: HttpProber, serve: Serve) -> None:
    url = await serve(answering(response(b"\x1f\x8b not really", head="Content-Encoding: gzip\r\n")))
    answer = await prober.ask(probe(url))
    assert (answer.status, answer.error) == (200, "")


async def test_bytes_that_are_no_text_are_made_harmless(prober: HttpProber, serve: Serve) -> None:
    body = b"\x1b]0;title\x07a\x1b[31mred\x1b[0m\x00\xff\xfe\n\x9b2Jb\r\n" + "\u202ec".encode()
    answer = await prober.ask(probe(await serve(answering(response(body)))))
    assert answer.status == 200
    assert "\x1b" not in answer.body
    assert all(char.isprintable() or char == "\n" for char in answer.body)
    assert answer.body.splitlines()[-1] == "c"


async def test_json_on_one_long_line_stays_whole(prober: HttpProber, serve: Serve) -> None:
    body = b'["' + b"x" * 40_000 + b'"]'
    assert (await prober.ask(probe(await serve(answering(response(body)))))).body == body.decode()


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01", b""])
async def test_what_is_no_http_is_no_answer(prober: HttpProber, serve: Serve, raw: bytes) -> None:
    answer = await prober.ask(probe(await serve(answering(raw))))
    assert answer.status == 0
    assert answer.error


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/"])
async def test_an_impossible_url_is_an_error_of_the_answer(prober: HttpProber, url: str) -> None:
    answer = await prober.ask(probe(url))
    assert answer.status == 0
    assert answer.error


async def test_a_head_request_has_no_body(prober: HttpProber, serve: Serve) -> None:
    url = await serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"))
    answer = await prober.ask(probe(url, method="HEAD"))
    assert (answer.status, answer.body, answer.error) == (200, "", "")


async def test_a_probe_that_is_cancelled_is_cancelled(prober: HttpProber, serve: Serve) -> None:
    asking = asyncio.create_task(prober.ask(probe(await serve(forever), timeout_s=60)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
