"""The log is read as it grows, replaced without a gap, and whatever happens to it is survived."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bgd.adapters.nginx.access_log import CHUNK_BYTES, REST_S, AccessLog


class Nginx:
    """What nginx does with a log: it keeps the file open, and opens it anew when it is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs = True
        self.told = 0
        self.file = 0

    def open(self) -> None:
        self.file = os.open(self.path, os.O_WRONLY | os.O_APPEND)

    def write(self, text: bytes) -> None:
        os.write(self.file, text)

    def reopen(self) -> bool:
        self.told += 1
        return self.runs


class Place:
    """A log with its nginx and a clock."""

    def __init__(self, directory: Path, replace_bytes: int) -> None:
        self.now = 0.0
        self.nginx = Nginx(directory / "access.log")
        self.log = AccessLog(
            directory, self.nginx.reopen, replace_bytes=replace_bytes, clock=lambda: self.now
        )
        self.log.prepare()
        self.nginx.open()
        assert self.log.read() == []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "traffic", replace_bytes=100)
    yield made
    made.log.close()


def test_lines_come_once_and_whole(place: Place) -> None:
    place.nginx.write(b"one\ntw")
    assert place.log.read() == [b"one"]
    place.nginx.write(b"o\n")
    assert place.log.read() == [b"two"]
    assert place.log.read() == []


def test_what_was_written_while_nobody_read_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(b"old\n")
    log = AccessLog(tmp_path, lambda: True)
    log.prepare()
    assert log.read() == []
    log.close()


def test_a_large_log_is_replaced_and_no_line_of_either_file_is_lost(place: Place) -> None:
    old = place.nginx.file
    place.nginx.write(b"x" * 99 + b"\nhal")
    assert place.log.read() == [b"x" * 99]
    assert place.nginx.told == 1
    place.nginx.write(b"f\n")  # not yet told
    place.nginx.open()
    place.nginx.write(b"new\n")
    os.write(old, b"late\n")  # another worker
    assert place.log.read() == [b"half", b"late", b"new"]
    place.now = REST_S + 1
    assert place.log.read() == []
    assert sorted(path.name for path in place.log.path.iterdir()) == ["access.log"]
    place.nginx.write(b"more\n")
    assert place.log.read() == [b"more"]


def test_while_nginx_is_away_the_old_file_stays_in_place(place: Place) -> None:
    place.nginx.runs = False
    place.nginx.write(b"x" * 120 + b"\n")
    assert place.log.read() == [b"x" * 120]
    place.nginx.write(b"on\n")
    assert place.log.read() == [b"on"]
    assert (place.log.path / "access.log").stat().st_size > 120
    place.nginx.runs = True
    assert place.log.read() == []
    assert (place.log.path / "access.log").stat().st_size == 0


def test_where_no_file_can_be_made_the_old_one_is_cut(place: Place) -> None:
    (place.log.path / "access.log.next").mkdir()  # in the way, for root too
    place.nginx.write(b"x" * 120 + b"\n")
    assert place.log.read() == [b"x" * 120]
    assert place.nginx.path.stat().st_size == 0
    assert place.nginx.told == 0
    place.nginx.write(b"on\n")
    assert place.log.read() == [b"on"]


def test_a_log_that_was_cut_by_somebody_is_read_from_its_beginning(place: Place) -> None:
    place.nginx.write(b"one\ntorn")
    place.log.read()
    os.truncate(place.nginx.path, 0)
    place.nginx.write(b"1\n")
    assert place.log.read() == [b"1"]


def test_a_log_that_was_taken_away_comes_back(place: Place) -> None:
    place.nginx.path.rename(place.log.path / "mine")
    place.nginx.write(b"last\n")
    assert place.log.read() == [b"last"]
    assert place.nginx.told == 1
    place.nginx.open()
    place.log.read()
    place.nginx.write(b"again\n")
    assert place.log.read() == [b"again"]


def test_a_link_or_a_pipe_in_its_place_is_not_read(tmp_path: Path) -> None:
    for name in ("pipe", "link"):
        directory = tmp_path / name
        directory.mkdir()
        if name == "pipe":
            os.mkfifo(directory / "access.log")
        else:
            (directory / "access.log").symlink_to("/etc/passwd")
        log = AccessLog(directory, lambda: True)
        assert log.read() == []
        assert log.read() == []
        log.close()


def test_bytes_without_an_end_of_line_do_not_grow_for_ever(place: Place) -> None:
    with place.nginx.path.open("ab") as file:
        file.write(b"x" * 3 * CHUNK_BYTES)
    lines: list[bytes] = []
    for _ in range(4):
        lines += place.log.read()
    place.nginx.open()
    place.nginx.write(b"\nwell\n")
    assert place.log.read()[-1] == b"well"


def test_the_log_is_for_a_nginx_of_any_user_and_its_directory_is_not_listed_above(place: Place) -> None:
    assert place.nginx.path.stat().st_mode & 0o777 == 0o666
    assert place.log.path.stat().st_mode & 0o777 == 0o777
