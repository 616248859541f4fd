"""What the proxy answers to whom: hosts, paths, headers, sizes, and clients of every kind."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bgd.domain.color import Color
from bgd.domain.nginx_config import NginxConfig, render
from bgd.domain.traffic import Closure
from bgd.errors import Failed
from tests.docker.load import Load
from tests.docker.load.kinds import STREAM, WEBSOCKET
from tests.docker.nginx_client import get, say, until
from tests.docker.nginx_lab import Lab, opened, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
BLUE, GREEN = Color.BLUE, Color.GREEN
LARGE_MB = 200

TABLE = (
    routes("shop", BLUE, hosts=("shop.test",)),
    routes("rest", BLUE, hosts=("x.test", "*.wild.test")),
    routes("api", GREEN, hosts=("x.test",), path="/api"),
    routes("new", None, hosts=("new.test",)),
    routes("closed", BLUE, hosts=("closed.test",)),
    routes("any", BLUE, path="/any"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A proxy with a demo shop, and with mirrors for the other apps."""
    async with opened(tmp_path_factory.mktemp("state")) as made:
        await made.traffic.start(TABLE)
        await made.traffic.shut("closed", Closure.MAINTENANCE)
        made.front("shop", BLUE)
        for app, color in (("rest", BLUE), ("rest", GREEN), ("api", GREEN), ("any", BLUE)):
            made.front(app, color, mirror=True)
        await until(made.http, "shop.test", "/version")
        for path in ("/", "/api"):
            await until(made.http, "x.test", path)
        await until(made.preview, "x.test")
        await until(made.http, "nobody.test", "/any")
        yield made


async def test_an_unknown_host_gets_a_404_page_of_bgd_s(lab: Lab) -> None:
    for door in (lab.http, lab.preview):
        reply = await get(door, "nobody.test", "/x")
        assert reply.status == 404
        assert b"No app answers on this host and path." in reply.body


async def test_an_app_with_nothing_live_gets_a_503_page_that_says_when_to_come_back(lab: Lab) -> None:
    reply = await get(lab.http, "new.test")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert b"Not here yet" in reply.body


async def test_an_app_in_maintenance_gets_a_503_page_that_says_so(lab: Lab) -> None:
    reply = await get(lab.http, "closed.test")
    assert (reply.status, reply.headers["retry-after"]) == (503, "60")
    assert b"Back soon" in reply.body


@pytest.mark.parametrize(
    ("host", "path", "color"),
    [
        ("x.test", "/", BLUE),
        ("X.test:8080", "/apix", BLUE),
        ("x.test", "/api", GREEN),
        ("x.test", "/api/", GREEN),
        ("x.test", "/api/v1?a=b", GREEN),
        ("x.test", "/v1/api", BLUE),
        ("any.wild.test", "/api", BLUE),
        ("a.b.wild.test", "/", BLUE),
    ],
)
async def test_host_and_path_choose_the_app_and_the_path_stays(
    lab: Lab, host: str, path: str, color: Color
) -> None:
    reply = await get(lab.http, host, path)
    assert (reply.status, reply.json["version"]) == (200, color)
    assert reply.json["line"] == f"GET {path} HTTP/1.1"


async def test_a_wildcard_is_not_the_domain_itself(lab: Lab) -> None:
    assert (await get(lab.http, "wild.test")).status == 404


async def test_the_preview_shows_the_idle_color_on_the_same_host(lab: Lab) -> None:
    assert (await get(lab.preview, "x.test")).json["version"] == GREEN


async def test_what_a_client_says_of_who_forwarded_it_is_replaced(lab: Lab) -> None:
    lies = [
        "X-Forwarded-For: 6.6.6.6",
        "X_Forwarded_For: 6.6.6.6",
        "X-Real-IP: 6.6.6.6",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.test",
        "X-Forwarded-Port: 666",
        "X-Forwarded-Prefix: /evil",
        "Forwarded: for=6.6.6.6",
        "X-Original-URL: /evil",
        "Proxy: evil.test",
    ]
    reply = await get(lab.http, "x.test:4242", "/", *lies)
    assert "6.6.6.6" not in reply.body.decode()
    assert "evil" not in reply.body.decode()
    (address,) = reply.sent("X-Forwarded-For")
    assert reply.sent("X-Real-IP") == [address]
    assert reply.sent("Host") == reply.sent("X-Forwarded-Host") == ["x.test:4242"]
    assert reply.sent("X-Forwarded-Proto") == ["http"]
    assert reply.sent("X-Forwarded-Port") == ["4242"]
    assert reply.sent("Forwarded") == [f'for={address};host="x.test:4242";proto=http']


async def test_an_http_1_0_client_is_served(lab: Lab) -> None:
    reply = await say(lab.http, b"GET /version HTTP/1.0\r\nHost: shop.test\r\n\r\n")
    assert (reply.status, reply.json["version"]) == (200, "blue")
    assert reply.headers["connection"] == "close"
    assert (await say(lab.http, b"GET / HTTP/1.0\r\n\r\n")).status == 404
    nameless = await say(lab.http, b"GET /any HTTP/1.0\r\n\r\n")
    assert (nameless.json["version"], nameless.sent("Host")) == ("blue", ["localhost"])


async def test_a_request_that_names_two_hosts_is_for_the_one_in_its_first_line(lab: Lab) -> None:
    reply = await say(
        lab.http, b"GET http://x.test/ HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
    )
    assert reply.sent("Host") == reply.sent("X-Forwarded-Host") == ["x.test"]


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Content-Length: 4", "Content-Length: 5"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Host: shop.test",),
    ],
)
async def test_a_request_that_could_be_read_in_two_ways_reaches_no_app(
    lab: Lab, fields: tuple[str, ...]
) -> None:
    head = "\r\n".join(["POST / HTTP/1.1", "Host: x.test", *fields, "", "data"])
    assert (await say(lab.http, head.encode())).status in (400, 501)


async def test_websockets_are_the_upgrade_that_passes_and_h2c_is_not(lab: Lab) -> None:
    reply = await get(lab.http, "x.test", "/", "Upgrade: websocket")
    assert (reply.sent("Upgrade"), reply.sent("Connection")) == (["websocket"], ["upgrade"])
    tunnel = await get(lab.http, "x.test", "/", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    assert (tunnel.sent("Upgrade"), tunnel.sent("Connection")) == ([], [])


async def test_a_container_of_the_app_reaches_its_preview_by_its_own_name(lab: Lab) -> None:
    assert lab.traffic.preview_url_inside("any").endswith("/any")
    command = ["wget", "-q", "-O", "-", f"{lab.traffic.preview_url_inside('rest')}/up"]
    made = lab.client.exec_create(f"{lab.instance}-shop-blue-web-1", command)
    seen = json.loads(lab.client.exec_start(made["Id"]))
    assert (seen["version"], seen["line"]) == ("green", "GET /up HTTP/1.1")
    assert ["Host", "x.test"] in seen["headers"]


async def test_an_app_s_own_errors_and_headers_pass(lab: Lab) -> None:
    reply = await get(lab.http, "x.test", "/status/503")
    assert (reply.status, reply.json["version"], reply.headers["server"]) == (503, BLUE, "mirror")
    assert (await get(lab.http, "x.test", "/accel")).json["line"].startswith("GET /accel ")


async def test_an_app_that_isn_t_there_gets_a_502_page(lab: Lab) -> None:
    assert (await get(lab.preview, "shop.test")).status == 502


async def test_a_large_upload_arrives_whole(lab: Lab) -> None:
    piece, digest = bytes(range(256)) * 4096, hashlib.sha256()
    host, _, port = lab.http.rpartition(":")
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {LARGE_MB * len(piece)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())
        for _ in range(LARGE_MB):
            writer.write(piece)
            digest.update(piece)
            await writer.drain()
        answer = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200")
    assert digest.hexdigest().encode() in answer


async def test_a_large_download_arrives_whole(lab: Lab) -> None:
    reply = await get(lab.http, "shop.test", f"/download?mb={LARGE_MB}")
    assert (reply.status, len(reply.body)) == (200, LARGE_MB * 2**20)


async def test_websockets_and_server_sent_events_pass(lab: Lab) -> None:
    async with Load(lab.http, host="shop.test", mix={WEBSOCKET: 1, STREAM: 1}) as load:
        await load.every_kind()
    assert not load.report.failures, load.report


async def test_the_container_has_no_more_than_it_needs(lab: Lab) -> None:
    details = lab.inspect()
    host, mounts = details["HostConfig"], details["Mounts"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert host["ReadonlyRootfs"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert details["Config"]["User"].partition(":")[0] not in ("", "0", "root")
    # The log is the only thing that it may write.
    assert sorted((each["Destination"], each["RW"]) for each in mounts) == [
        ("/etc/nginx/bgd", False),
        ("/var/log/bgd", True),
    ]
    status = Path(f"/proc/{details['State']['Pid']}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status


async def test_a_configuration_that_nginx_refuses_changes_nothing_and_is_told_in_its_words(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (lab.state_dir / "nginx/nginx.conf").read_text()

    def spoilt(*table: Any) -> NginxConfig:
        return NginxConfig(f"nonsense on;\n{render(*table).text}", "f" * 12)

    # No table that `render` lets pass is known to be refused, so its text is spoilt on the way to nginx.
    monkeypatch.setattr("bgd.adapters.nginx.traffic.render", spoilt)
    with pytest.raises(Failed, match='unknown directive "nonsense"'):
        await lab.traffic.apply(TABLE[:1])
    assert (lab.state_dir / "nginx/nginx.conf").read_text() == before
    assert not (lab.state_dir / "nginx/candidate.conf").exists()
    assert (await get(lab.http, "shop.test", "/version")).status == 200
