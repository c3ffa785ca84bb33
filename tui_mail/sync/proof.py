"""Looking for proof of uncertain mails: in Sent and All Mail, by our own mark (OUT-5)."""

from __future__ import annotations

import sqlite3

from tui_mail.store import accounts, outbox
from tui_mail.store.outbox import Outgoing
from tui_mail.sync.appending import find_message_id, find_own
from tui_mail.sync.delivery import order_copy
from tui_mail.sync.desk import Desk
from tui_mail.sync.wire import Wire

LOOKS = (0, 15, 60, 300, 1800)
"""Seconds after which Sent is searched again; then only the user decides."""


async def look_for_proof(desk: Desk, wire: Wire) -> int:
    """Search for uncertain mails whose next look is due; returns how many were found.

    Not finding one proves nothing: it stays uncertain and visible.
    """
    found = 0
    for mail in await desk.db.read(outbox.unfinished, desk.account_id):
        due = mail.state == "uncertain" and mail.next_at <= desk.now()
        if not due or mail.checks >= len(LOOKS):
            continue
        if await _is_there(desk, wire, mail):
            desk.changed(await desk.db.write(_proved, mail, desk.now()))
            found += 1
        else:
            await desk.db.write(_looked, mail, desk.now())
        desk.publish("outbox", [mail.id])
    return found


async def _is_there(desk: Desk, wire: Wire, mail: Outgoing) -> bool:
    for role in ("sent", "all"):
        folder = await desk.db.read(accounts.role_folder, desk.account_id, role)
        if folder is None or not folder.selectable:
            continue
        uid, _ = await find_own(wire, folder, mail.uuid, 1)
        if uid or await find_message_id(wire, folder, mail.message_id_header):
            return True
    return False


def _proved(conn: sqlite3.Connection, mail: Outgoing, now: int) -> set[int]:
    from tui_mail.filing.outgoing import settle_sent

    conn.execute(
        "UPDATE outbox SET state = 'accepted', error = '' WHERE id = ? AND state = 'uncertain'",
        (mail.id,),
    )
    conn.execute(
        "UPDATE outbox_recipients SET state = 'accepted' WHERE outbox_id = ? AND state = 'waiting'",
        (mail.id,),
    )
    changed = settle_sent(conn, mail.id)
    order_copy(conn, mail, "server", now)
    return changed


def _looked(conn: sqlite3.Connection, mail: Outgoing, now: int) -> None:
    wait = LOOKS[min(mail.checks + 1, len(LOOKS) - 1)]
    conn.execute(
        "UPDATE outbox SET checks = checks + 1, next_at = ? WHERE id = ?", (now + wait, mail.id)
    )
