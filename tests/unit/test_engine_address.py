"""Which engine is spoken to, and in which version."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from bgd.adapters.container_logs import unix_time
from bgd.adapters.docker_engine import agreed_version
from bgd.adapters.engine_address import DEFAULT, EngineAddress, away
from bgd.adapters.engine_socket import EngineSocket
from bgd.domain.reference import Reference
from bgd.errors import InvalidInput, Unreachable


@pytest.fixture(autouse=True)
def _no_docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def test_the_usual_socket_is_the_default() -> None:
    address = EngineAddress.of({})
    assert (address.url, address.is_local, address.is_tls) == (DEFAULT, True, False)


def test_docker_host_decides() -> None:
    address = EngineAddress.of({"DOCKER_HOST": "tcp://far:2375"})
    assert address.host_and_port == ("far", 2375)
    assert not address.is_tls
    assert EngineAddress.of({"DOCKER_HOST": "unix:///run/mine.sock"}).socket == "/run/mine.sock"


def test_certificates_are_used_when_verification_is_asked_for(tmp_path: Path) -> None:
    given = {"DOCKER_HOST": "tcp://far", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    address = EngineAddress.of(given)
    assert (address.certificates, address.host_and_port) == (tmp_path, ("far", 2376))


def test_the_current_context_counts_where_docker_host_says_nothing(tmp_path: Path) -> None:
    meta = tmp_path / "contexts" / "meta" / "a1"
    meta.mkdir(parents=True)
    endpoints = {"docker": {"Host": "unix:///run/user/1000/docker.sock"}}
    (meta / "meta.json").write_text(json.dumps({"Name": "rootless", "Metadata": {}, "Endpoints": endpoints}))
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "rootless"}))
    # docker-py finds a context by the hash of its name.
    meta.rename(meta.with_name(_hash("rootless")))
    assert EngineAddress.of({}).socket == "/run/user/1000/docker.sock"


def test_an_address_that_streams_can_not_use_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInput, match="ssh://far") as refused:
        EngineAddress.of({"DOCKER_HOST": "ssh://far"})
    assert "forward the socket" in refused.value.hint


@pytest.mark.parametrize(
    ("newest", "oldest", "spoken"),
    [("1.41", "1.12", "1.41"), ("1.99", "1.24", "1.45"), ("1.60", "1.50", "1.50")],
)
def test_the_newest_version_that_both_know_is_spoken(newest: str, oldest: str, spoken: str) -> None:
    assert agreed_version(newest, oldest) == spoken


@pytest.mark.parametrize(
    ("text", "repository", "version"),
    [
        ("redis", "redis", "latest"),
        ("redis:7", "redis", "7"),
        ("host:5000/a/b", "host:5000/a/b", "latest"),
        ("host:5000/a/b:1", "host:5000/a/b", "1"),
        ("a/b:1@sha256:ff", "a/b", "sha256:ff"),
    ],
)
def test_references_are_taken_apart(text: str, repository: str, version: str) -> None:
    assert Reference.of(text) == Reference(repository, version)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", "1.000000000"),
        ("1970-01-01T00:00:01.123456789Z", "1.123456789"),
        ("1970-01-01T01:00:01.5+01:00", "1.500000000"),
    ],
)
def test_times_keep_their_nanoseconds(text: str, seconds: str) -> None:
    assert unix_time(text) == seconds


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(InvalidInput, match="isn't a time"):
        unix_time("yesterday")


def _hash(name: str) -> str:
    import hashlib

    return hashlib.sha256(name.encode()).hexdigest()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_user_without_a_home_needs_none() -> None:
    code = (
        "import os; from bgd.adapters.engine_address import EngineAddress; os.setuid(54321);"
        "print(EngineAddress.of({'DOCKER_HOST': 'unix:///run/mine.sock'}).socket)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("/run/mine.sock\n", "")


async def test_an_engine_that_says_nothing_is_told_with_the_time_it_had(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    is_over = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(say_nothing, path)
    async with server:
        with pytest.raises(Unreachable, match=f"at unix://{path} didn't answer within 0.05 s"):
            async with EngineSocket(EngineAddress(f"unix://{path}")).request(
                "GET", "/_ping", answer_within_s=0.05
            ):
                raise AssertionError("it answered")
        is_over.set()


async def test_an_engine_over_tcp_is_asked_by_the_kernel_whether_it_is_there_still() -> None:
    is_over = asyncio.Event()

    async def stream(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await is_over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(stream, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        address = EngineAddress(f"tcp://127.0.0.1:{port}")
        async with EngineSocket(address).request("GET", "/events"):
            rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            (timer,) = [row[5] for row in rows if row[2] == f"0100007F:{port:04X}"]
            is_over.set()
    assert timer.startswith("02:"), "a keep-alive timer runs"


def test_an_engine_that_speaks_no_tls_is_told_apart_from_one_that_is_away() -> None:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    told = away(EngineAddress("tcp://far:2376"), error)
    assert "at tcp://far:2376 doesn't speak TLS as it should: " in told.message
    assert "wrong version number" in told.message
    assert "DOCKER_CERT_PATH" in told.hint
