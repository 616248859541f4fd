"""Which lines of a log are shown, and at which row: pure."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tui.ring import Line, Ring
from tui.sieve import Pattern, Sieve
from tui.view.logline import Look, log_strip, log_text
from tui.window import Window


def line(text: str, **changes: Any) -> Line:
    return Line("2025-01-01T10:00:00Z", "blue", "web", False, text)._replace(**changes)


def texts(window: Window) -> list[str]:
    """The line of each row, as one would read it from top to bottom."""
    rows = range(window.first, window.end)
    return [window.ring[window.at(row)[0]].text for row in rows]


def test_rows_stay_with_their_lines_whatever_comes_goes_and_folds() -> None:
    dice = random.Random(7)
    window = Window(Ring(capacity=50))
    window.sift(Sieve(drop=Pattern("no")))
    window.fold(lambda line: len(line.text))
    row_of: dict[str, int] = {}
    for batch in range(200):
        lines = [line(f"{dice.choice(('yes', 'no'))}{batch}-{n}") for n in range(dice.randint(0, 80))]
        window.extend(lines)
        kept = [one.text for one in window.lines()]
        assert all("no" not in text for text in kept)
        assert texts(window) == [text for text in kept for _ in text]
        for text in kept:
            row = window.row_of(
                next(n for n in range(window.ring.first, window.ring.end) if window.ring[n].text == text)
            )
            assert row_of.setdefault(text, row) == row


def test_what_went_is_told_in_rows() -> None:
    window = Window(Ring(capacity=2))
    window.fold(lambda _: 3)
    assert window.extend([line("a"), line("b")]) == 0
    assert window.extend([line("c")]) == 3
    assert (window.height, window.shown_since(2)) == (6, 1)
    with pytest.raises(IndexError):
        window.at(0)


def test_a_filter_and_its_opposite_together() -> None:
    window = Window(Ring())
    window.extend([line("GET /up 200"), line("GET /cart 500"), line("GET /cart 200")])
    window.sift(Sieve(keep=Pattern("cart"), drop=Pattern(r"\b5\d\d$", is_regex=True)))
    assert [one.text for one in window.lines()] == ["GET /cart 200"]
    window.sift(Sieve())
    assert window.count == 3


@pytest.mark.parametrize(
    ("pattern", "text", "is_there"),
    [
        (Pattern("error"), "An ERROR", True),
        (Pattern("Error"), "an error", False),
        (Pattern("a.c"), "abc", False),
        (Pattern("a.c", is_regex=True), "ABC", True),
    ],
)
def test_case_counts_when_a_capital_is_looked_for(pattern: Pattern, text: str, is_there: bool) -> None:
    assert pattern.is_in(text) is is_there


def test_a_broken_expression_says_what_is_wrong_with_it() -> None:
    assert "no regular expression" in Pattern("a(", is_regex=True).problem
    assert not Pattern("a(").problem
    assert list(Pattern("x*", is_regex=True).spans("axxb")) == [(1, 3)]


def test_an_expression_that_would_take_for_ever_is_given_up_and_says_so() -> None:
    slow = Pattern("(a+)+$", is_regex=True)
    assert not slow.problem
    assert not slow.is_in("a" * 60 + "!")
    assert "takes too long" in slow.problem
    assert not slow.is_in("a")
    assert Pattern("(b+)+$", is_regex=True).is_in("bbb")


def style(name: str) -> object:
    from rich.style import Style

    return Style(meta={"name": name})


def drawn(text: str, look: Look, part: int = 0, **changes: object) -> str:
    return log_strip(line(text, **changes), part, look, False, style).text  # type: ignore[arg-type]


def test_a_line_is_marked_with_colour_service_and_where_it_was_written() -> None:
    assert drawn("hi", Look(30)).rstrip() == "B web │ hi"
    assert drawn("hi", Look(30), is_error=True, color=None).rstrip() == "S web ┃ hi"
    assert drawn("hi", Look(100), color="green").startswith("10:00:00 green  web │ hi")
    assert drawn("hi", Look(100, times="full")).startswith("2025-01-01 10:00:00.000 blue   web │ hi")
    assert drawn("hi", Look(100, times="none", service=8)).startswith("blue   web      │ hi")


@pytest.mark.parametrize("text", ["x" * 95, "日本" * 40, "größe 👍 " * 9, "a", ""])
@pytest.mark.parametrize("width", [20, 60, 120])
def test_a_folded_line_is_whole_and_each_row_is_as_wide_as_the_screen(text: str, width: int) -> None:
    look = Look(width, is_folded=True)
    strips = [
        log_strip(line(text), part, look, False, style)  # type: ignore[arg-type]
        for part in range(look.height_of(line(text)))
    ]
    assert {strip.cell_length for strip in strips} == {width}
    seen = "".join(strip.text.split("│ ", 1)[1].rstrip() for strip in strips)
    assert seen.replace(" ", "") == text.replace(" ", "")


def test_words_that_are_looked_for_are_marked_where_a_fold_cuts_them() -> None:
    look = Look(20, is_folded=True, search=Pattern("needle"))
    room = look.room
    text = "." * (room - 3) + "needle" + "." * 5
    marked = [
        "".join(
            s.text
            for s in log_strip(line(text), part, look, False, style)  # type: ignore[arg-type]
            if s.style and s.style.meta.get("name") == "match"
        )
        for part in (0, 1)
    ]
    assert marked == ["nee", "dle"]


def test_a_saved_line_is_whole_and_says_where_it_is_from() -> None:
    told = log_text(line("x" * 900, is_error=True))
    assert told == "2025-01-01 10:00:00.000 blue  web ! " + "x" * 900
