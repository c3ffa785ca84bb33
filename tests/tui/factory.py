"""Small mailboxes for tests of the screens, filed the way the engine files them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.tui.fixed_clock import NOW, FixedClock
from tui_mail.config.load import write_text
from tui_mail.config.paths import Paths, profile_paths
from tui_mail.filing.arrivals import FolderPlace, file_arrivals
from tui_mail.filing.bodies import file_headers_only
from tui_mail.model.addresses import Address, address_key
from tui_mail.model.arrivals import Arrival
from tui_mail.model.messages import Envelope, Flag
from tui_mail.store import accounts
from tui_mail.store.database import create

OWN = "ada@example.com"


@dataclass(slots=True)
class Mailbox:
    """A profile on disk with one account and its usual folders."""

    paths: Paths
    clock: FixedClock = field(default_factory=FixedClock)
    places: dict[str, FolderPlace] = field(default_factory=dict)
    uid: int = 0

    def connect(self) -> sqlite3.Connection:
        """A connection of its own, as another process has one."""
        return sqlite3.connect(self.paths.database, isolation_level=None, timeout=20)

    def arrive(
        self,
        envelopes: Sequence[Envelope],
        *,
        folder: str = "inbox",
        flags: int = 0,
        at: int | None = None,
        indexed: bool = False,
    ) -> list[int]:
        """File mails as the engine does, each a minute older than the one before.

        `indexed` makes their headers searchable, as a fetched body would.
        """
        start = self.clock.at if at is None else at
        arrivals = []
        for number, envelope in enumerate(envelopes):
            self.uid += 1
            arrivals.append(Arrival(self.uid, flags, start - 60 * number, 1000, envelope))
        conn = self.connect()
        try:
            conn.execute("BEGIN IMMEDIATE")
            filed = file_arrivals(conn, self.places[folder], arrivals, self.clock.at)
            if indexed:
                for message_id, envelope in zip(filed.message_ids, envelopes, strict=True):
                    file_headers_only(conn, message_id, envelope, "too_big")
            conn.execute("COMMIT")
        finally:
            conn.close()
        return list(filed.message_ids)

    def fetch(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of a query, read as another process reads them."""
        conn = self.connect()
        try:
            return conn.execute(sql, values).fetchall()
        finally:
            conn.close()

    def run(self, sql: str, *values: object) -> None:
        """Change rows as another process does."""
        conn = self.connect()
        try:
            conn.execute(sql, values)
            conn.commit()
        finally:
            conn.close()


def mail(number: int, subject: str = "", name: str = "", **more: object) -> Envelope:
    """One mail; its number makes it unique."""
    return Envelope(
        message_id=f"<{number}@example.org>",
        subject=subject or f"Subject {number:04}",
        from_=(Address(name or f"Person {number:04}", f"p{number % 50}@example.org"),),
        to=(Address("Ada", OWN),),
        fingerprint=number.to_bytes(16, "big"),
        **more,  # type: ignore[arg-type]
    )


def config(settings: str = "", *, account: bool = True) -> str:
    """A settings file."""
    table = (
        f'\n[[account]]\nid = "work"\naddress = "{OWN}"\nimap_host = "127.0.0.1"\n'
        'smtp_host = "127.0.0.1"\n'
        if account
        else ""
    )
    return settings + table


def make_mailbox(
    folder: Path,
    count: int = 0,
    *,
    settings: str = "",
    account: bool = True,
    seen: bool = False,
    indexed: bool = False,
) -> Mailbox:
    """A profile with `count` unread mails in the inbox, newest first by number from 0."""
    paths = profile_paths(folder)
    paths.prepare()
    write_text(paths.config_file, config(settings, account=account))
    create(paths.database, paths.backups)
    box = Mailbox(paths)
    if account:
        from tui_mail.config.load import load

        conn = box.connect()
        conn.execute("BEGIN IMMEDIATE")
        ids = accounts.mirror(conn, load(paths.config_file).accounts)
        for role, name in (
            ("inbox", "INBOX"), ("archive", "Archive"), ("sent", "Sent"), ("trash", "Trash"),
            ("junk", "Spam"), ("", "Clients/Müller"),
        ):  # fmt: skip
            folder_id = accounts.add_folder(conn, ids["work"], name.encode(), name, role=role)
            box.places[role or name] = FolderPlace(
                folder_id, ids["work"], 1, role, frozenset({address_key(OWN)})
            )
        accounts.set_state(conn, ids["work"], "active", "", NOW - 60)
        conn.execute("COMMIT")
        conn.close()
        if count:
            flags = int(Flag.SEEN) if seen else 0
            box.arrive([mail(number) for number in range(count)], flags=flags, indexed=indexed)
    return box
