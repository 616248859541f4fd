"""The journal and the state, in one SQLite file: one transaction writes both.

Rows keep what is searched for in columns and the rest as one JSON document, so that a new field needs no
migration. Whatever is flushed is so with `synchronous=FULL`: an intent that is lost in a power cut is worth
nothing.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bgd.adapters import journal_schema
from bgd.domain.color import Color
from bgd.domain.deployment import AppRecord, ColorRecord, Deployment, Live
from bgd.domain.release import Release
from bgd.engine.ports import Entry, Record
from bgd.errors import Failed

T = TypeVar("T")

_APP = TypeAdapter(AppRecord)
_COLOR = TypeAdapter(ColorRecord)
_RELEASE = TypeAdapter(Release)
_DEPLOYMENT = TypeAdapter(Deployment)
_LIVE = TypeAdapter(Live)


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: of fixed width, so that it sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class SqliteStore:
    """The `Store` port on a file. Every call runs on one thread of its own: SQLite serialises them anyway."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bgd-store")
        self._connection: sqlite3.Connection | None = None
        self._given: dict[str, int] = {}

    async def open(self) -> None:
        """Open the file, or make it. Raises `Failed` where it can't be used: see `journal_schema`."""
        await self._run(self._open)

    async def close(self) -> None:
        """Close the file; what was recorded is on the disk already."""
        await self._run(self._close)
        self._thread.shutdown()

    async def _run(self, call: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        # Shielded: a caller that is cancelled must not leave half a transaction behind it.
        try:
            return await asyncio.shield(loop.run_in_executor(self._thread, partial(call, *args)))
        except sqlite3.Error as error:
            if not isinstance(error, sqlite3.OperationalError):
                raise journal_schema.damaged(self._file, str(error)) from error
            raise Failed(
                f"the journal {self._file} can't be used: {error}",
                "is the disk full (`df`)? Nothing was changed, and traffic goes on",
            ) from error

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise Failed(f"the journal {self._file} isn't open")
        return self._connection

    def _open(self) -> None:
        self._connection = journal_schema.opened(self._file)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def record(self, *records: Record, flush: bool = True) -> Sequence[Entry]:
        """See `Store.record`."""
        return await self._run(self._record, records, flush)

    def _record(self, records: Sequence[Record], flush: bool) -> Sequence[Entry]:
        db = self._db
        entries: list[Entry] = []
        # The log is flushed as a whole: the next flush takes along what was written without one.
        db.execute(f"PRAGMA synchronous = {'FULL' if flush else 'NORMAL'}")
        with _transaction(db):
            for record in records:
                if isinstance(record, Entry):
                    entries.append(_insert_entry(db, record))
                else:
                    _upsert(db, record)
        return entries

    async def next_release(self, app: str) -> int:
        """See `Store.next_release`."""
        return await self._next(f"release/{app}")

    async def next_deployment(self) -> int:
        """See `Store.next_deployment`."""
        return await self._next("deployment")

    async def _next(self, name: str) -> int:
        # Counted apart from the rows: a number isn't given twice, though its release was pruned. It gets on
        # the disk with its release or deployment; one that isn't recorded then is nobody's.
        if name not in self._given:
            rows = await self._run(self._rows, "SELECT value FROM counters WHERE name = ?", name)
            self._given.setdefault(name, int(rows[0][0]) if rows else 0)
        self._given[name] += 1
        return self._given[name]

    async def apps(self) -> Sequence[AppRecord]:
        """See `Store.apps`."""
        rows = await self._run(self._rows, "SELECT body FROM apps ORDER BY name")
        return [self._parsed(_APP, body) for (body,) in rows]

    async def colors(self, app: str) -> Mapping[Color, ColorRecord]:
        """See `Store.colors`."""
        rows = await self._run(self._rows, "SELECT body FROM colors WHERE app = ?", app)
        records = [self._parsed(_COLOR, body) for (body,) in rows]
        return {record.color: record for record in records}

    async def release(self, app: str, number: int) -> Release | None:
        """See `Store.release`."""
        rows = await self._run(
            self._rows, "SELECT body FROM releases WHERE app = ? AND number = ?", app, number
        )
        return self._parsed(_RELEASE, rows[0][0]) if rows else None

    async def latest_release(self, app: str) -> Release | None:
        """See `Store.latest_release`."""
        rows = await self._run(
            self._rows, "SELECT body FROM releases WHERE app = ? ORDER BY number DESC LIMIT 1", app
        )
        return self._parsed(_RELEASE, rows[0][0]) if rows else None

    async def deployments(self, app: str, limit: int = 200) -> Sequence[Deployment]:
        """See `Store.deployments`."""
        rows = await self._run(
            self._rows, "SELECT body FROM deployments WHERE app = ? ORDER BY id DESC LIMIT ?", app, limit
        )
        return [self._parsed(_DEPLOYMENT, body) for (body,) in rows]

    async def unfinished(self) -> Sequence[Deployment]:
        """See `Store.unfinished`."""
        rows = await self._run(self._rows, "SELECT body FROM deployments WHERE is_final = 0 ORDER BY id")
        return [self._parsed(_DEPLOYMENT, body) for (body,) in rows]

    async def lives(self, app: str, limit: int = 200) -> Sequence[Live]:
        """See `Store.lives`."""
        rows = await self._run(
            self._rows, "SELECT body FROM lives WHERE app = ? ORDER BY id DESC LIMIT ?", app, limit
        )
        return [self._parsed(_LIVE, body) for (body,) in rows]

    async def releases(self, app: str) -> Sequence[int]:
        """See `Store.releases`."""
        rows = await self._run(self._rows, "SELECT number FROM releases WHERE app = ? ORDER BY number", app)
        return [number for (number,) in rows]

    async def prune(self, app: str, releases: Collection[int], deployments: int, entries: int) -> None:
        """See `Store.prune`."""
        await self._run(self._prune, app, frozenset(releases), deployments, entries)

    def _prune(self, app: str, releases: frozenset[int], deployments: int, entries: int) -> None:
        db = self._db
        with _transaction(db):
            db.execute(
                "DELETE FROM deployments WHERE app = ?1 AND is_final = 1 AND id NOT IN"
                " (SELECT id FROM deployments WHERE app = ?1 ORDER BY id DESC LIMIT ?2)",
                (app, deployments),
            )
            there = [n for (n,) in db.execute("SELECT number FROM releases WHERE app = ?", (app,))]
            gone = [(app, number) for number in there if number not in releases]
            db.executemany("DELETE FROM releases WHERE app = ? AND number = ?", gone)
            db.execute(
                "DELETE FROM lives WHERE app = ?1 AND id NOT IN"
                " (SELECT id FROM lives WHERE app = ?1 ORDER BY id DESC LIMIT ?2)",
                (app, deployments),
            )
            db.execute("DELETE FROM entries WHERE id <= (SELECT MAX(id) FROM entries) - ?", (entries,))

    async def forget(self, app: str) -> None:
        """See `Store.forget`."""
        await self._run(self._forget, app)

    def _forget(self, app: str) -> None:
        db = self._db
        db.execute("PRAGMA synchronous = FULL")
        with _transaction(db):
            for table, key in (
                ("colors", "app"),
                ("releases", "app"),
                ("deployments", "app"),
                ("lives", "app"),
                ("apps", "name"),
            ):
                db.execute(f"DELETE FROM {table} WHERE {key} = ?", (app,))  # noqa: S608 - names of this module
            db.execute("DELETE FROM counters WHERE name = ?", (f"release/{app}",))
        self._given.pop(f"release/{app}", None)

    async def entries(self, since: int, app: str | None, limit: int) -> Sequence[Entry]:
        """See `Store.entries`."""
        rows = await self._run(
            self._rows,
            "SELECT id, at, event, app, deployment, actor, data FROM entries"
            " WHERE id > ?1 AND (?2 IS NULL OR app = ?2) ORDER BY id LIMIT ?3",
            since,
            app,
            limit,
        )
        return [
            Entry(
                id=row[0],
                at=datetime.fromisoformat(row[1]),
                event=row[2],
                app=row[3],
                deployment=row[4],
                actor=row[5],
                data=json.loads(row[6]),
            )
            for row in rows
        ]

    async def first_id(self) -> int:
        """See `Store.first_id`."""
        rows = await self._run(self._rows, "SELECT COALESCE(MIN(id), 1) FROM entries")
        return int(rows[0][0])

    async def last_id(self) -> int:
        """See `Store.last_id`."""
        rows = await self._run(self._rows, "SELECT COALESCE(MAX(id), 0) FROM entries")
        return int(rows[0][0])

    def _parsed(self, kind: TypeAdapter[T], body: str) -> T:
        """One record. What is wrong with it is told without its values: there are secrets among them."""
        try:
            return kind.validate_json(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise journal_schema.damaged(self._file, f"{error.title} {place}: {first['msg']}") from None

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. One that were left open would refuse every later one."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _insert_entry(db: sqlite3.Connection, entry: Entry) -> Entry:
    cursor = db.execute(
        "INSERT INTO entries (at, event, app, deployment, actor, data) VALUES (?, ?, ?, ?, ?, ?)",
        (
            timestamp(entry.at),
            entry.event,
            entry.app,
            entry.deployment,
            entry.actor,
            json.dumps(entry.data, ensure_ascii=False),
        ),
    )
    return replace(entry, id=cursor.lastrowid or 0)


def _count_up(db: sqlite3.Connection, name: str, value: int) -> None:
    db.execute(
        "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = max(value, ?2)",
        (name, value),
    )


def _upsert(db: sqlite3.Connection, record: AppRecord | ColorRecord | Deployment | Release | Live) -> None:
    match record:
        case AppRecord():
            db.execute("REPLACE INTO apps VALUES (?, ?)", (record.name, _APP.dump_json(record).decode()))
        case ColorRecord():
            body = _COLOR.dump_json(record).decode()
            db.execute("REPLACE INTO colors VALUES (?, ?, ?)", (record.app, record.color.value, body))
        case Deployment():
            body = _DEPLOYMENT.dump_json(record).decode()
            values = (record.id, record.app, int(record.state.is_final), body)
            db.execute("REPLACE INTO deployments VALUES (?, ?, ?, ?)", values)
            _count_up(db, "deployment", record.id)
        case Release():
            body = _RELEASE.dump_json(record).decode()
            db.execute("REPLACE INTO releases VALUES (?, ?, ?)", (record.app, record.number, body))
            _count_up(db, f"release/{record.app}", record.number)
        case Live():
            body = _LIVE.dump_json(record).decode()
            db.execute(
                "INSERT INTO lives (app, at, body) VALUES (?, ?, ?)",
                (record.app, timestamp(record.at), body),
            )
