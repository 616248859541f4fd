"""The journal's tables, how they came to be what they are, and opening a file of any age.

A file of an older bgd is copied before it is changed, so the older bgd can be had back with its state.
One of a newer bgd isn't touched, nor is a damaged one: what can still be read of it is worth more than a
fresh start.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from bgd.errors import Failed

SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE apps (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE colors (app TEXT NOT NULL, color TEXT NOT NULL, body TEXT NOT NULL,
                     PRIMARY KEY (app, color)) STRICT;
CREATE TABLE releases (app TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
                       PRIMARY KEY (app, number)) STRICT;
CREATE TABLE deployments (id INTEGER PRIMARY KEY, app TEXT NOT NULL, is_final INTEGER NOT NULL,
                          body TEXT NOT NULL) STRICT;
CREATE INDEX deployments_of_app ON deployments (app, id);
CREATE TABLE lives (id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, at TEXT NOT NULL,
                    body TEXT NOT NULL) STRICT;
CREATE INDEX lives_of_app ON lives (app, id);
CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, event TEXT NOT NULL, app TEXT,
                      deployment INTEGER, actor TEXT, data TEXT NOT NULL) STRICT;
CREATE INDEX entries_of_app ON entries (app, id);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""

_STEPS = {
    # What was live was ordered by the clock, which can be set back: `rollback` went to the wrong release.
    1: """
    ALTER TABLE lives RENAME TO lives_by_time;
    CREATE TABLE lives (id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, at TEXT NOT NULL,
                        body TEXT NOT NULL) STRICT;
    INSERT INTO lives (app, at, body) SELECT app, at, body FROM lives_by_time ORDER BY rowid;
    DROP TABLE lives_by_time;
    CREATE INDEX lives_of_app ON lives (app, id);
    """,
}
"""By the version that a step starts from: what makes the next one of it."""


def opened(file: Path) -> sqlite3.Connection:
    """The journal in `file`, in the schema of today; it is made where there is none.

    Raises `Failed` for one that is damaged, a newer bgd's, or gone while apps are still there.
    """
    if not file.exists() or file.stat().st_size == 0:
        _refuse_loss(file)
    db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    try:
        file.chmod(0o600)
        _prepare(db, file)
    except sqlite3.DatabaseError as error:
        db.close()
        if isinstance(error, sqlite3.OperationalError):  # the disk, a lock: the file is well
            raise
        raise damaged(file, str(error)) from error
    except BaseException:
        db.close()
        raise
    return db


def damaged(file: Path, why: str) -> Failed:
    """What is said of a journal that can't be read: place, cause and remedy."""
    copies = sorted(path.name for path in file.parent.glob(f"{file.name}.schema*"))
    from_copy = f"put a copy in its place (there is {', '.join(copies)}), or " if copies else ""
    return Failed(
        f"the journal {file} is damaged: {why}; it is left as it is, and traffic goes on",
        f"{from_copy}put your backup in its place; `sqlite3 {file} .recover` shows what can be saved",
    )


def _prepare(db: sqlite3.Connection, file: Path) -> None:
    # Asked before anything is written, and that may be the switch to WAL.
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise Failed(
            f"the journal {file} is a newer bgd's (schema {version}, known is {SCHEMA_VERSION})",
            "install that version again, or another --state-dir",
        )
    found = [str(row[0]) for row in db.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise damaged(file, "; ".join(line.replace("\n", " ") for line in found))
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    if version == 0:
        db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version < SCHEMA_VERSION:
        _keep_copy(db, file, version)
        _migrate(db, version)


def _refuse_loss(file: Path) -> None:
    """Raise `Failed` where apps were deployed from here and what is known of them is gone.

    A new journal would be one without apps, and nginx be told to serve none.
    """
    apps = file.parent / "apps"
    with contextlib.suppress(FileNotFoundError):
        names = sorted(entry.name for entry in os.scandir(apps) if entry.is_dir())
        if names:
            is_empty = "is empty" if file.exists() else "is gone"
            raise Failed(
                f"the journal {file} {is_empty}, but there are apps in {apps} ({', '.join(names)});"
                " nothing was changed, and traffic goes on",
                "put your backup in its place; to begin anew, move that directory away and add the apps",
            )


def _keep_copy(db: sqlite3.Connection, file: Path, version: int) -> None:
    """`bgd.db.schema1` beside `bgd.db`: whole or not there."""
    beside = file.with_name(f"{file.name}.schema{version}")
    spare = file.with_name(f"{beside.name}.new")
    spare.unlink(missing_ok=True)
    os.close(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(sqlite3.connect(spare)) as copy:
        db.backup(copy)
    with spare.open("rb") as written:
        os.fsync(written.fileno())
    spare.rename(beside)
    directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _migrate(db: sqlite3.Connection, version: int) -> None:
    """All steps in one transaction: killed in the middle, the file is the older bgd's as before."""
    steps = "".join(_STEPS[step] for step in range(version, SCHEMA_VERSION))
    try:
        db.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
