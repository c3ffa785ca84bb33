"""What every action works with: the open database, the settings, the clock, the engine's bell."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from tui_mail.config.load import load
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings, Settings
from tui_mail.model.clock import Clock, SystemClock
from tui_mail.model.policy import Policy
from tui_mail.store import accounts
from tui_mail.store.database import Database, create


@dataclass(slots=True)
class Context:
    """Open for the life of a process or a command; close it in `finally`."""

    db: Database
    paths: Paths
    settings: Settings
    clock: Clock
    account_ids: dict[str, int] = field(default_factory=dict)
    """Row id of each account's slug."""

    async def close(self) -> None:
        """Close the database."""
        await self.db.close()

    def wake(self) -> None:
        """Ring the engine so that it looks for work now; without an engine nothing happens."""
        ring(self.paths.socket)

    def wake_for_contacts(self) -> None:
        """Ring the engine where mail of contacts is all past mail it brings: somebody became one.

        Where past mail of everyone is brought a new contact brings nothing, and nothing rings.
        """
        if any(account.past_mail == "contacts" for account in self.settings.accounts):
            self.wake()

    def sync_now(self) -> None:
        """Ask the engine to look at every folder of every account now."""
        ring(self.paths.socket, b"sync\n")

    def now(self) -> int:
        """UTC seconds."""
        return self.clock.now()

    def account(self, account_id: int) -> AccountSettings | None:
        """The settings of an account row."""
        for slug, row_id in self.account_ids.items():
            if row_id == account_id:
                return self.settings.account(slug)
        return None

    async def policies(self) -> dict[int, Policy]:
        """Archive and delete switches by account row."""
        rows = await self.db.read(accounts.accounts)
        found: dict[int, Policy] = {}
        for row in rows:
            settings = self.settings.account(row.slug)
            if settings is not None:
                found[row.id] = Policy(
                    archive_remote=settings.archive_remote,
                    delete_remote=settings.delete_remote,
                    gmail="X-GM-EXT-1" in row.server.get("capabilities", ()),
                )
        return found

    async def reload(self) -> None:
        """Take the settings file as it is now, and mirror the accounts into rows.

        Raises ConfigError with file and line; nothing has changed then.
        """
        self.settings = await asyncio.to_thread(load, self.paths.config_file)
        self.account_ids = await self.db.write(_mirror, self.settings)


def _mirror(conn: sqlite3.Connection, settings: Settings) -> dict[str, int]:
    return accounts.mirror(conn, settings.accounts)


async def open_context(paths: Paths, *, clock: Clock | None = None, readers: int = 1) -> Context:
    """Open the profile, creating folders and database when they are not there.

    Raises ConfigError for a broken settings file and StoreError for a database that cannot be used.
    """
    paths.prepare()
    settings = load(paths.config_file)
    create(paths.database, paths.backups)
    db = await Database(paths.database).open(readers=readers)
    context = Context(db, paths, settings, clock or SystemClock())
    try:
        known = await db.read(accounts.accounts)
        wanted = [account.id for account in settings.accounts]
        if [row.slug for row in known] == wanted and not _differs(known, settings):
            context.account_ids = {row.slug: row.id for row in known}
        else:
            context.account_ids = await db.write(_mirror, settings)
    except BaseException:
        await context.close()
        raise
    return context


def _differs(known: list[accounts.Account], settings: Settings) -> bool:
    from tui_mail.model.addresses import address_key

    return any(
        row.address != account.address
        or row.own_keys != {address_key(a) for a in account.own_addresses}
        or (row.state == "paused") != account.paused
        or row.keep_linked != account.keep_linked_copies
        or (row.short_name, row.colour) != (account.short_name or account.id, account.colour)
        for row, account in zip(known, settings.accounts, strict=True)
    )


def ring(path: Path, word: bytes = b"wake\n") -> None:
    """Send one wake-up to the engine's socket; a missing engine is no error."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bell:
        bell.settimeout(0.2)
        bell.connect(str(path))
        bell.sendall(word)
