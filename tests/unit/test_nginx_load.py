"""The judge of the load tests is judged: it must see what it is there to see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.docker.load import Attempt, Load, Moves, Report
from tests.docker.load.kinds import FRESH, KEEPALIVE, POST
from tests.docker.load.moves import Move


def moved(*moves: tuple[str, float, float]) -> Moves:
    return Moves("blue", [Move(label, begun, ended, succeeded=True) for label, begun, ended in moves])


@pytest.mark.parametrize(
    ("label", "sent", "received", "allowed"),
    [
        ("blue", 1, 2, True),
        ("green", 1, 2, False),
        ("blue", 1, 99, True),  # sent before the move, however long it takes
        ("green", 9, 10.5, True),
        ("blue", 10.5, 12, True),  # sent while it moved
        ("green", 10.5, 12, True),
        ("blue", 11, 12, False),  # sent when it had moved
        ("green", 11, 12, True),
    ],
)
def test_an_answer_is_stale_when_it_was_asked_for_after_the_move(
    label: str, sent: float, received: float, allowed: bool
) -> None:
    assert moved(("green", 10, 11)).allow(label, sent, received) is allowed


def test_after_several_moves_only_the_last_one_counts() -> None:
    moves = moved(("green", 10, 11), ("blue", 20, 21))
    assert not moves.allow("green", 21, 22)
    assert moves.allow("green", 12, 50)
    assert moves.allow("blue", 12, 50)


async def test_a_move_that_fails_leaves_the_one_before() -> None:
    moves = Moves("blue")
    with pytest.raises(RuntimeError):
        async with moves.to("green"):
            raise RuntimeError
    after = moves.made[0].ended
    assert moves.allow("blue", after, after + 1)
    assert not moves.allow("green", after, after + 1)


def test_a_report_counts_failures_and_stale_answers() -> None:
    report = Report(
        [
            Attempt("get", 1, 2, "blue"),
            Attempt("get", 12, 13, "blue"),
            Attempt("get", 12, 13, "", "closed without answer"),
        ]
    )
    assert len(report.failures) == 1
    assert [each.sent for each in report.stale(moved(("green", 10, 11)))] == [12]
    assert "3 requests, 1 failed" in str(report)
    assert "closed without answer" in str(report)


@asynccontextmanager
async def server(*answers: bytes) -> AsyncIterator[str]:
    """One that gives each request on a connection the next of these answers, and closes after the last."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for answer in answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    made = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with made:
        yield "{}:{}".format(*made.sockets[0].getsockname())


GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{"version": "blue"}'


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ([GOOD, GOOD, b""], "closed without answer"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{"], "closed in the middle"),
        ([b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"], "status 502"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"], "without a version"),
        ([b"nonsense\r\n\r\n"], "broken answer"),
    ],
)
async def test_every_way_to_fail_is_seen(answers: list[bytes], failure: str) -> None:
    async with server(*answers) as door, Load(door, mix={KEEPALIVE: 1}, pause_s=0) as load:
        await load.more_answers(3)
    assert failure in load.report.failures[0].failure


async def test_a_body_that_arrives_broken_is_a_failure() -> None:
    wrong = b'HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n{"version": "blue", "sha256": "no"}'
    wrong = wrong.replace(b"34", str(len(wrong.partition(b"\r\n\r\n")[2])).encode())
    async with server(wrong) as door, Load(door, mix={POST: 1}) as load:
        await load.more_answers(1)
    assert load.report.failures[0].failure == "the body didn't arrive as it was sent"


async def test_nobody_listening_is_a_failure() -> None:
    async with server() as door:
        pass
    async with Load(door, mix={FRESH: 1}) as load:
        await load.more_answers(1)
    assert "no connection" in load.report.failures[0].failure


async def test_good_answers_are_none() -> None:
    async with server(*[GOOD] * 1000) as door, Load(door, mix={KEEPALIVE: 2, FRESH: 2}, pause_s=0) as load:
        await load.every_kind()
        await load.more_answers(50)
    assert not load.report.failures
    assert load.report.count() == len(load.report.attempts)
    assert not load.report.stale(load.moves)
