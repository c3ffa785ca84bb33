"""APPEND with proof: a mail of ours is looked for before it is filed a second time (§4.8)."""

from __future__ import annotations

import sqlite3
from typing import Any

from tui_mail.errors import ActionError, RefusedError
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.mime.headers import HEADER_FIELDS, parse_envelope
from tui_mail.model import faults
from tui_mail.model.messages import FLAG_NAMES
from tui_mail.store import accounts, messages, operations
from tui_mail.store.accounts import Folder
from tui_mail.store.folds import fold, recount
from tui_mail.store.operations import Operation
from tui_mail.sync.desk import Desk
from tui_mail.sync.wire import Wire


async def append(desk: Desk, wire: Wire, op: Operation) -> int:
    """File a mail of ours in a folder, once. Returns 1 when the operation ended."""
    target = await desk.db.read(accounts.folder, op.target_id or 0)
    if target is None or not target.selectable:
        raise ActionError("the folder for it is gone")
    raw = await _bytes(desk, op)
    if raw is None:
        raise ActionError("the mail to file is not here any more")
    since = int(op.evidence.get("target_uidnext", 0))
    if op.state != "pending" or op.args.get("look_first") or since:
        uid, validity = await find_own(wire, target, op.args.get("tui_mail_id", ""), since or 1)
        if uid:
            await _done(desk, op, target, uid, validity)
            return 1
    status = await wire.call(lambda session: session.status(target.wire_name))
    evidence = {"target_uidnext": status.uidnext or 1}
    await desk.db.write(_begin, op.id, evidence, desk.now())
    faults.point("replay.append")
    flags = [name for flag, name in FLAG_NAMES.items() if op.args.get("flags", 0) & flag]
    date = int(op.args.get("date", desk.now()))
    result = await wire.call(lambda session: session.append(target.wire_name, raw, flags, date))
    faults.point("replay.append.answered")
    if result.uid and result.uidvalidity:
        await _done(desk, op, target, result.uid, result.uidvalidity)
        return 1
    uid, validity = await find_own(
        wire, target, op.args.get("tui_mail_id", ""), status.uidnext or 1
    )
    await _done(desk, op, target, uid, validity)
    return 1


async def _bytes(desk: Desk, op: Operation) -> bytes | None:
    packed = await desk.db.read(messages.raw, op.message_id or 0)
    from tui_mail.mime.indexing import decompress

    return decompress(packed) if packed is not None else None


async def find_own(wire: Wire, target: Folder, tui_mail_id: str, since: int) -> tuple[int, int]:
    """Find a mail of ours by its X-Tui-Mail-Id: (uid, uidvalidity), or (0, 0)."""
    if not tui_mail_id:
        return 0, 0
    said = await wire.call(lambda session: session.select(target.wire_name))

    def search(session: ImapSession) -> list[int]:
        hits = session.search_header("X-Tui-Mail-Id", tui_mail_id, since)
        if not hits:
            return []
        rows = session.fetch_headers(hits, HEADER_FIELDS)
        return [r.uid for r in rows if parse_envelope(r.header).tui_mail_id == tui_mail_id]

    try:
        uids = await wire.call(search)
    except RefusedError:
        uids = []
    return (max(uids), said.uidvalidity) if uids else (0, 0)


async def find_message_id(wire: Wire, target: Folder, message_id: str) -> int:
    """Find a mail by its exact Message-ID in a folder: its UID, or 0."""
    await wire.call(lambda session: session.select(target.wire_name))

    def search(session: ImapSession) -> list[int]:
        hits = session.search_header("Message-ID", message_id)
        if not hits:
            return []
        recent = UidSet.of(list(hits.expand())[-50:])
        rows = session.fetch_headers(recent, HEADER_FIELDS)
        return [r.uid for r in rows if parse_envelope(r.header).message_id == message_id]

    uids = await wire.call(search)
    return max(uids, default=0)


async def _done(desk: Desk, op: Operation, target: Folder, uid: int, validity: int) -> None:
    desk.changed(await desk.db.write(_filed, op, target.id, uid, validity, desk.now()))


def _begin(conn: sqlite3.Connection, operation_id: int, evidence: dict[str, Any], now: int) -> None:
    operations.set_state(conn, operation_id, "inflight", now=now, evidence=evidence, attempted=True)


def _filed(
    conn: sqlite3.Connection, op: Operation, target_id: int, uid: int, validity: int, now: int
) -> set[int]:
    """End an append: bind the place, and finish what waited for it."""
    row = conn.execute(
        "SELECT uidvalidity, generation FROM folders WHERE id = ?", (target_id,)
    ).fetchone()
    if uid and op.message_id is not None:
        if row[0] == 0 and validity:
            conn.execute(
                "UPDATE folders SET uidvalidity = ?, uidnext = 1, horizon = -1 WHERE id = ?",
                (validity, target_id),
            )
        if row[0] in (0, validity):
            conn.execute(
                "INSERT INTO placements(folder_id, generation, uid, message_id, flags, first_seen)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(folder_id, generation, uid) DO NOTHING",
                (target_id, row[1], uid, op.message_id, op.args.get("flags", 0), now),
            )
    operations.set_state(
        conn, op.id, "done", now=now, evidence={**op.evidence, "uid": uid, "validity": validity}
    )
    if outbox_id := op.args.get("outbox_id"):
        conn.execute(
            "UPDATE outbox SET state = 'sent', finished_at = ? WHERE id = ?"
            " AND state IN ('accepted', 'copy_pending')",
            (now, outbox_id),
        )
    if op.message_id is None:
        return set()
    changed = fold(conn, {op.message_id})
    recount(conn, changed)
    return changed
