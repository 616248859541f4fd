"""Notifications by Apprise, which knows how to reach a hundred services by a URL each.

The URLs are secrets, in every part: of some services the host is a token. None is logged or repeated; a
failure is told by the kind of service and the place of the URL in its list. Apprise's own log would tell
more, so it is silent.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from bgd.domain.notice import Notice
from bgd.errors import InvalidInput

SEND_WITHIN_S = 30.0
_ABSENT = "Apprise isn't installed"
_REMEDY = "`pip install 'bgd[notify]'`"


class AppriseNotifier:
    """The `Notifier` port. `urls` are the daemon's own, for every app."""

    def __init__(self, urls: Sequence[str] = ()) -> None:
        self._urls = tuple(urls)

    def check(self) -> None:
        """Raise `InvalidInput` for what can't work, by its place: a secret isn't repeated."""
        if self._urls and find_spec("apprise") is None:
            raise InvalidInput(f"notify: {_ABSENT}", f"{_REMEDY}, or drop `notify`")
        for number, url in enumerate(self._urls, 1):
            if not _is_known(url):
                raise InvalidInput(
                    f"notify: URL {number} is none that Apprise knows",
                    "its pages list the services and how their URLs are written",
                )

    async def send(self, notice: Notice, urls: Sequence[str]) -> Sequence[str]:
        """See `Notifier.send`."""
        named = [(url, f"URL {number} of bgd.toml") for number, url in enumerate(self._urls, 1)]
        named += [(url, f"URL {number} of x-bgd.notify") for number, url in enumerate(urls, 1)]
        ends = await asyncio.gather(*(_deliver(url, notice) for url, _ in named))
        return [
            f"{url.partition('://')[0]} ({name}): {end}"
            for (url, name), end in zip(named, ends, strict=True)
            if end
        ]


async def _deliver(url: str, notice: Notice) -> str:
    """Send one; why it failed, or nothing. Its thread is a daemon's: nobody waits for a service to stop."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[str] = loop.create_future()

    def end(how: str) -> None:
        if not ended.done():
            ended.set_result(how)

    def run() -> None:
        how = _sent(url, notice)
        try:
            loop.call_soon_threadsafe(end, how)
        except RuntimeError:  # the daemon has stopped meanwhile
            return

    threading.Thread(target=run, name="bgd-notice", daemon=True).start()
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            return await ended
    except TimeoutError:
        return f"no answer within {SEND_WITHIN_S:g} s"


def _quiet(call: Callable[[], bool]) -> bool:
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return call()


def _is_known(url: str) -> bool:
    import apprise

    return _quiet(lambda: bool(apprise.Apprise().add(url)))


def _sent(url: str, notice: Notice) -> str:
    # Imported here: it takes a while, and most daemons tell nobody.
    try:
        import apprise
    except ImportError:
        return f"{_ABSENT}: {_REMEDY}"
    asset = apprise.AppriseAsset(app_id="bgd", app_desc="bgd", async_mode=False)
    service = apprise.Apprise(asset=asset)
    if not _quiet(lambda: bool(service.add(url))):
        return "that is no URL that Apprise knows"
    try:
        is_sent = _quiet(
            lambda: bool(
                service.notify(
                    title=notice.title,
                    body=notice.body,
                    notify_type=notice.tone.value,
                    body_format="text",
                )
            )
        )
    except Exception as error:  # noqa: BLE001 - a plugin's; its words may hold the URL
        return f"it broke ({type(error).__name__})"
    return "" if is_sent else "it was refused, or there was no answer"
