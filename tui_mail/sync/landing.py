"""Where moved mail landed: bind it to its new place, or find it there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_mail.filing.vanished import settle
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.mime.headers import HEADER_FIELDS, parse_envelope
from tui_mail.model.safe_text import safe_line
from tui_mail.store import operations
from tui_mail.store.accounts import Folder
from tui_mail.store.folds import fold, recount
from tui_mail.store.operations import Operation
from tui_mail.sync.desk import Desk
from tui_mail.sync.wire import Wire


@dataclass(frozen=True, slots=True)
class Landed:
    """An operation that arrived: the UID in its target."""

    op: Operation
    uid: int
    uidvalidity: int
    """0 when the server did not say."""


def land(
    conn: sqlite3.Connection, landed: Sequence[Landed], source: Folder, target: Folder, now: int
) -> set[int]:
    """End moves: the old place is gone, the new one is bound. Returns conversations changed."""
    messages: set[int] = set()
    for item in landed:
        op = item.op
        assert op.message_id is not None
        messages.add(op.message_id)
        row = conn.execute(
            "UPDATE placements SET vanished_at = ? WHERE folder_id = ? AND generation = ?"
            " AND uid = ? RETURNING flags, keywords",
            (now, source.id, source.generation, op.uid),
        ).fetchone()
        flags, keywords = row or (0, "")
        _bind(conn, op.message_id, target, item, flags, keywords, now)
        operations.set_state(
            conn,
            op.id,
            "done",
            now=now,
            evidence={**op.evidence, "uid": item.uid, "validity": item.uidvalidity},
        )
    settle(conn, messages, now)
    changed = fold(conn, messages)
    recount(conn, changed)
    return changed


def _bind(
    conn: sqlite3.Connection,
    message_id: int,
    target: Folder,
    item: Landed,
    flags: int,
    keywords: str,
    now: int,
) -> None:
    """Place a mail in its target, unless the target was numbered anew meanwhile."""
    row = conn.execute(
        "SELECT uidvalidity, generation FROM folders WHERE id = ?", (target.id,)
    ).fetchone()
    validity, generation = row
    if validity == 0 and item.uidvalidity:
        conn.execute(
            "UPDATE folders SET uidvalidity = ?, uidnext = 1, horizon = -1 WHERE id = ?",
            (item.uidvalidity, target.id),
        )
    elif item.uidvalidity and validity != item.uidvalidity:
        return
    conn.execute(
        "INSERT INTO placements(folder_id, generation, uid, message_id, flags, keywords,"
        " first_seen) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(folder_id, generation, uid) DO UPDATE SET"
        " message_id = excluded.message_id, vanished_at = NULL",
        (target.id, generation, item.uid, message_id, flags, keywords, now),
    )


def leave(
    conn: sqlite3.Connection, folder_id: int, generation: int, uids: Sequence[int], now: int
) -> set[int]:
    """Mark places as left without a new one."""
    messages: set[int] = set()
    for uid in uids:
        for row in conn.execute(
            "UPDATE placements SET vanished_at = ? WHERE folder_id = ? AND generation = ?"
            " AND uid = ? RETURNING message_id",
            (now, folder_id, generation, uid),
        ).fetchall():
            messages.add(row[0])
    settle(conn, messages, now)
    changed = fold(conn, messages)
    recount(conn, changed)
    return changed


def store_labels(conn: sqlite3.Connection, batch: Sequence[Operation], now: int) -> set[int]:
    """Keep the labels a STORE changed."""
    for op in batch:
        row = conn.execute(
            "SELECT labels FROM placements WHERE folder_id = ? AND generation = ? AND uid = ?",
            (op.folder_id, op.generation, op.uid),
        ).fetchone()
        if row is None:
            continue
        labels = set(json.loads(row[0] or "[]"))
        labels = (labels | set(op.args.get("add", ()))) - set(op.args.get("remove", ()))
        conn.execute(
            "UPDATE placements SET labels = ? WHERE folder_id = ? AND generation = ? AND uid = ?",
            (json.dumps(sorted(labels)), op.folder_id, op.generation, op.uid),
        )
    changed = fold(conn, {op.message_id for op in batch if op.message_id is not None})
    recount(conn, changed)
    return changed


def has_place(conn: sqlite3.Connection, message_id: int) -> bool:
    """Whether the mail is anywhere on the server, as far as we know."""
    row = conn.execute(
        "SELECT 1 FROM placements p JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation WHERE p.message_id = ? AND p.vanished_at IS NULL",
        (message_id,),
    ).fetchone()
    return row is not None


async def find(
    desk: Desk, wire: Wire, op: Operation, target: Folder, evidence: dict[str, Any]
) -> tuple[int, int]:
    """Look for a mail in its target among UIDs from the evidence on; (uid, uidvalidity) or (0, 0).

    The search by Message-ID is a substring match of the server's making, so the identity of each
    hit is compared (§2.2). The target is selected afterwards.
    """
    row = await desk.db.read(_identity, op.message_id or 0)
    if row is None:
        return 0, 0
    message_id, fingerprint, size, taken = row
    said = await wire.call(lambda session: session.select(target.wire_name))
    since = int(evidence.get("target_uidnext", 0)) or 1
    if evidence.get("target_validity") and said.uidvalidity != evidence["target_validity"]:
        since = 1

    def search(session: ImapSession) -> list[int]:
        if message_id:
            hits = session.search_header("Message-ID", message_id, since)
        else:
            hits = session.search_all().intersection(UidSet.span(since))
        if not hits:
            return []
        rows = session.fetch_headers(hits, HEADER_FIELDS)
        found = [(parse_envelope(item.header), item) for item in rows]
        return [
            item.uid
            for envelope, item in found
            if envelope.fingerprint == fingerprint and abs(item.size - size) <= size // 50 + 64
        ]

    uids = [uid for uid in sorted(await wire.call(search)) if uid not in taken.get(target.id, ())]
    return (uids[-1], said.uidvalidity) if uids else (0, 0)


def _identity(
    conn: sqlite3.Connection, message_id: int
) -> tuple[str, bytes, int, dict[int, set[int]]] | None:
    row = conn.execute(
        "SELECT message_id, fingerprint, size FROM messages WHERE id = ?", (message_id,)
    ).fetchone()
    if row is None:
        return None
    taken: dict[int, set[int]] = {}
    for folder_id, uid in conn.execute(
        "SELECT p.folder_id, p.uid FROM placements p JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation JOIN messages m ON m.id = p.message_id"
        " WHERE m.message_id = ? AND m.id <> ? AND p.vanished_at IS NULL",
        (row[0], message_id),
    ):
        taken.setdefault(folder_id, set()).add(uid)
    return safe_line(row[0]) if not row[0].isascii() else row[0], row[1][:-8], row[2], taken
