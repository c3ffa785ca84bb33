"""Bulk work is cut into transactions that fit their time, each committed before the next."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tui_mail.store.database import Database, Pace, create


def _keep(conn: sqlite3.Connection, part: Sequence[int]) -> int:
    conn.executemany(
        "INSERT INTO meta(key, value) VALUES (?, '')", [(f"row {number}",) for number in part]
    )
    return len(part)


def _count(conn: sqlite3.Connection) -> int:
    found: int = conn.execute("SELECT count(*) FROM meta WHERE key LIKE 'row %'").fetchone()[0]
    return found


async def test_every_row_is_written_once_and_told_after_its_commit(tmp_path: Path) -> None:
    create(tmp_path / "mail.db", tmp_path)
    async with Database(tmp_path / "mail.db") as db:
        rows, seen = list(range(1000)), 0
        async for part, written in db.write_parts(rows, Pace(10, 400), _keep):
            assert written == len(part)
            seen += written
            assert await db.read(_count) == seen
        assert seen == 1000


async def test_a_part_that_fails_leaves_the_parts_before_it(tmp_path: Path) -> None:
    def fail_late(conn: sqlite3.Connection, part: Sequence[int]) -> int:
        _keep(conn, part)
        if part[-1] >= 10:
            raise ValueError("no more")
        return len(part)

    create(tmp_path / "mail.db", tmp_path)
    async with Database(tmp_path / "mail.db") as db:
        with pytest.raises(ValueError, match="no more"):
            async for _ in db.write_parts(list(range(40)), Pace(10, 10), fail_late):
                pass
        assert await db.read(_count) == 10


async def test_parts_shrink_when_they_take_too_long(tmp_path: Path) -> None:
    def slow(conn: sqlite3.Connection, part: Sequence[int]) -> None:
        time.sleep(0.002 * len(part))

    create(tmp_path / "mail.db", tmp_path)
    async with Database(tmp_path / "mail.db") as db:
        sizes = [len(part) async for part, _ in db.write_parts(range(300), Pace(100, 400), slow)]
    assert sizes[0] == 100
    assert max(sizes[1:]) <= 20


@pytest.mark.parametrize(
    ("rows", "seconds", "then"),
    [(100, 0.035, 100), (100, 0.07, 50), (100, 0.001, 151), (390, 0.001, 400), (10, 9.0, 8)],
)
def test_the_next_part(rows: int, seconds: float, then: int) -> None:
    pace = Pace(rows, 400)
    pace.took(seconds)
    assert pace.rows == then
