"""What isn't HTTP, is too much of it, or never ends: refused in words, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import random
import resource
from collections.abc import AsyncGenerator

import pytest

from bgd.api import connection, context
from bgd.api.connection import MAX_CONNECTIONS
from bgd.domain.log import LogLine
from tests.hostile.door import Door

GET = b"GET /v1/apps HTTP/1.1\r\nHost: bgd\r\n"
POST = b"POST /v1/apps HTTP/1.1\r\nHost: bgd\r\n"

MALFORMED = {
    "no request line": b"\r\n\r\n\r\nnonsense\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a1030352363d"),
    "zeros": b"\0" * 1000,
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "HTTP/0.9": b"GET /v1/apps\r\n\r\n",
    "spaces in the target": b"GET /v1/apps /x HTTP/1.1\r\nHost: bgd\r\n\r\n",
    "controls in the target": b"GET /\x1b[2J HTTP/1.1\r\nHost: bgd\r\n\r\n",
    "a target beyond ASCII": "GET /ü HTTP/1.1\r\nHost: bgd\r\n\r\n".encode(),
    "a method of spaces": b"   /v1/apps HTTP/1.1\r\nHost: bgd\r\n\r\n",
    "no host": b"GET /v1/apps HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: other\r\n\r\n",
    "a header without a colon": GET + b"nonsense\r\n\r\n",
    "a header without a name": GET + b": x\r\n\r\n",
    "a space before the colon": GET + b"Content-Length : 3\r\n\r\nabc",
    "a control in a header": GET + b"X: a\0b\r\n\r\n",
    "a bare line feed that forges a header": GET + b"X: a\r\x0bY: b\r\n\r\n",
    "a target without end": b"GET /" + b"a" * 150_000,
    "a header without end": GET + b"X: " + b"a" * 150_000,
    "headers without end": GET + b"".join(b"X%d: y\r\n" % n for n in range(15_000)),
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length of words": POST + b"Content-Length: many\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "an unknown transfer coding": POST + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "chunks of nonsense": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a chunk of all the memory there is": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
}


async def test_what_is_no_http_is_told_so_and_the_connection_ends(door: Door) -> None:
    for name, data in MALFORMED.items():
        said = await door.say(data)
        assert said.statuses == [400], name
        assert set(said.error) == {"code", "message", "hint"}, name
        assert said.error["code"] == "invalid", name
    assert await door.is_well()


async def test_other_versions_of_http_are_nothing_special(door: Door) -> None:
    for version in (b"0.1", b"1.0", b"2.0", b"9.9"):
        said = await door.say(b"GET /nowhere HTTP/%s\r\nHost: bgd\r\n\r\n" % version)
        assert said.statuses == [404], version


async def test_bytes_at_random_end_in_an_error_or_in_silence(door: Door) -> None:
    dice = random.Random(17)
    whole = POST + b'Content-Length: 13\r\nX-More: yes\r\n\r\n{"file": "/x"}'
    for _ in range(300):
        broken = bytearray(whole[: dice.randrange(len(whole) + 1)])
        for _ in range(dice.randrange(8)):
            if broken:
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        said = await door.say(bytes(broken))
        assert all(status in {200, 400, 404, 405, 413, 422} for status in said.statuses), bytes(broken)
    assert await door.is_well()


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(door: Door) -> None:
    said = await door.say(POST + b"Content-Length: 99999999999\r\nConnection: close\r\n\r\n{", is_over=False)
    assert said.statuses == [413]
    assert said.error["message"] == "the body is larger than 65536 bytes"


async def test_a_chunked_body_without_end_takes_no_memory(door: Door) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with door.connected() as (reader, writer):
        writer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(2000):  # 125 MB
            writer.write(chunk)
            await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16_384, "kB"


async def test_a_body_that_is_deep_or_odd_is_invalid(door: Door) -> None:
    odd = (
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"file": "/\\u0000"}',
        b'{"file": "/\\ud800"}',
        b"\xff",
        b"null",
    )
    for body in odd:
        assert (await door.ask("POST", "/v1/apps", body)).statuses == [422], body[:20]


async def test_pipelined_requests_are_answered_one_after_the_other(door: Door) -> None:
    last = GET + b"Connection: close\r\n\r\n"
    said = await door.say((GET + b"\r\n") * 199 + last, is_over=False)
    assert said.statuses == [200] * 200


async def test_whoever_sends_no_whole_request_is_hung_up_on(door: Door) -> None:
    door.wait_for_requests(1)
    silent, trickling, after_one = await asyncio.gather(
        door.say(b"", is_over=False),
        door.say(b"GET /v1/apps HT", is_over=False),
        door.say(GET + b"\r\nGET /v1", is_over=False),
    )
    assert (silent.raw, trickling.raw, after_one.statuses) == (b"", b"", [200])


async def test_a_body_that_never_comes_is_told_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "BODY_WITHIN_S", 0.05)
    async with door.connected() as (reader, writer):
        writer.write(POST + b"Content-Length: 10\r\n\r\n{")
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 422 ")


async def test_a_client_that_leaves_in_its_body_is_no_fault_of_ours(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        async with door.connected() as (_, writer):
            writer.write(POST + b"Content-Length: 10\r\n\r\n{")
            await writer.drain()
    assert await door.is_well()
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


async def test_thousands_of_connections_leave_room_for_the_next_one(door: Door) -> None:
    idle = []
    for number in range(2000):
        idle.append(await asyncio.open_unix_connection(str(door.path)))
        if number % 400 == 399:
            assert await door.is_well(), "meanwhile"
    assert door.connections <= MAX_CONNECTIONS
    for _, writer in idle:
        writer.close()
    assert await door.is_well(), "and afterwards"


async def test_where_all_connections_are_in_use_the_next_is_told_so(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 5)
    follow = b"GET /v1/events HTTP/1.1\r\nHost: bgd\r\n\r\n"
    streams = [await asyncio.open_unix_connection(str(door.path)) for _ in range(5)]
    for reader, writer in streams:
        writer.write(follow)
        await reader.readuntil(b": bgd")
    said = await door.say(b"", is_over=False)
    assert said.statuses == [503]
    assert said.error["message"] == "5 connections are open already, all of them in use"
    for _, writer in streams:
        writer.close()
    while door.connections:
        await asyncio.sleep(0)
    assert await door.is_well()


async def test_a_reader_that_doesnt_read_holds_up_nobody(door: Door) -> None:
    journal = door.bench.daemon.world.journal
    follow = b"GET /v1/events?since=0 HTTP/1.1\r\nHost: bgd\r\n\r\n"
    slow = [await asyncio.open_unix_connection(str(door.path), limit=2) for _ in range(20)]
    for reader, writer in slow:
        writer.write(follow)
        await reader.readexactly(1)
    async with door.connected() as (reader, writer):
        writer.write(follow)
        await reader.readuntil(b": bgd")
        heard = asyncio.create_task(_until_told(reader, "the last one"))
        for number in range(3000):
            journal.progress("shop", None, "preparing", f"{number} " + "x" * 2000)
            if number % 50 == 0:
                await asyncio.sleep(0)  # its own reader has its turn
        journal.progress("shop", None, "preparing", "the last one")
        async with asyncio.timeout(10):
            await heard
    assert await door.is_well()
    for _, writer in slow:
        writer.close()


async def _until_told(reader: asyncio.StreamReader, message: str) -> None:
    while True:
        line = await reader.readuntil(b"\n")
        if line.startswith(b"data: ") and json.loads(line[6:]).get("message") == message:
            return


async def test_a_stream_that_breaks_says_so_and_ends(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(query: object) -> object:
        raise RuntimeError("secret inside")
        yield

    monkeypatch.setattr(door.bench.runner, "logs", broken)
    said = await door.ask("GET", "/v1/apps/shop/logs")
    assert b"bgd itself is at fault (RuntimeError)" in said.raw
    assert b"secret" not in said.raw


async def test_logs_that_nobody_reads_are_no_longer_read_either(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    async def endless(query: object) -> AsyncGenerator[list[LogLine]]:
        nonlocal read
        while True:
            read += 1
            yield [LogLine("2030-01-31T12:00:00Z", "blue", "web", "w", "stdout", "x" * 1000)] * 100
            await asyncio.sleep(0)

    monkeypatch.setattr(door.bench.runner, "logs", endless)
    follow = b"GET /v1/apps/shop/logs?follow=true HTTP/1.1\r\nHost: bgd\r\n\r\n"
    slow = [await asyncio.open_unix_connection(str(door.path), limit=2) for _ in range(5)]
    for _, writer in slow:
        writer.write(follow)
    before = -1
    while read == 0 or before != read:  # until it stands still
        before = read
        for _ in range(5):
            assert await door.is_well()
    assert read < len(slow) * 60, "batches of 100 kB"
    for _, writer in slow:
        writer.close()
