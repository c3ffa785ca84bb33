"""Search in a large store: the query and the rows the list shows of it.

`python -m tests.benchmarks.search [--count 50000 1000000] [--repeats 9] [--work DIR]`
Each search asks for the newest 100 conversations and reads their rows, through the program's own
reader. Times stand beside those of the first page of the inbox, and of pages further down.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.bulk import store
from tests.benchmarks.letters import EVERYWHERE, RARE, TENTH
from tests.benchmarks.measuring import print_table, shown
from tests.benchmarks.peers import scratch
from tui_mail.model.search import Query, parse
from tui_mail.model.views import View
from tui_mail.store import pages
from tui_mail.store.database import Database
from tui_mail.store.search import search

GOALS = {50_000: 0.020, 1_000_000: 0.050}
ROWS = 100
QUERIES = (
    ("a word in every mail", EVERYWHERE),
    ("in every tenth", TENTH),
    ("in every thousandth", RARE),
    ("two words", f"{EVERYWHERE} {TENTH}"),
    ("two, one of them rare", f"{EVERYWHERE} {RARE}"),
    ("a phrase", f'"{TENTH} {RARE}"'),
    ("a beginning", "quill*"),
    ("a common beginning of three letters", "nas*"),
    ("of one letter", "n*"),
    ("from", "from:person7"),
    ("a word but not another", f"{TENTH} -{RARE}"),
    ("everything but a word", f"-{EVERYWHERE}"),
    ("unread, no word", "is:unread"),
    ("read, no word", "is:read"),
    ("starred, none there", "is:starred"),
    ("large, none there", "larger:50M"),
    ("a word that is starred, none there", f"{EVERYWHERE} is:starred"),
    ("a word, before a day", f"{EVERYWHERE} before:2018-01-01"),
    ("either of two", f"{TENTH} OR {RARE}"),
    ("no such word", "xyzzyplugh"),
)


def _rows(conn: sqlite3.Connection, query: Query) -> int:
    return len(pages.rows_by_id(conn, search(conn, query, ROWS).conversation_ids))


async def _median(
    db: Database, repeats: int, unit: Callable[..., int], *arguments: object
) -> tuple[float, int]:
    times: list[float] = []
    found = 0
    for _ in range(repeats):
        started = time.perf_counter()
        found = await db.read(unit, *arguments)
        times.append(time.perf_counter() - started)
    return statistics.median(times), found


def _page(conn: sqlite3.Connection, start: int) -> int:
    return len(pages.page(conn, View.INBOX, start, 50))


async def measure(folder: Path, count: int, repeats: int) -> list[list[str]]:
    """The lines of the table for one store."""
    paths = store(folder / f"store{count}", count)
    goal = min(GOALS.items(), key=lambda item: abs(item[0] - count))[1]
    rows: list[list[str]] = []
    async with Database(paths.database) as db:
        page, _ = await _median(db, repeats, _page, 0)
        works = [
            (f"page of the list at row {start:,}", _page, start)
            for start in (0, count // 4, count // 2, count - 50)
        ] + [
            (f"{name}: {text}", _rows, parse(text, now=datetime.now(UTC))) for name, text in QUERIES
        ]
        for name, unit, argument in works:
            seconds, found = await _median(db, repeats, unit, argument)
            verdict = "yes" if seconds <= goal else f"no ({shown(goal)})"
            rows.append(
                [f"{count:,}", name, f"{found}", shown(seconds), f"{seconds / page:.1f}x", verdict]
            )
    return rows


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[50_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--work", type=Path, help="keep the stores here for the next run")
    options = parser.parse_args()
    rows: list[list[str]] = []
    with scratch(options.work) as made:
        for count in options.count:
            rows += asyncio.run(measure(options.work or made, count, options.repeats))
    print_table(["mails", "what", "rows", "time", "to the first page", "in the goal"], rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
