"""Where only past mail with contacts is brought: that of a person who became one since (B4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui_mail.filing.arrivals import file_arrivals
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.mime.headers import HEADER_FIELDS
from tui_mail.model.arrivals import Arrival
from tui_mail.store import syncing
from tui_mail.store.accounts import Folder
from tui_mail.store.database import Pace
from tui_mail.sync.choosing import picks_labels, wanted_past
from tui_mail.sync.desk import Desk, arrival_of
from tui_mail.sync.wire import Wire

_FIELDS = ("From", "To", "Cc")
_MOST = 50
"""More addresses than this are not asked for one by one: everything past is looked at again."""
_ASKED = 500


async def bring_past(desk: Desk, wire: Wire, folders: Sequence[Folder], since: int) -> bool:
    """Look for past mail (from `since` on, UTC seconds; 0: all) of contacts that are new.

    Returns whether all past mail of a folder is to be looked at again, so that its row changed.
    """
    from tui_mail.store import people

    again = False
    for folder in _looked_at(desk, folders):
        now = desk.now()
        keys = await desk.db.read(people.keys_since_looked, folder.id)
        if len(keys) > _MOST:
            desk.passed_over.pop((folder.id, folder.generation), None)
            await desk.db.write(_look_again, folder.id, now)
            again = True
        elif keys:
            await _bring(desk, wire, folder, keys, since)
            await desk.db.write(stamp, folder.id, now)
    return again


async def is_waiting(desk: Desk, folders: Sequence[Folder]) -> bool:
    """Whether there is a contact whose past mail was not looked for yet in one of the folders."""
    from tui_mail.store import people

    for folder in _looked_at(desk, folders):
        if await desk.db.read(people.keys_since_looked, folder.id):
            return True
    return False


def _looked_at(desk: Desk, folders: Sequence[Folder]) -> list[Folder]:
    """Folders whose past mail was brought by contacts."""
    if desk.account.past_mail != "contacts":
        return []
    return [
        folder
        for folder in folders
        if folder.past_scope == "contacts"
        and folder.horizon >= 0
        and not picks_labels(desk, folder)
    ]


async def _bring(desk: Desk, wire: Wire, folder: Folder, keys: Sequence[str], since: int) -> None:
    def look(session: ImapSession) -> UidSet:
        session.select(folder.wire_name)
        found = UidSet.joined(
            pair
            for key in keys
            for field in _FIELDS
            for pair in session.search_header(field, key).ranges
        )
        return found.intersection(session.search_since(since)) if since else found

    there = await wire.call(look)
    known = await desk.db.read(syncing.known_uids, folder.id, folder.generation)
    missing = [uid for uid in there.expand() if uid not in known]
    place = desk.place(folder, past=True)
    pace = Pace(100, _ASKED)
    for start in range(0, len(missing), _ASKED):
        part = UidSet.of(missing[start : start + _ASKED])

        def fetch(session: ImapSession, part: UidSet = part) -> list[Arrival]:
            rows = session.fetch_headers(part, HEADER_FIELDS, gmail=desk.gmail)
            return [arrival_of(row) for row in rows]

        arrivals = await wanted_past(desk, folder, await wire.call(fetch))
        async for _, filed in desk.db.write_parts(
            arrivals, pace, lambda conn, rows: file_arrivals(conn, place, rows, desk.now())
        ):
            desk.changed(filed.conversation_ids)


def stamp(conn: sqlite3.Connection, folder_id: int, now: int) -> None:
    """Contacts that were known before `now` have been looked for."""
    conn.execute("UPDATE folders SET contacts_at = ? WHERE id = ?", (now, folder_id))


def _look_again(conn: sqlite3.Connection, folder_id: int, now: int) -> None:
    conn.execute("UPDATE folders SET contacts_at = ?, horizon = -1 WHERE id = ?", (now, folder_id))
