"""The socket as clients meet it: a real server on a real Unix socket, over an engine on fakes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bgd.api.context import Context
from bgd.api.service import service
from bgd.client import Client
from bgd.errors import Failed, InvalidInput, NotFound, Refused, Unreachable
from bgd.server import Server, bound, held
from tests.unit.fakes import Bench


class Service:
    """A served bench: its socket, and a client on it."""

    def __init__(self, bench: Bench, path: Path) -> None:
        self.bench = bench
        self.path = path
        self.client = Client(str(path))
        self.http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://bgd", timeout=10
        )

    async def deployed(self) -> dict[str, Any]:
        """Deploy through the socket and return the `finished` event."""
        begun = await asyncio.to_thread(self.client.deploy, "shop")
        return await asyncio.to_thread(self._finish, begun["event"] - 1)

    def _finish(self, since: int) -> dict[str, Any]:
        with self.client.events(app="shop", since=since) as events:
            for event in events:
                if event["event"] == "finished":
                    return dict(event)
        raise AssertionError("the stream ended before the deployment did")


def drained(open_stream: Callable[[], Any]) -> list[Any]:
    """All that a stream gives before it ends."""
    with open_stream() as stream:
        return list(stream)


@pytest.fixture
async def served(bench: Bench, tmp_path: Path) -> AsyncIterator[Service]:
    """The bench, served."""

    async def about() -> dict[str, Any]:
        return {"version": "test"}

    context = Context(bench.daemon, about)
    path = tmp_path / "run" / "bgd.sock"
    listener = bound(path)
    server = Server(service(context))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    made = Service(bench, path)
    yield made
    await made.http.aclose()
    context.ending.set()
    server.should_exit = True
    await serving
    listener.close()


async def test_status_is_that_of_the_contract(served: Service) -> None:
    await served.deployed()
    status = await asyncio.to_thread(served.client.app, "shop")
    assert (status["app"], status["live"], status["phase"]) == ("shop", "blue", "idle")
    assert status["route"] == {"hosts": [], "path": "/", "service": "web", "port": 8000}
    blue = status["colors"]["blue"]
    assert (blue["state"], blue["release"], blue["health"]) == ("live", "r1", "healthy")
    assert blue["containers"][0]["name"] == "shop-blue-web-1"
    assert status["colors"]["green"] | {"since": None} == {
        "state": "empty",
        "release": None,
        "health": "none",
        "containers": [],
        "since": None,
        "warm_until": None,
        "remaining": None,
        "traffic": {
            "requests_per_s": 0.0,
            "error_share": 0.0,
            "p50_ms": None,
            "p95_ms": None,
            "p99_ms": None,
            "connections": 0,
        },
    }
    assert (await asyncio.to_thread(served.client.apps))["apps"][0]["app"] == "shop"


async def test_a_deployment_is_followed_to_its_finished_event(served: Service) -> None:
    finished = await served.deployed()
    assert (finished["outcome"], finished["release"], finished["live"]) == ("succeeded", "r1", "blue")
    past = await asyncio.to_thread(served.client.history, "shop")
    assert [d["outcome"] for d in past["deployments"]] == ["succeeded"]


async def test_a_switch_answers_what_it_did_and_is_no_deployment(served: Service) -> None:
    await served.deployed()
    await served.deployed()
    moved = await asyncio.to_thread(served.client.switch, "shop")
    assert (moved["from"], moved["to"], moved["release"]) == ("green", "blue", "r1")
    assert moved["took_ms"] >= 0
    past = await asyncio.to_thread(served.client.history, "shop")
    assert [d["release"] for d in past["deployments"]] == ["r2", "r1"]


async def test_the_caller_is_journalled_by_the_kernels_word(served: Service) -> None:
    finished = await served.deployed()
    assert finished["actor"] == f"uid {os.getuid()} (pid {os.getpid()})"


async def test_errors_arrive_as_what_they_are(served: Service) -> None:
    with pytest.raises(NotFound, match="no app 'nope'"):
        await asyncio.to_thread(served.client.app, "nope")
    with pytest.raises(Refused, match="nothing of shop is live"):
        await asyncio.to_thread(served.client.switch, "shop")
    with pytest.raises(InvalidInput, match="absolute"):
        await asyncio.to_thread(served.client.add, "compose.yaml")
    with pytest.raises(NotFound, match="no release r9"):
        await asyncio.to_thread(served.client.release, "shop", "r9")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nope", None, 404),
        ("PUT", "/v1/apps", None, 405),
        ("POST", "/v1/apps", b"{", 422),
        ("POST", "/v1/apps", b'{"file": 7}', 422),
        ("POST", "/v1/apps", b'{"file": "/x", "nope": 1}', 422),
        ("POST", "/v1/apps", b"x" * 100_000, 413),
        ("POST", "/v1/apps/shop/switch", b'{"to": "red"}', 422),
        ("POST", "/v1/apps/shop/rollback", b'{"to": "r1; rm -rf /"}', 422),
        ("GET", "/v1/events?since=minus", None, 422),
        ("GET", "/v1/events?follow=perhaps", None, 422),
        ("GET", "/v1/apps/shop/logs?color=red", None, 422),
        ("GET", "/v1/apps/..%2f..%2fetc", None, 404),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes | str) else str(value),
)
async def test_bad_requests_are_told_and_change_nothing(
    served: Service, method: str, path: str, body: bytes | None, status: int
) -> None:
    before = await served.bench.store.last_id()
    answer = await served.http.request(method, path, content=body)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert await served.bench.store.last_id() == before


async def test_events_are_resumed_without_gap_or_repeat(served: Service) -> None:
    await served.deployed()
    everything = await asyncio.to_thread(drained, lambda: served.client.events(since=0, follow=False))
    ids = [event["id"] for event in everything]
    assert ids == sorted(set(ids))
    middle = ids[len(ids) // 2]
    rest = await asyncio.to_thread(drained, lambda: served.client.events(since=middle, follow=False))
    assert [event["id"] for event in rest] == [i for i in ids if i > middle]


async def test_who_follows_from_now_on_is_told_from_where_that_is(served: Service) -> None:
    await served.deployed()

    def opened() -> int | None:
        with served.client.events() as stream:
            while stream.began_at is None:
                assert stream.next(0.01) is None
            return stream.began_at

    assert await asyncio.to_thread(opened) == await served.bench.store.last_id()


async def test_an_id_from_another_journal_is_answered_with_resync(served: Service) -> None:
    def first() -> Any:
        with served.client.events(since=10**9) as events:
            return next(iter(events))

    assert (await asyncio.to_thread(first))["event"] == "resync"


async def test_logs_are_lines(served: Service) -> None:
    lines = await asyncio.to_thread(drained, lambda: served.client.logs("shop", tail=3000))
    assert [line["text"] for line in lines] == [f"hello {number}" for number in range(3000)]


async def test_an_engine_that_is_away_isnt_taken_for_a_daemon_that_is(served: Service) -> None:
    served.bench.runner.is_away = True
    with pytest.raises(Refused, match="the Docker engine doesn't answer"):
        await asyncio.to_thread(drained, lambda: served.client.logs("shop"))
    with pytest.raises(Unreachable):  # by which who follows knows that it is worth another try
        await asyncio.to_thread(drained, lambda: served.client.logs("shop", follow=True))


async def test_the_openapi_document_names_every_verb(served: Service) -> None:
    document = (await served.http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert {"get", "post"} <= set(document["paths"]["/v1/apps"])
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert reference in document["components"]["schemas"]


async def test_an_internal_fault_is_told_without_its_trace(
    served: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(served.bench.runner, "containers", broken)
    with pytest.raises(Failed, match=r"bgd itself is at fault \(RuntimeError\)") as told:
        await asyncio.to_thread(served.client.apps)
    assert "secret inside" not in told.value.message + told.value.hint


async def test_the_socket_has_its_mode_from_the_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "run" / "bgd.sock"
    listener = bound(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    listener.close()


async def test_a_live_daemons_socket_is_never_taken_away(served: Service) -> None:
    with pytest.raises(Refused, match=r"listens on .* already"):
        await asyncio.to_thread(bound, served.path)
    assert (await asyncio.to_thread(served.client.daemon))["version"] == "test"


async def test_a_dead_daemons_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bgd.sock"
    bound(path).close()
    assert path.is_socket()
    bound(path).close()


async def test_a_file_in_the_sockets_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bgd.sock"
    path.write_text("precious")
    with pytest.raises(Refused, match="is no socket"):
        bound(path)
    assert path.read_text() == "precious"


async def test_a_second_daemon_is_told_who_holds_the_state(tmp_path: Path) -> None:
    with (
        held(tmp_path),
        pytest.raises(Refused, match=f"held by another daemon, pid {os.getpid()}"),
        held(tmp_path),
    ):
        raise AssertionError("both hold it")


async def test_nobody_listening_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no daemon listens"):
        await asyncio.to_thread(Client(str(tmp_path / "none.sock")).apps)


async def test_a_directory_with_other_things_in_it_isnt_taken_for_the_state(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "letter").write_text("precious")
    with pytest.raises(Failed, match="has other things in it, like letter"), held(home):
        raise AssertionError("it is held")
    assert (stat.S_IMODE(home.stat().st_mode), [each.name for each in home.iterdir()]) == (0o755, ["letter"])
    (home / "bgd.db").touch()  # a backup that was put back
    with held(home):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
