"""The engine: holds the lock, recovers what a crash left, and runs every account (DESIGN §2)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable

from tui_mail.accounts import vault
from tui_mail.config.load import load
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings, Settings
from tui_mail.errors import ConfigError, SecretError, StoreDamaged, StoreError
from tui_mail.filing.leftovers import recover, suspend_foreign
from tui_mail.filing.waking import wake_due
from tui_mail.mime.worker import MimePool
from tui_mail.model.clock import Clock, SystemClock
from tui_mail.store import accounts, retention
from tui_mail.store.database import Database, checkpoint, create
from tui_mail.store.ownership import (
    EngineLock,
    Tenure,
    begin_tenure,
    end_tenure,
    read_side,
    write_side,
)
from tui_mail.sync import receipts
from tui_mail.sync.account import AccountSync
from tui_mail.sync.budget import STAGGER, Budget
from tui_mail.sync.desk import Desk
from tui_mail.sync.facts import FactServer
from tui_mail.sync.upkeep import Upkeep

log = logging.getLogger(__name__)

GRACE_SECONDS = 20.0
"""How long a new engine waits for its first screen."""
LINGER_SECONDS = 5.0
"""How long queued work may still take once the last screen has gone."""
SWITCH_SECONDS = 0.001
"""A thread that waits for the interpreter gets it after this time: the writer lets it go with each
row, and should not wait five milliseconds for it while another thread parses."""
_HOST_CONNECTIONS = "sync.host_connections"
USED = (_HOST_CONNECTIONS, "sync.attachment_limit_mb", "sync.poll_minutes")
"""General settings an account works by; any other may change beside it."""


class Engine:
    """One process's engine. `start` raises StoreBusy when another one runs."""

    def __init__(
        self,
        paths: Paths,
        *,
        clock: Clock | None = None,
        check_seconds: int = 300,
        stop_when_alone: bool = False,
    ) -> None:
        self.paths = paths
        self.clock = clock or SystemClock()
        self._check_seconds = check_seconds
        self._stop_when_alone = stop_when_alone
        self._lock = EngineLock(paths.lock)
        self.db = Database(paths.database)
        self._pool = MimePool(workers=2 if (os.cpu_count() or 1) > 2 else 1)
        self._facts = FactServer(paths.socket, self._wake, self._unlock)
        self._tenure: Tenure | None = None
        self._syncs: dict[str, AccountSync] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._upkeep: Upkeep | None = None
        self._stopping = asyncio.Event()
        self._settings = Settings()
        self._budget = Budget(int(self._settings.get(_HOST_CONNECTIONS)))
        self._settings_mark: tuple[int, int] = (-1, -1)

    async def start(self) -> None:
        """Take the lock, open the store, recover. Raises StoreBusy, StoreError, ConfigError."""
        self.paths.prepare()
        self._lock.acquire()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            create(self.paths.database, self.paths.backups)
            await self.db.open(readers=2)
            self._tenure = await self.db.write(begin_tenure, read_side(self.paths))
            write_side(self.paths, self._tenure)
            await self.db.write(
                _recover, self._tenure, receipts.read_all(self.paths.receipts), self.clock.now()
            )
            self._settings_mark = self._mark()
            await self._take(load(self.paths.config_file))
            await self._facts.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Finish, mark the clean stop, close everything. Safe to call twice."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        if self._upkeep is not None:
            await self._upkeep.stop()
        await self._pool.close()
        await self._facts.stop()
        clean = self._tenure is not None
        if clean:
            with contextlib.suppress(Exception):
                await self.db.write(end_tenure)
            self._tenure = None
        await self.db.close()
        if clean:
            with contextlib.suppress(sqlite3.Error, OSError):
                checkpoint(self.paths.database)
        self._lock.release()

    async def __aenter__(self) -> Engine:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def run(self) -> None:
        """Sync every account until `request_stop`, or until the last screen has gone."""
        assert self._tenure is not None
        upkeep = self._upkeep = Upkeep(
            self.db, self.paths, self.clock, look_for_damage=not self._tenure.clean
        )
        self._start_accounts()
        begun = time.monotonic()
        alone_since: float | None = None
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1.0)
            await self._watch_settings()
            await self._wake_due()
            try:
                await upkeep.tick()
            except StoreDamaged:
                self._tenure = None  # no clean stop: the next start looks again
                raise
            awaited = not self._facts.was_watched and time.monotonic() - begun < GRACE_SECONDS
            if not self._stop_when_alone or self._facts.listeners or awaited:
                alone_since = None
            elif alone_since is None:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > 1.0:
                await self._finish()
                return

    def request_stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def sync_once(
        self, only: Iterable[str] = (), *, said: Callable[[str, BaseException], None] | None = None
    ) -> dict[str, BaseException | None]:
        """Sync each account completely, once, all at the same time; the outcome of each."""
        wanted = set(only)
        syncs = {slug: sync for slug, sync in self._syncs.items() if not wanted or slug in wanted}
        await self._wake_due()
        results = await asyncio.gather(
            *(sync.once() for sync in syncs.values()), return_exceptions=True
        )
        outcome: dict[str, BaseException | None] = {}
        for (slug, sync), result in zip(syncs.items(), results, strict=True):
            outcome[slug] = result
            if result is not None:
                await sync.condition.failed(result)
                if said is not None:
                    said(slug, result)
        return outcome

    # -- inside -----------------------------------------------------------------------------------

    def _wake(self, everything: bool) -> None:
        for sync in self._syncs.values():
            sync.wake(everything=everything)

    def _unlock(self, key: bytes) -> None:
        """A person typed the vault's passphrase somewhere: go on with what waited for it."""
        with contextlib.suppress(SecretError):
            vault.hold(self.paths.vault_file, key)
            self._wake(False)

    async def _finish(self) -> None:
        """The last screen has gone: give queued work a moment, then go."""
        await asyncio.gather(
            *(sync.settle(LINGER_SECONDS) for sync in self._syncs.values()),
            return_exceptions=True,
        )

    async def _take(self, settings: Settings) -> None:
        """Work by these settings: an account for which nothing it uses changed goes on as it is."""
        here = {account.id: account for account in settings.accounts if not account.paused}
        kept = {
            slug: sync
            for slug, sync in self._syncs.items()
            if slug in here
            and _used(here[slug], settings) == _used(sync.desk.account, self._settings)
        }
        ended = [self._tasks.pop(slug) for slug in list(self._tasks) if slug not in kept]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        ids = await self.db.write(_mirror, settings)
        most = int(settings.get(_HOST_CONNECTIONS))
        if most != self._settings.get(_HOST_CONNECTIONS):
            self._budget = Budget(most)
        before, self._syncs, self._settings = self._syncs, {}, settings
        for slug, account in here.items():
            if slug in kept:
                kept[slug].desk.settings = settings
                self._syncs[slug] = kept[slug]
            else:
                self._syncs[slug] = self._sync(account, ids[slug], before.get(slug))

    def _sync(
        self, account: AccountSettings, account_id: int, old: AccountSync | None
    ) -> AccountSync:
        assert self._tenure is not None
        desk = Desk(
            db=self.db,
            pool=self._pool,
            account_id=account_id,
            account=account,
            settings=self._settings,
            clock=self.clock,
            lease=self._tenure.lease,
            publish=self._facts.publish,
            check_seconds=self._check_seconds,
            pieces=self.paths.pieces,
            budget=self._budget,
        )
        same = old is not None and _signs_in(old.desk.account) == _signs_in(account)
        return AccountSync(desk, self.paths, old.credentials if old is not None and same else None)

    async def _wake_due(self) -> None:
        """Snoozed conversations and follow-ups come back when it is time."""
        with contextlib.suppress(StoreError):
            woken = await wake_due(self.db, self.clock.now())
            if woken:
                self._facts.publish("conversations", woken)

    def _mark(self) -> tuple[int, int]:
        try:
            found = self.paths.config_file.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)

    async def _watch_settings(self) -> None:
        """Take a changed settings file into use; a broken one changes nothing."""
        mark = self._mark()
        if mark == self._settings_mark:
            return
        self._settings_mark = mark
        try:
            settings = load(self.paths.config_file)
        except ConfigError as error:
            log.warning("settings not taken: %s", error.message)
            return
        await self._take(settings)
        self._start_accounts()
        self._facts.publish("account")

    def _start_accounts(self) -> None:
        """Begin with those accounts that do not run yet, one after the other."""
        waiting = [slug for slug in self._syncs if slug not in self._tasks]
        for number, slug in enumerate(waiting):
            run = self._syncs[slug].run(number * STAGGER)
            self._tasks[slug] = asyncio.create_task(run, name=f"account-{slug}")


def _mirror(conn: sqlite3.Connection, settings: Settings) -> dict[str, int]:
    return accounts.mirror(conn, settings.accounts)


def _used(account: AccountSettings, settings: Settings) -> tuple[object, ...]:
    """All that an account's sync depends on."""
    return (account, *(settings.get(key) for key in USED))


def _signs_in(account: AccountSettings) -> tuple[str, ...]:
    """What a rejection depends on; any other change of settings is no reason to try again."""
    return (
        account.address, account.auth, account.secret, account.oauth_client,
        account.imap_host, account.imap_user, account.smtp_host, account.smtp_user,
    )  # fmt: skip


def _recover(conn: sqlite3.Connection, tenure: Tenure, found: dict[str, str], now: int) -> None:
    """Before anything is sent or replayed: what did the last run leave (OUT-4, VAL-5)?"""
    recover(conn, found, now)
    if tenure.foreign:
        suspend_foreign(conn, now)
    retention.sweep(conn, now)


async def serve(paths: Paths, *, stop_when_alone: bool) -> int:
    """Run the engine until SIGTERM or SIGINT; the exit code of the process."""
    engine = Engine(paths, stop_when_alone=stop_when_alone)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, engine.request_stop)
    async with engine:
        await engine.run()
    return 0
