"""What every part of one account's sync works with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tui_mail.config.settings import AccountSettings, Settings
from tui_mail.filing.arrivals import FolderPlace
from tui_mail.mime.worker import MimePool
from tui_mail.model.addresses import address_key
from tui_mail.model.arrivals import Arrival
from tui_mail.model.clock import Clock
from tui_mail.store.accounts import Folder
from tui_mail.store.database import Database
from tui_mail.sync.budget import Budget
from tui_mail.sync.valves import UnaskedRate


@dataclass(slots=True)
class Desk:
    """One account at work."""

    db: Database
    pool: MimePool
    account_id: int
    account: AccountSettings
    settings: Settings
    clock: Clock
    lease: str
    publish: Callable[[str, Iterable[int]], None]
    """Sends a fact: kind and ids."""
    gmail: bool = False
    server_files_sent: bool = False
    """The submission server puts the copy into Sent by itself (OUT-7)."""
    check_seconds: int = 300
    """Least time between two looks at a suspicious loss (VAL-1)."""
    pieces: Path = Path()
    """Where pieces of large mails wait for the rest."""
    pieces_work: bool = True
    """The server gives parts of a mail as asked."""
    unasked: UnaskedRate = field(default_factory=UnaskedRate)
    """Removals that no user's action stands behind (VAL-4)."""
    own: frozenset[str] = field(default_factory=frozenset)
    budget: Budget = field(default_factory=Budget)
    """Connections of all accounts together."""
    passed_over: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    """UIDs by folder and generation that were looked at and are not wanted (R15, B4)."""

    def __post_init__(self) -> None:
        self.own = frozenset(address_key(address) for address in self.account.own_addresses)

    def now(self) -> int:
        """UTC seconds."""
        return self.clock.now()

    def place(self, folder: Folder, *, past: bool = False) -> FolderPlace:
        """The folder as filing wants it; `past` for mail that was there before."""
        return FolderPlace(
            folder.id,
            folder.account_id,
            folder.generation,
            folder.role,
            self.own,
            self.account.past_visibility if past else self.account.default_visibility,
            self.account.link_mode == "automatic",
        )

    def changed(self, conversation_ids: Iterable[int]) -> None:
        """Tell the screens which conversations look different."""
        ids = list(conversation_ids)
        if ids:
            self.publish("conversations", ids)


@dataclass(slots=True)
class Progress:
    """How far a first sync is, told at most four times a second."""

    desk: Desk
    folder: str = ""
    phase: str = "headers"
    done: int = 0
    total: int = 0
    started: float = field(default_factory=time.monotonic)
    told: float = 0.0

    def begin(self, phase: str, total: int) -> None:
        """Count from nothing again: another kind of work starts."""
        self.phase, self.done, self.total = phase, 0, total
        self.started = time.monotonic()

    def snapshot(self) -> dict[str, object]:
        """The numbers as they are stored and shown."""
        elapsed = max(0.001, time.monotonic() - self.started)
        rate = self.done / elapsed
        left = max(0, self.total - self.done)
        return {
            "folder": self.folder,
            "phase": self.phase,
            "done": self.done,
            "total": self.total,
            "rate": round(rate, 1),
            "seconds_left": round(left / rate) if rate else 0,
        }

    async def tell(self, *, force: bool = False) -> None:
        """Store the numbers and say so, if it is time."""
        if not force and time.monotonic() - self.told < 0.25:
            return
        self.told = time.monotonic()
        from tui_mail.store import accounts

        await self.desk.db.write(accounts.set_progress, self.desk.account_id, self.snapshot())
        self.desk.publish("progress", [self.desk.account_id])

    async def end(self) -> None:
        """Take the line away."""
        from tui_mail.store import accounts

        await self.desk.db.write(accounts.set_progress, self.desk.account_id, {})
        self.desk.publish("progress", [self.desk.account_id])


def arrival_of(item: object) -> Arrival:
    """A fetched header row as filing wants it."""
    from tui_mail.imap.values import HeaderItem
    from tui_mail.mime.headers import parse_envelope

    assert isinstance(item, HeaderItem)
    return Arrival(
        uid=item.uid,
        flags=item.flags,
        internal_date=item.internal_date,
        size=item.size,
        envelope=parse_envelope(item.header),
        keywords=" ".join(item.keywords),
        modseq=item.modseq,
        gm_msgid=item.gm_msgid or None,
        gm_thrid=item.gm_thrid or None,
        gm_labels=item.gm_labels,
        email_id=item.email_id or None,
    )
