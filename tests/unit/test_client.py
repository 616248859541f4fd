"""The client library against a fake daemon."""

from __future__ import annotations

import gc
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bgd.client import Client, default_socket
from bgd.client.following import Following, follow_events
from bgd.errors import BgError, Failed, InvalidInput, NotFound, Refused, Unreachable
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.samples import line_json


@pytest.fixture
def client(daemon: FakeDaemon) -> Client:
    return Client(daemon.socket_path)


@contextmanager
def listener_that_says(answer: bytes) -> Iterator[str]:
    """A socket whose other side says something else than bgd does, and hangs up."""
    with tempfile.TemporaryDirectory(prefix="bgd-") as directory, socket.socket(socket.AF_UNIX) as listener:
        path = f"{directory}/s"
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield path
        thread.join(DEADLINE_S)


def test_an_app_is_read(client: Client) -> None:
    assert client.app("shop")["live"] == "blue"
    assert [app["app"] for app in client.apps()["apps"]] == ["shop"]


def test_a_verb_sends_its_options(client: Client, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/apps/shop/switch", {"to": "green"})
    assert client.switch("shop", to="green", force=True)["to"] == "green"
    assert daemon.requests[-1].body == {"to": "green", "force": True}
    daemon.on("DELETE", "/v1/apps/shop", {})
    client.remove("shop", volumes=True)
    assert daemon.requests[-1].query == {"volumes": "true"}


@pytest.mark.parametrize("kind", [Failed, InvalidInput, NotFound, Refused, Unreachable])
def test_an_error_of_the_daemon_is_raised_as_it_was_there(
    client: Client, daemon: FakeDaemon, kind: type[BgError]
) -> None:
    daemon.on("POST", "/v1/apps/shop/switch", kind("green is ill", "heal it"))
    with pytest.raises(kind, match="green is ill") as caught:
        client.switch("shop")
    assert caught.value.hint == "heal it"


def test_a_socket_nobody_listens_on_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no daemon listens on") as caught:
        Client(str(tmp_path / "nobody.sock")).apps()
    assert "--socket" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "without an answer"),
        (b"220 mail.example.com ESMTP\r\n", "isn't HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", "in the middle"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "isn't JSON"),
    ],
)
def test_a_socket_of_something_else_is_said_to_be_one(answer: bytes, why: str) -> None:
    with listener_that_says(answer) as path, pytest.raises(Unreachable, match=why) as caught:
        Client(path).apps()
    assert "is it bgd's socket?" in caught.value.hint


def test_an_error_without_words_of_its_own_still_says_its_status() -> None:
    answer = b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>"
    with listener_that_says(answer) as path, pytest.raises(Failed, match="502"):
        Client(path).apps()


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"BGD_SOCKET": "/x/y.sock"}, "/x/y.sock"),
        ({"BGD_SOCKET": "", "XDG_RUNTIME_DIR": "/run/user/7"}, "/run/user/7/bgd/bgd.sock"),
    ],
)
def test_the_socket_is_found_as_the_contract_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], path: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_socket() == path


def test_a_journal_that_is_not_followed_ends(client: Client, daemon: FakeDaemon) -> None:
    for number in range(3):
        daemon.tell("started", app="shop", number=number)
    with client.events(since=1, follow=False) as events:
        assert [event["number"] for event in events] == [1, 2]


def test_a_followed_journal_tells_what_comes(client: Client, daemon: FakeDaemon) -> None:
    with client.events() as events:
        daemon.wait_for_streams()
        daemon.tell("daemon", app=None, message="ünï")
        assert events.next(DEADLINE_S)["message"] == "ünï"
        assert events.next(0) is None
        assert not events.has_ended


def test_closing_a_stream_ends_the_thread_that_reads_it(client: Client, daemon: FakeDaemon) -> None:
    stream = client.events()
    seen: list[Any] = []
    reader = threading.Thread(target=lambda: seen.extend(stream))
    reader.start()
    daemon.wait_for_streams()
    stream.close()
    reader.join(DEADLINE_S)
    assert not reader.is_alive()
    assert seen == []


def test_a_stream_that_breaks_off_is_an_error_and_one_that_ends_is_not(
    client: Client, daemon: FakeDaemon
) -> None:
    with client.events() as events:
        daemon.wait_for_streams()
        daemon.stop()
        assert list(events) == []
    daemon.start()
    with client.events() as events:
        daemon.wait_for_streams()
        daemon.crash()
        with pytest.raises(Unreachable, match="in the middle"):
            events.next(DEADLINE_S)


def test_an_error_in_the_middle_of_a_stream_is_raised(client: Client, daemon: FakeDaemon) -> None:
    told = {"code": "failed", "message": "the engine broke off", "hint": "look at it"}
    daemon.log["shop"] = [line_json("hello"), {"at": "", "event": "error", "error": told}]
    with client.logs("shop") as lines:
        assert lines.next(DEADLINE_S)["text"] == "hello"
        with pytest.raises(Failed, match="broke off") as caught:
            lines.next(DEADLINE_S)
    assert caught.value.hint == "look at it"


def next_of(following: Following) -> Any:
    """The next object, past the `None`s that tell that the daemon went away or is back."""
    while (value := following.next(DEADLINE_S)) is None:
        pass
    return value


@pytest.mark.parametrize("end", [FakeDaemon.stop, FakeDaemon.crash])
def test_following_goes_on_after_the_daemon_came_back(client: Client, daemon: FakeDaemon, end: Any) -> None:
    with follow_events(client, since=0) as following:
        daemon.tell("started", app="shop")
        daemon.tell_progress("shop", 1, "preparing", "step 1")
        assert [following.next(DEADLINE_S)["event"] for _ in range(2)] == ["started", "progress"]
        end(daemon)
        daemon.tell("stage", app="shop")
        assert following.next(0) is None
        assert following.is_lost
        daemon.start()
        daemon.tell("finished", app="shop")
        assert [next_of(following)["event"] for _ in range(2)] == ["stage", "finished"]
        assert not following.is_lost


def test_following_from_now_on_misses_nothing_though_nothing_came_before_the_daemon_went(
    client: Client, daemon: FakeDaemon
) -> None:
    daemon.tell("old", app="shop")
    with follow_events(client) as following:
        assert following.next(0.05) is None
        daemon.stop()
        daemon.tell("started", app="shop")
        daemon.start()
        assert next_of(following)["event"] == "started"


def test_following_gives_up_when_its_patience_ends(client: Client, daemon: FakeDaemon) -> None:
    with follow_events(client, patience_s=0.0) as following:
        daemon.stop()
        assert following.next(DEADLINE_S) is None
        assert following.is_lost
        with pytest.raises(Unreachable, match="no daemon listens"):
            following.next(DEADLINE_S)


def test_a_client_that_was_too_slow_reads_what_it_missed(client: Client, daemon: FakeDaemon) -> None:
    with follow_events(client, app="shop", since=0) as following:
        daemon.wait_for_streams()
        daemon.tell("started", app="shop")
        assert following.next(DEADLINE_S)["id"] == 1
        with client.events() as other:
            daemon.wait_for_streams(2)
            daemon.tell("elsewhere", app="blog")
            assert other.next(DEADLINE_S)["id"] == 2
        daemon.journal.append({"event": "resync", "app": None})
        daemon.tell("finished", app="shop")
        seen = [following.next(DEADLINE_S) for _ in range(2)]
        assert [event["event"] for event in seen] == ["resync", "finished"]
        assert daemon.requests[-1].query["since"] == "1"
        assert not following.is_lost


def test_who_waits_hears_at_once_that_the_daemon_went_away_and_is_back(
    client: Client, daemon: FakeDaemon
) -> None:
    with follow_events(client) as following:
        daemon.stop()
        assert following.next(DEADLINE_S) is None
        assert following.is_lost
        daemon.start()
        assert following.next(DEADLINE_S) is None
        assert not following.is_lost


def test_a_stream_that_ended_by_itself_holds_no_socket(client: Client, daemon: FakeDaemon) -> None:
    stream = client.events(since=0, follow=False)
    assert list(stream) == []
    del stream
    gc.collect()  # pytest makes a warning of a socket that is left open an error
    stream = client.events(since=0, follow=False)
    assert list(stream) == []
    stream.close()


def test_closing_ends_a_thread_that_follows(client: Client, daemon: FakeDaemon) -> None:
    following = follow_events(client)
    reader = threading.Thread(target=following.next)
    reader.start()
    daemon.wait_for_streams()
    following.close()
    reader.join(DEADLINE_S)
    assert not reader.is_alive()


def test_any_stream_can_be_followed(client: Client, daemon: FakeDaemon) -> None:
    def open_at(position: str | None) -> Any:
        return client.logs("shop", follow=True, since=position)

    with Following(open_at, lambda line: line["at"]) as following:
        daemon.wait_for_streams()
        daemon.tell_log("shop", line_json("hello"))
        assert following.next(DEADLINE_S)["text"] == "hello"


def test_a_path_that_no_socket_can_have_is_told() -> None:
    with pytest.raises(Unreachable, match="can't be a socket: AF_UNIX path too long") as told:
        Client("/run/" + "x" * 200).apps()
    assert "BGD_SOCKET" in told.value.hint
