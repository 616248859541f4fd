"""As much of HTTP as the clients speak, fed byte by byte."""

from __future__ import annotations

import pytest

from bgd.client.http1 import Answer, NotHttp, query, quoted, request

BY_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Other: 1\r\n\r\nhello"
IN_CHUNKS = (
    b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"
)


def fed(answer: Answer, *parts: bytes) -> bytes:
    return b"".join(answer.feed(part) for part in parts)


@pytest.mark.parametrize(("whole", "status"), [(BY_LENGTH, 200), (IN_CHUNKS, 404)])
def test_an_answer_may_be_split_anywhere(whole: bytes, status: int) -> None:
    for at in range(len(whole) + 1):
        answer = Answer()
        assert fed(answer, whole[:at], whole[at:]) == b"hello"
        assert (answer.status, answer.is_whole) == (status, True)


def test_a_chunk_is_told_as_soon_as_it_is_whole() -> None:
    answer = Answer()
    assert fed(answer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfir") == b""
    assert fed(answer, b"st\r\n6\r\nsec") == b"first"
    assert not answer.is_whole


def test_a_body_of_no_length_is_whole_at_once() -> None:
    answer = Answer()
    assert fed(answer, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == b""
    assert answer.is_whole


def test_a_body_without_a_length_goes_to_the_end_of_the_connection() -> None:
    answer = Answer()
    assert fed(answer, b"HTTP/1.1 200 OK\r\n\r\nhe", b"llo") == b"hello"
    assert not answer.is_whole
    answer.end()
    assert answer.is_whole


@pytest.mark.parametrize("cut", [b"", BY_LENGTH[:9], BY_LENGTH[:-1], IN_CHUNKS[:-8]])
def test_an_answer_that_ends_early_is_an_error(cut: bytes) -> None:
    answer = Answer()
    answer.feed(cut)
    with pytest.raises(NotHttp, match="closed the connection"):
        answer.end()


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
)
def test_what_is_not_http_is_an_error(garbage: bytes) -> None:
    with pytest.raises(NotHttp):
        Answer().feed(garbage)


def test_hostile_names_stay_one_segment_of_the_path() -> None:
    assert quoted("a/b?c d\r\nü") == "a%2Fb%3Fc%20d%0D%0A%C3%BC"
    assert query({"a": "x&y=z", "b": True, "c": None, "d": False, "e": 0}) == "?a=x%26y%3Dz&b=true&e=0"
    assert query({"a": None}) == ""


def test_a_request_tells_the_length_of_its_body() -> None:
    assert request("GET", "/v1/apps", None, "x/y") == (
        b"GET /v1/apps HTTP/1.1\r\nHost: bgd\r\nAccept: x/y\r\nConnection: close\r\n\r\n"
    )
    assert request("POST", "/", {"a": 1}, "*/*").endswith(b'\r\nContent-Length: 8\r\n\r\n{"a": 1}')
    assert b"Content-Length: 0\r\n" in request("POST", "/", None, "*/*")
