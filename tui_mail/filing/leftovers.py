"""Outgoing mail that a stop left half way, or whose time went by meanwhile."""

from __future__ import annotations

import sqlite3

from tui_mail.store import outbox
from tui_mail.store.folds import fold, recount


def suspend_foreign(conn: sqlite3.Connection, now: int) -> int:
    """After a restored or copied database nothing is sent by itself (VAL-5); returns how many.

    Mails that may have gone become uncertain; those that waited become failed with a reason, one
    key from going. Operations that were under way are verified before they are repeated.
    """
    uncertain = conn.execute(
        "UPDATE outbox SET state = 'uncertain', error = 'the database was restored or copied;"
        " this mail may have been sent already' WHERE state NOT IN"
        " ('sent', 'cancelled', 'failed', 'uncertain', 'accepted', 'copy_pending')"
    ).rowcount
    conn.execute("UPDATE operations SET state = 'verify' WHERE state = 'inflight'")
    conn.execute("UPDATE operations SET next_at = ? WHERE state = 'verify'", (now,))
    return uncertain


def recover(conn: sqlite3.Connection, receipts: dict[str, str], now: int) -> list[int]:
    """After a crash: before the dot is not sent, after it only a receipt tells (OUT-3, OUT-4).

    `receipts` maps outbox uuids to `accepted …`, `refused …` or `intent`. Returns uncertain rows.
    """
    conn.execute(
        "UPDATE outbox SET state = 'queued', lease = '' WHERE state IN"
        " ('claimed', 'connected', 'envelope_ok', 'body_sent')"
    )
    from tui_mail.filing.outgoing import settle_sent

    doubtful: list[int] = []
    for outbox_id, outbox_uuid in conn.execute(
        "SELECT id, uuid FROM outbox WHERE state = 'dot_intent'"
    ).fetchall():
        receipt = receipts.get(outbox_uuid, "")
        if receipt.startswith("accepted"):
            conn.execute(
                "UPDATE outbox SET state = 'accepted', queue_id = ? WHERE id = ?",
                (receipt.partition(" ")[2][:200], outbox_id),
            )
            conn.execute(
                "UPDATE outbox_recipients SET state = 'accepted' WHERE outbox_id = ?"
                " AND state = 'waiting'",
                (outbox_id,),
            )
            settle_sent(conn, outbox_id)
        elif receipt.startswith("refused"):
            conn.execute(
                "UPDATE outbox SET state = 'failed', error = ? WHERE id = ?",
                (receipt.partition(" ")[2][:300], outbox_id),
            )
        else:
            conn.execute(
                "UPDATE outbox SET state = 'uncertain', checks = 0, next_at = ?, error ="
                " 'the program stopped while the server was answering; it may have been sent'"
                " WHERE id = ?",
                (now, outbox_id),
            )
            doubtful.append(outbox_id)
    return doubtful


def ask_about_missed(conn: sqlite3.Connection, account_id: int, now: int) -> set[int]:
    """Planned mails that were missed by hours wait for a word (OUT-11); what changed."""
    changed = fold(conn, outbox.miss(conn, account_id, now))
    recount(conn, changed)
    return changed
