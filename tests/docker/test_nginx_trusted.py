"""A proxy in front of bgd's nginx, such as one that ends TLS: its word is taken, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bgd.domain.color import Color
from tests.docker.nginx_client import get, until
from tests.docker.nginx_lab import Lab, opened, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
TABLE = (routes("shop", Color.BLUE, hosts=("shop.test",)),)
SAID = ("X-Forwarded-For: 6.6.6.6, 203.0.113.9, 198.51.100.7", "X-Forwarded-Proto: https")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A proxy that trusts this machine and one more, with a mirror behind it."""
    async with opened(tmp_path_factory.mktemp("state")) as made:
        await made.daemon(trusted_proxies=["127.0.0.1", "198.51.100.0/24"]).start(TABLE)
        made.front("shop", Color.BLUE, mirror=True)
        await until(made.http, "shop.test")
        yield made


async def test_an_app_sees_the_client_behind_the_proxies_that_are_trusted_and_no_one_further(
    lab: Lab,
) -> None:
    reply = await get(lab.http, "shop.test", "/", *SAID)
    # 6.6.6.6 is what 203.0.113.9, whom nobody trusts, says of itself.
    assert reply.sent("X-Forwarded-For") == reply.sent("X-Real-IP") == ["203.0.113.9"]
    assert reply.sent("X-Forwarded-Proto") == ["https"]
    assert reply.sent("X-Forwarded-Port") == ["443"]
    assert reply.sent("Forwarded") == ['for=203.0.113.9;host="shop.test";proto=https']


@pytest.mark.parametrize(
    ("host", "said", "scheme", "port"),
    [
        ("shop.test", (), "http", "80"),
        ("shop.test:8443", ("X-Forwarded-Proto: https",), "https", "8443"),
        ("shop.test", ("X-Forwarded-Proto: https", "X-Forwarded-Port: 9443"), "https", "9443"),
        ("shop.test", ("X-Forwarded-Proto: WSS",), "https", "443"),
        ("shop.test", ("X-Forwarded-Proto: https, http",), "https", "443"),
        ("shop.test", ("X-Forwarded-Proto: httpsy", "X-Forwarded-Port: 1|2"), "http", "80"),
    ],
)
async def test_scheme_and_port_are_the_proxy_s_words_where_they_make_sense(
    lab: Lab, host: str, said: tuple[str, ...], scheme: str, port: str
) -> None:
    reply = await get(lab.http, host, "/", *said)
    assert (reply.sent("X-Forwarded-Proto"), reply.sent("X-Forwarded-Port")) == ([scheme], [port])


async def test_a_container_beside_it_is_not_trusted(lab: Lab) -> None:
    headers = [word for line in (*SAID, "Host: shop.test") for word in ("--header", line)]
    command = ["wget", "-q", "-O", "-", *headers, "http://bgd-preview:8080/"]
    made = lab.client.exec_create(f"{lab.instance}-shop-blue-web-1", command)
    sent = {name.lower(): value for name, value in json.loads(lab.client.exec_start(made["Id"]))["headers"]}
    assert sent["x-forwarded-proto"] == "http"
    assert not {"6.6.6.6", "203.0.113.9", "198.51.100.7"} & {sent["x-forwarded-for"], sent["x-real-ip"]}


async def test_a_next_daemon_that_trusts_nobody_takes_nobody_s_word_at_its_first_reload(lab: Lab) -> None:
    trusting = lab.daemon(trusted_proxies=["127.0.0.1"])
    try:
        await lab.daemon().start(TABLE)
        reply = await get(lab.http, "shop.test", "/", *SAID)
        assert reply.sent("X-Forwarded-Proto") == ["http"]
        assert "203.0.113.9" not in reply.body.decode()
    finally:
        await trusting.start(TABLE)
