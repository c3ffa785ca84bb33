"""How the database and the files are: what `doctor` asks without any network."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

from tui_mail.cli.output import utc
from tui_mail.config.paths import Paths
from tui_mail.store import retention
from tui_mail.store.migrate import migrations, schema_version

STOP_BODIES = 1 << 30
STOP_SYNC = 200 << 20
STOP_QUEUE = 50 << 20
"""Free octets below which work stops (reliability reference §4.11)."""
_SYNCED = ("dropbox", "onedrive", "nextcloud", "google drive", "mobile documents", "syncthing")
_EVENTS = 10


def database(paths: Paths, *, check: bool) -> dict[str, Any]:
    """Integrity, schema, sizes and the time of a small write; `problem` when it cannot be used."""
    path = paths.database
    value: dict[str, Any] = {
        "path": str(path),
        "exists": path.exists(),
        "size": _size(path),
        "wal_size": _size(path.with_name(path.name + "-wal")),
        "schema": None,
        "newest_schema": migrations()[-1][0],
        "integrity": "not checked",
        "sqlite": sqlite3.sqlite_version,
        "counts": {},
        "write_seconds": None,
        "problem": "",
    }
    if not path.exists():
        return value
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as conn:
            value["schema"] = schema_version(conn)
            if check:
                value["integrity"] = str(conn.execute("PRAGMA quick_check(5)").fetchone()[0])
            value["counts"] = retention.sizes(conn)
            value["write_seconds"] = _write_seconds(conn)
            if check and value["integrity"] != "ok":
                value["problem"] = f"The database is damaged: {value['integrity']}"
    except sqlite3.Error as error:
        value["problem"] = f"The database cannot be read: {error}"
    return value


def _write_seconds(conn: sqlite3.Connection) -> float:
    """How long a commit takes down to the disk."""
    conn.execute("PRAGMA synchronous = FULL")
    started = time.monotonic()
    conn.execute("BEGIN IMMEDIATE")
    conn.execute(
        "INSERT OR REPLACE INTO meta(key, value) VALUES ('doctor_at', ?)", (str(int(time.time())),)
    )
    conn.execute("COMMIT")
    return round(time.monotonic() - started, 4)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def disk(paths: Paths) -> dict[str, Any]:
    """Free space where the mail lies, and what stops because of it."""
    free = shutil.disk_usage(paths.data_dir).free
    stops = ""
    if free < STOP_QUEUE:
        stops = "no new mail is queued"
    elif free < STOP_SYNC:
        stops = "sync stops"
    elif free < STOP_BODIES:
        stops = "no bodies are fetched"
    place = str(paths.data_dir).lower()
    return {
        "free": free,
        "problem": stops and f"Only {free >> 20:,} MiB of disk are free: {stops}.",
        "synced_folder": any(word in place for word in _SYNCED),
    }


def open_files(paths: Paths) -> list[str]:
    """Files and folders of the profile that others can read (SEC-30)."""
    found: list[Path] = [paths.config_file, paths.secrets_file]
    for folder in (paths.data_dir, paths.state_dir):
        found += [folder, *folder.rglob("*")]
    too_open: list[str] = []
    for path in found:
        with contextlib.suppress(OSError):
            if not path.is_symlink() and path.stat().st_mode & 0o077:
                too_open.append(str(path))
    return too_open


def queue(conn: sqlite3.Connection, account_id: int) -> dict[str, Any]:
    """Operations and mails of an account that are not through, with the reasons."""
    waiting = conn.execute(
        "SELECT count(*), min(created_at) FROM operations WHERE account_id = ?"
        " AND state IN ('pending', 'inflight', 'verify')",
        (account_id,),
    ).fetchone()
    refused = conn.execute(
        "SELECT verb, error, finished_at FROM operations WHERE account_id = ?"
        " AND state IN ('failed', 'conflict') ORDER BY id DESC LIMIT 5",
        (account_id,),
    ).fetchall()
    mails = conn.execute(
        "SELECT count(*), coalesce(sum(state IN ('failed', 'partial', 'uncertain')), 0)"
        " FROM outbox WHERE account_id = ? AND state NOT IN ('sent', 'cancelled')",
        (account_id,),
    ).fetchone()
    stuck = conn.execute(
        "SELECT what, error, count(*) FROM fetch_retry JOIN folders ON folders.id = folder_id"
        " WHERE account_id = ? AND error <> '' GROUP BY what, error LIMIT 5",
        (account_id,),
    ).fetchall()
    return {
        "operations": waiting[0],
        "oldest_operation_at": utc(waiting[1]),
        "refused": [{"verb": r[0], "error": r[1], "at": utc(r[2])} for r in refused],
        "mails": mails[0],
        "troubled_mails": mails[1],
        "not_fetched": [{"what": r[0], "error": r[1], "mails": r[2]} for r in stuck],
    }


def events(conn: sqlite3.Connection, account_id: int) -> list[dict[str, Any]]:
    """What sync decided on its own, newest first, with the reason."""
    return [
        {"at": utc(row[0]), "folder": row[1] or "", "kind": row[2], "detail": row[3]}
        for row in conn.execute(
            "SELECT e.at, f.name, e.kind, e.detail FROM folder_events e"
            " LEFT JOIN folders f ON f.id = e.folder_id WHERE e.account_id = ?"
            " ORDER BY e.id DESC LIMIT ?",
            (account_id, _EVENTS),
        )
    ]
