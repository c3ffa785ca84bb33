"""Numbered SQL migrations with a copy before each upgrade (reliability reference §4.11)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tui_mail.errors import StoreError, StoreTooNew
from tui_mail.model import faults

_FOLDER = Path(__file__).parent / "migrations"
OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables need it."""


def migrations() -> list[tuple[int, Path]]:
    """Version and file of every migration, in order."""
    found = [(int(path.name[:4]), path) for path in sorted(_FOLDER.glob("[0-9]*.sql"))]
    return found


def schema_version(conn: sqlite3.Connection) -> int:
    """The version the database is at; 0 for a new one."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def migrate(conn: sqlite3.Connection, path: Path, backups: Path) -> int:
    """Bring the database up to date and return its version.

    Raises StoreTooNew when a newer program wrote it, StoreError when SQLite is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old.",
            hint="Version 3.37 or newer is needed; install a newer Python.",
        )
    known = migrations()
    newest = known[-1][0]
    version = schema_version(conn)
    if version > newest:
        raise StoreTooNew(
            f"The database {path} has schema {version}; this program knows {newest}.",
            hint="Install the newer tui-mail again, or start with another TUI_MAIL_HOME.",
        )
    if version == newest:
        return version
    if version > 0:
        copy_to(conn, backups / f"before-schema-{newest:04d}.db")
    for number, file in known:
        if number <= version:
            continue
        faults.point("migrate.before")
        conn.execute("BEGIN IMMEDIATE")
        try:
            if schema_version(conn) < number:
                for statement in _statements(file.read_text(encoding="utf-8")):
                    conn.execute(statement)
                conn.execute(f"PRAGMA user_version = {number:d}")
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
        faults.point("migrate.after")
    return newest


def _statements(script: str) -> list[str]:
    statements: list[str] = []
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements


def copy_to(conn: sqlite3.Connection, target: Path) -> None:
    """Copy the whole database through SQLite's backup, then open the copy and check it."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    copy = sqlite3.connect(part)
    try:
        conn.backup(copy)
        verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    finally:
        copy.close()
    if verdict != "ok":
        part.unlink(missing_ok=True)
        raise StoreError(f"The copy of the database is damaged: {verdict}")
    part.replace(target)
