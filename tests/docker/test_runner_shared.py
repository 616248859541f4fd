"""Shared services on the real engine: made once, left alone, and waited for."""

from __future__ import annotations

import pytest

from bgd.domain.color import Color
from bgd.engine.ports import SharedReport
from bgd.errors import Failed
from tests.docker.apps.files import compose, service
from tests.docker.apps.world import World

WEB = service("web")
SHARED = {"db": "shared"}


async def test_a_changed_shared_service_is_told_and_left_until_it_is_asked_for(place: World) -> None:
    first = await place.prepared(compose(WEB, service("db", "sleep 100000")), SHARED, 1)
    assert await place.runner.start_shared(first, False, place.say) == SharedReport(("db",), ())
    db = await place.container("db", None)
    second = await place.prepared(compose(WEB, service("db", "sleep 200000")), SHARED, 2)
    for _ in range(2):
        assert await place.runner.start_shared(second, False, place.say) == SharedReport((), ("db",))
        assert (await place.container("db", None)).id == db.id
    assert await place.runner.start_shared(second, True, place.say) == SharedReport((), ())
    anew = await place.container("db", None)
    assert anew.id != db.id
    assert await place.runner.start_shared(second, False, place.say) == SharedReport((), ())
    assert (await place.container("db", None)).id == anew.id


async def test_a_shared_service_that_left_the_file_runs_on(place: World) -> None:
    first = await place.prepared(compose(WEB, service("db"), service("old")), {**SHARED, "old": "shared"}, 1)
    await place.runner.start_shared(first, False, place.say)
    old = await place.container("old", None)
    second = await place.prepared(compose(WEB, service("db")), SHARED, 2)
    for update in (False, True):
        await place.runner.start_shared(second, update, place.say)
        now = await place.container("old", None)
        assert (now.id, now.status) == (old.id, "running")


async def test_a_shared_service_that_does_its_work_and_ends_does_it_once(place: World) -> None:
    waits = "depends_on: {init: {condition: service_completed_successfully}}"
    text = compose(service("web", more=waits), service("init", "sleep 0.5"))
    release = await place.prepared(text, {"init": "shared"}, 1, "web")
    await place.runner.start_shared(release, False, place.say)
    done = await place.container("init", None)
    assert (done.status, done.exit_code) == ("exited", 0)
    await place.up(release, Color.BLUE)
    again = await place.container("init", None)
    assert (again.id, again.started_at) == (done.id, done.started_at)


async def test_shared_services_are_waited_for_until_they_are_healthy(place: World) -> None:
    check = "healthcheck: {test: [CMD, test, -e, /tmp/ok], interval: 1s, retries: 100}"
    text = compose(WEB, service("db", "sleep 1; touch /tmp/ok; exec sleep 100000", check))
    release = await place.prepared(text, SHARED, 1)
    await place.runner.start_shared(release, False, place.say)
    assert (await place.container("db", None)).health == "healthy"
    assert "db: waits for its health check" in place.told


async def test_a_shared_service_that_dies_is_named_with_its_last_words(place: World) -> None:
    text = compose(
        WEB, service("db", "echo no way with $$DB_PASSWORD; exit 4", "environment: {DB_PASSWORD: hunter-two}")
    )
    release = await place.prepared(text, SHARED, 1)
    with pytest.raises(Failed, match="db exited with status 4") as failed:
        await place.runner.start_shared(release, False, place.say)
    assert "db | no way with •••" in failed.value.message
