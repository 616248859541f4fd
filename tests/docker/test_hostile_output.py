"""An app that writes what would take over a terminal: in its log, its answers, its last words, its names."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny
from tests.hostile.test_output import RAW, TURNING

PRELUDE = f"""\
import sys
for line in {RAW!r}:
    for stream in (sys.stdout, sys.stderr):
        stream.buffer.write(b"before" + line + b"after\\n")
        stream.flush()
"""
VERSION = "\\e]0;owned\\a\\e[2J\\u009b2J\\u202e\\u2028\\u0085"  # as YAML writes it
VERBS = (
    *(("status",), ("status", "tiny"), ("history", "tiny"), ("show", "tiny", "r1"), ("diff", "tiny")),
    *(("logs", "tiny"), ("events",), ("smoke", "tiny")),
)
BLOCK = "health: {path: /up, interval: 100ms, within: 10s}\nsmoke:\n  - get: /pay\n    status: 200"


@pytest.fixture
def bgd(common_bgd: RunningDaemon) -> RunningDaemon:
    """The daemon that others use too."""
    return common_bgd


@pytest.fixture
def tiny(guest: Tiny) -> Tiny:
    """The app, which leaves again."""
    return guest


def wrong(text: str) -> set[str]:
    """The characters of it that no terminal should get."""
    return {
        hex(ord(char))
        for char in text
        if char not in "\n\t"
        and (
            unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
            or unicodedata.bidirectional(char) in TURNING
        )
    }


def test_nothing_that_an_app_writes_takes_over_a_terminal(bgd: RunningDaemon, tiny: Tiny) -> None:
    said: dict[str, str] = {}

    def run(*verb: str) -> None:
        for more in ((), ("--json",)):
            done = bgd.bgctl(*verb, *more, status=None)
            name = " ".join((*verb, *more))
            said[name] = said.get(name, "") + done.stdout + done.stderr

    for number, fault in enumerate(("", "broke", "crash", "deaf")):
        tiny.write(
            f"{number}{VERSION}", fault=fault, xbgd=BLOCK.replace("10s", "3s" if fault == "deaf" else "10s")
        )
        app = tiny.directory / "app.py"
        app.write_text(PRELUDE + app.read_text())
        if not number:
            run("check", str(tiny.file))
            bgd.bgctl("add", str(tiny.file))
        run("deploy", "tiny")
    for verb in VERBS:
        run(*verb)
    assert {verb: wrong(text) for verb, text in said.items() if wrong(text)} == {}
    lines = [json.loads(line) for line in said["logs tiny --json"].splitlines()]
    own = [line for line in lines if line["service"] == "web" and line["text"].startswith("before")]
    assert len(own) >= len(RAW), "each line is one, and none is two"
    assert not [line for line in lines if wrong(line["text"])]
    assert "no money in 1" in said["deploy tiny"]
