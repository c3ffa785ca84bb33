"""Room on the disk: what still may be written at which level, and a reserve (§4.11)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from tui_mail.errors import StoreReadOnly

BODIES_NEED = 1 << 30
"""Octets that must be free for the bodies of mails to be fetched."""
SYNC_NEEDS = 200 << 20
"""Octets that must be free for anything to be fetched."""
SENDING_NEEDS = 50 << 20
"""Octets that must be free for a mail to be taken into the outbox."""
RESERVE = 16 << 20
"""Octets given back when the disk is full, so that what is under way can still be written down."""


def free_octets(path: Path) -> int:
    """What an ordinary user may still write beside this file."""
    found = os.statvfs(path.parent)
    return found.f_bavail * found.f_frsize


def shortage(path: Path, need: int, what: str) -> str:
    """Why `what` waits, or empty when there is room for it."""
    free = free_octets(path)
    if free >= need:
        return ""
    return f"{what}: only {free >> 20:,} MB of disk are free, {need >> 20:,} MB are needed."


def refuse_when_full(conn: sqlite3.Connection) -> None:
    """Raise StoreReadOnly when a mail could be taken but perhaps not seen through to its end."""
    path = Path(conn.execute("PRAGMA database_list").fetchone()[2] or ".")
    problem = shortage(path, SENDING_NEEDS, "Nothing new is sent")
    if problem:
        raise StoreReadOnly(problem, hint="Free some disk space; the draft is kept.")


def keep_reserve(path: Path) -> None:
    """Hold some room at `path` while there is plenty."""
    if path.exists() or free_octets(path) < BODIES_NEED:
        return
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):
            os.posix_fallocate(descriptor, 0, RESERVE)
    finally:
        os.close(descriptor)


def release_reserve(path: Path) -> bool:
    """Give the room back; False when it was not held."""
    try:
        path.unlink()
    except OSError:
        return False
    return True
