"""Bodies behind the headers: what is waited for first, then newest first, in batches by size."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui_mail.filing.bodies import file_bodies, file_headers_only
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.model.messages import Envelope, IndexedMail
from tui_mail.store import accounts, syncing
from tui_mail.store.accounts import Folder
from tui_mail.store.correspondents import of_message
from tui_mail.store.database import Pace
from tui_mail.store.folds import recount
from tui_mail.store.syncing import BodyDue
from tui_mail.sync import large
from tui_mail.sync.desk import Desk, Progress
from tui_mail.sync.wire import Wire

BATCH_OCTETS = 4 * 1024 * 1024
BATCH_MAILS = 500
LOOK_AHEAD = 3000
"""Rows read at once when choosing what to fetch next."""
STORED_AT_ONCE = 32
"""Mails of the first transaction; the next ones are as large as time allows."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    folder: Folder
    due: list[BodyDue]
    raws: dict[int, bytes]
    """By UID."""


async def fetch_bodies(
    desk: Desk, wire: Wire, progress: Progress, interrupted: Callable[[], bool]
) -> bool:
    """Fetch bodies until none is left or something more urgent turns up; True when none is left.

    While one batch is stored the next is parsed and the one after it fetched.
    """
    left = await desk.db.read(syncing.bodies_left, desk.account_id)
    progress.begin("bodies", left)
    fetched: asyncio.Queue[_Fetched | None] = asyncio.Queue(1)
    parsed: asyncio.Queue[tuple[_Fetched, list[IndexedMail]] | None] = asyncio.Queue(1)
    finished = True
    skip: set[int] = set()
    pace = Pace(STORED_AT_ONCE, BATCH_MAILS)

    async def fetch() -> None:
        nonlocal finished
        selected: int | None = None
        try:
            while True:
                batches = await _next_batches(desk, skip)
                if not batches:
                    return
                for folder, due in batches:
                    if interrupted():
                        finished = False
                        return
                    if selected != folder.id:
                        if not await _select(wire, folder):
                            skip.update(item.message_id for item in due)
                            continue
                        selected = folder.id
                    skip.update(item.message_id for item in due)
                    progress.folder = folder.name
                    await fetched.put(_Fetched(folder, due, await _read(desk, wire, folder, due)))
        finally:
            await fetched.put(None)

    async def parse() -> None:
        try:
            while (batch := await fetched.get()) is not None:
                order = [item.uid for item in batch.due if item.uid in batch.raws]
                mails = await desk.pool.index([batch.raws[uid] for uid in order])
                await parsed.put((batch, mails))
        finally:
            await parsed.put(None)

    async def store() -> None:
        while (pair := await parsed.get()) is not None:
            batch, mails = pair
            await _store(desk, batch, mails, pace)
            skip.difference_update(item.message_id for item in batch.due if item.uid in batch.raws)
            progress.done += len(mails)
            await progress.tell()

    tasks = [asyncio.create_task(part()) for part in (fetch, parse, store)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return finished


async def _next_batches(desk: Desk, skip: set[int]) -> list[tuple[Folder, list[BodyDue]]]:
    """The next rows without a body, by folder, in batches of about four MiB;
    large ones by themselves, behind the others.

    `skip` holds what is on its way and what did not come; it gets what is too big.
    """
    on_the_way = set(skip)
    limit = int(desk.settings.get("sync.attachment_limit_mb")) * 1024 * 1024
    rows = await desk.db.read(
        syncing.bodies_due, desk.account_id, desk.now(), LOOK_AHEAD + len(on_the_way)
    )
    rows = [row for row in rows if row.message_id not in on_the_way]
    big = [row for row in rows if row.size > limit]
    if big:
        await mark_too_big(desk, big)
        skip.update(row.message_id for row in big)
    folders = {
        folder.id: folder for folder in await desk.db.read(accounts.folders, desk.account_id)
    }
    batches: list[tuple[Folder, list[BodyDue]]] = []
    alone: list[tuple[Folder, list[BodyDue]]] = []
    by_folder: dict[int, list[BodyDue]] = {}
    for row in rows:
        if row.size <= limit and row.folder_id in folders:
            if row.size >= large.LARGE:
                alone.append((folders[row.folder_id], [row]))
            else:
                by_folder.setdefault(row.folder_id, []).append(row)
    for folder_id, due in by_folder.items():
        batch: list[BodyDue] = []
        octets = 0
        for row in due:
            batch.append(row)
            octets += row.size
            if octets >= BATCH_OCTETS or len(batch) >= BATCH_MAILS:
                batches.append((folders[folder_id], batch))
                batch, octets = [], 0
        if batch:
            batches.append((folders[folder_id], batch))
    return batches + alone


async def _select(wire: Wire, folder: Folder) -> bool:
    said = await wire.call(lambda session: session.select(folder.wire_name))
    return bool(said.uidvalidity) and said.uidvalidity == folder.uidvalidity


async def _read(desk: Desk, wire: Wire, folder: Folder, due: Sequence[BodyDue]) -> dict[int, bytes]:
    if len(due) == 1 and large.in_pieces(desk, due[0]):
        raw = await large.fetch_large(desk, wire, folder, due[0])
        return {} if raw is None else {due[0].uid: raw}
    wanted = UidSet.of(row.uid for row in due)

    def read(session: ImapSession) -> dict[int, bytes]:
        return {item.uid: item.raw for item in session.fetch_bodies(wanted)}

    return await wire.call(read)


async def _store(desk: Desk, batch: _Fetched, mails: list[IndexedMail], pace: Pace) -> None:
    found = [item for item in batch.due if item.uid in batch.raws]
    pairs = list(zip((item.message_id for item in found), mails, strict=True))
    async for _, changed in desk.db.write_parts(
        pairs, pace, lambda conn, part: file_bodies(conn, part, desk.now())
    ):
        desk.changed(changed)
    for item in found:
        if item.size >= large.LARGE:
            large.forget(desk, batch.folder, item)
    missing = [item for item in batch.due if item.uid not in batch.raws]
    if missing or found:
        desk.changed(
            await desk.db.write(
                _note_fetches,
                batch.folder.id,
                batch.folder.generation,
                found,
                missing,
                desk.now(),
            )
        )


def _note_fetches(
    conn: sqlite3.Connection,
    folder_id: int,
    generation: int,
    found: Sequence[BodyDue],
    missing: Sequence[BodyDue],
    now: int,
) -> set[int]:
    for what in ("body", "wanted"):
        syncing.drop_retries(conn, folder_id, generation, [row.uid for row in found], what)
    syncing.add_retries(
        conn,
        folder_id,
        generation,
        [row.uid for row in missing],
        "body",
        "the server did not give it",
        now,
    )
    tries = {
        row[0]: row[1]
        for row in conn.execute(
            "SELECT uid, attempts FROM fetch_retry WHERE folder_id = ? AND generation = ?"
            " AND what = 'body'",
            (folder_id, generation),
        )
    }
    failed = [row for row in missing if tries.get(row.uid, 0) >= syncing.RETRIES]
    _headers_only(conn, [row.message_id for row in failed], "failed")
    syncing.set_body_state(
        conn,
        [row.message_id for row in failed],
        "failed",
        "the server lists this mail but does not give it",
    )
    changed = {
        conn.execute(
            "SELECT conversation_id FROM messages WHERE id = ?", (row.message_id,)
        ).fetchone()[0]
        for row in failed
    }
    recount(conn, changed)
    return changed


async def fetch_wanted(desk: Desk, wire: Wire) -> int:
    """Fetch bodies somebody waits for, whatever their size; returns how many came."""
    due = await desk.db.read(syncing.wanted_bodies, desk.account_id)
    came = 0
    for row in due:
        folder = await desk.db.read(accounts.folder, row.folder_id)
        if folder is None or not await _select(wire, folder):
            continue
        raws = await _read(desk, wire, folder, [row])
        mails = await desk.pool.index(list(raws.values()))
        await _store(desk, _Fetched(folder, [row], raws), mails, Pace(1, 1))
        if not raws:
            await desk.db.write(
                syncing.drop_retries, row.folder_id, row.generation, [row.uid], "wanted"
            )
        came += len(raws)
    return came


async def mark_too_big(desk: Desk, rows: Sequence[BodyDue]) -> None:
    """Leave large mails on the server; their headers are still searchable."""
    await desk.db.write(_headers_only, [row.message_id for row in rows], "too_big")


def _headers_only(conn: sqlite3.Connection, message_ids: Sequence[int], state: str) -> None:
    """Make mails searchable by their headers whose body stays on the server."""
    for message_id in message_ids:
        row = conn.execute("SELECT subject FROM messages WHERE id = ?", (message_id,)).fetchone()
        people = of_message(conn, message_id)
        envelope = Envelope(
            subject=row[0],
            from_=tuple(people.get("from", ())),
            to=tuple(people.get("to", ())),
            cc=tuple(people.get("cc", ())),
        )
        file_headers_only(conn, message_id, envelope, state)
