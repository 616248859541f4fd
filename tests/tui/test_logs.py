"""The log on the screen: what is looked for, filtered, folded, copied and saved."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.fake_daemon import FakeDaemon
from tests.samples import container_json, line_json
from tests.tui.shown import Shown, shown
from tui.clipboard import MAX_BYTES, clipped, osc52


@pytest.fixture(autouse=True)
def talk(daemon: FakeDaemon) -> None:
    """Sixty lines, every tenth of which is a checkout, every twentieth one that failed."""
    daemon.log["shop"] = [
        line_json(
            f"GET /{'checkout' if n % 10 == 0 else 'up'} {500 if n % 20 == 0 else 200} #{n}",
            at=f"2025-01-01T10:{n:02}:00Z",
            stream="stderr" if n % 20 == 0 else "stdout",
        )
        for n in range(60)
    ]


async def typed(ui: Shown, words: str) -> None:
    """Write into the prompt."""
    await ui.until(lambda: ui.app._main.logs.prompt is not None and ui.app.focused is not None, "a prompt")
    await ui.until(lambda: ui.app.focused.id == "written", "the prompt's focus")  # type: ignore[union-attr]
    await ui.press(*words)


async def test_words_are_found_upwards_and_n_goes_from_one_to_the_next(daemon: FakeDaemon) -> None:
    async with shown(daemon, (100, 24)) as ui:
        await ui.reads("#59", "following")
        await ui.press("slash")
        await typed(ui, "checkout")
        await ui.press("enter")
        await ui.reads("/checkout 6 of 6", "paused", "#50")
        await ui.press("N", "N")
        await ui.reads("4 of 6", "#30")
        await ui.press("n")
        await ui.reads("5 of 6", "#40")
        await ui.press("n", "n")
        await ui.reads("1 of 6", "#0")
        await ui.press("escape")
        await ui.until(lambda: "of 6" not in ui.text, "the end of the search")


async def test_a_search_that_is_left_changes_nothing(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.reads("#59")
        await ui.press("slash")
        await typed(ui, "nowhere")
        await ui.reads("/nowhere none")
        await ui.press("escape")
        await ui.until(lambda: "nowhere" not in ui.text, "the end of it")
        assert ui.app._main.log_view.is_following
        assert ui.app.focused is ui.app._main.log_view


async def test_lines_are_filtered_both_ways_while_one_writes(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.reads("#59")
        await ui.press("f")
        await typed(ui, "checkout")
        await ui.reads("only “checkout” · 6 of 60")
        await ui.press("enter", "F")
        await typed(ui, " 5..")
        await ui.press("ctrl+r")
        await ui.reads("without / 5../ · 3 of 60")
        await ui.press("enter")
        assert [one.text[-3:] for one in ui.app._main.log_view.window.lines()] == ["#10", "#30", "#50"]
        daemon.tell_log("shop", line_json("GET /checkout 200 #60", at="2025-01-01T11:00:00Z"))
        daemon.tell_log("shop", line_json("GET /up 200 #61", at="2025-01-01T11:00:01Z"))
        await ui.reads("4 of 62", "#60")
        assert "#61" not in ui.text
        await ui.press("escape")
        await ui.reads("#61")


async def test_a_broken_expression_is_told_and_filters_nothing(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.reads("#59")
        await ui.press("f", "ctrl+r")
        await typed(ui, "check(")
        await ui.reads("✗ no regular expression")
        await ui.press("enter")
        await ui.reads("only lines with")
        await ui.press("escape")
        await ui.reads("#59", "following")


async def test_only_what_is_shown_counts_as_new_while_paused(daemon: FakeDaemon) -> None:
    async with shown(daemon, (100, 24)) as ui:
        await ui.reads("#59")
        await ui.press("F")
        await typed(ui, "noise")
        await ui.press("enter", "k")
        await ui.reads("paused · 0 new")
        daemon.tell_log("shop", line_json("noise", at="2025-01-01T11:00:00Z"))
        daemon.tell_log("shop", line_json("signal", at="2025-01-01T11:00:01Z"))
        await ui.reads("paused · 1 new · G follows")


async def test_one_service_is_asked_of_the_daemon_and_everything_again(daemon: FakeDaemon) -> None:
    daemon.apps["shop"]["colors"]["green"]["containers"].append(container_json("shop", "green", "mailer"))
    async with shown(daemon) as ui:
        await ui.reads("#59")
        await ui.press("o")
        await ui.reads("Lines of", "everything", "all of green", "mailer", "redis", "nginx")
        await ui.press("j", "j", "j", "enter")
        await ui.reads("logs · mailer")
        asked = daemon.wait_for_request("GET", "/v1/apps/shop/logs", nth=2)
        assert (asked.query["service"], asked.query.get("color")) == ("mailer", None)


async def test_a_time_is_asked_of_the_daemon_and_nonsense_is_refused(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.reads("#59")
        await ui.press("S")
        await typed(ui, "soon")
        await ui.press("enter")
        await ui.reads("✗ 'soon' is no time")
        await ui.press(*["backspace"] * 4, *"2025-01-01T10:30:00Z", "enter")
        await ui.reads("since 2025-01-01T10:30:00Z", "#59")
        asked = daemon.wait_for_request("GET", "/v1/apps/shop/logs", nth=2)
        assert asked.query["since"] == "2025-01-01T10:30:00Z"
        await ui.until(lambda: len(ui.app._main.log_view.ring) == 30, "the lines since then")


async def test_long_lines_are_cut_shifted_or_folded(daemon: FakeDaemon) -> None:
    daemon.log["shop"].append(line_json("start" + "-" * 300 + "end", at="2025-01-01T11:00:00Z"))
    async with shown(daemon, (80, 24)) as ui:
        await ui.reads("start---", "…")
        assert "---end" not in ui.text
        await ui.press(*["l"] * 36)
        await ui.reads("---end")
        await ui.press("w")
        await ui.reads("start---", "---end", "wrapped")
        await ui.press("w")
        await ui.until(lambda: "---end" not in ui.text, "cut lines")


@pytest.mark.parametrize("char", ["x", "日", "\x1b[31m", "\u200b"])
async def test_a_line_of_a_hundred_thousand_characters_does_no_harm(daemon: FakeDaemon, char: str) -> None:
    daemon.log["shop"].append(line_json(char * 100_000, at="2025-01-01T11:00:00Z"))
    daemon.log["shop"].append(line_json("after it", at="2025-01-01T11:00:01Z"))
    async with shown(daemon, (80, 24)) as ui:
        await ui.reads("after it", "following")
        await ui.press("w", "k", "k", "G")
        await ui.reads("after it", "wrapped")
        assert "\x1b" not in ui.text
        assert all(len(line.text) <= 16_384 for line in ui.app._main.log_view.window.lines())


async def test_a_paused_reader_stays_at_the_line_when_it_is_folded_or_resized(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [
        line_json(f"{'x' * (n * 7 % 200)} #{n}", at=f"2025-01-01T10:{n:02}:00Z") for n in range(60)
    ]
    async with shown(daemon, (80, 24)) as ui:
        await ui.reads("#59")
        await ui.press(*["k"] * 20)
        await ui.reads("paused")
        view = ui.app._main.log_view
        top = view._top()
        for key in ("w", "w", "w"):
            await ui.press(key)
            await ui.pilot.pause()
            assert view._top() == top
        await ui.pilot.resize_terminal(120, 40)
        await ui.until(lambda: ui.has_size(120, 40) and view.look.width > 80, "the new size")
        assert view._top() == top
        assert not view.is_following


async def test_times_are_short_whole_or_none(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.reads("10:59:00 blue   web │ GET")
        await ui.press("t")
        await ui.reads("2025-01-01 10:59:00.000 blue   web │ GET")
        await ui.press("t")
        await ui.until(lambda: "10:59:00" not in ui.text, "lines without a time")


async def test_the_lines_on_the_screen_or_all_of_them_are_copied(daemon: FakeDaemon) -> None:
    async with shown(daemon, (100, 24)) as ui:
        await ui.reads("#59")
        await ui.press("y")
        await ui.reads("✓ copied")
        assert "#59" in ui.app.clipboard
        assert "#0\n" not in ui.app.clipboard
        await ui.press("Y")
        await ui.reads("✓ copied 60 lines")
        assert ui.app.clipboard.count("\n") == 60


async def test_what_the_mouse_marks_is_copied_as_it_stands(daemon: FakeDaemon) -> None:
    async with shown(daemon, (100, 24)) as ui:
        await ui.reads("#59")
        view = ui.app._main.log_view
        await ui.pilot.mouse_down(view, offset=(21, 0))
        await ui.pilot.hover(view, offset=(60, 1))
        await ui.pilot.mouse_up(view, offset=(60, 1))
        await ui.press("y")
        await ui.reads("copied what is marked")
        first, second = ui.app.clipboard.splitlines()
        assert first.startswith("│ GET /")
        assert second.startswith("10:")


async def test_lines_are_saved_and_no_file_is_overwritten(daemon: FakeDaemon, tmp_path: Path) -> None:
    path = tmp_path / "shop.log"
    async with shown(daemon) as ui:
        await ui.reads("#59")
        await ui.press("W")
        await ui.reads("save to shop-", ".log")
        for told in (f"✓ saved 60 lines to {path}", f"✗ not saved to {path}: File exists"):
            if ui.app._main.logs.prompt is None:
                await ui.press("W")
            await ui.until(lambda: ui.app.focused is not None and ui.app.focused.id == "written", "a prompt")
            ui.app.focused.value = str(path)  # type: ignore[union-attr]
            await ui.press("enter")
            await ui.reads(told)
        assert path.read_text().count("\n") == 60
        assert "2025-01-01 10:59:00.000 blue  web | GET /up 200 #59" in path.read_text()


def test_a_clipboard_is_set_through_tmux_and_screen() -> None:
    bare = "\x1b]52;c;aGk=\x07"
    assert osc52("hi", {}) == bare
    assert osc52("hi", {"TMUX": "/tmp/x,1,0"}) == bare + "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"
    pieces = osc52("x" * 3000, {"STY": "1.x"}).split("\x1b\\")
    whole = "".join(piece.removeprefix("\x1bP") for piece in pieces)
    assert base64.b64decode(whole.removeprefix("\x1b]52;c;").removesuffix("\x07")) == b"x" * 3000


def test_a_clipboard_takes_the_last_lines_that_fit() -> None:
    lines = [f"{n}" * 1000 for n in range(9)] * 20
    taken = clipped(lines)
    assert taken == lines[-len(taken) :]
    assert MAX_BYTES - 1100 < sum(len(one) + 1 for one in taken) <= MAX_BYTES
