"""Requests that were made to be read in two ways, on the real proxy: the app gets one, whole, or none.

Each goes on one connection together with a request for /honest. Whatever the proxy makes of it, no app may
ever see the request for /smuggled that is hidden in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bgd.domain.color import Color
from bgd.domain.nginx_layout import MARKER_HOST
from tests.docker.nginx_client import get, say, until
from tests.docker.nginx_lab import Lab, opened, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
BLUE, GREEN = Color.BLUE, Color.GREEN
TABLE = (
    routes("rest", BLUE, hosts=("x.test",)),
    routes("api", GREEN, hosts=("x.test",), path="/api"),
    routes("other", BLUE, hosts=("other.test",)),
)
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: other.test\r\n\r\n"
HONEST = b"GET /honest HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n"
_LINE = re.compile(r'"line": "([^"]*)"')


def post(*fields: bytes, body: bytes = b"", target: bytes = b"/post", version: bytes = b"1.1") -> bytes:
    """A POST with these fields."""
    head = [b"POST " + target + b" HTTP/" + version, b"Host: x.test", *fields]
    return b"\r\n".join([*head, b"", b""]) + body


LONG = b"Content-Length: %d" % len(HIDDEN)
CHUNKED = b"Transfer-Encoding: chunked"
END = b"0\r\n\r\n"
AMBIGUOUS = {
    "CL.TE": post(LONG, CHUNKED, body=END + HIDDEN),
    "TE.CL": post(CHUNKED, b"Content-Length: 4", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)),
    "two lengths": post(b"Content-Length: 0", LONG, body=HIDDEN),
    "two lengths, the same": post(LONG, LONG, body=HIDDEN),
    "a list of lengths": post(b"Content-Length: 0, %d" % len(HIDDEN), body=HIDDEN),
    "a signed length": post(b"Content-Length: +%d" % len(HIDDEN), body=HIDDEN),
    "a hexadecimal length": post(b"Content-Length: 0x%x" % len(HIDDEN), body=HIDDEN),
    "a length of more than 64 bits": post(b"Content-Length: 18446744073709551616", body=HIDDEN),
    "a folded length": post(b"Content-Length:\r\n %d" % len(HIDDEN), body=HIDDEN),
    "a folded coding": post(b"Transfer-Encoding:\r\n chunked", body=END + HIDDEN),
    "a folded header": post(b"X: a\r\n" + LONG.replace(b"C", b" C", 1), body=HIDDEN),
    "a space before the colon": post(b"Content-Length : %d" % len(HIDDEN), body=HIDDEN),
    "a coding with a space before the colon": post(b"Transfer-Encoding : chunked", body=END + HIDDEN),
    "a coding with a tab": post(b"Transfer-Encoding:\tchunked", body=END + HIDDEN),
    "a coding with a vertical tab": post(b"Transfer-Encoding:\x0bchunked", body=END + HIDDEN),
    "xchunked": post(b"Transfer-Encoding: xchunked", body=END + HIDDEN),
    "chunked, identity": post(b"Transfer-Encoding: chunked, identity", LONG, body=END + HIDDEN),
    "identity": post(b"Transfer-Encoding: identity", LONG, body=HIDDEN),
    "two codings": post(CHUNKED, CHUNKED, body=END + HIDDEN),
    "two codings, one unknown": post(CHUNKED, b"Transfer-Encoding: cow", body=END + HIDDEN),
    "a coding in HTTP/1.0": post(CHUNKED, version=b"1.0", body=END + HIDDEN),
    "a coding and a length in HTTP/1.0": post(CHUNKED, LONG, version=b"1.0", body=END + HIDDEN),
    "an underscore in the name": post(b"Content_Length: %d" % len(HIDDEN), body=HIDDEN),
    "a coding behind an underscore": post(b"Transfer_Encoding: chunked", body=END + HIDDEN),
    "a bare line feed after a header": post(b"X: y\nContent-Length: %d" % len(HIDDEN), body=HIDDEN),
    "a bare carriage return": post(b"X: y\rContent-Length: %d" % len(HIDDEN), body=HIDDEN),
    "a zero byte in a header": post(b"X: y\0Content-Length: 5", body=HIDDEN),
    "a chunk extension with a line feed": post(CHUNKED, body=b"0;a\nb\r\n\r\n" + HIDDEN),
    "a chunk extension that hides a chunk": post(CHUNKED, body=b"2;\nxx\r\n0\r\n\r\n" + HIDDEN),
    "a chunk size of nonsense": post(CHUNKED, body=b"0x0\r\n\r\n" + HIDDEN),
    "a chunk size of more than 64 bits": post(CHUNKED, body=b"10000000000000000\r\n\r\n" + HIDDEN),
    "a negative chunk": post(CHUNKED, body=b"-1\r\n\r\n" + HIDDEN),
    "a chunk ended by line feeds": post(CHUNKED, body=b"0\n\n" + HIDDEN),
    "a trailer that is a length": post(CHUNKED, body=b"0\r\n" + LONG + b"\r\n\r\n" + HIDDEN),
    "expectation": post(b"Expect: 100-continue", LONG, body=HIDDEN),
    "an upgrade to h2c": b"GET / HTTP/1.1\r\nHost: x.test\r\nUpgrade: h2c\r\n"
    b"Connection: Upgrade\r\n\r\n" + HIDDEN,
    "a hop that is called away": post(b"Connection: close, Content-Length", LONG, body=HIDDEN),
}
READ_AS_TWO = {
    # What stands behind these is a request of its own to any reader of HTTP, so it is one to the proxy, which
    # sends it to the app of its host as it would send any other.
    "a trailer that is a length",
    "an underscore in the name",
    "an upgrade to h2c",
}
BAD_HOSTS = [
    *("x.test/../other.test", "x.test@other.test", "x test", "x.test\0", "x.test:80:80", "[::1", "x..test"),
    *("", "..", "x.test#", "x.test?", "x.test\\", "other.test, x.test"),
]
OWN_HOSTS = [
    *(MARKER_HOST, MARKER_HOST.upper(), f"{MARKER_HOST}.", f"{MARKER_HOST}:8081"),
    *("bgd-preview", "rest.preview"),
]
TO_API = ["/api", "/api/", "/api/x", "/api/../api/x", "/x/../api/y", "//api/x", "/./api/x", "/%61pi/x"]
NOT_TO_API = [
    *("/apix", "/ap", "/x", "/api/../x", "/api/%2e%2e/x", "/api/..%2fx", "/x/api", "/API/x", "/api;/x"),
    "/..;/api/x",
]
NO_HTTP = [
    *(b"\0" * 100, b"\x16\x03\x01\0\xa5\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    b"GET / HTTP/3.0\r\nHost: x.test\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x.test\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A proxy with mirrors."""
    async with opened(tmp_path_factory.mktemp("state")) as made:
        await made.traffic.start(TABLE)
        for app, color in (("rest", BLUE), ("rest", GREEN), ("api", GREEN), ("other", BLUE)):
            made.front(app, color, mirror=True)
        for host, path in (("x.test", "/"), ("x.test", "/api"), ("other.test", "/")):
            await until(made.http, host, path)
        await until(made.preview, "x.test")
        yield made


async def arrived(lab: Lab, data: bytes) -> list[dict[str, Any]]:
    """What apps got of these bytes, request by request, as they say themselves."""
    reply = await say(lab.http, data)
    decoder, text = json.JSONDecoder(), reply.body.decode("latin-1")
    starts = [match.start() for match in re.finditer(r'\{"version"', text)]
    return [decoder.raw_decode(text, start)[0] for start in starts]


async def test_what_could_be_read_in_two_ways_hides_no_request(lab: Lab) -> None:
    hidden = {}
    for name, data in AMBIGUOUS.items():
        got = await arrived(lab, data + HONEST)
        lines = [each["line"].split()[1] for each in got]
        assert set(lines) <= {"/post", "/honest", "/smuggled", "/"}, name
        if "/smuggled" in lines:
            hidden[name] = lines
        for each in got:
            names = [key.lower() for key, _ in each["headers"]]
            assert len(names) == len(set(names)), (name, names)
            assert not {"content-length", "transfer-encoding"} <= set(names), name
    assert hidden.keys() == READ_AS_TWO, hidden


async def test_a_host_that_is_none_reaches_no_app(lab: Lab) -> None:
    for host in BAD_HOSTS:
        reply = await get(lab.http, host)
        assert reply.status in (400, 404), (host, reply.status)
        assert b'"version"' not in reply.body, host


async def test_a_host_is_the_same_in_capitals_with_a_port_or_a_dot_at_its_end(lab: Lab) -> None:
    for host in ("X.TEST", "x.test.", "x.test:80", "x.test:65535", "X.Test.:80"):
        reply = await get(lab.http, host)
        assert (reply.status, reply.json["version"]) == (200, BLUE), host
        (told,) = reply.sent("Host")
        assert told.lower().partition(":")[0].rstrip(".") == "x.test", told


async def test_an_absolute_address_is_for_its_host_and_nobody_else(lab: Lab) -> None:
    for target in ("http://other.test/", "http://OTHER.test:80/", "http://user:word@other.test/"):
        data = f"GET {target} HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n"
        reply = await say(lab.http, data.encode())
        if reply.status == 200:
            assert reply.sent("Host")[0].lower().startswith("other.test"), target
            assert "word" not in reply.body.decode(), target
        else:
            assert reply.status in (400, 404), target
    for line in ("CONNECT other.test:80 HTTP/1.1", "GET //other.test/ HTTP/1.1", "GET other.test HTTP/1.1"):
        reply = await say(lab.http, f"{line}\r\nHost: x.test\r\nConnection: close\r\n\r\n".encode())
        assert reply.status in (400, 405) or reply.sent("Host") == ["x.test"], line


async def test_what_the_daemon_asks_of_itself_isnt_to_be_had_from_outside(lab: Lab) -> None:
    for host in OWN_HOSTS:
        for path in ("/", "/rest", "/.bgd"):
            reply = await get(lab.http, host, path)
            assert reply.status == 404, (host, path)
            assert b"rest" not in reply.body, (host, path)
    absolute = f"GET http://{MARKER_HOST}/ HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n"
    assert (await say(lab.http, absolute.encode())).status == 404
    asked = await get(lab.http, "x.test", "/", "Bgd-Color: green")
    assert asked.json["version"] == BLUE, "the idle colour is to be had on the preview alone"


async def test_no_path_leads_into_another_app(lab: Lab) -> None:
    """`/api` is the app api's: a path is resolved before the app is chosen, and sent on as it came."""
    for path in TO_API:
        assert (await get(lab.http, "x.test", path)).json["version"] == GREEN, path
    for path in NOT_TO_API:
        assert (await get(lab.http, "x.test", path)).json["version"] == BLUE, path
    assert (await get(lab.http, "x.test", "/../../etc/passwd")).status == 400


async def test_bytes_that_are_no_http_end_in_an_error_and_the_proxy_goes_on(lab: Lab) -> None:
    for data in NO_HTTP:
        reply = await say(lab.http, data)
        assert reply.status in (0, 400, 404, 505), data[:20]
        assert b'"version"' not in reply.body, data[:20]
    assert (await get(lab.http, "x.test")).status == 200
