"""Logs of real containers: followed over restarts, and harmless whatever they hold."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from bgd.domain.color import Color
from bgd.domain.log import MAX_LINE_CHARS, LogLine
from bgd.engine.ports import LogQuery
from tests.docker.apps.busybox import TAG
from tests.docker.apps.files import compose, service
from tests.docker.apps.world import DEADLINE_S, World


async def started(place: World, script: str) -> None:
    """An app whose one service runs this script."""
    release = await place.prepared(compose(service("web", script)), {}, 1)
    await place.runner.start(release, Color.BLUE, place.say)


async def ended(place: World) -> None:
    async def it_ended() -> bool:
        return (await place.container("web", Color.BLUE)).status == "exited"

    await place.until("shop", it_ended)


async def lines_of(place: World, query: LogQuery) -> list[LogLine]:
    async with asyncio.timeout(DEADLINE_S), aclosing(place.runner.logs(query)) as batches:
        return [line async for batch in batches for line in batch]


async def test_logs_are_followed_over_a_restart_and_into_a_new_container(place: World) -> None:
    await started(place, "echo up; exec sleep 100000")
    web = await place.container("web", Color.BLUE)
    seen: list[tuple[str | None, str]] = []
    async with (
        asyncio.timeout(DEADLINE_S),
        aclosing(place.runner.logs(LogQuery("shop", follow=True))) as batches,
    ):
        async for (line,) in batches:
            seen.append((line.color, line.text))
            if len(seen) == 1:
                await asyncio.to_thread(place.client.containers.get(web.id).restart, timeout=0)
            elif len(seen) == 2:
                other = await place.prepared(compose(service("web", "echo new; exec sleep 9999")), {}, 2)
                await place.runner.start(other, Color.GREEN, place.say)
            else:
                break
    assert seen == [("blue", "up"), ("blue", "up"), ("green", "new")]


async def test_stderr_is_marked_and_lines_are_in_the_order_of_time(place: World) -> None:
    await started(place, "echo out; echo err >&2")
    await ended(place)
    lines = await lines_of(place, LogQuery("shop"))
    assert sorted((line.stream, line.text) for line in lines) == [("stderr", "err"), ("stdout", "out")]
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert {(line.service, line.color) for line in lines} == {("web", "blue")}


async def test_what_the_proxy_says_stands_among_the_lines_of_the_app_but_not_of_a_colour(
    place: World,
) -> None:
    await started(place, "echo up; exec sleep 100000")
    labels = {
        "bgd.instance": place.instance,
        "com.docker.compose.project": f"{place.instance}-proxy",
        "com.docker.compose.service": "nginx",
    }
    place.client.containers.run(TAG, ["echo", "no live upstreams"], labels=labels)
    for query, services in (
        (LogQuery("shop"), {"web", "nginx"}),
        (LogQuery("shop", service="nginx"), {"nginx"}),
        (LogQuery("shop", Color.BLUE), {"web"}),
    ):
        assert {line.service for line in await lines_of(place, query)} == services


async def test_hostile_bytes_are_harmless_and_a_long_line_is_cut(place: World) -> None:
    await started(
        place,
        r'printf "\\033]0;owned\\007\\033[2Jred\\233\\377\\n"; '
        r'head -c 100000 /dev/zero | tr "\\0" x; echo; echo last',
    )
    await ended(place)
    hostile, long, last = [line.text for line in await lines_of(place, LogQuery("shop"))]
    assert hostile.startswith("red")
    assert hostile.isprintable()
    assert len(long) == MAX_LINE_CHARS
    assert long.endswith("x…")
    assert last == "last"


async def test_tail_and_since_choose_the_lines(place: World) -> None:
    await started(place, "seq 1 20")
    await ended(place)
    whole = await lines_of(place, LogQuery("shop", color=Color.BLUE, service="web"))
    assert [line.text for line in whole] == [str(number) for number in range(1, 21)]
    assert [line.text for line in await lines_of(place, LogQuery("shop", tail=2))] == ["19", "20"]
    wanted = [line for line in whole if line.at >= whole[14].at]
    assert await lines_of(place, LogQuery("shop", since=whole[14].at)) == wanted
    assert [line.text for line in await place.runner.log_tail("shop", Color.BLUE, 1)] == ["20"]
    assert await lines_of(place, LogQuery("shop", service="other")) == []
    assert await lines_of(place, LogQuery("shop", color=Color.GREEN)) == []
