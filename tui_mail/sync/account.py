"""One account's sync: connect, follow, back off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time

from tui_mail.accounts import vault
from tui_mail.accounts.credentials import Credential
from tui_mail.accounts.servers import imap_settings
from tui_mail.config.paths import Paths
from tui_mail.errors import (
    AuthError,
    MailError,
    SecretError,
    StoreError,
    ThrottledError,
    TransportError,
    TuiMailError,
)
from tui_mail.model.safe_text import safe_line
from tui_mail.store import accounts, operations, outbox, syncing
from tui_mail.store.accounts import Folder
from tui_mail.sync import bodies, delivery, headers, listing, passes, past_contacts, proof, replay
from tui_mail.sync.backoff import Backoff
from tui_mail.sync.condition import Condition
from tui_mail.sync.delivery import Delivery
from tui_mail.sync.desk import Desk, Progress
from tui_mail.sync.watching import InboxWatch
from tui_mail.sync.wire import Wire

log = logging.getLogger(__name__)

LIST_SECONDS = 3600


class AccountSync:
    """Keeps one account in step until it is cancelled."""

    def __init__(
        self,
        desk: Desk,
        paths: Paths,
        credentials: tuple[Credential, Credential] | None = None,
    ) -> None:
        self.desk = desk
        self.paths = paths
        self.credentials = credentials or (
            Credential(desk.account, paths),
            Credential(desk.account, paths),
        )
        """For reading and for sending; the one can be rejected where the other is not."""
        self._credential = self.credentials[0]
        self.woken = asyncio.Event()
        """Set when the connection may have something to do."""
        self._bell = asyncio.Event()
        """Set when a mail may be due."""
        self._asked = False
        """The user wants every folder looked at now."""
        self.condition = Condition(desk, paths)
        self._backoff = Backoff()
        self._delivery = Delivery(
            desk,
            self.credentials[1],
            paths.receipts,
        )
        self._watch: InboxWatch | None = None
        self._connected_at = 0.0

    def wake(self, *, everything: bool = False) -> None:
        """Look for work now, or at every folder; ends any waiting."""
        self._asked = self._asked or everything
        self.woken.set()
        self._bell.set()

    async def run(self, delay: float = 0.0) -> None:
        """Sync for ever, after a moment; nothing that happens here stops another account (I10)."""
        await asyncio.sleep(delay)
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._send_for_ever())
                    if self.desk.account.receive:
                        group.create_task(self._follow_for_ever())
                    else:
                        await self.condition.active()
            except* asyncio.CancelledError:
                raise
            except* StoreError as errors:
                self.woken.clear()
                await self.condition.report("retrying", errors.exceptions[0])
                await self._pause(30)
            except* Exception as errors:
                log.error("account %d: unexpected", self.desk.account_id, exc_info=errors)
                self.woken.clear()
                await self.condition.report("retrying", errors.exceptions[0])
                await self._pause(self._backoff.failed())

    async def once(self) -> None:
        """One complete sync: folders, operations, mail, bodies, outbox. Raises what went wrong."""
        async with self.desk.budget.slot(self.desk.account.imap_host, self.woken.set):
            await self._once()

    async def _once(self) -> None:
        wire = await self._connect()
        try:
            await self._prepare(wire)
            await self._round(wire)
            await self._catch_up(wire, patient=True)
            try:
                await self._delivery.deliver_due()
            finally:
                await replay.replay(self.desk, wire)
                await proof.look_for_proof(self.desk, wire)
            await self.condition.active()
        finally:
            await wire.close()

    async def settle(self, seconds: float) -> None:
        """Before the engine stops: finish what is queued, as far as the time goes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            waiting = await self.desk.db.read(
                operations.due, self.desk.account_id, self.desk.now(), 1
            )
            if not waiting:
                return
            self.wake()
            await asyncio.sleep(0.05)

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                await self._wait_for_room()
                async with self.desk.budget.slot(self.desk.account.imap_host, self.woken.set):
                    await self._follow_once()
                await self._rest_apart()
            except (AuthError, SecretError) as error:
                await self.condition.report("auth_failed", error)
                await self._wait_for_user(self._credential)
            except (TransportError, MailError) as error:
                self.woken.clear()  # a bell from here on is the user's, who sees the trouble
                self._backoff.healthy(time.monotonic() - self._connected_at)
                await self.condition.report("retrying", error)
                throttled = isinstance(error, ThrottledError)
                await self._pause(self._backoff.failed(throttled=throttled))

    async def _rest_apart(self) -> None:
        """Without a connection: until it is time to poll, or there is work for this account."""
        end = time.monotonic() + await self._poll_seconds()
        while (left := end - time.monotonic()) > 0 and not self._asked:
            rung = self.woken.is_set()
            self.woken.clear()
            if rung and await past_contacts.is_waiting(self.desk, await self._folders()):
                return
            due = await self.desk.db.read(_next_operation, self.desk.account_id)
            if due is not None:
                left = min(left, due - self.desk.now())
            wanted = await self.desk.db.read(syncing.wanted_bodies, self.desk.account_id)
            if wanted or left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), left)

    async def _follow_once(self) -> None:
        """One connection, until it fails or another account needs its room."""
        wire: Wire | None = None
        self._asked = False
        try:
            wire = await self._connect()
            await self._prepare(wire)
            await self._follow(wire)
        finally:
            if self._watch is not None:
                await self._watch.stop()
                self._watch = None
                await self.desk.budget.give_back(self.desk.account.imap_host)
            if wire is not None:
                await wire.close()

    async def _connect(self) -> Wire:
        await self.condition.connecting()
        while True:
            wire = Wire(
                imap_settings(self.desk.account), self._credential, str(self.desk.account_id)
            )
            try:
                await wire.open()
            except AuthError:
                await wire.close()
                if not await asyncio.to_thread(self._credential.refused):
                    raise
            except BaseException:
                await wire.close()
                raise
            else:
                self._credential.accepted()
                self._connected_at = time.monotonic()
                return wire

    async def _prepare(self, wire: Wire) -> None:
        session = wire.session
        await self.desk.db.write(
            accounts.set_server,
            self.desk.account_id,
            {
                "capabilities": sorted(session.capabilities),
                "id": {k: safe_line(v, 100) for k, v in list(session.server_id.items())[:20]},
                "tls": session.tls_description,
                "quirks": list(session.quirks.names),
                "greeting": session.greeting[:200],
            },
        )
        await self.desk.db.write(replay.doubt_inflight, self.desk.account_id)
        await self.desk.db.write(
            delivery.order_missing_copies,
            self.desk.account_id,
            self.desk.account.sent_copy,
            self.desk.now(),
        )
        await listing.list_folders(self.desk, wire)
        await replay.replay(self.desk, wire)

    async def _wait_for_room(self) -> None:
        """Fetch nothing while the disk is nearly full; what is here can be read meanwhile."""
        while problem := self.condition.no_room():
            self.woken.clear()
            await self.condition.set("retrying", problem)
            await self._pause(30)

    async def _follow(self, wire: Wire) -> None:
        await self._round(wire)
        listed_at = polled_at = time.monotonic()
        complete = False
        while not self.condition.no_room():
            complete = await self._catch_up(wire)
            if complete:
                await self.condition.active()
                if self.desk.budget.is_crowded(self.desk.account.imap_host):
                    return
                await self._start_watch()
                await self._rest(polled_at)
            self.woken.clear()  # whatever rings from here on is work for the next turn
            await replay.replay(self.desk, wire)
            await bodies.fetch_wanted(self.desk, wire)
            await proof.look_for_proof(self.desk, wire)
            if self._watch is not None and self._watch.take_dirty():
                await self._pass_over(wire, await self._watched())
            if self._watch is not None:
                self._watch.check()
            if time.monotonic() - listed_at > LIST_SECONDS:
                await listing.list_folders(self.desk, wire)
                listed_at = time.monotonic()
            due = time.monotonic() - polled_at > await self._poll_seconds()
            if due or self._asked:
                self._asked = False
                if due and await self._is_quarantined():
                    raise TransportError("Looking again over a new connection.")
                await self._round(wire)
                polled_at = time.monotonic()

    async def _rest(self, polled_at: float) -> None:
        """Wait until something happens, a mail is due, or it is time to poll."""
        if self._asked or (self._watch is not None and self._watch.is_dirty):
            return
        wait = polled_at + await self._poll_seconds() - time.monotonic() + 0.05
        due = await self.desk.db.read(_next_operation, self.desk.account_id)
        if due is not None:
            wait = min(wait, max(0.5, due - self.desk.now()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), max(0.05, wait))

    async def _poll_seconds(self) -> float:
        if await self._is_quarantined():
            return float(self.desk.check_seconds)
        minutes = int(self.desk.settings.get("sync.poll_minutes"))
        return 60.0 if self._watch is None or not self._watch.is_live else minutes * 60.0

    async def _is_quarantined(self) -> bool:
        return any(f.state == "quarantined" for f in await self._folders())

    async def _folders(self) -> list[Folder]:
        found = await self.desk.db.read(accounts.folders, self.desk.account_id)
        return [folder for folder in found if folder.selected and folder.selectable]

    async def _watched(self) -> list[Folder]:
        role = "all" if self.desk.gmail else "inbox"
        return [folder for folder in await self._folders() if folder.role == role]

    async def _round(self, wire: Wire) -> None:
        """Pass over every folder; after a suspicious loss, over the others and it again."""
        suspicious = await self._pass_over(wire, await self._folders())
        if suspicious:
            await self._pass_over(wire, suspicious)

    async def _pass_over(self, wire: Wire, folders: list[Folder]) -> list[Folder]:
        suspicious: list[Folder] = []
        for folder in folders:
            try:
                outcome = await passes.folder_pass(self.desk, wire, folder.id)
            except TransportError:
                raise
            except TuiMailError as error:
                await self.desk.db.write(
                    accounts.add_event,
                    self.desk.account_id,
                    folder.id,
                    "refused",
                    safe_line(error.message, 300),
                    self.desk.now(),
                )
                continue
            if outcome.suspicious:
                suspicious.append(folder)
            await self._urgent(wire)
        await self.desk.db.write(accounts.note_ok, self.desk.account_id, self.desk.now())
        return suspicious

    async def _urgent(self, wire: Wire) -> None:
        if self.woken.is_set():
            self.woken.clear()
            await replay.replay(self.desk, wire)
            await bodies.fetch_wanted(self.desk, wire)

    async def _catch_up(self, wire: Wire, *, patient: bool = False) -> bool:
        """Past mail and bodies, until done or something more urgent turns up; True when done."""
        progress = Progress(self.desk)
        interrupted = (lambda: False) if patient else self.woken.is_set
        folders = await self._folders()
        horizon = headers.horizon_of(self.desk)
        if await past_contacts.bring_past(self.desk, wire, folders, horizon):
            folders = await self._folders()
        waiting = [f for f in folders if headers.wants_past(self.desk, f)]
        bodies_left = await self.desk.db.read(syncing.bodies_left, self.desk.account_id)
        if not waiting and not bodies_left:
            return True
        if waiting:
            await self.condition.set("initial_sync")
        for folder in waiting:
            await wire.call(lambda session, f=folder: session.select(f.wire_name))  # type: ignore[misc]
            if not await headers.backfill(self.desk, wire, folder, progress, interrupted):
                await progress.tell(force=True)
                return False
        if self.condition.no_room_for_bodies():
            await progress.end()
            return True
        done = await bodies.fetch_bodies(self.desk, wire, progress, interrupted)
        await (progress.end() if done else progress.tell(force=True))
        return done

    async def _start_watch(self) -> None:
        if self._watch is None and self.desk.account.connections > 1:
            folders = await self._watched()
            if folders and self.desk.budget.take_further(self.desk.account.imap_host):
                self._watch = InboxWatch(
                    imap_settings(self.desk.account),
                    self._credential,
                    folders[0].wire_name,
                    self.wake,
                )
                self._watch.start()

    async def _send_for_ever(self) -> None:
        while True:
            try:
                if await self._delivery.deliver_due():
                    self.woken.set()
            except (AuthError, SecretError) as error:
                self.condition.send_refused = f"sending: {error.message}"
                await self.condition.report("auth_failed", error)
                await self._wait_for_user(self.credentials[1])
                self.condition.send_refused = ""
            except TransportError as error:
                await self.condition.note(error)
            due = await self.desk.db.read(outbox.next_due, self.desk.account_id)
            wait = 30.0 if due is None else min(30.0, max(0.2, due - self.desk.now()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), wait)
            self._bell.clear()

    async def _pause(self, seconds: float) -> None:
        """Wait for so long or for a bell, also one that rang since the caller cleared it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), seconds)

    async def _wait_for_user(self, credential: Credential) -> None:
        """A rejected secret is never tried again by itself (R13): wait for another one."""
        before = _fingerprints(self.paths)
        while True:
            self.woken.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), 5)
            state = await self.desk.db.read(accounts.account, self.desk.account_id)
            if state is None or state.state != "auth_failed":
                credential.forgive()
                return
            now = _fingerprints(self.paths)
            if now != before:
                before = now
                if await asyncio.to_thread(credential.is_other):
                    return


def _fingerprints(paths: Paths) -> tuple[object, ...]:
    """What changes when another secret is kept, or the vault is unlocked."""
    found: list[object] = [vault.held(paths.vault_file) is not None]
    for path in (paths.secrets_file, paths.vault_file):
        try:
            state = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((state.st_mtime_ns, state.st_ino))
    return tuple(found)


def _next_operation(conn: sqlite3.Connection, account_id: int) -> int | None:
    row = conn.execute(
        "SELECT min(next_at) FROM (SELECT next_at FROM operations WHERE account_id = ?1"
        " AND state IN ('pending', 'inflight', 'verify') UNION ALL SELECT next_at FROM outbox"
        " WHERE account_id = ?1 AND state = 'uncertain' AND checks < 5)",
        (account_id,),
    ).fetchone()
    return row[0] if row else None
