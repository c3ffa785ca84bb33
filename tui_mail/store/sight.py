"""What decides about sight of mail, read from the store for `model.visibility`."""

from __future__ import annotations

import sqlite3

from tui_mail.model.records import PLURALS, Ref
from tui_mail.model.visibility import MailSight, RecordSight, User, can_see, watchers

__all__ = ["SELF", "can_see", "counts", "mail", "records_of", "refs_of", "users", "watchers"]

SELF = 1
"""The user whose mailboxes are in this database."""


def users(conn: sqlite3.Connection) -> list[User]:
    """Everybody who works with these records."""
    rows = conn.execute("SELECT id, name, is_admin, is_self FROM users ORDER BY id")
    return [User(row[0], row[1], bool(row[2]), bool(row[3])) for row in rows]


def refs_of(conn: sqlite3.Connection, conversation_id: int) -> list[Ref]:
    """The items a conversation is linked to and the contacts it is with (R44)."""
    rows = conn.execute(
        "SELECT kind, item_id FROM links WHERE conversation_id = ?1 AND removed_at IS NULL"
        " UNION SELECT 'person', person_id FROM person_conversations WHERE conversation_id = ?1"
        " UNION SELECT 'organization', p.organization_id FROM person_conversations pc"
        " JOIN persons p ON p.id = pc.person_id WHERE pc.conversation_id = ?1"
        " AND p.organization_id IS NOT NULL ORDER BY 1, 2",
        (conversation_id,),
    )
    return [Ref(row[0], row[1]) for row in rows]


def records_of(conn: sqlite3.Connection, conversation_id: int) -> tuple[RecordSight, ...]:
    """The same, as far as sight depends on them."""
    found = []
    for ref in refs_of(conn, conversation_id):
        row = conn.execute(
            f"SELECT owner_id, visible_to FROM {PLURALS[ref.kind]} WHERE id = ?", (ref.id,)
        ).fetchone()
        if row is not None:
            found.append(RecordSight(row[0], row[1], followers_of(conn, ref)))
    return tuple(found)


def followers_of(conn: sqlite3.Connection, ref: Ref) -> frozenset[int]:
    """The users who follow a record."""
    rows = conn.execute(
        "SELECT user_id FROM followers WHERE kind = ? AND record_id = ?", (ref.kind, ref.id)
    )
    return frozenset(row[0] for row in rows)


def owner_name(conn: sqlite3.Connection, ref: Ref) -> str:
    """The name of the user a record belongs to."""
    row = conn.execute(
        f"SELECT u.name FROM {PLURALS[ref.kind]} r JOIN users u ON u.id = r.owner_id"
        " WHERE r.id = ?",
        (ref.id,),
    ).fetchone()
    return str(row[0]) if row else ""


def follower_names(conn: sqlite3.Connection, ref: Ref) -> list[str]:
    """The names of the users who follow a record."""
    its = followers_of(conn, ref)
    return [user.name for user in users(conn) if user.id in its]


def set_follower(conn: sqlite3.Connection, ref: Ref, user_id: int, follows: bool) -> None:
    """Let a user follow a record, or no longer."""
    if follows:
        conn.execute(
            "INSERT OR IGNORE INTO followers(kind, record_id, user_id) VALUES (?, ?, ?)",
            (ref.kind, ref.id, user_id),
        )
    else:
        conn.execute(
            "DELETE FROM followers WHERE kind = ? AND record_id = ? AND user_id = ?",
            (ref.kind, ref.id, user_id),
        )


def mail(conn: sqlite3.Connection, message_id: int) -> MailSight | None:
    """What decides about sight of one message."""
    row = conn.execute(
        "SELECT conversation_id, visibility, deleted_at, screened_by FROM messages WHERE id = ?",
        (message_id,),
    ).fetchone()
    if row is None:
        return None
    return MailSight(SELF, row[1], records_of(conn, row[0]), row[2] is not None, row[3] is not None)


def counts(conn: sqlite3.Connection, conversation_id: int) -> tuple[int, int]:
    """(private, shared) messages of a conversation."""
    row = conn.execute(
        "SELECT coalesce(sum(visibility <> 'shared'), 0), coalesce(sum(visibility = 'shared'), 0)"
        " FROM messages WHERE conversation_id = ? AND deleted_at IS NULL",
        (conversation_id,),
    ).fetchone()
    return row[0], row[1]
