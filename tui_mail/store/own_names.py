"""Addresses that may be the user's own, from the mail that is here."""

from __future__ import annotations

import json
import sqlite3

from tui_mail.model.addresses import address_key


def suggested(conn: sqlite3.Connection, address: str, limit: int = 8) -> tuple[str, ...]:
    """Senders of mails in Sent folders that no account names yet, most used first.

    `address` is the one an account is made for, and is left out.
    """
    known = {address_key(address)}
    for row in conn.execute("SELECT own_keys FROM accounts"):
        known |= set(json.loads(row[0]))
    rows = conn.execute(
        "SELECT m.from_address FROM folders f JOIN presence p ON p.folder_id = f.id"
        " JOIN messages m ON m.id = p.message_id WHERE f.role = 'sent' AND m.is_own = 0"
        " AND m.from_address <> '' GROUP BY m.from_address COLLATE NOCASE"
        " ORDER BY count(*) DESC LIMIT 50"
    )
    found = [row[0] for row in rows if address_key(row[0]) not in known]
    return tuple(found[:limit])
