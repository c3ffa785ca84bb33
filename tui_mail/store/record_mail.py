"""The mail of a record: its conversations, their attachments, and when it was last heard of."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.records import ITEM_KINDS, Ref
from tui_mail.store import pages
from tui_mail.store.ids import ids_json
from tui_mail.store.messages import OUTLIVES
from tui_mail.store.pages import Row


@dataclass(frozen=True, slots=True)
class FiledAttachment:
    """An attachment with the message it is in. The name is safe."""

    message_id: int
    conversation_id: int
    part: str
    filename: str
    content_type: str
    size: int
    at: int
    sender: str


_LINKED = (
    "SELECT conversation_id FROM links WHERE kind = ?1 AND item_id = ?2 AND removed_at IS NULL"
)
_OF = {
    "person": "SELECT conversation_id FROM person_conversations WHERE person_id = ?2",
    "organization": "SELECT pc.conversation_id FROM persons p JOIN person_conversations pc"
    " ON pc.person_id = p.id WHERE p.organization_id = ?2 UNION SELECT l.conversation_id"
    " FROM links l WHERE l.removed_at IS NULL AND ("
    + " OR ".join(
        f"l.kind = '{kind}' AND l.item_id IN (SELECT id FROM {kind}s WHERE organization_id = ?2)"
        for kind in ITEM_KINDS
    )
    + ")",
    **dict.fromkeys(ITEM_KINDS, _LINKED),
}


def conversation_ids(
    conn: sqlite3.Connection, ref: Ref, start: int = 0, size: int = 50
) -> list[int]:
    """Conversations with a contact or linked to an item, newest first.

    Deleted, screened and spam mail is not among them; archived mail is (R19 to R21).
    """
    rows = conn.execute(
        "SELECT c.id FROM conversations c"
        f" WHERE c.id IN ({_OF[ref.kind]}) AND c.shown > 0"
        " ORDER BY c.last_at DESC, c.id DESC LIMIT ?3 OFFSET ?4",
        (ref.kind, ref.id, size, start),
    )
    return [row[0] for row in rows]


def conversations(conn: sqlite3.Connection, ref: Ref, start: int = 0, size: int = 50) -> list[Row]:
    """The same as rows of a list."""
    return pages.rows_by_id(conn, conversation_ids(conn, ref, start, size))


def count(conn: sqlite3.Connection, ref: Ref) -> tuple[int, int]:
    """How many conversations a record has, and the time of its last mail (0: none)."""
    row = conn.execute(
        "SELECT count(*), coalesce(max(c.last_at), 0) FROM conversations c"
        f" WHERE c.id IN ({_OF[ref.kind]}) AND c.shown > 0",
        (ref.kind, ref.id),
    ).fetchone()
    return row[0], row[1]


def attachments(conn: sqlite3.Connection, ref: Ref, limit: int = 200) -> list[FiledAttachment]:
    """Attachments of the newest 500 conversations of a record, newest first."""
    return of_conversations(conn, conversation_ids(conn, ref, 0, 500), limit)


def of_conversations(
    conn: sqlite3.Connection, ids: Sequence[int], limit: int = 200
) -> list[FiledAttachment]:
    """Attachments of conversations, newest first; those of hidden mail are left out."""
    rows = conn.execute(
        "SELECT m.id, m.conversation_id, a.part, a.filename, a.content_type, a.size, m.sort_at,"
        " coalesce(nullif(m.from_name, ''), m.from_address) FROM messages m"
        " JOIN attachments a ON a.message_id = m.id"
        " WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND a.inline = 0"
        " AND m.deleted_at IS NULL AND m.screened_by IS NULL"
        f" AND (m.orphaned_at IS NULL OR {OUTLIVES})"
        " ORDER BY m.sort_at DESC, m.id DESC, a.part LIMIT ?",
        (ids_json(ids), limit),
    )
    return [FiledAttachment(*row) for row in rows]


def last_mail(conn: sqlite3.Connection, items: Sequence[Ref]) -> dict[Ref, tuple[int, int]]:
    """Time of the last mail in and out of each item that has any; 0 where there is none."""
    found: dict[Ref, tuple[int, int]] = {}
    for kind in {ref.kind for ref in items}:
        ids = ids_json(ref.id for ref in items if ref.kind == kind)
        for item_id, last_in, last_out in conn.execute(
            "SELECT l.item_id, max(c.last_in_at), max(c.last_out_at) FROM links l"
            " JOIN conversations c ON c.id = l.conversation_id AND c.shown > 0"
            " WHERE l.kind = ? AND l.item_id IN (SELECT value FROM json_each(?))"
            " AND l.removed_at IS NULL GROUP BY l.item_id",
            (kind, ids),
        ):
            found[Ref(kind, item_id)] = (last_in, last_out)
    return found
