"""Folders whose server gives no UIDVALIDITY: their headers are shown and nothing more (SYN-1).

A UID says nothing there beyond the session, so none is kept for later: whenever what the server
shows differs from what is here, the folder's places are put in anew, as another generation. Mail is
known again by its identity alone. No body is fetched and no operation is sent.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tui_mail.filing.arrivals import file_arrivals, identity
from tui_mail.filing.vanished import settle
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.mime.headers import HEADER_FIELDS
from tui_mail.model.arrivals import Arrival
from tui_mail.store import unnumbered
from tui_mail.store.accounts import Folder
from tui_mail.store.database import Pace
from tui_mail.store.folds import fold, recount
from tui_mail.sync.desk import Desk, arrival_of
from tui_mail.sync.headers import FIRST_BATCH, horizon_of
from tui_mail.sync.wire import Wire

MOST = 500
"""Mails shown of such a folder, the newest: all their headers are read on each pass."""
_PART = 100


async def show_headers(
    desk: Desk,
    wire: Wire,
    folder: Folder,
    exists: int,
    waits: Callable[[int, int], Awaitable[bool]],
) -> int:
    """Bring the list of the selected folder up to date; returns how many mails are new.

    `waits` is told how many mails there were and how many are gone, and says whether that is not
    believed yet.
    """
    there = await _headers(desk, wire) if exists else []
    here, left_over = await desk.db.read(unnumbered.places, folder.id, folder.generation)
    before = Counter(here)
    after = Counter((identity(one.envelope, one.size), one.flags) for one in there)
    if before == after and not left_over:
        await desk.db.write(unnumbered.settled, folder.id, desk.now())
        return 0
    gone = Counter(row[0] for row in here) - Counter(
        identity(one.envelope, one.size) for one in there
    )
    if await waits(len(here), gone.total()):
        return 0
    generation = await desk.db.write(unnumbered.begin, folder.id, desk.now())
    place = desk.place(replace(folder, generation=generation), past=folder.state == "new")
    new = 0
    async for _, filed in desk.db.write_parts(
        there,
        Pace(FIRST_BATCH, MOST),
        lambda conn, part: file_arrivals(conn, place, part, desk.now()),
    ):
        desk.changed(filed.conversation_ids)
        new += len(filed.message_ids)
    await desk.db.write(unnumbered.settled, folder.id, desk.now())
    while True:
        changed = await desk.db.write(_let_go, folder.id, generation, desk.now())
        if not changed:
            return new
        desk.changed(changed)


async def _headers(desk: Desk, wire: Wire) -> list[Arrival]:
    def read(session: ImapSession) -> list[Arrival]:
        newest = UidSet.of(list(session.search_all().expand())[-MOST:])
        return [arrival_of(row) for row in session.fetch_headers(newest, HEADER_FIELDS)]

    since = horizon_of(desk)
    found = {one.uid: one for one in await wire.call(read) if one.internal_date >= since}
    return [found[uid] for uid in sorted(found)]


def _let_go(conn: sqlite3.Connection, folder_id: int, generation: int, now: int) -> set[int]:
    """Let some places of former generations go; their mails stay where they are shown anew."""
    former = unnumbered.former(conn, folder_id, generation, _PART)
    settle(conn, former, now)
    changed = fold(conn, former)
    recount(conn, changed)
    return changed


async def number(desk: Desk, folder: Folder) -> None:
    """The server gives UIDVALIDITY by now: bodies can be asked for."""
    if folder.state != "new":
        await desk.db.write(unnumbered.wanted_again, folder.id)
