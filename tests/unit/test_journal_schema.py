"""A journal of any age, or what is left of one: brought up to date, or left alone with words."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bgd.adapters.journal_schema import SCHEMA_VERSION
from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.color import Color
from bgd.domain.deployment import AppRecord, Live
from bgd.domain.settings import Route
from bgd.engine.ports import Entry
from bgd.errors import Failed

AT = datetime(2030, 1, 31, 12, tzinfo=UTC)
SHOP = AppRecord("shop", "/srv/shop/compose.yaml", AT, Route("web", 8000))
SCHEMA_1 = """
CREATE TABLE apps (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE colors (app TEXT NOT NULL, color TEXT NOT NULL, body TEXT NOT NULL,
                     PRIMARY KEY (app, color)) STRICT;
CREATE TABLE releases (app TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
                       PRIMARY KEY (app, number)) STRICT;
CREATE TABLE deployments (id INTEGER PRIMARY KEY, app TEXT NOT NULL, is_final INTEGER NOT NULL,
                          body TEXT NOT NULL) STRICT;
CREATE INDEX deployments_of_app ON deployments (app, id);
CREATE TABLE lives (app TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (app, at)) STRICT;
CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, event TEXT NOT NULL, app TEXT,
                      deployment INTEGER, actor TEXT, data TEXT NOT NULL) STRICT;
CREATE INDEX entries_of_app ON entries (app, id);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
PRAGMA journal_mode = WAL;
PRAGMA user_version = 1;
"""


def old_journal(file: Path) -> None:
    """What bgd 0.1.0 of schema 1 left: r1, r2, and after the clock was set back an hour, r3."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript(SCHEMA_1)
        for number, hours in ((1, 0), (2, 1), (3, 0.5)):
            at = AT + timedelta(hours=hours)
            body = f'{{"app":"shop","release":{number},"color":"blue","at":"{at.isoformat()}"}}'
            db.execute("INSERT INTO lives VALUES ('shop', ?, ?)", (at.isoformat(), body))
        db.execute("INSERT INTO counters VALUES ('release/shop', 3)")
        db.commit()


@contextlib.asynccontextmanager
async def journal(file: Path) -> AsyncIterator[SqliteStore]:
    """The journal in `file`, open."""
    store = SqliteStore(file)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


def version_of(file: Path) -> int:
    with contextlib.closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


async def test_an_older_journal_is_brought_up_to_date_and_kept_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "bgd.db"
    old_journal(file)
    async with journal(file) as store:
        assert [live.release for live in await store.lives("shop")] == [3, 2, 1], "as it happened"
        assert await store.next_release("shop") == 4
    copy = tmp_path / "bgd.db.schema1"
    assert (version_of(file), version_of(copy)) == (SCHEMA_VERSION, 1)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM lives").fetchone() == (3,)


async def test_a_migration_that_fails_leaves_the_older_journal(tmp_path: Path) -> None:
    file = tmp_path / "bgd.db"
    old_journal(file)
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE lives_by_time (in_the_way TEXT)")
    with pytest.raises(Failed, match="lives_by_time"):
        async with journal(file):
            pass
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM lives").fetchone() == (3,)


async def test_a_newer_journal_is_refused_and_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "bgd.db"
    async with journal(file):
        pass
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(Failed, match=r"is a newer bgd's \(schema 99, known is \d+\)"):
        async with journal(file):
            pass
    assert file.read_bytes() == before


@pytest.mark.parametrize("harm", ["garbage", "torn off", "overwritten inside", "another file's beginning"])
async def test_a_damaged_journal_is_told_and_never_overwritten(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "bgd.db"
    async with journal(file) as store:
        await store.record(SHOP, *(Entry(AT, "note", "shop", {"text": "x" * 500}) for _ in range(400)))
    whole = file.read_bytes()
    assert len(whole) > 100_000
    middle = len(whole) // 2 // 4096 * 4096
    broken = {
        "garbage": b"\xde\xad" * 5000,
        "torn off": whole[: middle + 100],
        "overwritten inside": whole[:middle] + b"\xff" * 16_384 + whole[middle + 16_384 :],
        "another file's beginning": b"-- MySQL dump\n" + whole[14:],
    }[harm]
    file.write_bytes(broken)
    with pytest.raises(Failed, match=r"the journal .*bgd\.db is damaged: .*; it is left as it is") as told:
        async with journal(file):
            pass
    assert "put your backup in its place" in told.value.hint
    assert file.read_bytes() == broken


async def test_a_journal_that_vanished_from_beside_its_apps_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "apps" / "shop").mkdir(parents=True)
    file = tmp_path / "bgd.db"
    with pytest.raises(Failed, match=r"bgd\.db is gone, but there are apps in .* \(shop\)"):
        async with journal(file):
            pass
    assert not file.exists()
    file.touch()
    with pytest.raises(Failed, match="is empty"):
        async with journal(file):
            pass
    assert file.read_bytes() == b""


async def test_an_empty_file_that_a_killed_first_start_left_is_a_journal(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    file = tmp_path / "bgd.db"
    file.touch()
    async with journal(file) as store:
        assert await store.apps() == []


async def test_a_record_that_cant_be_read_is_told_without_its_values(tmp_path: Path) -> None:
    file = tmp_path / "bgd.db"
    async with journal(file) as store:
        await store.record(SHOP)
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("UPDATE apps SET body = ?", ('{"name": "shop", "file": {"password": "hunter2"}}',))
        db.commit()
    async with journal(file) as store:
        with pytest.raises(Failed, match=r"damaged: AppRecord file: Input should be a valid string") as told:
            await store.apps()
    assert "hunter2" not in told.value.message + told.value.hint


async def test_lives_are_in_the_order_in_which_they_happened_whatever_the_clock_says(tmp_path: Path) -> None:
    async with journal(tmp_path / "bgd.db") as store:
        first = Live("shop", 1, Color.BLUE, AT)
        for live in (first, replace(first, release=2), replace(first, release=3, at=AT - timedelta(hours=1))):
            await store.record(live)
        assert [live.release for live in await store.lives("shop")] == [3, 2, 1]


async def test_an_app_that_cant_be_forgotten_leaves_the_journal_usable(tmp_path: Path) -> None:
    async with journal(tmp_path / "bgd.db") as store:
        await store.record(SHOP)
        with contextlib.closing(sqlite3.connect(tmp_path / "bgd.db")) as db:
            db.execute("ALTER TABLE lives RENAME TO elsewhere")
        with pytest.raises(Failed, match="no such table: lives"):
            await store.forget("shop")
        assert [app.name for app in await store.apps()] == ["shop"]
        assert await store.record(Entry(AT, "warning", "shop", {}))
