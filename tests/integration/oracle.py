"""What must hold after any trouble, once a sync went through undisturbed (I1 … I7)."""

from __future__ import annotations

import sqlite3

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tui_mail.config.paths import Paths
from tui_mail.mime.indexing import decompress
from tui_mail.model.messages import FLAG_NAMES
from tui_mail.store.folds import rebuild

_SYSTEM = {"\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted"}


def shown_state(conn: sqlite3.Connection) -> dict[str, object]:
    """Everything derived, as plain data."""
    return {
        "presence": conn.execute(
            "SELECT message_id, folder_id FROM presence ORDER BY 1, 2"
        ).fetchall(),
        "listing": conn.execute(
            "SELECT view_id, at, conversation_id, unread FROM listing ORDER BY 1, 2, 3"
        ).fetchall(),
        "counts": conn.execute(
            "SELECT view_id, total, unread FROM view_counts WHERE total <> 0 ORDER BY 1"
        ).fetchall(),
        "folders": conn.execute("SELECT id, messages, unread FROM folders ORDER BY 1").fetchall(),
        "rows": conn.execute(
            "SELECT id, subject, people, messages, unread, starred, attachments, last_at"
            " FROM conversations JOIN marks ON conversation_id = id WHERE messages > 0 ORDER BY 1"
        ).fetchall(),
    }


def check_fold(paths: Paths) -> None:
    """I5: rebuilding everything derived changes nothing."""
    conn = sqlite3.connect(paths.database, isolation_level=None)
    try:
        before = shown_state(conn)
        conn.execute("BEGIN")
        rebuild(conn)
        after = shown_state(conn)
        conn.execute("ROLLBACK")
        for key in before:
            assert before[key] == after[key], key
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        conn.execute("INSERT INTO fts(fts) VALUES('integrity-check')")
    finally:
        conn.close()


def check_mirror(paths: Paths, server: Dovecot, user: str, *, bodies: bool = True) -> None:
    """I7: UIDs, flags and octets of every synced folder are those of the server."""
    conn = sqlite3.connect(paths.database)
    try:
        with Mailbox(server, user) as there:
            for folder_id, name in conn.execute(
                "SELECT id, name FROM folders WHERE selected = 1 AND selectable = 1"
                " AND state <> 'gone'"
            ).fetchall():
                flags = there.flags(name) if there.count(name) else {}
                rows = conn.execute(
                    "SELECT p.uid, p.flags, p.message_id FROM placements p JOIN folders f"
                    " ON f.id = p.folder_id AND f.generation = p.generation"
                    " WHERE f.id = ? AND p.vanished_at IS NULL",
                    (folder_id,),
                ).fetchall()
                assert sorted(row[0] for row in rows) == sorted(flags), name
                for uid, bits, _ in rows:
                    ours = {n.decode() for f, n in FLAG_NAMES.items() if bits & f} & _SYSTEM
                    assert ours == flags[uid] & _SYSTEM, (name, uid)
                if not bodies:
                    continue
                raws = there.raws(name)
                for uid, _, message_id in rows:
                    kept = conn.execute(
                        "SELECT data FROM raws WHERE message_id = ?", (message_id,)
                    ).fetchone()
                    assert kept is not None, (name, uid)
                    assert decompress(kept[0]) == raws[uid], (name, uid)
    finally:
        conn.close()
    check_fold(paths)
