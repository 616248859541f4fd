"""A real Chromium without a window, told what to do over its debugging socket."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WITHIN_S = 30.0
FLAGS = (
    "--headless",
    "--no-sandbox",  # tests may be root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
    "--window-size=1000,700",
)


class Page:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self.requests: list[str] = []  # addresses that it asked for

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        id_ = next(self._ids)
        self._socket.send(json.dumps({"id": id_, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv(timeout=WITHIN_S))
            if told.get("method") == "Network.requestWillBeSent":
                self.requests.append(told["params"]["request"]["url"])
            if told.get("id") == id_:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result

    def evaluate(self, expression: str) -> Any:
        """The value of some JavaScript."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression: str) -> Any:
        """The value, as soon as it is true."""
        deadline = time.monotonic() + WITHIN_S
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, f"{expression} stayed {value!r}"
            time.sleep(0.05)
        return value

    def type(self, text: str) -> None:
        """Press keys."""
        for char in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=char, key=char, unmodifiedText=char)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=char)


@contextmanager
def page(address: str) -> Iterator[Page]:
    """A browser of its own at this address."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(prefix="bgd-", ignore_cleanup_errors=True) as directory:
        process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={directory}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = _port(Path(directory) / "DevToolsActivePort")
            with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                (tab, *_) = [one for one in json.load(answer) if one["type"] == "page"]
            with connect(tab["webSocketDebuggerUrl"], max_size=None) as socket:
                opened = Page(socket)
                opened.call("Network.enable")
                opened.call("Page.enable")
                opened.call("Page.navigate", url=address)
                yield opened
        finally:
            process.terminate()
            process.wait(WITHIN_S)
            _remove(Path(directory))


def _remove(directory: Path) -> None:
    """Its helpers end a moment after it, and write until then."""
    deadline = time.monotonic() + WITHIN_S
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=True)
        assert time.monotonic() < deadline, f"{directory} stays"
        time.sleep(0.05)


def _port(file: Path) -> int:
    deadline = time.monotonic() + WITHIN_S
    while not file.exists() or not file.read_text().strip():
        assert time.monotonic() < deadline, "chromium didn't start"
        time.sleep(0.05)
    return int(file.read_text().split()[0])
