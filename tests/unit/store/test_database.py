"""The store keeps what it acknowledged, whoever is killed, cancelled or out of space."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.profiles import profile
from tui_mail.config.paths import Paths
from tui_mail.errors import StoreBusy, StoreError, StoreReadOnly, StoreTooNew
from tui_mail.store import migrate
from tui_mail.store.database import Database, create
from tui_mail.store.ownership import (
    EngineLock,
    begin_tenure,
    end_tenure,
    read_side,
    write_side,
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = profile(tmp_path / "home")
    create(found.database, found.backups)
    return found


def put(conn: sqlite3.Connection, key: str, value: str = "x") -> None:
    conn.execute("INSERT INTO meta(key, value) VALUES (?, ?)", (key, value))


def keys(conn: sqlite3.Connection) -> set[str]:
    return {row[0] for row in conn.execute("SELECT key FROM meta")}


def test_files_are_private(paths: Paths) -> None:
    for path in (paths.database, paths.config_file, paths.secrets_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in (paths.config_dir, paths.data_dir, paths.state_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_readable_folder_is_closed_at_start(paths: Paths) -> None:
    paths.data_dir.chmod(0o755)
    paths.database.chmod(0o644)
    paths.prepare()
    create(paths.database, paths.backups)
    assert stat.S_IMODE(paths.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(paths.database.stat().st_mode) == 0o600


async def test_pragmas_that_keep_mail_safe(paths: Paths) -> None:
    async with Database(paths.database) as db:
        pragmas = await db.write(
            lambda conn: {
                name: conn.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
            }
        )
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }


async def test_every_table_is_strict(paths: Paths) -> None:
    async with Database(paths.database) as db:
        tables = await db.read(
            lambda conn: conn.execute(
                "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0"
                " AND schema = 'main' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'fts%'"
            ).fetchall()
        )
    assert tables == []


async def test_a_failing_unit_leaves_nothing(paths: Paths) -> None:
    def unit(conn: sqlite3.Connection) -> None:
        put(conn, "half")
        raise ValueError("in the middle")

    async with Database(paths.database) as db:
        with pytest.raises(ValueError, match="in the middle"):
            await db.write(unit)
        assert "half" not in await db.read(keys)
        await db.write(put, "after")
        assert "after" in await db.read(keys)


async def test_a_cancelled_caller_never_splits_a_unit(paths: Paths) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def unit(conn: sqlite3.Connection) -> None:
        put(conn, "first")
        loop.call_soon_threadsafe(started.set)
        for n in range(200):
            put(conn, f"row{n}")
        put(conn, "last")

    async with Database(paths.database) as db:
        task = asyncio.create_task(db.write(unit))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await db.write(put, "next")
        assert {"first", "last", "next"} <= await db.read(keys)


async def test_two_writers_in_one_process_do_not_mix(paths: Paths) -> None:
    def unit(conn: sqlite3.Connection, name: str, fail: bool) -> None:
        put(conn, name)
        if fail:
            raise ValueError(name)

    async with Database(paths.database) as db:
        results = await asyncio.gather(
            *(db.write(unit, f"n{n}", n % 2 == 0) for n in range(40)), return_exceptions=True
        )
        assert sum(isinstance(result, ValueError) for result in results) == 20
        assert {f"n{n}" for n in range(1, 40, 2)} == {
            key for key in await db.read(keys) if key.startswith("n")
        }


_WRITER = """
import asyncio, sys
from pathlib import Path
from tui_mail.store.database import Database
async def main():
    async with Database(Path(sys.argv[1])) as db:
        for n in range(150):
            key = f"{sys.argv[2]}-{n}"
            await db.write(lambda conn: conn.execute("INSERT INTO meta VALUES (?, '1')", (key,)))
            print(key, flush=True)
asyncio.run(main())
"""


def test_two_processes_write_beside_each_other(paths: Paths) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(paths.database), name], stdout=subprocess.DEVNULL
        )
        for name in ("a", "b")
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    with sqlite3.connect(paths.database) as conn:
        assert conn.execute("SELECT count(*) FROM meta WHERE value = '1'").fetchone()[0] == 300


def test_a_killed_writer_loses_nothing_it_acknowledged(paths: Paths) -> None:
    for number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(paths.database), f"k{number}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(20)]
        process.kill()
        said += process.stdout.read().split()
        process.wait()
        process.stdout.close()
        with sqlite3.connect(paths.database) as conn:
            assert set(said) <= keys(conn)
            assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


async def test_a_full_disk_stops_writing_with_a_clear_word_and_reading_goes_on(
    paths: Paths,
) -> None:
    def fill(conn: sqlite3.Connection) -> None:
        for n in range(2000):
            put(conn, f"big{n}", "x" * 4000)

    async with Database(paths.database) as db:
        await db.write(put, "before")
        await db.write(
            lambda conn: conn.execute(
                f"PRAGMA max_page_count = {conn.execute('PRAGMA page_count').fetchone()[0] + 50:d}"
            )
        )
        with pytest.raises(StoreReadOnly, match="stopped taking writes"):
            await db.write(fill)
        with pytest.raises(StoreReadOnly):
            await db.write(put, "more")
        assert "before" in await db.read(keys)
        assert not any(key.startswith("big") for key in await db.read(keys))
        db.mend()
        await db.write(put, "again")
        assert "again" in await db.read(keys)


def test_a_newer_database_is_refused_untouched(paths: Paths) -> None:
    with sqlite3.connect(paths.database) as conn:
        conn.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreTooNew, match="999"):
        create(paths.database, paths.backups)


def test_an_upgrade_copies_first(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(paths.database) as conn:
        put(conn, "kept")
    (tmp_path / "9998_more.sql").write_text("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;")
    known = migrate.migrations()
    more = [*known, (9998, tmp_path / "9998_more.sql")]
    monkeypatch.setattr(migrate, "migrations", lambda: more)
    create(paths.database, paths.backups)
    copy = paths.backups / "before-schema-9998.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with sqlite3.connect(copy) as conn:
        assert "kept" in keys(conn)
        assert migrate.schema_version(conn) == known[-1][0]
    with sqlite3.connect(paths.database) as conn:
        assert migrate.schema_version(conn) == 9998
        assert "kept" in keys(conn)


def test_a_failing_upgrade_changes_nothing(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "9998_bad.sql").write_text(
        "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO nowhere VALUES (1);\n"
    )
    more = [*migrate.migrations(), (9998, tmp_path / "9998_bad.sql")]
    monkeypatch.setattr(migrate, "migrations", lambda: more)
    with pytest.raises(StoreError):
        create(paths.database, paths.backups)
    with sqlite3.connect(paths.database) as conn:
        assert conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchone() is None


def test_rubbish_instead_of_a_database_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    path.write_bytes(b"this is a letter to my grandmother" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        create(path, tmp_path / "backups")
    assert path.read_bytes().startswith(b"this is a letter")


def test_only_one_engine_holds_the_lock_and_a_dead_one_frees_it(paths: Paths) -> None:
    lock = EngineLock(paths.lock)
    lock.acquire()
    with pytest.raises(StoreBusy):
        EngineLock(paths.lock).acquire()
    assert EngineLock.holder(paths.lock) is not None
    lock.release()
    assert EngineLock.holder(paths.lock) is None
    EngineLock(paths.lock).acquire()


TENURES = {
    "an ordinary start": (lambda side: side, "same", False),
    "the side file is ahead: an old copy was restored": (
        lambda side: {"epoch": 99},
        "same",
        True,
    ),
    "the side file is gone: the database was copied": (lambda side: {}, "same", True),
    "another machine": (lambda side: side, "elsewhere", True),
}


@pytest.mark.parametrize("case", TENURES)
def test_a_foreign_database_is_noticed(paths: Paths, case: str) -> None:
    change, machine, foreign = TENURES[case]
    with sqlite3.connect(paths.database) as conn:
        first = begin_tenure(conn, read_side(paths))
        assert not first.foreign
        write_side(paths, first)
        end_tenure(conn)
        if machine == "elsewhere":
            conn.execute("UPDATE meta SET value = 'another' WHERE key = 'machine'")
        second = begin_tenure(conn, change(read_side(paths)))
        assert second.foreign is foreign
        assert second.epoch > first.epoch
        assert second.clean


def test_an_unclean_stop_is_noticed(paths: Paths) -> None:
    with sqlite3.connect(paths.database) as conn:
        begin_tenure(conn, {})
        assert begin_tenure(conn, {"epoch": 1}).clean is False
