"""Addresses on the host: read, reached, and found taken."""

from __future__ import annotations

import socket

import pytest

from bgd.adapters.nginx.door import Door
from bgd.adapters.nginx.project import Settings, failure
from bgd.errors import InvalidInput


@pytest.mark.parametrize("text", ["0.0.0.0:80", "127.0.0.1:8081", "[::1]:443", "[::]:80"])
def test_an_address_reads_as_it_is_written(text: str) -> None:
    assert str(Door.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "80", ":80", "localhost:80", "1.2.3.4", "1.2.3.4:0", "1.2.3.4:65536", "x:y"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Door.parse(text)


@pytest.mark.parametrize(
    ("one", "two", "clash"),
    [
        ("0.0.0.0:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.2:80", False),
        ("0.0.0.0:80", "0.0.0.0:81", False),
    ],
)
def test_all_addresses_include_each(one: str, two: str, clash: bool) -> None:
    assert Door.parse(one).overlaps(Door.parse(two)) is clash


def test_an_address_is_taken_while_somebody_listens_there() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        door = Door(*other.getsockname())
        assert door.is_taken()
        assert Door("0.0.0.0", door.port).is_taken()
    assert not door.is_taken()


def test_an_address_of_another_machine_is_for_the_engine_to_refuse() -> None:
    assert not Door("203.0.113.1", 80).is_taken()


def test_the_two_doors_are_two_addresses() -> None:
    with pytest.raises(InvalidInput, match=r"--http 0.0.0.0:80 and --preview 127.0.0.1:80 are one address"):
        Settings(Door.parse("0.0.0.0:80"), Door.parse("127.0.0.1:80"), "nginx")


def test_of_two_ports_the_one_that_is_taken_is_named() -> None:
    settings = Settings(Door.parse("0.0.0.0:80"), Door.parse("127.0.0.1:8081"), "nginx")
    said = "driver failed: Bind for 127.0.0.1:8081 failed: port is already allocated"
    assert failure(settings, said).message.startswith("127.0.0.1:8081 is taken")
    said = said.replace("127.0.0.1:8081", "0.0.0.0:80")
    assert failure(settings, said).message.startswith("0.0.0.0:80 is taken")
