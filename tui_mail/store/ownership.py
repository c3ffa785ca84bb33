"""Who is the engine, and whether this database is the one we last closed (I8, VAL-5)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path

from tui_mail.config.paths import Paths
from tui_mail.errors import StoreBusy


class EngineLock:
    """The kernel's lock on `engine.lock`. What is written in it is only for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise StoreBusy at once."""
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise StoreBusy("Another tui-mail is syncing this profile.") from error
        note = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note.encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def holder(path: Path) -> int | None:
        """The process id of the engine that runs now, or None."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        except OSError:
            with contextlib.suppress(ValueError, KeyError):
                return int(json.loads(os.pread(descriptor, 4096, 0))["pid"])
            return 0
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Tenure:
    """What this start of the engine found and what it is called."""

    epoch: int
    instance: str
    """Written into leases together with the epoch (OUT-10)."""
    clean: bool
    """The last engine stopped in order."""
    foreign: bool
    """The database was restored, rolled back or copied from another machine (VAL-5)."""

    @property
    def lease(self) -> str:
        """The mark of this run in claimed rows."""
        return f"{self.instance}:{self.epoch}"


def machine_id() -> str:
    """A stable name of this machine, or its host name where there is none."""
    for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            if text := Path(name).read_text(encoding="ascii").strip():
                return text
    return socket.gethostname()


def begin_tenure(conn: sqlite3.Connection, side: dict[str, object]) -> Tenure:
    """Raise the epoch inside the database; `side` is what the file beside it says."""
    meta = dict(conn.execute("SELECT key, value FROM meta"))
    epoch = int(meta.get("epoch", "0"))
    fresh = "instance" not in meta
    instance = meta.get("instance") or uuid.uuid4().hex
    machine = machine_id()
    side_epoch = side.get("epoch", 0)
    ahead = isinstance(side_epoch, int) and side_epoch > epoch
    copied = not fresh and meta.get("machine") != machine
    lost_side = not fresh and not side
    tenure = Tenure(
        epoch=max(epoch, side_epoch if isinstance(side_epoch, int) else 0) + 1,
        instance=instance,
        clean=meta.get("clean_stop", "1") == "1",
        foreign=not fresh and (ahead or copied or lost_side),
    )
    rows = {
        "epoch": str(tenure.epoch),
        "instance": instance,
        "machine": machine,
        "clean_stop": "0",
    }
    conn.executemany("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", rows.items())
    return tenure


def end_tenure(conn: sqlite3.Connection) -> None:
    """Mark a clean stop."""
    conn.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('clean_stop', '1')")


def read_side(paths: Paths) -> dict[str, object]:
    """The epoch file's content, or an empty dict when there is none or it is unreadable."""
    try:
        value = json.loads(paths.epoch_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_side(paths: Paths, tenure: Tenure) -> None:
    """Write the epoch beside the database: new file, fsync, rename."""
    part = paths.epoch_file.with_suffix(".part")
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, json.dumps({"epoch": tenure.epoch}).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(paths.epoch_file)
