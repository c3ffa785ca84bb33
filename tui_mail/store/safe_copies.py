"""Small copies of what no server can bring back: records, drafts, outbox, changes, journal (§4.11).

A copy is a whole database but for the bodies that the server still has. It is restored like any
other, and the next sync brings the bodies again.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from tui_mail.errors import StoreError
from tui_mail.store.migrate import migrate

PREFIX = "kept-"
HOURLY, DAILY = 24, 7
MOST_OCTETS = 512 << 20
"""What all copies together may take; two are kept whatever their size."""
_BULK = frozenset({"raws", "texts", "readables", "fetch_retry"})
_ONLY_HERE = (
    "SELECT m.id FROM live.messages m WHERE m.deleted_at IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM live.placements p WHERE p.message_id = m.id AND p.vanished_at IS NULL)"
)
"""Mail that is on no server: its body goes into the copy."""


def copy_kept(database: Path, folder: Path, now: int) -> Path | None:
    """Make a copy unless the newest one has all of it. Blocks; belongs in a thread.

    Returns the new file. Raises StoreError when the copy cannot be read back, OSError and
    sqlite3.Error when it cannot be made.
    """
    copies = sorted(folder.glob(f"{PREFIX}*.db"))
    mark = _mark(database)
    if copies and _mark(copies[-1]) == mark:
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / time.strftime(f"{PREFIX}%Y%m%d-%H%M%S.db", time.gmtime(now))
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with closing(sqlite3.connect(_uri(part, "rw"), uri=True, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")
        migrate(copy, part, folder)
        copy.execute("ATTACH ? AS live", (_uri(database, "ro"),))
        copy.execute("BEGIN")
        for table in _tables(copy):
            copy.execute(f'DELETE FROM main."{table}"')
            copy.execute(f'INSERT INTO main."{table}" SELECT * FROM live."{table}"')
        for table in ("raws", "readables"):
            copy.execute(
                f"INSERT INTO {table} SELECT * FROM live.{table} WHERE message_id IN ({_ONLY_HERE})"
            )
        copy.execute(
            "INSERT INTO texts SELECT t.* FROM live.messages m JOIN live.texts t"
            f" ON t.key = m.text_key WHERE m.id IN ({_ONLY_HERE})"
        )
        copy.execute(
            "UPDATE messages SET body_state = 'none', text_key = NULL WHERE body_state = 'full'"
            " AND id NOT IN (SELECT message_id FROM raws)"
        )
        for index in ("fts", "fts_records"):
            copy.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")
        copy.execute("COMMIT")
        copy.execute("DETACH live")
        verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok" or _mark(part) != mark:
        part.unlink(missing_ok=True)
        raise StoreError(f"The copy of the records is damaged: {verdict}.")
    part.replace(target)
    return target


def prune(folder: Path) -> list[Path]:
    """Let old copies go: the newest 24 stay, then one a day for 7 days, as far as 512 MiB go."""
    copies = sorted(folder.glob(f"{PREFIX}*.db"), reverse=True)
    by_day: dict[str, Path] = {}
    for path in copies[HOURLY:]:
        by_day.setdefault(_day(path), path)
    kept = [*copies[:HOURLY], *list(by_day.values())[:DAILY]]
    octets = 0
    for number, path in enumerate(list(kept)):
        octets += path.stat().st_size
        if octets > MOST_OCTETS and number >= 2:
            kept.remove(path)
    gone = [path for path in copies if path not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def damage(database: Path) -> str:
    """What SQLite's quick check finds wrong, or empty. Blocks; reads the whole file."""
    try:
        with closing(sqlite3.connect(_uri(database, "ro"), uri=True)) as conn:
            verdict = str(conn.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if verdict == "ok" else verdict


def _mark(database: Path) -> tuple[object, ...]:
    """What changes whenever something is stored that no server has."""
    with closing(sqlite3.connect(_uri(database, "ro"), uri=True)) as conn:
        found: tuple[object, ...] = conn.execute(
            "SELECT (SELECT max(id) FROM journal), (SELECT max(undone_at) FROM journal),"
            " (SELECT group_concat(state) FROM outbox), (SELECT max(saved_at) FROM drafts),"
            " (SELECT count(*) FROM drafts), (SELECT max(id) FROM operations)"
        ).fetchone()
    return found


def _tables(conn: sqlite3.Connection) -> list[str]:
    names = [
        str(row[0])
        for row in conn.execute(
            "SELECT name FROM main.sqlite_master WHERE type = 'table'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'fts%'"
        )
    ]
    return [name for name in names if name not in _BULK and name != "sqlite_stat1"]


def _day(path: Path) -> str:
    return path.name[len(PREFIX) :][:8]


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path))}?mode={mode}"
