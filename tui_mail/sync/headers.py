"""Bringing headers: new mail, past mail newest first, and mail that did not come before."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Collection, Sequence

from tui_mail.filing.arrivals import FolderPlace, file_arrivals
from tui_mail.filing.vanished import settle
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.mime.headers import HEADER_FIELDS
from tui_mail.model.arrivals import Arrival, Filed
from tui_mail.store import syncing
from tui_mail.store.accounts import Folder
from tui_mail.store.database import Pace
from tui_mail.store.folds import fold, recount
from tui_mail.sync.choosing import (
    bring_conversations,
    picks_labels,
    wanted_new,
    wanted_past,
    wanted_uids,
)
from tui_mail.sync.desk import Desk, Progress, arrival_of
from tui_mail.sync.wire import Wire

FIRST_BATCH = 100
"""Rows after which a new list is usable."""
BATCH = 400
"""Most rows of one transaction."""
ASKED = 2000
"""UIDs of one FETCH."""


async def fetch_new(
    desk: Desk, wire: Wire, folder: Folder, first: int, uidnext: int, exists: int
) -> int:
    """Fetch UIDs from `first` up, moving the cursor with each batch; returns how many came.

    UIDs the server has but did not give are put on the retry list (SYN-3).
    """
    came = 0
    low = first
    place, pace = desk.place(folder), Pace(FIRST_BATCH, BATCH)
    while not uidnext or low < uidnext:
        high = low + ASKED - 1 if uidnext else 0
        window = UidSet.span(low, min(high, uidnext - 1)) if uidnext else UidSet.span(low)
        arrivals = await _arrivals(desk, wire, window, low)
        missing: list[int] = []
        expected = window.count if uidnext else 0
        if expected and len(arrivals) < expected and exists:
            there = await wire.call(lambda session: session.search_all())
            got = {arrival.uid for arrival in arrivals}
            missing = [uid for uid in there.intersection(window).expand() if uid not in got]
        reached = (
            min(high + 1, uidnext) if uidnext else max((a.uid for a in arrivals), default=0) + 1
        )
        if missing:
            await _ask_again(desk, folder, missing)
        arrivals, threads = await wanted_new(desk, folder, arrivals)
        async for _, filed in desk.db.write_parts(
            arrivals, pace, lambda conn, part: _file_new(conn, place, part, desk.now())
        ):
            desk.changed(filed.conversation_ids)
            came += len(filed.message_ids)
        if not arrivals or reached > arrivals[-1].uid + 1:
            await desk.db.write(syncing.set_cursor, folder.id, desk.now(), uidnext=reached)
        await bring_conversations(desk, wire, folder, threads)
        if not uidnext:
            break
        low = reached
    return came


async def _arrivals(desk: Desk, wire: Wire, window: UidSet, lowest: int) -> list[Arrival]:
    def read(session: ImapSession) -> list[Arrival]:
        rows = session.fetch_headers(window, HEADER_FIELDS, gmail=desk.gmail)
        return [arrival_of(row) for row in rows if row.uid >= lowest]

    return sorted(await wire.call(read), key=lambda arrival: arrival.uid)


def _file_new(
    conn: sqlite3.Connection, place: FolderPlace, arrivals: Sequence[Arrival], now: int
) -> Filed:
    filed = file_arrivals(conn, place, arrivals, now)
    syncing.set_cursor(conn, place.id, now, uidnext=arrivals[-1].uid + 1)
    return filed


async def _ask_again(desk: Desk, folder: Folder, uids: Collection[int]) -> None:
    """Put UIDs the server lists but did not give on the retry list (SYN-3)."""
    await desk.db.write(
        syncing.add_retries,
        folder.id,
        folder.generation,
        uids,
        "header",
        "did not come with its folder",
        desk.now(),
    )


async def fetch_newest(desk: Desk, wire: Wire, folder: Folder, uidnext: int) -> None:
    """Bring the first rows of a folder that was just selected, before asking what else is there.

    `backfill` finds the rest, and these again if they should not have come.
    """
    window = UidSet.span(max(1, uidnext - FIRST_BATCH), uidnext - 1)
    horizon = horizon_of(desk)
    arrivals = [
        arrival
        for arrival in reversed(await _arrivals(desk, wire, window, window.lowest))
        if arrival.internal_date >= horizon
    ]
    arrivals, _ = await wanted_new(desk, folder, await wanted_past(desk, folder, arrivals))
    if arrivals:
        place = desk.place(folder, past=True)
        filed = await desk.db.write(file_arrivals, place, arrivals, desk.now())
        desk.changed(filed.conversation_ids)


async def backfill(
    desk: Desk,
    wire: Wire,
    folder: Folder,
    progress: Progress,
    interrupted: Callable[[], bool],
) -> bool:
    """Fetch past mail newest first; the folder is selected. True when nothing is left.

    What is left is found anew each time (the server's UIDs since the start date, less those here),
    so it can stop and go on at any point.
    """
    horizon = horizon_of(desk)
    if folder.horizon < 0 and desk.account.past_mail == "contacts":
        await desk.db.write(_begin_contacts, folder.id, desk.now())
    there = await wire.call(
        lambda session: session.search_since(horizon) if horizon else session.search_all()
    )
    below = there.intersection(UidSet.span(1, max(1, folder.uidnext - 1)))
    known = await desk.db.read(syncing.known_uids, folder.id, folder.generation)
    passed = desk.passed_over.get((folder.id, folder.generation), set())
    left = [uid for uid in below.expand() if uid not in known and uid not in passed]
    left = await wanted_uids(desk, wire, folder, left)
    left.reverse()
    progress.folder, progress.phase = folder.name, "headers"
    progress.total = max(progress.total, progress.done + len(left))
    chunks = _chunks(left)
    coming = _ask(desk, wire, chunks[0]) if chunks else None
    pace = Pace(FIRST_BATCH, BATCH)
    for number, chunk in enumerate(chunks):
        assert coming is not None
        arrivals = await coming
        more = number + 1 < len(chunks)
        stop = more and interrupted()
        coming = _ask(desk, wire, chunks[number + 1]) if more and not stop else None
        await _file_past(desk, folder, chunk, arrivals, progress, pace)
        if stop:
            return False
    filed = await desk.db.write(
        _close_backfill,
        folder.id,
        folder.generation,
        horizon,
        desk.account.past_mail,
        _labels_text(desk, folder),
        desk.now(),
    )
    desk.changed(filed)
    return True


def _chunks(uids: list[int]) -> list[list[int]]:
    """The first rows apart, so that the list is usable at once; then large questions."""
    rest = range(FIRST_BATCH, len(uids), ASKED)
    return [part for part in (uids[:FIRST_BATCH], *(uids[i : i + ASKED] for i in rest)) if part]


def _ask(desk: Desk, wire: Wire, chunk: list[int]) -> asyncio.Task[list[Arrival]]:
    """Fetch the next rows while the last ones are being stored."""
    return asyncio.create_task(_arrivals(desk, wire, UidSet.of(chunk), min(chunk)))


async def _file_past(
    desk: Desk,
    folder: Folder,
    chunk: list[int],
    arrivals: list[Arrival],
    progress: Progress,
    pace: Pace,
) -> None:
    wanted = set(chunk)
    came = [arrival for arrival in reversed(arrivals) if arrival.uid in wanted]
    rows = await wanted_past(desk, folder, came)
    progress.done += len(came) - len(rows)
    place = desk.place(folder, past=True)
    async for part, filed in desk.db.write_parts(
        rows, pace, lambda conn, part: file_arrivals(conn, place, part, desk.now())
    ):
        desk.changed(filed.conversation_ids)
        progress.done += len(part)
        await progress.tell()
    missing = wanted - {arrival.uid for arrival in came}
    if missing:
        await _ask_again(desk, folder, missing)


def _begin_contacts(conn: sqlite3.Connection, folder_id: int, now: int) -> None:
    """Who becomes a contact from now on may have been passed over."""
    conn.execute(
        "UPDATE folders SET contacts_at = ? WHERE id = ? AND contacts_at = 0", (now, folder_id)
    )


def _close_backfill(
    conn: sqlite3.Connection,
    folder_id: int,
    generation: int,
    horizon: int,
    scope: str,
    labels: str,
    now: int,
) -> set[int]:
    """Past mail is complete; after a renumbering the former generation is let go (§4.5)."""
    row = conn.execute(
        "UPDATE folders SET past_scope = ?, past_labels = ? WHERE id = ? RETURNING state",
        (scope, labels, folder_id),
    ).fetchone()
    changed: set[int] = set()
    if row[0] == "renumbered":
        former = syncing.messages_of_generation(conn, folder_id, generation - 1)
        syncing.set_cursor(conn, folder_id, now, horizon=horizon, state="live")
        settle(conn, former, now)
        changed = fold(conn, former)
        recount(conn, changed)
    else:
        syncing.set_cursor(conn, folder_id, now, horizon=horizon)
    return changed


def horizon_of(desk: Desk) -> int:
    """From when on past mail is wanted, UTC seconds; 0 for everything."""
    days = desk.account.sync_days
    return max(1, desk.now() - days * 86_400) if days else 0


def _labels_text(desk: Desk, folder: Folder) -> str:
    """The labels past mail is looked for by; empty for all."""
    return json.dumps(sorted(desk.account.sync_folders)) if picks_labels(desk, folder) else ""


def _wants_labels(desk: Desk, folder: Folder) -> bool:
    """Whether labels are chosen now that past mail was not looked for by."""
    if not folder.past_labels:
        return False
    wanted = _labels_text(desk, folder)
    return not wanted or not set(json.loads(wanted)) <= set(json.loads(folder.past_labels))


def wants_past(desk: Desk, folder: Folder) -> bool:
    """Whether past mail of a folder is still to come, or more of it is wanted now (B3)."""
    if folder.uidvalidity == 0 or folder.state == "unstable":
        return False
    if folder.horizon < 0:
        return True
    wanted = horizon_of(desk)
    if folder.past_scope == "contacts" and desk.account.past_mail == "everyone":
        return True
    if _wants_labels(desk, folder):
        return True
    return folder.horizon > 0 and wanted < folder.horizon - 86_400


async def fetch_retries(desk: Desk, wire: Wire, folder: Folder) -> int:
    """Ask again for headers that did not come; returns how many are here now."""
    due = await desk.db.read(
        syncing.due_retries, folder.id, folder.generation, "header", desk.now()
    )
    came = 0
    for uid, _ in due[:50]:
        arrivals = await _arrivals(desk, wire, UidSet.of([uid]), uid)
        if arrivals:
            filed = await desk.db.write(_retried, desk.place(folder), arrivals, desk.now())
            desk.changed(filed.conversation_ids)
            came += 1
            continue
        there = await wire.call(lambda session, uid=uid: uid in session.search_all())  # type: ignore[misc]
        if there:
            await desk.db.write(
                syncing.add_retries,
                folder.id,
                folder.generation,
                [uid],
                "header",
                "the server lists it but does not give it",
                desk.now(),
            )
        else:
            await desk.db.write(syncing.drop_retries, folder.id, folder.generation, [uid], "header")
    return came


def _retried(
    conn: sqlite3.Connection, place: FolderPlace, arrivals: list[Arrival], now: int
) -> Filed:
    filed = file_arrivals(conn, place, arrivals, now)
    syncing.drop_retries(
        conn, place.id, place.generation, [arrival.uid for arrival in arrivals], "header"
    )
    return filed
