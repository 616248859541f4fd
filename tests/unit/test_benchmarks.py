"""The benchmarks' own arithmetic, and that their visitors notice what goes wrong."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.figure import Figure, Section
from benchmarks.results import document
from benchmarks.stats import ms, percentile, ratio, table
from benchmarks.visitors import Crowd, Visitor, Watched, next_turn
from tests.docker.load.attempt import Attempt

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nblue\n"


async def noted(answers: list[bytes], wanted: int) -> list[tuple[str, str]]:
    """What one visitor notes of a server that gives each connection one of these answers and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0) if answers else ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    crowd = Crowd(f"{host}:{port}", "shop", rate=1000.0, connections=1)
    crowd.connect(Visitor(crowd, asyncio.get_running_loop().time()))
    async with asyncio.timeout(10):
        while len(crowd.noted) < wanted:
            await asyncio.sleep(0)
    crowd.is_over = True
    server.close()
    return [(label, failure) for _, _, label, failure in crowd.noted[:wanted]]


async def test_a_visitor_notes_who_answered_and_comes_back_over_a_new_connection() -> None:
    assert await noted([], 2) == [("blue", ""), ("blue", "")]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "closed without an answer"),
        (ANSWER[:-2], "closed without an answer"),
        (ANSWER.replace(b"200 OK", b"502 No"), "status 502"),
    ],
)
async def test_a_visitor_notes_every_way_to_lose_a_request(answer: bytes, failure: str) -> None:
    assert await noted([answer], 2) == [("", failure), ("blue", "")]


def test_the_first_answer_and_the_old_ones_are_found_by_when_they_were_sent() -> None:
    watched = Watched()
    watched.report.attempts += [
        Attempt("keepalive", sent, received, label)
        for sent, received, label in ((1.0, 1.1, "blue"), (2.0, 2.1, "green"), (2.2, 2.3, "blue"))
    ]
    assert watched.first("green", since=1.5) == pytest.approx(600)
    assert watched.stale("blue", sent_after=1.5, until=3.0) == 1
    # Sent before the next switch began and answered after it: that one made the colour new again.
    assert watched.stale("blue", sent_after=1.5, until=2.25) == 0


def test_visitors_stay_apart_however_late_one_of_them_is() -> None:
    assert next_turn(10.0, now=10.125, period_s=0.5) == 10.5
    assert next_turn(10.0, now=10.5, period_s=0.5) == 10.5
    assert next_turn(10.0, now=11.625, period_s=0.5) == 12.0


def test_a_percentile_is_a_sample_that_so_many_do_not_exceed() -> None:
    samples = [float(n) for n in range(1, 101)]
    assert (percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1.0)) == (50, 99, 100)
    assert percentile([7.0], 0.99) == 7


def test_times_and_ratios_are_told_with_as_many_digits_as_they_deserve() -> None:
    assert [ms(value) for value in (1.234, 99.96, 118.4, 2310.0)] == [
        "1.2 ms",
        "100.0 ms",
        "118 ms",
        "2.31 s",
    ]
    assert ratio(3.0, 2.0) == "1.50 ×"


def test_the_results_say_which_aim_was_missed_and_why() -> None:
    figures = [
        Figure("lost", "0", "0", "100 requests", True),
        Figure("speed", "≤ 3", "4.0", "1.0", False, "it was slow"),
    ]
    text = document([Section("one", "One", figures, [["a", "b"], ["1", "2"]])], ["2 cores"], is_quick=True)
    assert "| speed  | ≤ 3 | 4.0 | 1.0          | missed  |" in text
    assert "- **speed**: it was slow" in text
    assert "- **lost**" not in text
    assert table([["a", "b"], ["1", "2"]]) in text
