"""How the database and the files are: what `doctor` asks without any network."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

from tui_mail.config.paths import Paths
from tui_mail.store import retention
from tui_mail.store.migrate import migrations, schema_version

STOP_BODIES = 1 << 30
STOP_SYNC = 200 << 20
STOP_QUEUE = 50 << 20
"""Free octets below which work stops (reliability reference §4.11)."""
_SYNCED = ("dropbox", "onedrive", "nextcloud", "google drive", "mobile documents", "syncthing")


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
