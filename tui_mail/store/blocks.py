"""Blocked addresses and domains, and what they keep out."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tui_mail.model.blocking import Blocklist, Target
from tui_mail.store import accounts


@dataclass(frozen=True, slots=True)
class Blocked:
    """One entry."""

    id: int
    account_id: int | None
    """None: all accounts."""
    target: Target
    by: str
    created_at: int
    hits: int
    last_hit_at: int


_COLUMNS = "id, account_id, kind, value, by, created_at, hits, last_hit_at"


def entries(conn: sqlite3.Connection) -> list[Blocked]:
    """Every entry, the newest first."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM blocked ORDER BY id DESC")
    return [Blocked(row[0], row[1], Target(row[2], row[3]), *row[4:]) for row in rows]


def entry(conn: sqlite3.Connection, entry_id: int) -> Blocked | None:
    """One entry."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM blocked WHERE id = ?", (entry_id,)).fetchone()
    return Blocked(row[0], row[1], Target(row[2], row[3]), *row[4:]) if row else None


def find(conn: sqlite3.Connection, target: Target, account_id: int | None) -> Blocked | None:
    """The entry of exactly this target and scope."""
    row = conn.execute(
        "SELECT id FROM blocked WHERE kind = ? AND value = ? AND coalesce(account_id, 0) = ?",
        (target.kind, target.value, account_id or 0),
    ).fetchone()
    return entry(conn, row[0]) if row else None


def add(conn: sqlite3.Connection, target: Target, account_id: int | None, by: str, now: int) -> int:
    """Add an entry and return its id; one that is there already stays as it is."""
    known = find(conn, target, account_id)
    if known is not None:
        return known.id
    cursor = conn.execute(
        "INSERT INTO blocked(account_id, kind, value, by, created_at) VALUES (?, ?, ?, ?, ?)",
        (account_id, target.kind, target.value, by, now),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def remove(conn: sqlite3.Connection, entry_id: int) -> None:
    """Remove an entry."""
    conn.execute("DELETE FROM blocked WHERE id = ?", (entry_id,))


def blocklist(
    conn: sqlite3.Connection, account_id: int, *, without: Collection[int] = ()
) -> Blocklist:
    """What is in force for an account; its own entries are named before those for all."""
    addresses: dict[str, int] = {}
    domains: dict[str, int] = {}
    for entry_id, kind, value in conn.execute(
        "SELECT id, kind, value FROM blocked WHERE account_id IS NULL OR account_id = ?"
        " ORDER BY account_id IS NULL, id",
        (account_id,),
    ):
        if entry_id not in without:
            (addresses if kind == "address" else domains).setdefault(value, entry_id)
    return Blocklist(addresses, domains)


def own_addresses(conn: sqlite3.Connection) -> frozenset[str]:
    """The own addresses of every account, as comparison keys."""
    return frozenset(key for account in accounts.accounts(conn) for key in account.own_keys)


def hit(conn: sqlite3.Connection, screened: Iterable[tuple[int, int]]) -> None:
    """Count mails kept out: (entry, time of the mail)."""
    counts: dict[int, tuple[int, int]] = {}
    for entry_id, at in screened:
        number, last = counts.get(entry_id, (0, 0))
        counts[entry_id] = (number + 1, max(last, at))
    conn.executemany(
        "UPDATE blocked SET hits = hits + ?, last_hit_at = max(last_hit_at, ?) WHERE id = ?",
        [(number, last, entry_id) for entry_id, (number, last) in counts.items()],
    )


def correspondents_under(conn: sqlite3.Connection, target: Target) -> list[int]:
    """Everybody mail was exchanged with whom an entry would cover."""
    if target.kind == "address":
        rows = conn.execute("SELECT id FROM correspondents WHERE address = ?", (target.value,))
    else:
        rows = conn.execute(
            "SELECT id FROM correspondents WHERE substr(address, -?1) = ?2"
            " OR substr(address, -?1) = ?3",
            (len(target.value) + 1, f"@{target.value}", f".{target.value}"),
        )
    return [row[0] for row in rows]
