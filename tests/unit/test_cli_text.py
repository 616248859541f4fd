"""Spans, widths and columns: what bgctl writes, before it is written."""

from __future__ import annotations

import pytest

from bgd.cli.text import clean, cut, inked, line_width, table, width, wrapped

HOSTILE = [
    "\x1b[2J",  # clears the screen
    "\x1b]0;title\x07",  # sets the title
    "\x9b31m",  # the same in one byte
    "\u202egnp.exe",  # turns the direction round
    "\x00\x08\x7f",
    "line\rover",
    "\udce9",  # what a byte that isn't UTF-8 becomes
    "\u2028",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_moves_a_cursor_gets_through(text: str) -> None:
    for has_color in (False, True):
        written = inked([(text, "bad"), text], has_color)
        assert written.replace("\x1b[31m", "").replace("\x1b[0m", "").isprintable()
    assert all(char.isprintable() for char in clean(text))


def test_a_line_break_inside_of_a_line_becomes_a_space() -> None:
    assert clean("one\ntwo") == "one two"


def test_plain_text_stays_as_it_is() -> None:
    assert clean("a\tb ünï 漢字 ✓") == "a\tb ünï 漢字 ✓"


def test_styles_are_put_around_the_words_and_only_with_color() -> None:
    assert inked(["a ", ("b", "bad strong"), ("", "bad")], True) == "a \x1b[31;1mb\x1b[0m"
    assert inked(["a ", ("b", "bad strong")], False) == "a b"


def test_an_unknown_style_is_none() -> None:
    assert inked([("mauve", "mauve")], True) == "mauve"


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("✓ ok", 4), ("漢字", 4), ("e\u0301", 1), ("👍", 2), ("กำลัง", 4)]
)
def test_width_is_counted_in_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_long_line_is_cut_with_its_styles() -> None:
    assert cut(["abc", ("defgh", "bad")], 6) == [("abc", ""), ("de", "bad"), "…"]
    assert line_width(cut("漢字漢字", 6)) <= 6
    assert cut("abc", 3) == [("abc", "")]
    assert cut("abc", 0) == []


def test_columns_line_up_and_end_without_spaces() -> None:
    lines = table([["a", "bb", ""], ["漢字", "c", [("d", "bad")]], ["x", "", ""]])
    assert [inked(line, False) for line in lines] == ["a     bb", "漢字  c   d", "x"]


def test_text_is_wrapped_at_spaces() -> None:
    assert wrapped("one two three\nfour", 8) == ["one two", "three", "four"]
    assert wrapped("", 8) == [""]
