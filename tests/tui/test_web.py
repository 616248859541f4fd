"""The UI in a browser: what is shown, what is done, and who is let in."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from tests.bgctl import environ
from tests.fake_daemon import FakeDaemon
from tests.tui.browser import CHROMIUM, page
from tests.tui.tmux import wait_for_end

WITHIN_S = 20.0


@contextmanager
def served(daemon: FakeDaemon, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`bgctl ui --web`: the address that it prints, and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bgd.cli", "ui", "--web", *options],
        env=environ(daemon),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            assert process.wait(WITHIN_S) == 0
    finally:
        process.kill()
        process.communicate()


def descendants(pid: int) -> list[int]:
    """The processes that one has started, and those that they have."""
    children = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children"))
    found = [int(child) for child in children.split()]
    return found + [one for child in found for one in descendants(child)]


def status(address: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """How a request is answered."""
    at = urlsplit(address)
    connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=WITHIN_S)
    try:
        connection.request(
            "GET", path, headers={key.replace("_", "-"): value for key, value in headers.items()}
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())
    finally:
        connection.close()


def test_nobody_is_let_in_without_the_address_that_was_printed(daemon: FakeDaemon) -> None:
    with served(daemon) as (address, _):
        at = urlsplit(address)
        assert at.hostname == "127.0.0.1"
        code, headers = status(address, at.path)
        assert code == 200
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
        upgrade["Sec_WebSocket_Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        for path in ("/", "/ws", "/static/js/textual.js", f"/{'x' * 43}/", f"/{'x' * 43}/ws", "/%C3%A9"):
            assert status(address, path, **upgrade)[0] == 403, path
        # A page elsewhere, and a name elsewhere that points here.
        assert status(address, f"{at.path}ws", Origin="http://evil.example", **upgrade)[0] == 403
        assert status(address, at.path, Host="evil.example")[0] == 403


@pytest.mark.skipif(CHROMIUM is None, reason="chromium isn't installed")
def test_a_browser_shows_the_screen_and_its_keys_do_what_they_do_in_a_terminal(daemon: FakeDaemon) -> None:
    switched = {"app": "shop", "from": "green", "to": "blue", "release": "r1", "took_ms": 3}
    daemon.on("POST", "/v1/apps/shop/switch", switched)
    with served(daemon) as (address, _), page(address) as tab:
        tab.until("document.body.classList.contains('-first-byte')")
        tab.until("document.activeElement.className == 'xterm-helper-textarea'")
        daemon.wait_for_streams(2)  # the journal and the log: it has painted, and follows
        tab.type("s")
        tab.type("y")
        asked = daemon.wait_for_request("POST", "/v1/apps/shop/switch")
        assert asked.body == {"to": "blue", "force": False}
        own = address.split("/")[2]
        assert tab.requests
        elsewhere = [url for url in tab.requests if urlsplit(url).netloc != own]
        assert not elsewhere


def test_no_window_outlives_a_server_that_is_killed(daemon: FakeDaemon) -> None:
    with served(daemon) as (address, process), connect(f"ws{address.removeprefix('http')}ws"):
        daemon.wait_for_streams(2)
        windows = descendants(process.pid)
        assert windows
        process.kill()
        for pid in windows:
            wait_for_end(pid)


@pytest.mark.parametrize("port", [None, "99999"])
def test_a_port_that_cannot_be_used_is_named(daemon: FakeDaemon, port: str | None) -> None:
    with served(daemon) as (address, _):
        port = port or str(urlsplit(address).port)
        done = subprocess.run(
            [sys.executable, "-m", "bgd.cli", "ui", "--web", "--port", port],
            env=environ(daemon),
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 can't be used" in done.stderr
