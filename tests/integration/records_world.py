"""A profile into which mail and records are put, for the tests of linking and blocking."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.profiles import profile
from tui_mail.actions import crm
from tui_mail.actions.context import Context, open_context
from tui_mail.filing.arrivals import FolderPlace, file_arrivals
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival
from tui_mail.model.messages import Envelope
from tui_mail.model.records import Ref
from tui_mail.model.views import View
from tui_mail.store import accounts, pages

NOW = 1_790_000_000
OWN = "mira@northwind.example"
DERIVED = {"journal", "sqlite_sequence", "view_counts"}


class Clock:
    """Stands still until a test moves it."""

    at = NOW

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return float(self.at)


@dataclass(slots=True)
class World:
    """An open profile into which mail can be filed."""

    ctx: Context
    place: FolderPlace
    clock: Clock
    uid: int = 0
    ids: list[int] = field(default_factory=list)

    async def mail(
        self,
        sender: str,
        *,
        to: Sequence[str] = (OWN,),
        cc: Sequence[str] = (),
        refs: Sequence[str] = (),
        at: int | None = None,
        name: str = "",
        bulk: bool = False,
        auto: bool = False,
        subject: str = "",
        own: bool = False,
    ) -> int:
        """File one mail; returns its conversation."""
        self.uid += 1
        envelope = Envelope(
            message_id=f"<{name or self.uid}@x.example>",
            in_reply_to=tuple(refs[-1:]),
            references=tuple(refs),
            subject=subject or f"Mail {self.uid}",
            from_=(Address("", sender),) if sender else (),
            to=tuple(Address("", one) for one in to),
            cc=tuple(Address("", one) for one in cc),
            is_bulk=bulk,
            is_auto_reply=auto,
            fingerprint=self.uid.to_bytes(16, "big"),
        )
        arrival = Arrival(self.uid, 0, self.clock.at if at is None else at, 1000, envelope)
        filed = await self.ctx.db.write(file_arrivals, self.place, [arrival], self.clock.at)
        self.ids += filed.message_ids
        (cid,) = await self.ctx.db.read(_conversation, filed.message_ids[0])
        return cid

    async def person(self, name: str, *addresses: str, **more: object) -> int:
        done = await crm.create(self.ctx, "person", {"name": name, "addresses": addresses, **more})
        return done.records[0].id

    async def deal(self, title: str, *person_ids: int, kind: str = "deal", **more: object) -> Ref:
        main = {"person_id": person_ids[0]} if person_ids else {}
        done = await crm.create(
            self.ctx, kind, {"title": title, **main, "people": person_ids[1:], **more}
        )
        return done.records[0]

    async def state(self, cid: int) -> tuple[str, Ref | None]:
        return await self.ctx.db.read(_state, cid)

    async def view(self, view: View) -> list[int]:
        return await self.ctx.db.read(pages.ids, int(view))

    async def dump(self) -> dict[str, list[tuple[object, ...]]]:
        return await self.ctx.db.read(dump)


def _conversation(conn: sqlite3.Connection, message_id: int) -> tuple[int]:
    row = conn.execute("SELECT conversation_id FROM messages WHERE id = ?", (message_id,))
    return row.fetchone()


def _state(conn: sqlite3.Connection, cid: int) -> tuple[str, Ref | None]:
    row = conn.execute(
        "SELECT link_state, link_kind, link_id FROM conversations WHERE id = ?", (cid,)
    ).fetchone()
    return row[0], Ref(row[1], row[2]) if row[1] else None


def dump(conn: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the journal and counters that may stand at zero."""
    tables = [
        row[0]
        for row in conn.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'fts%'"
        )
        if row[0] not in DERIVED
    ]
    found = {t: sorted(conn.execute(f"SELECT * FROM {t}"), key=repr) for t in tables}
    found["view_counts"] = sorted(
        conn.execute("SELECT * FROM view_counts WHERE total <> 0 OR unread <> 0")
    )
    words = "SELECT rowid FROM fts_records WHERE fts_records MATCH 'a* OR n* OR d* OR f*'"
    found["words"] = sorted(conn.execute(words))
    return found


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    """A profile with one account in automatic mode and its inbox."""
    paths = profile(folder, address=OWN)
    clock = Clock()
    ctx = await open_context(paths, clock=clock)
    account_id = ctx.account_ids["work"]
    folder_id = await ctx.db.write(
        lambda conn: accounts.add_folder(conn, account_id, b"INBOX", "INBOX", role="inbox")
    )
    place = FolderPlace(folder_id, account_id, 1, "inbox", frozenset({OWN}), "private", True)
    try:
        yield World(ctx, place, clock)
    finally:
        await ctx.close()
