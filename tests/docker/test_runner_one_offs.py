"""Tasks and commands: run once, found again, and nothing left of them."""

from __future__ import annotations

import asyncio

import pytest

from bgd.domain.color import Color
from bgd.errors import Failed
from tests.docker.apps.files import compose, service
from tests.docker.apps.world import World

TASK = compose(
    service("job", "echo ran >> /data/runs; cat /data/runs; exit 4", "volumes: ['data:/data']"),
    more="volumes:\n  data:\n",
)
SERVED = compose(service("web", "echo hello > /tmp/index.html; exec httpd -f -p 80 -h /tmp"))


def left(place: World) -> list[str]:
    """The commands' containers and files that are still there."""
    wanted: dict[str, str | list[str] | bool] = {
        "label": [f"bgd.instance={place.instance}", "bgd.role=command"]
    }
    containers = [str(c.name) for c in place.client.containers.list(all=True, filters=wanted)]
    return containers + [str(file) for file in place.directory.glob("state/apps/*/*-run-*")]


async def test_a_task_runs_once_for_a_release_and_its_result_is_found_again(place: World) -> None:
    release = await place.prepared(TASK, {"job": "task"}, 1)
    first = await place.runner.run_task(release, Color.BLUE, "job", place.say)
    again = await place.runner.run_task(release, Color.BLUE, "job", place.say)
    assert (first.exit_code, first.log) == (4, ("ran",))
    assert again == first
    later = await place.prepared(TASK, {"job": "task"}, 2)
    assert (await place.runner.run_task(later, Color.BLUE, "job", place.say)).log == ("ran", "ran")
    await place.runner.remove_tasks("shop", Color.BLUE)
    assert await place.runner.containers("shop") == []


async def test_a_command_reaches_another_container_and_leaves_nothing(place: World) -> None:
    release = await place.prepared(SERVED, {}, 1, "web")
    await place.runner.start(release, Color.BLUE, place.say)
    web = await place.container("web", Color.BLUE)
    words = ["sh", "-c", 'until wget -qO- "http://web/"; do true; done; echo "$GIVEN"; exit 3']
    done = await place.runner.run_command(release, Color.BLUE, "web", words, {"GIVEN": "a$b"}, 20)
    assert done.exit_code == 3
    assert done.log[-2:] == ("hello", "a$b")
    assert left(place) == []
    assert (await place.container("web", Color.BLUE)).id == web.id


async def test_a_command_whose_time_is_up_is_ended_and_leaves_nothing(place: World) -> None:
    release = await place.prepared(SERVED, {}, 1)
    words = ["sh", "-c", "echo begun; exec sleep 1000"]
    done = await place.runner.run_command(release, Color.BLUE, "web", words, {}, 1)
    assert done.exit_code == 124
    assert done.log[0] == "begun"
    assert "longer than 1 s" in done.log[-1]
    assert left(place) == []


async def test_a_command_that_is_cancelled_leaves_nothing(place: World) -> None:
    release = await place.prepared(SERVED, {}, 1)
    running = asyncio.create_task(
        place.runner.run_command(release, Color.BLUE, "web", ["sleep", "1000"], {}, 60)
    )

    async def it_runs() -> bool:
        return any(c.status == "running" for c in await place.runner.containers("shop"))

    await place.until("shop", it_runs)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert left(place) == []


async def test_what_a_killed_daemon_left_of_a_command_is_swept_by_the_next(place: World) -> None:
    release = await place.prepared(SERVED, {}, 1)
    folder = place.directory / "state" / "apps" / "shop"
    folder.mkdir(parents=True)
    (folder / "blue.web-run-00000000.yaml").write_text("{}")
    (folder / "green.web-run-00000000.yaml").write_text("{}")
    assert (await place.runner.run_command(release, Color.BLUE, "web", ["true"], {}, 20)).exit_code == 0
    assert left(place) == [str(folder / "green.web-run-00000000.yaml")]
    await place.runner.remove("shop", Color.GREEN)
    assert left(place) == []


async def test_secrets_are_in_no_progress_result_error_or_log_tail(place: World) -> None:
    told = "echo $$DB_PASSWORD; echo $$DB_PASSWORD >&2"
    given = "environment: {DB_PASSWORD: hunter-two}"
    text = compose(
        service("job", told, given),
        service("web", f"{told}; exec sleep 100000", given),
        service("broken", more=f"{given}\nentrypoint: ['/bin/hunter-two']"),
    )
    release = await place.prepared(text, {"job": "task", "broken": "live-only"}, 1)
    done = await place.runner.run_task(release, Color.BLUE, "job", place.say)
    assert done.log == ("•••", "•••")
    await place.runner.start(release, Color.BLUE, place.say)
    with pytest.raises(Failed, match="•••") as failed:
        await place.runner.start_live_only(release, Color.BLUE)
    assert "hunter" not in f"{failed.value.message} {failed.value.hint} {place.told}"

    async def it_spoke() -> bool:
        lines = await place.runner.log_tail("shop", Color.BLUE, 50)
        assert not [line for line in lines if "hunter" in line.text]
        return len([line for line in lines if line.service == "web"]) == 2

    await place.until("shop", it_spoke)
