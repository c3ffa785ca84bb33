"""Which mail is wanted where not everything is: contacts of the past (B4), labels (R15).

On Gmail All Mail is the one folder that is read. A mail is wanted when it carries a chosen label,
and then so is its whole conversation, because an answer does not inherit a label.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable

from tui_mail.filing.arrivals import file_arrivals
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.mime.headers import HEADER_FIELDS
from tui_mail.model.addresses import address_key
from tui_mail.model.arrivals import Arrival
from tui_mail.store import scope, syncing
from tui_mail.store.accounts import Folder
from tui_mail.sync.desk import Desk, arrival_of
from tui_mail.sync.wire import Wire

_SYSTEM = {"inbox": "\\Inbox", "sent": "\\Sent", "drafts": "\\Draft"}
_ASKED = 2000


def picks_labels(desk: Desk, folder: Folder) -> bool:
    """Whether mail of this folder is looked at one by one."""
    chosen = desk.gmail and desk.account.sync_scope == "chosen"
    return chosen and folder.role in ("all", "junk", "trash")


async def wanted_past(desk: Desk, folder: Folder, arrivals: list[Arrival]) -> list[Arrival]:
    """Of past mail, what the user wants: everyone's, or only mail with contacts (B4)."""
    if desk.account.past_mail != "contacts" or not arrivals:
        return arrivals
    addresses = {key for one in arrivals for key in _external(one, desk.own)}
    from tui_mail.store import people

    contacts = await desk.db.read(people.known_keys, addresses)
    kept = [one for one in arrivals if not contacts.isdisjoint(_external(one, desk.own))]
    here = {one.uid for one in kept}
    pass_over(desk, folder, (one.uid for one in arrivals if one.uid not in here))
    return kept


def pass_over(desk: Desk, folder: Folder, uids: Iterable[int]) -> None:
    """Do not look at these again until the program starts anew."""
    desk.passed_over.setdefault((folder.id, folder.generation), set()).update(uids)


def _external(arrival: Arrival, own: frozenset[str]) -> set[str]:
    """Addresses of everyone else on a mail, as comparison keys."""
    found = arrival.envelope
    everyone = (*found.from_, *found.sender, *found.reply_to, *found.to, *found.cc, *found.bcc)
    return {address_key(one.address) for one in everyone if one.address} - own


def _labels(conn: sqlite3.Connection, account_id: int, names: Collection[str]) -> frozenset[str]:
    """Labels as they stand on mails, for the names of folders that were chosen."""
    rows = conn.execute(
        "SELECT name, role FROM folders WHERE account_id = ?"
        " AND name IN (SELECT value FROM json_each(?))",
        (account_id, json.dumps(sorted(names))),
    ).fetchall()
    return frozenset(_SYSTEM.get(role, name) for name, role in rows)


async def _labelled(desk: Desk, arrivals: Iterable[Arrival]) -> set[int]:
    """Gmail's conversations that have a chosen label on one of these mails."""
    labels = await desk.db.read(_labels, desk.account_id, desk.account.sync_folders)
    return {
        one.gm_thrid for one in arrivals if one.gm_thrid and not labels.isdisjoint(one.gm_labels)
    }


async def wanted_new(
    desk: Desk, folder: Folder, arrivals: list[Arrival]
) -> tuple[list[Arrival], set[int]]:
    """What is wanted of these, and the conversations of which nothing was here before."""
    if not picks_labels(desk, folder) or not arrivals:
        return arrivals, set()
    threads = {one.gm_thrid for one in arrivals if one.gm_thrid}
    here = await desk.db.read(scope.threads_here, desk.account_id, threads)
    labelled = await _labelled(desk, arrivals)
    kept = [one for one in arrivals if one.gm_thrid in here or one.gm_thrid in labelled]
    return kept, labelled - here


async def wanted_uids(desk: Desk, wire: Wire, folder: Folder, left: list[int]) -> list[int]:
    """Past mail of conversations with a chosen label, or that are here already; order is kept."""
    if not picks_labels(desk, folder) or not left:
        return left
    threads: dict[int, int] = {}
    labelled: set[int] = set()
    for start in range(0, len(left), _ASKED):
        rows = await _look(wire, UidSet.of(left[start : start + _ASKED]))
        threads.update((one.uid, one.gm_thrid or 0) for one in rows)
        labelled |= await _labelled(desk, rows)
    here = await desk.db.read(scope.threads_here, desk.account_id, set(threads.values()))
    wanted = labelled | here
    pass_over(desk, folder, (uid for uid in left if threads.get(uid, 0) not in wanted))
    return [uid for uid in left if threads.get(uid, 0) in wanted]


async def _look(wire: Wire, uids: UidSet, fields: tuple[str, ...] = ("DATE",)) -> list[Arrival]:
    def read(session: ImapSession) -> list[Arrival]:
        return [arrival_of(row) for row in session.fetch_headers(uids, fields, gmail=True)]

    return await wire.call(read)


async def follow_labels(desk: Desk, wire: Wire, folder: Folder, rows: list[Arrival]) -> None:
    """A label was set on the server: its conversation is wanted now (R15)."""
    if not picks_labels(desk, folder):
        return
    labelled = await _labelled(desk, rows)
    here = await desk.db.read(scope.threads_here, desk.account_id, labelled)
    await bring_conversations(desk, wire, folder, labelled - here)


async def bring_conversations(
    desk: Desk, wire: Wire, folder: Folder, threads: Collection[int]
) -> None:
    """Fetch what else of these Gmail conversations is in the folder, however old it is."""
    for thread in sorted(threads):
        there = await wire.call(lambda session, t=thread: session.search_thread(t))  # type: ignore[misc]
        uids = list(there.expand())
        known = await desk.db.read(syncing.placed_uids, folder.id, folder.generation, uids)
        missing = [uid for uid in uids if uid not in known]
        if not missing:
            continue
        arrivals = await _look(wire, UidSet.of(missing), HEADER_FIELDS)
        place = desk.place(folder, past=True)
        filed = await desk.db.write(file_arrivals, place, arrivals, desk.now())
        desk.changed(filed.conversation_ids)
