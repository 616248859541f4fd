"""Bytes from containers on their way out: none of them moves a cursor, sets a title or forges a line."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncGenerator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgd.cli.text import clean, inked
from bgd.domain.log import LogLine, sanitized
from bgd.domain.log_entries import Bare, Frames, Lines
from tests.hostile.door import Door

many = settings(
    max_examples=400, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)

WICKED = {
    "title": "\x1b]0;owned\x07",
    "title, ended by ST": "\x1b]2;owned\x1b\\",
    "title in C1": "\x9d0;owned\x9c",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\owned\x1b]8;;\x1b\\",
    "cursor": "\x1b[1A\x1b[2K",
    "screen": "\x1b[2J\x1b[H\x1bc\x1b[?1049h",
    "CSI in C1": "\x9b2J",
    "report": "\x1b[6n\x1b[c\x1b[>q",
    "DCS": "\x1bP+q544e\x1b\\",
    "APC": "\x1b_Gf=24;AAAA\x1b\\",
    "character set": "\x1b(0lqqk\x0e",
    "unfinished": "\x1b[",
    "unfinished OSC": "\x1b]0;",
    "nested": "\x1b\x1b[2J[2J",
    "bell and backspace": "\x07\x08\x08\x08\x7f",
    "carriage return": "fine\rfail",
    "other line ends": "a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg\x1dh\x1ei",
    "direction": "\u202egnp.exe\u202c\u2066x\u2069\u200f\u061c",
    "invisible": "a\u200bb\u200db\ufeffc\u00ad\u2060\u3164\U000e0041",
    "halves": "\ud83d x \ude00",
    "annotation": "\ufff9a\ufffab\ufffb",
}
RAW = [
    *(text.encode("utf-8", "surrogatepass") for text in WICKED.values()),
    b"\x9b2J\x9d0;x\x9c\x90",  # C1 as single bytes
    b"\xff\xfe\x00a\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80",  # no UTF-8, overlong, halves, beyond the end
]


TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
WHOLE = ("title", "title, ended by ST", "title in C1", "clipboard", "cursor", "CSI in C1", "DCS", "APC")


def assert_harmless(text: str) -> None:
    """One line, of characters that can be seen."""
    assert len(text.splitlines()) <= 1
    for char in text:
        kind = unicodedata.category(char)
        assert kind not in {"Cc", "Cs", "Zl", "Zp"} or char == "\t", (text, hex(ord(char)))
        assert unicodedata.bidirectional(char) not in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }


def test_everything_wicked_that_is_known_is_harmless_afterwards() -> None:
    for name, text in WICKED.items():
        told = sanitized(f"before{text}after")
        assert_harmless(told)
        assert "\x1b" not in inked(f"before{text}after", has_color=True), name
        assert_harmless(clean(f"before{text}after").replace("\n", " "))


def test_sequences_go_whole_and_not_only_their_escape() -> None:
    for name in (
        "title",
        "title, ended by ST",
        "title in C1",
        "clipboard",
        "cursor",
        "CSI in C1",
        "DCS",
        "APC",
    ):
        assert sanitized(f"a{WICKED[name]}b") == "ab", name


@many
@given(st.lists(st.sampled_from(list(WICKED.values())) | st.text(max_size=8), max_size=6).map("".join))
def test_whatever_is_put_together_is_harmless_and_stays_so(text: str) -> None:
    told = sanitized(text)
    assert_harmless(told)
    assert sanitized(told) == told, "what was taken out has left nothing to be put together"
    assert "\x1b" not in clean(text)


@many
@given(st.lists(st.sampled_from(RAW) | st.binary(max_size=20), max_size=8).map(b"".join))
def test_whatever_bytes_a_container_writes_are_harmless_lines(data: bytes) -> None:
    stamp = b"2030-01-31T12:00:00.123456789Z "
    framed = b"".join(
        b"\x01\0\0\0" + len(stamp + line).to_bytes(4, "big") + stamp + line for line in data.splitlines(True)
    )
    bare = b"".join(stamp + line for line in data.splitlines(True))
    for split, stream in ((Frames(), framed), (Bare(), bare), (Frames(), data), (Bare(), data)):
        lines = Lines()
        for entry in [*lines.take_all(split.feed(stream)), *lines.rest()]:
            assert_harmless(entry.text)
            assert stream is data or entry.at.startswith("2030-01-31T12:00:00"), (
                "the time that the engine gave"
            )
            assert all(char in "0123456789-:.TZ+" for char in entry.at)


async def test_lines_from_the_socket_are_one_line_of_ascii_or_harmless_text_each(door: Door) -> None:
    texts = [sanitized(f"before{text}after") for text in WICKED.values()]

    async def logs(query: object) -> AsyncGenerator[list[LogLine]]:
        yield [LogLine("2030-01-31T12:00:00Z", "blue", "web", "shop-web-1", "stdout", text) for text in texts]

    door.bench.runner.logs = logs  # type: ignore[method-assign]
    said = await door.ask("GET", "/v1/apps/shop/logs")
    body = said.raw.partition(b"\r\n\r\n")[2].decode()
    told = [json.loads(line[6:])["text"] for line in body.split("\n") if line.startswith("data: ")]
    assert told == texts


async def test_no_answer_has_a_control_character_whoever_put_it_there(door: Door) -> None:
    wicked = "".join(text for name, text in WICKED.items() if name != "halves")
    reason = json.dumps({"reason": wicked[:900], "file": "/srv/" + wicked[:900]}).encode()
    await door.ask("POST", "/v1/apps/shop/deployments", reason)
    await door.bench.daemon.fleet.apps["shop"].idle.wait()
    for path in ("/v1/apps/shop/deployments", "/v1/events?since=0&follow=false", "/v1/apps/shop/releases/r1"):
        said = await door.ask("GET", path)
        assert said.statuses == [200], path
        assert said.raw.isascii(), path
        assert not set(said.raw) & (set(range(32)) - {10, 13}), path
    said = await door.ask("GET", "/v1/apps/%1b%5d0;x%07%c2%9b2J%0aforged")
    assert said.statuses == [404]
    assert said.raw.isascii()
    assert b"\x1b" not in said.raw
