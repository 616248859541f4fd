"""Chunked answers, however their bytes come in."""

from __future__ import annotations

import pytest

from bgd.domain.chunked import MAX_SIZE_BYTES, Chunked

BODY = b"5\r\nhello\r\n1;name=value\r\n,\r\n7\r\n\r\nworld\r\n0\r\n\r\n"


@pytest.mark.parametrize("step", [1, 2, 3, 7, len(BODY)])
def test_the_body_is_the_same_wherever_it_is_cut(step: int) -> None:
    chunked = Chunked()
    found = b"".join(chunked.feed(BODY[at : at + step]) for at in range(0, len(BODY), step))
    assert found == b"hello,\r\nworld"
    assert chunked.is_over


def test_a_chunk_is_told_as_it_comes() -> None:
    chunked = Chunked()
    assert chunked.feed(b"a\r\n01234") == b"01234"
    assert chunked.feed(b"56789\r") == b"56789"
    assert not chunked.is_over


@pytest.mark.parametrize("nonsense", [b"zz\r\n", b"x" * (MAX_SIZE_BYTES + 1)])
def test_what_has_no_size_is_no_chunk(nonsense: bytes) -> None:
    with pytest.raises(ValueError, match=r"size|invalid literal"):
        Chunked().feed(nonsense)
