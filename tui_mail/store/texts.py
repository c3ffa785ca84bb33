"""The text of mails and its full-text index."""

from __future__ import annotations

import sqlite3


def remove_text(conn: sqlite3.Connection, key: int) -> None:
    """Take a mail out of the index; external content needs the old text for that."""
    row = conn.execute(
        "SELECT key, subject, sender, recipients, files, body FROM texts WHERE key = ?", (key,)
    ).fetchone()
    if row is not None:
        conn.execute(
            "INSERT INTO fts(fts, rowid, subject, sender, recipients, files, body)"
            " VALUES ('delete', ?, ?, ?, ?, ?, ?)",
            row,
        )
        conn.execute("DELETE FROM texts WHERE key = ?", (key,))
