"""Bytes from containers: whole lines come out, and nothing that a terminal would obey."""

from __future__ import annotations

import pytest

from bgd.domain.log import MAX_LINE_CHARS, sanitized
from bgd.domain.log_entries import MAX_ENTRY_BYTES, Bare, Entry, Frames, Lines

AT = "2026-01-02T03:04:05.000000006Z"


def frame(payload: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;aGk=\x07copied", "copied"),
        ("\x9b31mred", "red"),
        ("\x9d0;title\x9ctext", "text"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x1b(0box", "box"),
        ("\x1bcreset", "reset"),
        ("a\x08\x08b\x00\x7f", "ab"),
        ("10%\r20%\r\n", "10% 20%"),
        ("tab\tstays", "tab\tstays"),
        ("exe\u202ecod.txt", "execod.txt"),
        ("one\u2028two", "onetwo"),
        ("\x1b", ""),
        ("\x1b[", "["),
        ("\ud800half", "half"),
        ("ad\u200bm\u200din\u061c\u00ad\ufeff", "admin"),
        ("\u3164name", "name"),
        ("größe 日本 👍", "größe 日本 👍"),
    ],
)
def test_no_control_reaches_a_terminal(raw: str, shown: str) -> None:
    assert sanitized(raw) == shown


def test_no_combination_of_escapes_leaves_one_behind() -> None:
    for inner in ("\x1b[31m", "\x1b]0;x\x07", "\x9b1m"):
        nested = f"\x1b{inner}[31m{inner}]0;x\x07"
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in sanitized(nested))


def test_a_very_long_line_is_cut() -> None:
    shown = sanitized("x" * (MAX_LINE_CHARS + 10))
    assert len(shown) == MAX_LINE_CHARS
    assert shown.endswith("…")


def test_frames_are_the_same_however_the_bytes_arrive() -> None:
    data = frame(b"out\n") + frame(b"err\n", 2) + frame(b"")
    whole = list(Frames().feed(data))
    assert whole == [("stdout", b"out\n"), ("stderr", b"err\n"), ("stdout", b"")]
    frames = Frames()
    assert [entry for byte in data for entry in frames.feed(bytes([byte]))] == whole


def test_a_frame_that_claims_to_be_huge_is_cut_and_skipped() -> None:
    frames = Frames()
    size = 10 * MAX_ENTRY_BYTES
    found = list(frames.feed(bytes([1, 0, 0, 0]) + size.to_bytes(4, "big")))
    for _ in range(10):
        found += frames.feed(b"x" * MAX_ENTRY_BYTES)
    found += frames.feed(frame(b"next\n"))
    assert found == [("stdout", b"x" * MAX_ENTRY_BYTES + b"\n"), ("stdout", b"next\n")]


def test_a_terminals_stream_is_split_at_its_newlines() -> None:
    bare = Bare()
    assert list(bare.feed(b"one\r\ntw")) == [("stdout", b"one\r\n")]
    assert list(bare.feed(b"o\n")) == [("stdout", b"two\n")]


def test_a_terminals_endless_line_is_cut_once() -> None:
    bare = Bare()
    found = [entry for _ in range(4) for entry in bare.feed(b"x" * MAX_ENTRY_BYTES)]
    found += bare.feed(b"rest\nnext\n")
    assert [payload[-5:] for _, payload in found] == [b"xxxx\n", b"next\n"]


def test_a_line_has_its_time_and_its_text() -> None:
    assert Lines().take("stderr", f"{AT} hello\n".encode()) == Entry(AT, "stderr", "hello")


def test_the_parts_of_a_long_line_are_put_together_stream_by_stream() -> None:
    lines = Lines()
    assert lines.take("stdout", f"{AT} one ".encode()) is None
    assert lines.take("stderr", f"{AT} between\n".encode()) == Entry(AT, "stderr", "between")
    later = AT.replace("05", "06")
    assert lines.take("stdout", f"{later} two\n".encode()) == Entry(AT, "stdout", "one two")


def test_a_line_that_never_ended_is_told_at_the_end() -> None:
    lines = Lines()
    assert lines.take("stdout", f"{AT} no newline".encode()) is None
    assert list(lines.rest()) == [Entry(AT, "stdout", "no newline")]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    entry = Lines().take("stdout", f"{AT} ".encode() + b"\xff\xfe\x00\x80ok\n")
    assert entry is not None
    assert entry.text.endswith("ok")


def test_an_endless_line_takes_no_more_memory_than_its_limit() -> None:
    lines = Lines()
    for _ in range(100):
        lines.take("stdout", b"x" * 16_384)
    [entry] = lines.rest()
    assert len(entry.text) == MAX_LINE_CHARS


def test_lines_that_come_together_are_those_that_come_one_by_one() -> None:
    plain = [("stdout", f"{AT} one\n".encode()), ("stderr", f"{AT} t\two\n".encode())]
    hostile = ("stdout", f"{AT} \x1b[31mred\x1b[0m caf\u00e9\r\n".encode())
    cases = [
        plain,
        [*plain, hostile],
        [*plain, ("stdout", b"no time\n")],
        [*plain, ("stdout", f"{AT} begun, ".encode()), ("stdout", f"{AT} ended\n".encode())],
        [("stdout", f"{AT} two\n{AT} lines\n".encode()), ("stdout", f"{AT} and".encode())],
        [("stdout", f"{AT} {'x' * MAX_LINE_CHARS}y\n".encode())],
        [
            ("stdout", f"{AT} \u2028{AT} forged\n".encode()),
            ("stdout", f"{AT} \xff".encode("latin-1") + b"\n"),
        ],
        [],
    ]
    for pieces in cases:
        together, single = Lines(), Lines()
        one_by_one = [entry for piece in pieces if (entry := single.take(*piece)) is not None]
        assert together.take_all(pieces) == one_by_one
        assert list(together.rest()) == list(single.rest())
        assert together.take_all([("stdout", b"after\n")]) == [single.take("stdout", b"after\n")]
