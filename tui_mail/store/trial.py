"""A copy of the records in memory, on which a large change is tried without holding up anybody."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from tui_mail.store.migrate import migrate
from tui_mail.store.recorder import RECORDED

_NOT_NEEDED = frozenset(
    {
        "thread_ids", "links", "link_candidates", "reminders", "templates", "template_files",
        "signatures",
    }
)  # fmt: skip
"""Tables of mail; a trial is about records only."""


def copy_records(database: Path) -> sqlite3.Connection:
    """A database in memory with every record of `database`; close it afterwards."""
    conn = sqlite3.connect(":memory:", isolation_level=None, uri=True, check_same_thread=False)
    migrate(conn, database, database.parent)
    conn.execute(f"ATTACH DATABASE 'file:{quote(str(database))}?mode=ro' AS source")
    conn.execute("BEGIN")
    for table in (*RECORDED, "correspondents", "accounts"):
        if table not in _NOT_NEEDED:
            conn.execute(f"DELETE FROM main.{table}")
            conn.execute(f"INSERT INTO main.{table} SELECT * FROM source.{table}")
    conn.execute("INSERT INTO fts_records(fts_records) VALUES ('rebuild')")
    conn.execute("COMMIT")
    conn.execute("DETACH DATABASE source")
    return conn
