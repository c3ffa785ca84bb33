"""Signatures of accounts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """A text under mails. Not yet safe to show."""

    id: int
    account_id: int
    name: str
    body: str
    """Markdown."""


_COLUMNS = "id, account_id, name, body"


def of_account(conn: sqlite3.Connection, account_id: int) -> list[Signature]:
    """The signatures of an account by name."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM signatures WHERE account_id = ? ORDER BY name, id", (account_id,)
    )
    return [Signature(*row) for row in rows]


def by_name(conn: sqlite3.Connection, account_id: int, name: str) -> Signature | None:
    """The signature with this name, in whatever case."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM signatures WHERE account_id = ? AND name = ?",
        (account_id, name.strip()),
    ).fetchone()
    return Signature(*row) if row else None


def put(conn: sqlite3.Connection, account_id: int, name: str, body: str, now: int) -> int:
    """Add a signature, or change the one that has the name."""
    row = conn.execute(
        "INSERT INTO signatures(account_id, name, body, created_at, updated_at)"
        " VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (account_id, name)"
        " DO UPDATE SET body = ?3, updated_at = ?4 RETURNING id",
        (account_id, name, body, now),
    ).fetchone()
    return int(row[0])


def rename(conn: sqlite3.Connection, signature_id: int, name: str, now: int) -> None:
    """Give a signature another name."""
    conn.execute(
        "UPDATE signatures SET name = ?, updated_at = ? WHERE id = ?", (name, now, signature_id)
    )


def remove(conn: sqlite3.Connection, signature_id: int) -> None:
    """Remove a signature."""
    conn.execute("DELETE FROM signatures WHERE id = ?", (signature_id,))
