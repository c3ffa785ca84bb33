"""Drafts as messages of their conversations, and their copy in the server's Drafts."""

from __future__ import annotations

import sqlite3

from tui_mail.filing.arrivals import FolderPlace, identity, store_local
from tui_mail.filing.bodies import file_bodies
from tui_mail.model.drafts import DraftContent
from tui_mail.model.messages import Envelope, Flag, IndexedMail
from tui_mail.model.safe_text import one_line
from tui_mail.store import accounts, correspondents, operations
from tui_mail.store.folds import fold, recount


def save_draft(
    conn: sqlite3.Connection,
    draft_id: int,
    content: DraftContent,
    envelope: Envelope,
    place: FolderPlace,
    now: int,
) -> set[int]:
    """Store a revision of a draft and its row in the Drafts view; returns what changed."""
    row = conn.execute(
        "UPDATE drafts SET content = ?, revision = revision + 1, saved_at = ?, account_id = ?"
        " WHERE id = ? AND state IN ('open', 'kept')"
        " RETURNING message_id, conversation_id, uuid",
        (content.to_json(), now, place.account_id, draft_id),
    ).fetchone()
    if row is None:
        return set()
    message_id, conversation_id, _ = row
    if message_id is None:
        if content.is_empty:
            return set()
        message_id = store_local(
            conn,
            place,
            envelope,
            state="draft",
            size=len(content.body),
            now=now,
            conversation_id=conversation_id,
        )
        conn.execute("UPDATE drafts SET message_id = ? WHERE id = ?", (message_id, draft_id))
    snippet = " ".join(content.body.split())[:225]
    conn.execute(
        "UPDATE messages SET subject = ?, snippet = ?, sort_at = ?, account_id = ? WHERE id = ?",
        (envelope.subject, one_line(snippet), now, place.account_id, message_id),
    )
    _set_recipients(conn, message_id, envelope)
    changed = fold(conn, [message_id])
    recount(conn, changed)
    return changed


def _set_recipients(conn: sqlite3.Connection, message_id: int, envelope: Envelope) -> None:
    conn.execute(
        "DELETE FROM participants WHERE message_id = ? AND role IN ('to', 'cc', 'bcc')",
        (message_id,),
    )
    for role, people in (("to", envelope.to), ("cc", envelope.cc), ("bcc", envelope.bcc)):
        ids = correspondents.ensure(conn, {p.key: p.name for p in people if p.key})
        conn.executemany(
            "INSERT OR IGNORE INTO participants(message_id, role, position, correspondent_id,"
            " name, is_own) VALUES (?, ?, ?, ?, ?, 0)",
            [
                (message_id, role, position, ids[person.key], person.name)
                for position, person in enumerate(people)
                if person.key
            ],
        )


def drop_draft(conn: sqlite3.Connection, draft_id: int, state: str, now: int) -> set[int]:
    """End a draft as `discarded` or `sent` and take its row out of the lists."""
    remove_draft_copies(conn, draft_id, now)
    row = conn.execute(
        "UPDATE drafts SET state = ?, saved_at = ? WHERE id = ? RETURNING message_id",
        (state, now, draft_id),
    ).fetchone()
    if row is None or row[0] is None:
        return set()
    conn.execute("UPDATE messages SET deleted_at = ? WHERE id = ?", (now, row[0]))
    changed = fold(conn, [row[0]])
    recount(conn, changed)
    return changed


def reopen_draft(conn: sqlite3.Connection, draft_id: int, now: int) -> set[int]:
    """Bring an ended draft back as one that is kept."""
    row = conn.execute(
        "UPDATE drafts SET state = 'kept', saved_at = ? WHERE id = ? RETURNING message_id",
        (now, draft_id),
    ).fetchone()
    if row is None or row[0] is None:
        return set()
    conn.execute("UPDATE messages SET deleted_at = NULL WHERE id = ?", (row[0],))
    changed = fold(conn, [row[0]])
    recount(conn, changed)
    return changed


def file_draft(conn: sqlite3.Connection, draft_id: int, mail: IndexedMail, now: int) -> set[int]:
    """Order the copy of a kept draft in the server's Drafts, then the end of the older copy.

    The new one is filed before the old one goes, so that no cut loses the draft. Accounts without
    a Drafts folder keep it here only.
    """
    row = conn.execute(
        "SELECT d.uuid, d.account_id, d.message_id, d.source_id, d.kind FROM drafts d"
        " WHERE d.id = ? AND d.message_id IS NOT NULL",
        (draft_id,),
    ).fetchone()
    if row is None:
        return set()
    draft_uuid, account_id, message_id, source_id, kind = row
    folder = accounts.role_folder(conn, account_id, "drafts")
    if folder is None or not folder.selectable:
        return set()
    older = _copies(conn, message_id, folder.id)
    if kind == "adopted" and source_id is not None:
        older += _copies(conn, source_id, folder.id)
    conn.execute(
        "UPDATE messages SET fingerprint = ?, size = ? WHERE id = ?",
        (identity(mail.envelope, mail.size), mail.size, message_id),
    )
    changed = file_bodies(conn, [(message_id, mail)], now)
    conn.execute(
        "UPDATE operations SET state = 'cancelled', finished_at = ? WHERE message_id = ?"
        " AND kind = 'append' AND state = 'pending' AND attempts = 0",
        (now, message_id),
    )
    append = operations.add(
        conn,
        account_id=account_id,
        kind="append",
        verb="save the draft",
        message_id=message_id,
        target_id=folder.id,
        now=now,
        args={
            "tui_mail_id": draft_uuid,
            "flags": int(Flag.SEEN | Flag.DRAFT),
            "date": now,
            "replaces": [uid for _, _, uid in older],
        },
    )
    _order_removal(
        conn, account_id, folder.id, older, "remove the older draft", now, depends_on=append
    )
    return changed


def remove_draft_copies(conn: sqlite3.Connection, draft_id: int, now: int) -> None:
    """The draft was sent or thrown away: its copies leave the server's Drafts."""
    row = conn.execute(
        "SELECT account_id, message_id, source_id, kind FROM drafts WHERE id = ?", (draft_id,)
    ).fetchone()
    if row is None:
        return
    account_id, message_id, source_id, kind = row
    folder = accounts.role_folder(conn, account_id, "drafts")
    if folder is None:
        return
    waiting = conn.execute(
        "SELECT max(id) FROM operations WHERE message_id = ? AND kind = 'append'"
        " AND state IN ('inflight', 'verify')",
        (message_id,),
    ).fetchone()[0]
    conn.execute(
        "UPDATE operations SET state = 'cancelled', finished_at = ? WHERE message_id = ?"
        " AND kind = 'append' AND state = 'pending'",
        (now, message_id),
    )
    copies = _copies(conn, message_id, folder.id) if message_id is not None else []
    if kind == "adopted" and source_id is not None:
        copies += _copies(conn, source_id, folder.id)
    _order_removal(conn, account_id, folder.id, copies, "remove the draft", now)
    if waiting is not None:
        operations.add(
            conn,
            account_id=account_id,
            kind="expunge",
            verb="remove the draft",
            message_id=message_id,
            folder_id=folder.id,
            depends_on=waiting,
            now=now,
        )


def _order_removal(
    conn: sqlite3.Connection,
    account_id: int,
    folder_id: int,
    copies: list[tuple[int, int, int]],
    verb: str,
    now: int,
    *,
    depends_on: int | None = None,
) -> None:
    """Order the end of copies as `_copies` gives them."""
    for owner, generation, uid in copies:
        operations.add(
            conn,
            account_id=account_id,
            kind="expunge",
            verb=verb,
            message_id=owner,
            folder_id=folder_id,
            generation=generation,
            uid=uid,
            depends_on=depends_on,
            now=now,
        )


def _copies(
    conn: sqlite3.Connection, message_id: int, folder_id: int
) -> list[tuple[int, int, int]]:
    """(message, generation, uid) of a draft's copies in a folder."""
    return [
        (message_id, row[0], row[1])
        for row in conn.execute(
            "SELECT p.generation, p.uid FROM placements p JOIN folders f ON f.id = p.folder_id"
            " AND f.generation = p.generation WHERE p.message_id = ? AND p.folder_id = ?"
            " AND p.vanished_at IS NULL",
            (message_id, folder_id),
        )
    ]
