"""Asks nginx itself what it serves: the marker, a host of its own on the preview listener."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bgd.adapters.nginx.door import Door
from bgd.domain.nginx_layout import MARKER_HOST
from bgd.domain.nginx_servers import OPEN
from bgd.domain.nginx_shares import OUTSIDE, SHARED, WHOLE, place_cookie
from bgd.domain.traffic import Share

ANSWER_TIMEOUT_S = 1.0
BETWEEN_TRIES_S = 0.01
ANSWERS_AT_ONCE = 3
_MAX_ANSWER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Sight:
    """What one worker said: the app's live colour (`nothing`, or `-` where it knows no such app), the
    configuration's generation, its process id in the container, the app's doors (`open`, `shut`; an older
    configuration says nothing of them), and of an app that shifts its share (`shared`, or `whole`: none)."""

    color: str
    generation: str
    worker: str
    doors: str = OPEN
    sharing: str = WHOLE


class NotSeen(Exception):
    """Within the time given nginx wasn't seen to serve that; the text says what was seen last."""


class Marker:
    """The marker behind the preview listener's address."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def ask(self, app: str = "", place: int = OUTSIDE) -> Sight:
        """Ask over a new connection, as a visitor at that place: mostly one whom no share has.

        Raises `NotSeen` when nothing, or not nginx, answers.
        """
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await self._fetch(app, place)
        except TimeoutError:
            raise NotSeen(f"no answer from {self._door} within {ANSWER_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise NotSeen(f"no answer from {self._door}: {error.strerror or error}") from None
        words = answer.partition("\r\n\r\n")[2].split()
        if len(words) not in (3, 4, 5):
            raise NotSeen(f"{self._door} answers, but not as bgd's nginx: {answer[:60]!r}")
        return Sight(*words)

    async def see_color(self, app: str, color: str, timeout_s: float) -> None:
        """Return when nginx serves `color` for the app, behind closed doors or not. Raises `NotSeen`.

        The workers look at the gate anew for each request, so one answer is proof; asking over a few new
        connections at once takes a millisecond and includes more than one worker.
        """
        await self._see(app, lambda sight: sight.color == color, timeout_s)

    async def see_doors(self, app: str, doors: str, timeout_s: float) -> None:
        """Return when nginx has the app's doors so. Raises `NotSeen`."""
        await self._see(app, lambda sight: sight.doors == doors, timeout_s)

    async def see_share(self, app: str, share: Share | None, live: str, timeout_s: float) -> None:
        """Return when nginx gives that share, no more and no less, or none. Raises `NotSeen`.

        The last place in the share gets its colour, and the first one outside what the gate says.
        """
        if share is None:
            await self._see(app, lambda sight: sight.sharing == WHOLE, timeout_s)
            return
        for place, color in ((share.percent - 1, str(share.color)), (share.percent, live)):

            def is_given(sight: Sight, color: str = color) -> bool:
                return (sight.sharing, sight.color) == (SHARED, color)

            await self._see(app, is_given, timeout_s, place)

    async def _see(
        self, app: str, is_wanted: Callable[[Sight], bool], timeout_s: float, place: int = OUTSIDE
    ) -> None:
        last = "nothing"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    asked = (self.ask(app, place) for _ in range(ANSWERS_AT_ONCE))
                    seen = await asyncio.gather(*asked, return_exceptions=True)
                    others = [told for sight in seen if (told := _unwanted(app, sight, is_wanted))]
                    if not others:
                        return
                    last = others[-1]
                    await asyncio.sleep(BETWEEN_TRIES_S)
        except TimeoutError:
            raise NotSeen(f"within {timeout_s:g} s: {last}") from None

    async def see_generation(self, generation: str, timeout_s: float) -> None:
        """Return when a worker answers by this generation of the configuration. Raises `NotSeen`."""
        last = "nothing"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    try:
                        sight = await self.ask()
                        if sight.generation == generation:
                            return
                        last = f"nginx serves generation {sight.generation}"
                    except NotSeen as error:
                        last = str(error)
                    await asyncio.sleep(BETWEEN_TRIES_S)
        except TimeoutError:
            raise NotSeen(f"generation {generation} within {timeout_s:g} s: {last}") from None

    async def _fetch(self, app: str, place: int) -> str:
        reader, writer = await asyncio.open_connection(self._door.host, self._door.port)
        try:
            cookie = f"Cookie: {place_cookie(app)}={place}\r\n" if app else ""
            head = f"GET /{app} HTTP/1.1\r\nHost: {MARKER_HOST}\r\n{cookie}Connection: close\r\n\r\n"
            writer.write(head.encode())
            answer = b""
            while len(answer) < _MAX_ANSWER_BYTES and (more := await reader.read(_MAX_ANSWER_BYTES)):
                answer += more
            return answer.decode(errors="replace")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _unwanted(app: str, sight: Sight | BaseException, is_wanted: Callable[[Sight], bool]) -> str:
    """What was seen instead; nothing where it is what was wanted. Raises `NotSeen` where it never will be."""
    if isinstance(sight, NotSeen):
        return str(sight)
    if isinstance(sight, BaseException):
        raise sight
    if sight.color == "-":
        raise NotSeen(f"nginx doesn't know {app}")
    return "" if is_wanted(sight) else f"nginx serves {sight.color}, doors {sight.doors}"
