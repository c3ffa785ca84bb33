"""Where one mail stands, for explaining what seems wrong with it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tui_mail.model.views import View


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was named."""

    id: int
    conversation_id: int
    account_id: int
    subject: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that decides whether it is in the inbox."""

    in_inbox: bool
    deleted: bool
    screened: bool
    muted: bool
    snoozed: bool
    gone: bool
    views: tuple[int, ...]
    folders: tuple[str, ...]
    """Names as the server gave them; not yet safe to show."""
    let_go: bool = False
    """Gone from here by the user's choice of what is synced."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail of the outbox."""

    id: int
    state: str
    error: str
    subject: str


def find(conn: sqlite3.Connection, named: str) -> Mail | None:
    """The mail of `12` (newest of a conversation), `m34`, or a Message-ID."""
    columns = "SELECT id, conversation_id, account_id, subject FROM messages"
    number = named[1:] if named[:1] in ("m", "M") else named
    if number.isascii() and number.isdigit() and len(number) <= 18:
        where = "id" if number != named else "conversation_id"
        sql = f"{columns} WHERE {where} = ? ORDER BY sort_at DESC LIMIT 1"
        row = conn.execute(sql, (int(number),)).fetchone()
    else:
        wanted = named if named.startswith("<") else f"<{named}>"
        row = conn.execute(
            f"{columns} WHERE message_id IN (?, ?) ORDER BY deleted_at IS NOT NULL, id LIMIT 1",
            (wanted, wanted[1:-1]),
        ).fetchone()
    return Mail(*row) if row else None


def standing(conn: sqlite3.Connection, message_id: int) -> Standing:
    """Where the mail is and what hides it."""
    row = conn.execute(
        "SELECT m.conversation_id, m.deleted_at IS NOT NULL, m.screened_by IS NOT NULL,"
        " c.muted_at IS NOT NULL, m.orphaned_at IS NOT NULL,"
        " m.orphaned_at IS NOT NULL AND m.let_go_at IS m.orphaned_at FROM messages m"
        " JOIN conversations c ON c.id = m.conversation_id WHERE m.id = ?",
        (message_id,),
    ).fetchone()
    views = tuple(
        found[0]
        for found in conn.execute(
            "SELECT view_id FROM listing WHERE conversation_id = ? ORDER BY view_id", (row[0],)
        )
    )
    folders = tuple(
        found[0]
        for found in conn.execute(
            "SELECT DISTINCT f.name FROM placements p JOIN folders f ON f.id = p.folder_id"
            " AND f.generation = p.generation WHERE p.message_id = ? AND p.vanished_at IS NULL",
            (message_id,),
        )
    )
    sleeps = conn.execute(
        "SELECT 1 FROM reminders WHERE conversation_id = ? AND kind = 'snooze'"
        " AND woken_at IS NULL LIMIT 1",
        (row[0],),
    ).fetchone()
    return Standing(
        View.INBOX in views,
        bool(row[1]),
        bool(row[2]),
        bool(row[3]),
        sleeps is not None,
        bool(row[4]),
        views,
        folders,
        bool(row[5]),
    )


def outgoing(
    conn: sqlite3.Connection, account_id: int | None, message_id: int | None
) -> list[Outgoing]:
    """What waits or went wrong; of one mail also when it went."""
    rows = conn.execute(
        "SELECT o.id, o.state, o.error, m.subject FROM outbox o"
        " LEFT JOIN messages m ON m.id = o.message_id"
        " WHERE (?1 IS NULL OR o.account_id = ?1) AND (?2 IS NULL OR o.message_id = ?2)"
        " AND o.state <> 'cancelled' AND (?2 IS NOT NULL OR o.state <> 'sent')"
        " ORDER BY o.id DESC LIMIT 20",
        (account_id, message_id),
    )
    return [Outgoing(row[0], row[1], row[2] or "", row[3] or "") for row in rows]


def left_out(conn: sqlite3.Connection, account_id: int) -> list[str]:
    """Folders that are there and not synced."""
    return [
        row[0]
        for row in conn.execute(
            "SELECT name FROM folders WHERE account_id = ? AND selectable AND NOT selected"
            " AND state <> 'gone' ORDER BY name",
            (account_id,),
        )
    ]


def not_fetched(conn: sqlite3.Connection, account_id: int) -> int:
    """Mails the server lists that did not come."""
    row = conn.execute(
        "SELECT count(*) FROM fetch_retry r JOIN folders f ON f.id = r.folder_id"
        " WHERE f.account_id = ? AND r.what = 'header'",
        (account_id,),
    ).fetchone()
    return int(row[0])
