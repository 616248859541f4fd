"""bgctl's verbs against a fake daemon, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bgd.errors import Failed, InvalidInput, NotFound, Refused, Unreachable
from tests.bgctl import bgctl
from tests.fake_daemon import FakeDaemon
from tests.samples import deployment_json

SHOP = "/v1/apps/shop"


# The command line


def test_help_lists_every_verb_on_stdout() -> None:
    told = bgctl(None, "--help")
    assert told.code == 0
    assert told.err == ""
    for verb in ("check", "add", "remove", "deploy", "promote", "cancel", "switch", "rollback", "status"):
        assert f"\n  {verb} " in told.out


def test_without_a_verb_the_help_is_bad_usage() -> None:
    told = bgctl(None)
    assert (told.code, told.out) == (2, "")
    assert "usage: bgctl" in told.err


def test_a_mistyped_verb_is_guessed() -> None:
    told = bgctl(None, "deploi", "shop")
    assert told.code == 2
    assert "did you mean `bgctl deploy`?" in told.err


@pytest.mark.parametrize("words", [("help", "deploy"), ("deploy", "--help"), ("--help", "deploy")])
def test_every_way_to_ask_for_a_verbs_help_works(words: tuple[str, ...], capsys: Any) -> None:
    told = bgctl(None, *words)
    assert told.code == 0
    assert "--no-switch" in told.out


@pytest.mark.parametrize(
    "words",
    [
        ("deploy",),
        ("deploy", "shop", "--nope"),
        ("deploy", "shop", "--no"),
        ("switch", "shop", "--to", "red"),
        ("logs", "shop", "--tail", "-3"),
        ("logs", "shop", "--since", "yesterday"),
        ("events", "--since", "x"),
        ("stop", "shop"),
        ("status", ""),
        ("status", "a/b"),
        ("--nope",),
        ("completion", "tcsh"),
    ],
)
def test_bad_usage_is_2_and_says_what_is_wrong(words: tuple[str, ...]) -> None:
    told = bgctl(None, *words)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: ")
    as_json = bgctl(None, *words, "--json")
    assert as_json.code == 2
    assert as_json.document["error"]["code"] == "invalid"


def test_the_socket_may_be_named_before_and_after_the_verb(daemon: FakeDaemon) -> None:
    assert bgctl(None, "--socket", daemon.socket_path, "status", "--json").code == 0
    assert bgctl(None, "status", "--json", f"--socket={daemon.socket_path}").code == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Failed("broken"), 1),
        (InvalidInput("wrong"), 2),
        (NotFound("none"), 2),
        (Unreachable("gone"), 3),
        (Refused("busy"), 4),
    ],
)
def test_each_kind_of_error_has_its_exit_code(daemon: FakeDaemon, error: Any, code: int) -> None:
    daemon.on("POST", f"{SHOP}/switch", error)
    told = bgctl(daemon, "switch", "shop")
    assert (told.code, told.out) == (code, "")
    assert error.message in told.err
    assert bgctl(daemon, "switch", "shop", "--json").document == {
        "error": {"code": error.code, "message": error.message, "hint": ""}
    }


def test_no_daemon_is_3_and_says_that_traffic_goes_on(tmp_path: Path) -> None:
    told = bgctl(None, "--socket", str(tmp_path / "none"), "status")
    assert told.code == 3
    assert "traffic goes on" in told.err


def test_an_error_can_not_paint_the_terminal(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/switch", Failed("line one\x1b[2J\nline two\x07", "hint\x9b1m"))
    told = bgctl(daemon, "switch", "shop")
    assert told.err == "error: line one[2J\n  line two\n  hint1m\n"


# Moving traffic


def test_switch_says_from_where_to_where_and_how_fast(daemon: FakeDaemon) -> None:
    moved = {"app": "shop", "from": "blue", "to": "green", "release": "r2", "took_ms": 4.2}
    daemon.on("POST", f"{SHOP}/switch", moved)
    told = bgctl(daemon, "switch", "shop", "--to", "green", "--force")
    assert told.out == "✓ shop: blue → ● green serves r2, seen after 4.2ms\n"
    assert daemon.requests[-1].body == {"to": "green", "force": True}
    assert bgctl(daemon, "switch", "shop", "--json").document == moved


def test_a_warm_rollback_is_done_at_once(daemon: FakeDaemon) -> None:
    moved = {"app": "shop", "from": "green", "to": "blue", "release": "r1", "took_ms": 3.0}
    daemon.on("POST", f"{SHOP}/rollback", moved)
    told = bgctl(daemon, "rollback", "shop", "--to", "r1")
    assert "green → ● blue serves r1" in told.out
    assert daemon.requests[-1].body == {"to": "r1"}
    assert bgctl(daemon, "rollback", "shop", "--json").document == moved


def test_stop_says_what_still_serves(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/stop", daemon.apps["shop"])
    told = bgctl(daemon, "stop", "shop", "--color", "green")
    assert told.out == "shop: ■ green is stopped\n  blue still serves r1\n"
    assert daemon.requests[-1].body == {"color": "green"}


def test_cancel_says_what_still_serves(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/cancel", deployment_json("shop", 2, outcome="cancelled"))
    told = bgctl(daemon, "cancel", "shop")
    assert told.code == 0
    assert told.out == "shop: r2 – cancelled\n  blue still serves r1\n"


# Taking in and out


def checked(**changes: Any) -> dict[str, Any]:
    return {
        "app": "shop",
        "route": {"service": "web", "port": 8080, "hosts": [], "path": "/"},
        "services": {"web": {"role": "colored", "reason": "has a build"}},
        "rewrites": ["web: the published port 8080 is bgd's now"],
        "warnings": [{"code": "thin", "service": "web", "message": "no smoke checks", "fix": "add `smoke`"}],
        "questions": [],
        **changes,
    }


def test_add_sends_an_absolute_path_and_says_the_next_step(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    daemon.on("POST", "/v1/apps", checked())
    told = bgctl(daemon, "add", "compose.yaml", "--name", "shop")
    assert daemon.requests[-1].body == {"file": str(tmp_path / "compose.yaml"), "name": "shop"}
    assert told.code == 0
    for words in (
        "web  colored  has a build",
        "web:8080",
        "warning  web: no smoke checks",
        "bgctl deploy shop",
    ):
        assert words in told.out
    assert bgctl(daemon, "add", "compose.yaml", "--json").document == checked()


def test_remove_without_yes_says_what_would_go_and_changes_nothing(daemon: FakeDaemon) -> None:
    told = bgctl(daemon, "remove", "shop")
    assert told.code == 4
    for words in ("blue with r1, 2 containers, which is live", "redis", "volumes would be kept", "--yes"):
        assert words in told.err
    assert "its volumes, with the data" in bgctl(daemon, "remove", "shop", "--volumes").err
    assert {request.method for request in daemon.requests} == {"GET"}


def test_remove_with_yes_removes(daemon: FakeDaemon) -> None:
    daemon.on("DELETE", SHOP, {"app": "shop", "removed": True})
    told = bgctl(daemon, "remove", "shop", "--yes", "--volumes")
    assert (told.code, told.out) == (0, "✓ shop is removed, its volumes too\n")
    assert daemon.requests[-1].query == {"volumes": "true"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_every_verb(shell: str) -> None:
    told = bgctl(None, "completion", shell)
    assert told.code == 0
    assert all(word in told.out for word in ("rollback", "no-switch", "bgctl completion apps"))


def test_the_shells_ask_for_the_apps(daemon: FakeDaemon) -> None:
    assert bgctl(daemon, "completion", "apps").out == "shop\n"


def test_the_terminal_ui_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    told = bgctl(None, "ui")
    assert told.code == 2
    assert "status --watch" in told.err


def test_maintenance_says_how_to_look_behind_the_page_and_how_to_end_it(daemon: FakeDaemon) -> None:
    closed = {**daemon.apps["shop"], "closed": ["maintenance"]}
    daemon.on("POST", f"{SHOP}/maintenance", closed)
    told = bgctl(daemon, "maintenance", "shop", "on")
    assert "shop: maintenance, requests get a 503 page from now on" in told.out
    assert "curl -H 'Bgd-Color: blue' " in told.out
    assert "bgctl maintenance shop off ends it" in told.out
    assert daemon.requests[-1].body == {"on": True}
    daemon.on("POST", f"{SHOP}/maintenance", {**closed, "closed": []})
    assert bgctl(daemon, "maintenance", "shop", "off").out == "shop: open, blue still serves r1\n"
    assert daemon.requests[-1].body == {"on": False}
    assert bgctl(None, "maintenance", "shop", "maybe").code == 2


def test_files_that_the_daemon_cant_be_told_of_are_refused(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = bgctl(daemon, "add", "compose-\udcff.yaml")
    assert (told.code, "isn't UTF-8: rename the file" in told.err) == (2, True)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for words in (("add", "compose.yaml"), ("check", "compose.yaml"), ("deploy", "shop", "--file", "a.yaml")):
        told = bgctl(daemon, *words, "--json")
        assert told.code == 2
        assert "the current directory is gone" in told.document["error"]["message"]
    assert daemon.requests == []


def test_a_reason_that_is_no_text_is_sent_as_far_as_it_is(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/deployments", deployment_json("shop", 2))
    assert bgctl(daemon, "deploy", "shop", "--detach", "--reason", "a \udcff b").code == 0
    assert daemon.requests[-1].body["reason"] == "a \ufffd b"
