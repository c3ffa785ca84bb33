"""Delivery reports find the mail they are about and mark its recipients."""

from __future__ import annotations

import sqlite3

from tui_mail.model.addresses import address_key
from tui_mail.model.messages import DeliveryReport
from tui_mail.model.safe_text import one_line

_STATES = {"failed": "bounced", "delivered": "delivered", "relayed": "accepted"}


def file_report(
    conn: sqlite3.Connection, message_id: int, report: DeliveryReport, now: int
) -> int | None:
    """Mark the recipients of the mail a report speaks of; returns its outbox id, if it is ours.

    The report is believed only for a mail of the same account, and only for addresses that mail
    was sent to, so that a forged bounce cannot touch others.
    """
    row = conn.execute(
        "SELECT o.id FROM outbox o JOIN messages m ON m.account_id = o.account_id"
        " WHERE m.id = ? AND ((? <> '' AND o.uuid = ?) OR (? <> '' AND o.message_id_header = ?))"
        " ORDER BY o.id DESC LIMIT 1",
        (
            message_id,
            report.original_tui_mail_id,
            report.original_tui_mail_id,
            report.original_message_id,
            report.original_message_id,
        ),
    ).fetchone()
    if row is None:
        return None
    outbox_id: int = row[0]
    for recipient in report.recipients:
        state = _STATES.get(recipient.action)
        if state is None:
            continue
        conn.execute(
            "UPDATE outbox_recipients SET state = ?, code = ?, answer = ?"
            " WHERE outbox_id = ? AND address = ?",
            (
                state,
                one_line(recipient.status, 20),
                one_line(recipient.diagnostic, 300),
                outbox_id,
                address_key(recipient.address),
            ),
        )
    conn.execute(
        "INSERT INTO outbox_attempts(outbox_id, at, stage, outcome) VALUES (?, ?, 'report', ?)",
        (outbox_id, now, ", ".join(sorted({r.action for r in report.recipients}))),
    )
    if conn.execute("SELECT state FROM outbox WHERE id = ?", (outbox_id,)).fetchone()[0] == (
        "uncertain"
    ):
        conn.execute(
            "UPDATE outbox SET state = 'accepted', error = '' WHERE id = ? AND state = 'uncertain'",
            (outbox_id,),
        )
    return outbox_id
