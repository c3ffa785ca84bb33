"""A store with one account, into which mail is filed in any order."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from tui_mail.filing.arrivals import FolderPlace, file_arrivals
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival, Filed
from tui_mail.model.messages import Envelope
from tui_mail.store.database import create

NOW = 1_790_000_000
OWN = "mira@northwind.example"
ROLES = ("inbox", "archive", "sent", "drafts", "trash", "junk")


@dataclass(slots=True)
class World:
    """An open store; every filing is one transaction."""

    conn: sqlite3.Connection
    places: dict[str, FolderPlace]
    uids: dict[str, itertools.count[int]] = field(default_factory=dict)

    def file(
        self,
        *envelopes: Envelope,
        folder: str = "inbox",
        size: int = 1000,
        at: int | None = None,
        flags: int = 0,
        **arrival: object,
    ) -> Filed:
        """File mails as one batch, a minute apart, with new UIDs."""
        uids = self.uids.setdefault(folder, itertools.count(1))
        batch = [
            Arrival(
                next(uids),
                flags,
                NOW + 60 * number if at is None else at,
                size,
                envelope,
                **arrival,  # type: ignore[arg-type]
            )
            for number, envelope in enumerate(envelopes)
        ]
        return self.file_batch(batch, folder)

    def file_batch(self, batch: Sequence[Arrival], folder: str = "inbox") -> Filed:
        """File arrivals as they are."""
        self.conn.execute("BEGIN IMMEDIATE")
        filed = file_arrivals(self.conn, self.places[folder], batch, NOW)
        self.conn.execute("COMMIT")
        return filed

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        return self.conn.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> object:
        """The first column of the first row, or None."""
        row = self.conn.execute(sql, values).fetchone()
        return row[0] if row else None

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def make_world(folder: Path) -> World:
    """A fresh store with the usual folders."""
    create(folder / "mail.db", folder / "backups")
    conn = sqlite3.connect(folder / "mail.db", isolation_level=None)
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("INSERT INTO accounts(id, slug, address) VALUES (1, 'work', ?)", (OWN,))
    places = {}
    for number, role in enumerate(ROLES, 1):
        conn.execute(
            "INSERT INTO folders(id, account_id, wire_name, name, role, horizon)"
            " VALUES (?, 1, ?, ?, ?, 0)",
            (number, role.encode(), role.title(), role),
        )
        places[role] = FolderPlace(number, 1, 1, role, frozenset({OWN}))
    return World(conn, places)


def letter(
    name: str,
    sender: str = "anna@fjord.example",
    *,
    refs: Sequence[str] = (),
    to: Sequence[str] = (OWN,),
    body: str = "",
    **more: object,
) -> Envelope:
    """A mail whose Message-ID is made of its name; `body` makes two of one id differ."""
    return Envelope(
        message_id=f"<{name}@x.example>",
        references=tuple(f"<{ref}@x.example>" for ref in refs),
        in_reply_to=tuple(f"<{ref}@x.example>" for ref in refs[-1:]),
        subject=f"About {name}",
        from_=(Address(sender.partition("@")[0].title(), sender),),
        to=tuple(Address("", address) for address in to),
        fingerprint=blake2b(f"{name}/{sender}/{body}".encode(), digest_size=16).digest(),
        **more,  # type: ignore[arg-type]
    )
