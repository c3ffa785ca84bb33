"""One complete sync as a process: prints when what happened, and how much memory it took.

`python -m tests.benchmarks.engine_process HOME` prints a JSON object; times are seconds since the
inbox was selected for the first time, memory is in MiB.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tui_mail.config.paths import profile_paths
from tui_mail.imap.session import ImapSession
from tui_mail.sync.engine import Engine

FIRST_ROWS = 100


class _Marks:
    """Notes when the inbox was selected and when the first rows were announced."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.selected: float | None = None
        self.rows: float | None = None
        self.headers: float | None = None
        self._seen: set[int] = set()

    def watch_select(self) -> None:
        select = ImapSession.select

        def noted(session: ImapSession, name: bytes, **options: object) -> object:
            if name == b"INBOX" and self.selected is None:
                self.selected = time.perf_counter()
            return select(session, name, **options)  # type: ignore[arg-type]

        ImapSession.select = noted  # type: ignore[method-assign, assignment]

    def publish(self, kind: str, ids: Iterable[int] = ()) -> None:
        if kind == "conversations" and self.rows is None:
            self._seen.update(ids)
            if len(self._seen) >= FIRST_ROWS // 3:
                self.rows = time.perf_counter()


async def _sync(home: Path) -> dict[str, float | None]:
    marks = _Marks()
    marks.watch_select()
    async with Engine(profile_paths(home)) as engine:
        told = engine._facts.publish

        def publish(kind: str, ids: Iterable[int] = ()) -> None:
            ids = list(ids)
            marks.publish(kind, ids)
            told(kind, ids)

        for sync in engine._syncs.values():
            sync.desk.publish = publish
        for problem in (await engine.sync_once()).values():
            if problem is not None:
                raise problem
        ended = time.perf_counter()
        slowest = engine.db.slowest_write
    start = marks.selected or marks.started
    conn = sqlite3.connect(profile_paths(home).database)
    mails, bodies = conn.execute(
        "SELECT count(*), coalesce(sum(body_state = 'full'), 0) FROM messages"
    ).fetchone()
    conn.close()
    return {
        "first_rows": marks.rows - start if marks.rows else None,
        "all": ended - start,
        "slowest_write": slowest,
        "mails": mails,
        "bodies": bodies,
        "engine_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "reader_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def main() -> int:
    """Sync the profile in the folder given."""
    print(json.dumps(asyncio.run(_sync(Path(sys.argv[1])))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
