"""Deployments as bgctl follows them: in this process where the journal is written already."""

from __future__ import annotations

import io
import signal
import threading
from contextlib import redirect_stderr
from typing import Any

import pytest

from bgd.cli.follow import follow
from bgd.cli.out import Out
from bgd.client import Client
from bgd.errors import Refused, Unreachable
from tests.bgctl import bgctl, process
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.fake_http import Request
from tests.samples import STAGES, deployment_json, failure_json, stage_json
from tests.unit.told_deployment import ABOUT, SHOP, begin, finish, stage, takes_deployments


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    takes_deployments(daemon)
    return daemon


def played(daemon: FakeDaemon, outcome: str = "succeeded", **values: Any) -> None:
    """Let a deployment have come to its end as soon as it is asked for."""

    def play(_: Request) -> dict[str, Any]:
        begun = begin(daemon)
        daemon.tell("stage", app="blog", deployment=9, stage="switching", status="running")
        for name in STAGES[:2]:
            stage(daemon, name)
        finish(daemon, outcome, **values)
        return begun

    daemon.on("POST", f"{SHOP}/deployments", play)


def test_a_deployment_tells_its_stages_on_stderr_and_its_end_on_stdout(daemon: FakeDaemon) -> None:
    played(daemon)
    daemon.apps["shop"]["colors"]["blue"]["state"] = "warm"
    told = bgctl(daemon, "deploy", "shop", "--with-shared", "--file", "/srv/new.yaml", "--reason", "because")
    assert told.code == 0
    assert told.err.splitlines() == ["shop r2 → green", "  ✓ prepare      1.2s", "  ✓ shared       1.2s"]
    assert told.out.splitlines() == [
        "✓ shop serves r2 from ● green  in 9.6s",
        "  http://127.0.0.1:8080/",
        "  blue keeps r1 warm: bgctl rollback shop goes back at once",
    ]
    asked = next(one for one in daemon.requests if one.method == "POST")
    assert asked.body == {
        "no_switch": False,
        "with_shared": True,
        "file": "/srv/new.yaml",
        "reason": "because",
    }


def test_a_deployment_without_switch_says_how_to_look_and_how_to_switch(daemon: FakeDaemon) -> None:
    played(daemon, live="blue")
    out = bgctl(daemon, "deploy", "shop", "--no-switch").out
    for words in ("r2 is ready in ◇ green, not switched", "http://127.0.0.1:8081/", "bgctl switch shop"):
        assert words in out
    assert "blue still serves r1" in out


def test_a_failure_shows_the_step_the_probe_the_log_and_what_still_serves(daemon: FakeDaemon) -> None:
    played(daemon, "failed", live="blue", failure=failure_json())
    told = bgctl(daemon, "deploy", "shop")
    assert (told.code, told.out) == (1, "")
    report = told.err.splitlines()[3:]
    assert report == [
        "✗ shop: r2 failed at smoke after 9.6s",
        "  smoke check GET /up: status 500, wanted 200",
        "  last probe     GET http://127.0.0.1:8081/up (Host: shop.example.com) → status 500, 12ms",
        "                 no database",
        "  last lines of its log",
        "  │ starting",
        "  │ KeyError: 'DATABASE_URL'",
        "  still serving  blue still serves r1, untouched",
        "  next           mend it and deploy again",
    ]


@pytest.mark.parametrize(
    ("outcome", "words"), [("cancelled", "was cancelled"), ("rolled_back", "went live and was rolled back")]
)
def test_every_other_end_is_1_and_says_what_still_serves(
    daemon: FakeDaemon, outcome: str, words: str
) -> None:
    played(daemon, outcome, live="blue")
    told = bgctl(daemon, "deploy", "shop")
    assert told.code == 1
    assert f"shop: r2 {words} after 9.6s" in told.err
    assert "blue still serves r1" in told.err


def test_a_release_that_had_a_share_was_taken_back_and_not_live(daemon: FakeDaemon) -> None:
    played(daemon, "rolled_back", live="blue")
    stages = [stage_json("shifting", "failed"), stage_json("switching", "skipped")]
    daemon.apps["shop"]["last_deployment"] = deployment_json("shop", 2, stages=stages)
    assert "shop: r2 was taken back after 9.6s" in bgctl(daemon, "deploy", "shop").err


def test_as_json_each_event_is_a_line_and_the_last_is_the_end(daemon: FakeDaemon) -> None:
    played(daemon)
    told = bgctl(daemon, "deploy", "shop", "--json")
    assert (told.code, told.err) == (0, "")
    assert [item["event"] for item in told.items] == ["started", *["stage"] * 4, "finished"]
    assert all(item["deployment"] == 2 for item in told.items)
    end = told.items[-1]
    assert (end["outcome"], end["release"], end["live"]) == ("succeeded", "r2", "green")


def test_as_json_a_failure_is_1(daemon: FakeDaemon) -> None:
    played(daemon, "failed", live="blue", failure=failure_json())
    told = bgctl(daemon, "deploy", "shop", "--json")
    assert (told.code, told.items[-1]["outcome"]) == (1, "failed")


def test_a_refused_deployment_is_4_and_one_line_of_json(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/deployments", Refused("shop is busy", "wait"))
    told = bgctl(daemon, "deploy", "shop", "--json")
    assert told.code == 4
    assert told.items == [{"error": {"code": "refused", "message": "shop is busy", "hint": "wait"}}]


def test_detached_it_says_how_to_follow_and_ends(daemon: FakeDaemon) -> None:
    told = bgctl(daemon, "deploy", "shop", "--detach")
    assert (told.code, told.out) == (0, "shop: r2 is on its way into green\n")
    assert "bgctl status shop --watch" in told.err
    assert bgctl(daemon, "deploy", "shop", "--detach", "--json").document["release"] == "r2"


def test_a_warning_is_told_with_its_remedy(daemon: FakeDaemon) -> None:
    def play(_: Request) -> dict[str, Any]:
        begun = begin(daemon)
        daemon.tell("warning", **ABOUT, message="redis changed in the file", fix="--with-shared updates it")
        finish(daemon)
        return begun

    daemon.on("POST", f"{SHOP}/deployments", play)
    assert "! redis changed in the file\n  --with-shared updates it\n" in bgctl(daemon, "deploy", "shop").err


def test_a_cold_rollback_is_followed_and_ends_like_a_warm_one(daemon: FakeDaemon) -> None:
    def play(_: Request) -> dict[str, Any]:
        begun = begin(daemon, kind="rollback")
        finish(daemon, kind="rollback")
        return begun

    daemon.on("POST", f"{SHOP}/rollback", play)
    told = bgctl(daemon, "rollback", "shop", "--json")
    assert told.code == 0
    assert told.document == {"app": "shop", "from": "blue", "to": "green", "release": "r2", "took_ms": 9600}
    assert "✓ shop serves r2 from ● green" in bgctl(daemon, "rollback", "shop").out


def test_a_cold_rollback_that_fails_says_why(daemon: FakeDaemon) -> None:
    def play(_: Request) -> dict[str, Any]:
        begun = begin(daemon, kind="rollback")
        finish(daemon, "failed", "blue", failure=failure_json())
        return begun

    daemon.on("POST", f"{SHOP}/rollback", play)
    told = bgctl(daemon, "rollback", "shop", "--json")
    assert told.code == 1
    assert "blue still serves r1, untouched" in told.document["error"]["message"]
    assert bgctl(daemon, "rollback", "shop").code == 1


def test_promote_follows_the_deployment_to_its_end(daemon: FakeDaemon) -> None:
    def promote(_: Request) -> dict[str, Any]:
        daemon.wait_for_streams()
        daemon.tell("stage", **ABOUT, stage="awaiting", status="approved")
        finish(daemon)
        return deployment_json("shop", 2, state="awaiting")

    daemon.on("POST", f"{SHOP}/promote", promote)
    told = bgctl(daemon, "promote", "shop")
    assert (told.code, told.out.splitlines()[0]) == (0, "✓ shop serves r2 from ● green  in 9.6s")
    assert bgctl(daemon, "promote", "shop", "--json").document["id"] == 2
    assert bgctl(daemon, "promote", "shop", "--detach").out == "shop: r2 is approved\n"


def test_nothing_to_promote_is_refused(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/promote", Refused("no deployment of shop waits for approval"))
    assert bgctl(daemon, "promote", "shop").code == 4


# As a process, while things happen


def test_a_deployment_that_waits_for_approval_is_followed_further(daemon: FakeDaemon) -> None:
    with process(daemon, "deploy", "shop") as bgctl_process:
        daemon.wait_for_streams()
        daemon.tell("stage", **ABOUT, stage="awaiting", status="running")
        daemon.tell("waiting", **ABOUT, approval=True, until=None, message="waits for approval")
        assert bgctl_process.stderr is not None
        lines = [bgctl_process.stderr.readline() for _ in range(3)]
        assert "bgctl promote shop" in "".join(lines)
        daemon.tell("stage", **ABOUT, stage="awaiting", status="done", took_ms=5)
        finish(daemon)
        assert bgctl_process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("end", [FakeDaemon.stop, FakeDaemon.crash])
def test_a_restart_of_the_daemon_is_waited_out(daemon: FakeDaemon, end: Any) -> None:
    with process(daemon, "deploy", "shop", "--json") as bgctl_process:
        daemon.wait_for_streams()
        stage(daemon, "preparing")
        end(daemon)
        stage(daemon, "sharing")
        daemon.start()
        finish(daemon)
        out, err = bgctl_process.communicate(timeout=DEADLINE_S)
        assert (bgctl_process.returncode, err) == (0, "")
        assert out.count("\n") == 6
        assert out.count('"sharing"') == 2


def test_a_daemon_that_came_back_without_the_app_ends_the_waiting(daemon: FakeDaemon) -> None:
    with process(daemon, "deploy", "shop") as bgctl_process:
        daemon.wait_for_streams()
        daemon.crash()
        daemon.apps.clear()
        daemon.start()
        _, err = bgctl_process.communicate(timeout=DEADLINE_S)
        assert bgctl_process.returncode == 2
        assert "there is no app shop" in err


def test_a_daemon_that_stays_away_is_3_and_the_stage_is_told(daemon: FakeDaemon) -> None:
    def leave() -> None:
        daemon.wait_for_streams()
        daemon.stop()

    begun: Any = begin(daemon)
    daemon.tell("stage", **ABOUT, stage="checking", status="running")
    leaving = threading.Thread(target=leave)
    leaving.start()
    with redirect_stderr(io.StringIO()), pytest.raises(Unreachable) as caught:
        follow(Client(daemon.socket_path), begun, Out(), patience_s=0.0)
    leaving.join(DEADLINE_S)
    assert caught.value.exit_code == 3
    assert "r2 of shop was at the stage 'check' then" in caught.value.message
    assert "what was serving goes on serving" in caught.value.hint


def test_ctrl_c_says_that_the_deployment_goes_on(daemon: FakeDaemon) -> None:
    with process(daemon, "deploy", "shop") as bgctl_process:
        daemon.wait_for_streams()
        assert bgctl_process.stderr is not None
        assert bgctl_process.stderr.readline() == "shop r2 → green\n"
        bgctl_process.send_signal(signal.SIGINT)
        _, err = bgctl_process.communicate(timeout=DEADLINE_S)
        assert bgctl_process.returncode == 130
        for words in ("r2 goes on in the daemon", "bgctl status shop --watch", "bgctl cancel shop"):
            assert words in err
        assert "Traceback" not in err


def test_ctrl_c_while_switching_says_that_the_daemon_finishes(daemon: FakeDaemon) -> None:
    goes_on = threading.Event()
    daemon.on("POST", f"{SHOP}/switch", lambda _: {"in time": goes_on.wait(DEADLINE_S)})
    with process(daemon, "switch", "shop") as bgctl_process:
        daemon.wait_for_request("POST", f"{SHOP}/switch")
        bgctl_process.send_signal(signal.SIGINT)
        _, err = bgctl_process.communicate(timeout=DEADLINE_S)
        goes_on.set()
        assert bgctl_process.returncode == 130
        assert "the daemon finishes what it was asked for" in err


def test_a_time_to_switch_at_goes_to_the_daemon_and_with_no_switch_means_nothing(daemon: FakeDaemon) -> None:
    asked: list[Any] = []

    def deploy(request: Request) -> dict[str, Any]:
        asked.append(request.body)
        return deployment_json("shop", 2)

    daemon.on("POST", f"{SHOP}/deployments", deploy)
    assert bgctl(daemon, "deploy", "shop", "--at", "2999-01-01T03:00Z", "--detach").code == 0
    assert asked[0]["at"] == "2999-01-01T03:00:00Z"
    assert bgctl(daemon, "deploy", "shop", "--at", "03:00", "--no-switch").code == 2
    assert bgctl(daemon, "deploy", "shop", "--at", "soon").code == 2
    assert bgctl(daemon, "deploy", "shop", "--at", "2020-01-01").code == 2


def test_what_a_deployment_waits_for_is_told_with_the_verb_that_ends_it(daemon: FakeDaemon) -> None:
    waits = {"approval": False, "until": "2999-01-01T03:00:00Z", "message": "waits for the next window"}
    daemon.apps["shop"].update(deployment={**deployment_json("shop", 2, state="awaiting"), "waits": waits})
    told = bgctl(daemon, "status", "shop").out
    assert "waits for the next window until 2999-01-01" in told
    assert "bgctl promote shop --now" in told
