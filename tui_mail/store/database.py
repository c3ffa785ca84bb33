"""The database: one writer and some readers per process (I8, DESIGN §5).

A unit of work is a plain function over a `sqlite3.Connection`. It runs as a whole in the writer's
thread inside one `BEGIN IMMEDIATE` transaction, so neither another coroutine nor a cancelled caller
can split it, and no network wait fits in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite

from tui_mail.errors import StoreError, StoreReadOnly
from tui_mail.model import faults
from tui_mail.store.migrate import migrate

R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")
Unit = Callable[Concatenate[sqlite3.Connection, P], T]

_BUSY_SECONDS = 20.0
_CACHE_KIB = 16_384
_PAGE_OCTETS = 8_192
"""Raw mails fill many pages; twice SQLite's usual size stores them with a quarter less work."""
_PART_SECONDS = 0.035
"""What one transaction of bulk work should take; the rule allows 50 ms (DESIGN §5)."""
_CHECKPOINT_SECONDS = 0.25
"""Time in transactions after which the log is folded in; sooner would write hot pages twice."""


def _connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    mode = "rw" if writable else "ro"
    conn = sqlite3.connect(
        f"file:{_quoted(path)}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA trusted_schema = OFF")
    conn.execute("PRAGMA temp_store = MEMORY")
    conn.execute(f"PRAGMA cache_size = -{_CACHE_KIB:d}")
    if writable:
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA journal_size_limit = 67108864")
        conn.execute("PRAGMA wal_autocheckpoint = 20000")
    else:
        conn.execute("PRAGMA query_only = ON")
    return conn


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))


def create(path: Path, backups: Path) -> None:
    """Create or upgrade the database file, mode 0600, in WAL mode.

    Raises StoreTooNew, or StoreError with what to do when the file cannot be used.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.close(descriptor)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        conn = _connect(path, writable=True)
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreError(f"Cannot open {path}: {error}.", hint="Check the folder.") from error
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error
    try:
        if conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            conn.execute(f"PRAGMA page_size = {_PAGE_OCTETS:d}")
            conn.execute("PRAGMA journal_mode = WAL")
        migrate(conn, path, backups)
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error
    finally:
        conn.close()


def _unreadable(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    return StoreError(
        f"The database {path} cannot be read: {error}.",
        hint="Run `tui-mail backup --list`; it says which copy can be restored.",
    )


@dataclass(slots=True)
class Pace:
    """How many rows of bulk work fit one transaction; learns from how long the last one took."""

    rows: int
    most: int
    seconds: float = _PART_SECONDS
    """What a transaction is to take."""
    least: int = 8
    """Rows that are done together whatever they take."""

    def took(self, seconds: float) -> None:
        """Grow by half at most, shrink at once."""
        fitting = int(self.rows * self.seconds / max(seconds, 0.001))
        self.rows = max(self.least, min(self.most, fitting, self.rows + self.rows // 2 + 1))


class Database:
    """Open connections of one process. Close it in `finally`: its threads keep a process alive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: aiosqlite.Connection | None = None
        self._readers: list[aiosqlite.Connection] = []
        self._turn = 0
        self._broken = ""
        self._opening = asyncio.Lock()
        self._since_checkpoint = 0.0
        self.slowest_write = 0.0
        """Longest transaction so far in seconds, for `doctor`."""

    async def open(self, *, readers: int = 1) -> Database:
        """Open the readers; the writer opens with its first unit."""
        for _ in range(readers):
            self._readers.append(await self._thread(writable=False))
        return self

    async def _thread(self, *, writable: bool) -> aiosqlite.Connection:
        return await aiosqlite.Connection(lambda: _connect(self.path, writable=writable), 64)

    async def close(self) -> None:
        """Close every connection. Safe to call twice."""
        for reader in self._readers:
            await reader.close()
        self._readers.clear()
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await writer.close()

    async def __aenter__(self) -> Database:
        return self if self._readers else await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `unit(conn, …)` in one transaction and return what it returns.

        The unit is committed or rolled back as a whole even when the caller is cancelled.
        Raises StoreReadOnly after an I/O error: nothing is written from then on.
        """
        return (await self._submit(lambda conn: unit(conn, *args, **kwargs)))[0]

    async def _submit(self, call: Callable[[sqlite3.Connection], T]) -> tuple[T, float]:
        """Queue one transaction; what it returned and the seconds it took."""
        if self._broken:
            raise StoreReadOnly(self._broken, hint="Free disk space, then start again.")
        if self._writer is None:
            async with self._opening:
                if self._writer is None:
                    self._writer = await self._thread(writable=True)
        writer = self._writer
        job = _run(writer, lambda: self._transaction(writer._conn, call))
        return await asyncio.shield(asyncio.ensure_future(job))

    async def write_parts(
        self,
        rows: Sequence[R],
        pace: Pace,
        unit: Callable[[sqlite3.Connection, Sequence[R]], T],
    ) -> AsyncIterator[tuple[Sequence[R], T]]:
        """Run `unit(conn, part)` over all rows, a transaction for each part, short by `pace`.

        Yields each part with what the unit returned, after it is committed.
        """
        done = 0
        while done < len(rows):
            part = rows[done : done + pace.rows]
            result, seconds = await self._submit(lambda conn, part=part: unit(conn, part))  # type: ignore[misc]
            pace.took(seconds)
            done += len(part)
            yield part, result

    def _transaction(
        self, conn: sqlite3.Connection, call: Callable[[sqlite3.Connection], T]
    ) -> tuple[T, float]:
        started = time.monotonic()
        try:
            conn.execute("BEGIN IMMEDIATE")
            result = call(conn)
            faults.point("commit.before")
            conn.execute("COMMIT")
        except BaseException as error:
            if conn.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    conn.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and _is_fatal(error):
                self._broken = f"The database stopped taking writes: {error}."
                raise StoreReadOnly(self._broken, hint="Free disk space.") from error
            raise
        seconds = time.monotonic() - started
        self.slowest_write = max(self.slowest_write, seconds)
        faults.point("commit.after")
        self._since_checkpoint += seconds
        if self._since_checkpoint > _CHECKPOINT_SECONDS:
            self._since_checkpoint = 0.0
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return result, seconds

    async def read(self, query: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(conn, …)` on a read-only connection, as one consistent snapshot."""
        if not self._readers:
            raise StoreError("The database is closed.")
        self._turn = (self._turn + 1) % len(self._readers)
        reader = self._readers[self._turn]
        return await _run(reader, lambda: _snapshot(reader._conn, query, args, kwargs))

    def condemn(self, why: str) -> None:
        """Take no more writes, for a reason found elsewhere."""
        self._broken = why

    def mend(self) -> None:
        """Allow writes again after the cause of an I/O error was removed."""
        self._broken = ""

    @property
    def broken(self) -> str:
        """Why nothing is written any more, or empty."""
        return self._broken


async def _run(connection: aiosqlite.Connection, call: Callable[[], T]) -> T:
    result: T = await connection._execute(call)  # type: ignore[no-untyped-call]
    return result


def _snapshot(
    conn: sqlite3.Connection,
    query: Callable[..., T],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> T:
    conn.execute("BEGIN")
    try:
        return query(conn, *args, **kwargs)
    finally:
        conn.execute("COMMIT")


def _is_fatal(error: sqlite3.OperationalError) -> bool:
    text = str(error).lower()
    return any(word in text for word in ("full", "disk i/o", "readonly", "malformed"))


def checkpoint(path: Path) -> None:
    """Fold the write-ahead log into the file; called at a clean stop."""
    conn = _connect(path, writable=True)
    try:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        pass
    finally:
        conn.close()
