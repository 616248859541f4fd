"""bgctl as a process among others: pipes, exit codes, terminals, and what it imports."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bgd.errors import Irreversible
from tests.bgctl import COMMAND, environ, on_terminal, process, run
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.samples import color_json, line_json

HEAVY = (
    "textual",
    "rich",
    "docker",
    "pydantic",
    "httpx",
    "starlette",
    "uvicorn",
    "yaml",
    "asyncio",
    "http.client",
)
"""What a client that is to start at once must not import; and nothing of the server."""

SERVER = ("bgd.api", "bgd.engine", "bgd.adapters", "bgd.domain", "bgd.main")


@pytest.mark.parametrize(
    "words", [("--help",), ("status",), ("status", "shop"), ("status", "--json"), ("deploy", "-h")]
)
def test_it_starts_without_what_is_heavy(daemon: FakeDaemon, words: tuple[str, ...]) -> None:
    code = (
        "import sys; from bgd.cli.main import main; code = main(sys.argv[1:]);"
        "sys.stderr.write('\\n'.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environ(daemon),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S * 3,
        check=True,
    )
    imported = set(done.stderr.splitlines())
    assert "bgd.cli.main" in imported
    found = {name for name in (*HEAVY, *SERVER) for module in imported if f"{module}.".startswith(f"{name}.")}
    assert found == set()


def test_facts_go_to_stdout_and_nothing_else_does(daemon: FakeDaemon) -> None:
    told = run(daemon, "status")
    assert (told.code, told.err) == (0, "")
    assert "● blue" in told.out
    assert "\x1b" not in told.out
    failed = run(None, "status", "--socket", "/nobody/here.sock")
    assert (failed.code, failed.out) == (3, "")
    assert "no daemon listens on /nobody/here.sock" in failed.err


def test_a_terminal_gets_colors_and_no_color_takes_them_away(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "status") as terminal:
        assert terminal.read_to_end() == 0
        assert "94" in terminal.screen.styles
    for plain in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        with on_terminal(daemon, "status", env=plain) as terminal:
            assert terminal.read_to_end() == 0
            assert terminal.screen.styles == set()
            assert "● blue" in terminal.screen.text
    with on_terminal(daemon, "status", env={"NO_COLOR": ""}) as terminal:
        assert terminal.read_to_end() == 0
        assert terminal.screen.styles != set()


def test_a_reader_that_goes_away_ends_it_quietly(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [line_json(f"line {number} {'x' * 200}") for number in range(5_000)]
    with process(daemon, "logs", "shop") as bgctl_process:
        assert bgctl_process.stdout is not None
        assert bgctl_process.stderr is not None
        assert "line 0" in bgctl_process.stdout.readline()
        bgctl_process.stdout.close()
        assert bgctl_process.stderr.read() == ""
        assert bgctl_process.wait(DEADLINE_S) == 141


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("--help",), ("deploy", "--help")])
def test_a_pipe_that_is_closed_from_the_beginning_is_no_trouble(
    daemon: FakeDaemon, words: tuple[str, ...]
) -> None:
    with process(daemon, *words) as bgctl_process:
        assert bgctl_process.stdout is not None
        assert bgctl_process.stderr is not None
        bgctl_process.stdout.close()
        assert bgctl_process.stderr.read() == ""
        assert bgctl_process.wait(DEADLINE_S) == 141


def test_a_full_disk_is_told(daemon: FakeDaemon) -> None:
    with Path("/dev/full").open("w") as full, process(daemon, "status", stdout=full) as bgctl_process:
        _, err = bgctl_process.communicate(timeout=DEADLINE_S)
        assert bgctl_process.returncode == 1
        assert err == "error: can't write to standard output: No space left on device\n"


def test_without_stdout_and_stderr_it_still_works(daemon: FakeDaemon) -> None:
    command = f"{' '.join(COMMAND)} status >&- 2>&-"
    done = subprocess.run(["/bin/sh", "-c", command], env=environ(daemon), timeout=DEADLINE_S, check=False)
    assert done.returncode == 0


def test_a_locale_without_the_glyphs_is_no_trouble(daemon: FakeDaemon) -> None:
    told = run(daemon, "status", PYTHONIOENCODING="ascii")
    assert told.code == 0
    assert "? blue" in told.out


def test_ctrl_c_ends_what_only_looks_without_a_word(daemon: FakeDaemon) -> None:
    with process(daemon, "events", "-f") as bgctl_process:
        daemon.wait_for_streams()
        daemon.tell("daemon", app=None, message="started")
        assert bgctl_process.stdout is not None
        assert "started" in bgctl_process.stdout.readline()  # it follows, and waits for more
        bgctl_process.send_signal(signal.SIGINT)
        assert bgctl_process.communicate(timeout=DEADLINE_S) == ("", "")
        assert bgctl_process.returncode == 130


def test_followed_events_come_at_once(daemon: FakeDaemon) -> None:
    with process(daemon, "events", "-f", "--json") as bgctl_process:
        assert bgctl_process.stdout is not None
        daemon.wait_for_streams()
        for number in range(2):
            daemon.tell("daemon", app=None, number=number)
            assert f'"number": {number}' in bgctl_process.stdout.readline()


def test_followed_logs_go_on_after_a_restart_and_nothing_comes_twice(daemon: FakeDaemon) -> None:
    with process(daemon, "logs", "shop", "-f") as bgctl_process:
        assert bgctl_process.stdout is not None
        daemon.wait_for_streams()
        for second in (1, 2):
            daemon.tell_log("shop", line_json(f"line {second}", at=f"2025-01-01T10:00:0{second}Z"))
            assert f"line {second}" in bgctl_process.stdout.readline()
        daemon.crash()
        daemon.tell_log("shop", line_json("line 3", at="2025-01-01T10:00:03Z"))
        daemon.start()
        assert "line 3" in bgctl_process.stdout.readline()
        assert daemon.requests[-1].query["since"] == "2025-01-01T10:00:02Z"


def test_the_watched_status_is_shown_again_when_something_changes(daemon: FakeDaemon) -> None:
    with process(daemon, "status", "--watch", "--json") as bgctl_process:
        assert bgctl_process.stdout is not None
        assert '"phase": "idle"' in bgctl_process.stdout.readline()
        daemon.apps["shop"]["phase"] = "preparing"
        daemon.tell("started", app="shop")
        assert '"phase": "preparing"' in bgctl_process.stdout.readline()


def test_the_watched_status_is_painted_in_place(daemon: FakeDaemon) -> None:
    with on_terminal(daemon, "status", "shop", "--watch") as terminal:
        terminal.read_until("file  ")
        app = daemon.apps["shop"]
        app["colors"]["green"] = color_json("shop", "green", "ready", "r2")
        daemon.tell("color", app="shop", color="green", state="ready")
        terminal.read_until("◇ green  ready  r2")
        assert terminal.screen.text.count("● blue") == 1
        daemon.stop()
        terminal.read_until("the daemon is away")
        daemon.start()
        daemon.tell("daemon", app=None, message="started")
        daemon.apps.clear()
        daemon.tell("removed", app="shop")
        assert terminal.read_to_end() == 2
        assert "shop was removed" in terminal.screen.text
        assert terminal.screen.has_cursor


def test_the_watched_status_in_a_pipe_is_a_page_for_each_change(daemon: FakeDaemon) -> None:
    with process(daemon, "status", "--watch") as bgctl_process:
        assert bgctl_process.stdout is not None
        assert bgctl_process.stdout.readline().startswith("APP")
        assert bgctl_process.stdout.readline().startswith("shop")
        assert bgctl_process.stdout.readline() == "\n"
        daemon.apps["shop"]["problems"].append("ill")
        daemon.tell("warning", app="shop", message="ill")
        assert bgctl_process.stdout.readline().startswith("APP")


def test_the_watched_status_shows_how_time_goes_by(daemon: FakeDaemon) -> None:
    since = (datetime.now(UTC) - timedelta(seconds=57)).isoformat()
    daemon.apps["shop"]["colors"]["blue"]["since"] = since
    with on_terminal(daemon, "status", "--watch") as terminal:
        terminal.read_until("● blue")
        terminal.read_until(" 1m ")


def test_the_watched_status_is_shown_however_much_is_going_on(daemon: FakeDaemon) -> None:
    is_shown = threading.Event()

    def tell() -> None:
        for _ in range(400):
            if is_shown.wait(0.02):
                return
            daemon.tell("effect", app="shop")

    with process(daemon, "status", "--watch", "--json") as bgctl_process:
        assert bgctl_process.stdout is not None
        assert '"phase": "idle"' in bgctl_process.stdout.readline()
        daemon.apps["shop"]["phase"] = "preparing"
        telling = threading.Thread(target=tell)
        telling.start()
        assert '"phase": "preparing"' in bgctl_process.stdout.readline()
        was_telling = telling.is_alive()
        is_shown.set()
        telling.join()
    assert was_telling


def test_a_rollback_that_asks_first_shows_nothing_hostile_and_can_be_left(daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/apps/shop/rollback", Irreversible("the task \x1b]0;evil\x07 can't be undone"))
    with on_terminal(daemon, "rollback", "shop") as terminal:
        terminal.read_until("roll back all the same? [y/N]")
        assert b"\x1b]0" not in terminal.raw
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.read_to_end() == 130
        assert "the daemon finishes" not in terminal.screen.text
