"""Drafts and outgoing mail as messages of their conversations."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence

from tui_mail.filing import intents, linking
from tui_mail.filing.arrivals import FolderPlace, identity, store_local
from tui_mail.filing.bodies import file_bodies
from tui_mail.filing.drafting import drop_draft, reopen_draft
from tui_mail.model.messages import Flag, IndexedMail
from tui_mail.store import disk, outbox, reminders
from tui_mail.store.folds import fold, recount


def queue(
    conn: sqlite3.Connection,
    place: FolderPlace,
    mail: IndexedMail,
    raw: bytes,
    *,
    outbox_uuid: str,
    mail_from: str,
    recipients: Sequence[str],
    not_before: int,
    now: int,
    scheduled: bool = False,
    draft_id: int | None = None,
    conversation_id: int | None = None,
    idempotency_key: str | None = None,
    mailing_id: int | None = None,
) -> tuple[int, set[int]]:
    """Put a frozen mail into the outbox and into its conversation; returns (outbox id, changed).

    The composer may close only after this is committed (§4.9). Raises StoreReadOnly when the disk
    is nearly full.
    """
    disk.refuse_when_full(conn)
    message_id = store_local(
        conn,
        place,
        mail.envelope,
        state="outgoing",
        size=len(raw),
        now=now,
        conversation_id=conversation_id,
    )
    changed = file_bodies(conn, [(message_id, mail)], now)
    cursor = conn.execute(
        "INSERT INTO outbox(uuid, account_id, message_id, draft_id, message_id_header, mail_from,"
        " raw, sha256, state, not_before, scheduled, idempotency_key, mailing_id, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'held', ?, ?, ?, ?, ?)",
        (
            outbox_uuid,
            place.account_id,
            message_id,
            draft_id,
            mail.envelope.message_id,
            mail_from,
            raw,
            mail.sha256,
            not_before,
            scheduled,
            idempotency_key,
            mailing_id,
            now,
        ),
    )
    assert cursor.lastrowid is not None
    conn.executemany(
        "INSERT OR IGNORE INTO outbox_recipients(outbox_id, address) VALUES (?, ?)",
        [(cursor.lastrowid, address) for address in recipients],
    )
    if scheduled or mailing_id is not None:
        recount(conn, fold(conn, [message_id]))
    if draft_id is not None:
        changed |= drop_draft(conn, draft_id, "sent", now)
    return cursor.lastrowid, changed


def mark_answered(
    conn: sqlite3.Connection, message_id: int, now: int, *, answered: bool = True
) -> set[int]:
    """The mail an answer goes to is flagged as answered, here and on the server; or no longer.

    Returns the conversations that changed; empty when it was so already.
    """
    add, remove = (Flag.ANSWERED, Flag.NONE) if answered else (Flag.NONE, Flag.ANSWERED)
    verb = "answered" if answered else "not answered"
    if not intents.flag(
        conn, [message_id], add=add, remove=remove, verb=verb, now=now, journal_id=None
    ):
        return set()
    changed = fold(conn, [message_id])
    recount(conn, changed)
    return changed


def cancel(conn: sqlite3.Connection, outbox_id: int, now: int) -> set[int]:
    """Stop a mail that has not begun to go; its draft comes back (OUT-13).

    Returns the conversations that changed; empty when it was too late.
    """
    row = conn.execute(
        "UPDATE outbox SET state = 'cancelled', finished_at = ?, idempotency_key = NULL"
        " WHERE id = ? AND state IN ('held', 'queued', 'retry_wait', 'failed', 'missed')"
        " RETURNING message_id, draft_id",
        (now, outbox_id),
    ).fetchone()
    if row is None:
        return set()
    message_id, draft_id = row
    reminders.forget_mail(conn, message_id)
    conn.execute("UPDATE messages SET deleted_at = ? WHERE id = ?", (now, message_id))
    changed = fold(conn, [message_id])
    recount(conn, changed)
    if draft_id is not None:
        changed |= reopen_draft(conn, draft_id, now)
    return changed


def settle_sent(conn: sqlite3.Connection, outbox_id: int) -> set[int]:
    """Once a mail was accepted its message is a sent one, and links like a received one.

    Returns the conversations changed.
    """
    row = conn.execute(
        "SELECT message_id, created_at FROM outbox WHERE id = ?", (outbox_id,)
    ).fetchone()
    conn.execute("UPDATE messages SET state = 'sent' WHERE id = ? AND state = 'outgoing'", row[:1])
    changed = fold(conn, [row[0]])
    linking.evaluate_arrivals(conn, [row[0]], row[1])
    recount(conn, changed)
    return changed


def replan(
    conn: sqlite3.Connection, outbox_id: int, at: int, mail: IndexedMail, raw: bytes, now: int
) -> set[int]:
    """Send a mail that still waits at another time, which it bears; empty when it was too late."""
    message_id = outbox.replan(conn, outbox_id, at, raw, scheduled=at > now)
    if message_id is None:
        return set()
    conn.execute(
        "UPDATE messages SET date = ?, fingerprint = ? WHERE id = ?",
        (mail.envelope.date, identity(mail.envelope, len(raw)), message_id),
    )
    changed = file_bodies(conn, [(message_id, mail)], now) | fold(conn, [message_id])
    recount(conn, changed)
    return changed


def resend(conn: sqlite3.Connection, outbox_id: int, now: int) -> bool:
    """Send again what failed or is uncertain, on the user's word alone (OUT-5)."""
    cursor = conn.execute(
        "UPDATE outbox SET state = 'queued', lease = '', error = '', next_at = 0, attempts = 0"
        " WHERE id = ?"
        " AND state IN ('failed', 'partial', 'uncertain', 'retry_wait', 'missed')",
        (outbox_id,),
    )
    conn.execute(
        "UPDATE outbox_recipients SET state = 'waiting' WHERE outbox_id = ?"
        " AND state IN ('refused', 'retry', 'bounced')",
        (outbox_id,),
    )
    conn.execute(
        "INSERT INTO outbox_attempts(outbox_id, at, stage, outcome)"
        " VALUES (?, ?, 'resend', 'asked for by the user')",
        (outbox_id, now),
    )
    return cursor.rowcount == 1


def mark_sent(conn: sqlite3.Connection, outbox_id: int, now: int) -> set[int]:
    """The user knows that an uncertain mail went."""
    cursor = conn.execute(
        "UPDATE outbox SET state = 'sent', error = '', finished_at = ? WHERE id = ?"
        " AND state IN ('uncertain', 'partial', 'failed')",
        (now, outbox_id),
    )
    return settle_sent(conn, outbox_id) if cursor.rowcount else set()


def new_uuid() -> str:
    """A name for a draft or a mail."""
    return uuid.uuid4().hex
