"""The fold of flags alone: by difference, without reading conversations anew.

`folds` stays the truth: what is not plainly a change of flags goes there, and `folds.rebuild`
finds nothing to change after what is done here.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.model.messages import Flag
from tui_mail.model.views import LANES, View
from tui_mail.store.folds import OPEN_OPERATIONS, SHOWN, fold, recount, relist
from tui_mail.store.ids import ids_json
from tui_mail.store.summaries import entered

_SEEN, _FLAGGED = int(Flag.SEEN), int(Flag.FLAGGED)
_INBOX, _UNREAD, _STARRED = int(View.INBOX), int(View.UNREAD), int(View.STARRED)
_WHOLE = tuple(int(view) for view in (View.AMBIGUOUS, View.UNLINKED, View.SNOOZED, *LANES))
"""Views whose entries count the unread mail of the whole conversation."""


@dataclass(slots=True)
class _Mail:
    """A message that is flagged otherwise than before."""

    id: int
    conversation_id: int
    before: int
    after: int
    state: str
    sort_at: int
    is_plain: bool
    """Its flags count for its conversation, and are what its places and wishes for flags say."""


@dataclass(slots=True)
class _Tally:
    """What a conversation counts; entries are (time, unread) by view."""

    starred: int
    muted: bool = False
    starred_by: int = 0
    unread_by: int = 0
    before: dict[int, tuple[int, int]] = field(default_factory=dict)
    entries: dict[int, tuple[int, int]] = field(default_factory=dict)


def fold_flags(conn: sqlite3.Connection, message_ids: Collection[int]) -> set[int]:
    """Fold and count messages of which nothing but flags, or wishes for flags, has changed.

    Returns the conversations that look different. After any other change call `fold` and `recount`.
    """
    mails = _different(conn, message_ids)
    if not mails:
        return set()
    places = _places(conn, mails)
    tallies = _tallies(conn, mails)
    anew = {
        mail.conversation_id
        for mail in mails
        if not _count(mail, places.get(mail.id, ()), tallies[mail.conversation_id])
    }
    plain = [mail for mail in mails if mail.conversation_id not in anew]
    _write_mails(conn, plain, places)
    _write_tallies(conn, {cid: one for cid, one in tallies.items() if cid not in anew})
    if anew:
        fold(conn, [mail.id for mail in mails if mail.conversation_id in anew])
        recount(conn, anew)
    return set(tallies)


def _different(conn: sqlite3.Connection, message_ids: Collection[int]) -> list[_Mail]:
    """Messages whose visible flags are not what they should be, and those that are not plain."""
    ids = ids_json(message_ids)
    flags: dict[int, int] = {}
    for message_id, bits in conn.execute(
        "SELECT p.message_id, p.flags FROM placements p"
        f" JOIN folders f ON f.id = p.folder_id AND {SHOWN}"
        " WHERE p.message_id IN (SELECT value FROM json_each(?)) AND p.vanished_at IS NULL",
        (ids,),
    ):
        flags[message_id] = flags.get(message_id, 0) | bits
    for message_id, kind, args in conn.execute(
        "SELECT message_id, kind, args FROM operations"
        " WHERE message_id IN (SELECT value FROM json_each(?))"
        f" AND state IN {OPEN_OPERATIONS} ORDER BY id",
        (ids,),
    ):
        if kind != "flag":
            flags.pop(message_id, None)
        elif message_id in flags:
            change = json.loads(args)
            bits = flags[message_id] | change.get("add", 0)
            flags[message_id] = bits & ~change.get("remove", 0)
    found: list[_Mail] = []
    for message_id, cid, before, state, sort_at, is_counted in conn.execute(
        "SELECT id, conversation_id, flags, state, sort_at, state IN ('received', 'sent')"
        " AND coalesce(deleted_at, orphaned_at) IS NULL AND (screened_by IS NULL OR is_own)"
        " FROM messages WHERE id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        after = flags.get(message_id)
        if after != before or not is_counted:
            is_plain = bool(is_counted) and after is not None
            found.append(_Mail(message_id, cid, before, after or 0, state, sort_at, is_plain))
    return found


def _places(
    conn: sqlite3.Connection, mails: Iterable[_Mail]
) -> dict[int, tuple[tuple[int, str], ...]]:
    """The folders each message is shown in, with their roles."""
    roles = dict(conn.execute("SELECT id, role FROM folders").fetchall())
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for message_id, folder_id in conn.execute(
        "SELECT message_id, folder_id FROM presence"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (ids_json(mail.id for mail in mails),),
    ):
        found[message_id] = (*found.get(message_id, ()), (folder_id, roles[folder_id]))
    return found


def _tallies(conn: sqlite3.Connection, mails: Iterable[_Mail]) -> dict[int, _Tally]:
    """What the conversations of these messages count; muting is told where it matters."""
    ids = ids_json({mail.conversation_id for mail in mails})
    found = {
        row[0]: _Tally(row[1])
        for row in conn.execute(
            "SELECT conversation_id, starred FROM marks"
            " WHERE conversation_id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    read = {mail.conversation_id for mail in mails if (mail.before ^ mail.after) & _SEEN}
    for row in conn.execute(
        "SELECT id FROM conversations WHERE id IN (SELECT value FROM json_each(?))"
        " AND muted_at IS NOT NULL",
        (ids_json(read),),
    ):
        found[row[0]].muted = True
    for view_id, at, cid, unread in conn.execute(
        "SELECT view_id, at, conversation_id, unread FROM listing"
        " WHERE conversation_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        found[cid].before[view_id] = (at, unread)
    for tally in found.values():
        tally.entries = dict(tally.before)
    return found


def _count(mail: _Mail, places: tuple[tuple[int, str], ...], tally: _Tally) -> bool:
    """Count a message with its new flags; False when its conversation must be counted anew."""
    is_starred = bool(mail.after & _FLAGGED)
    is_hidden, views = entered(mail.state, is_starred, tally.muted, places)
    if not mail.is_plain or is_hidden or (not places and mail.state == "received"):
        return False
    unread = int(not mail.after & _SEEN)
    unread_by = unread - (not mail.before & _SEEN)
    starred_by = is_starred - bool(mail.before & _FLAGGED)
    entries = tally.entries
    if unread_by:
        for view in (*views, *_WHOLE):
            if view in entries and not (view == _STARRED and starred_by):
                at, count = entries[view]
                entries[view] = (at, count + unread_by)
        if _INBOX in entries and entries[_INBOX][1]:
            entries[_UNREAD] = entries[_INBOX]
        elif _INBOX in entries:
            entries.pop(_UNREAD, None)
        tally.unread_by += unread_by
    if starred_by > 0:
        at, count = entries.get(_STARRED, (mail.sort_at, 0))
        entries[_STARRED] = (max(at, mail.sort_at), count + unread)
    elif starred_by < 0:
        if tally.starred + tally.starred_by != 1:
            return False
        entries.pop(_STARRED, None)
    tally.starred_by += starred_by
    return True


def _write_mails(
    conn: sqlite3.Connection,
    mails: Sequence[_Mail],
    places: Mapping[int, tuple[tuple[int, str], ...]],
) -> None:
    conn.executemany(
        "UPDATE messages SET flags = ? WHERE id = ?", [(mail.after, mail.id) for mail in mails]
    )
    unread: dict[int, int] = defaultdict(int)
    for mail in mails:
        by = (not mail.after & _SEEN) - (not mail.before & _SEEN)
        if by:
            for folder_id, _ in places.get(mail.id, ()):
                unread[folder_id] += by
    conn.executemany(
        "UPDATE folders SET unread = unread + ? WHERE id = ?",
        [(by, folder_id) for folder_id, by in unread.items() if by],
    )


def _write_tallies(conn: sqlite3.Connection, tallies: Mapping[int, _Tally]) -> None:
    gone: list[tuple[int, int, int]] = []
    come: list[tuple[int, int, int, int]] = []
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for cid, tally in tallies.items():
        before, entries = tally.before, tally.entries
        for view in before.keys() | entries.keys():
            old, new = before.get(view), entries.get(view)
            if old == new:
                continue
            if old is not None:
                gone.append((view, old[0], cid))
                counts[view][0] -= 1
                counts[view][1] -= old[1] > 0
            if new is not None:
                come.append((view, new[0], cid, new[1]))
                counts[view][0] += 1
                counts[view][1] += new[1] > 0
    conn.executemany(
        "UPDATE marks SET unread = unread + ?, starred = starred + ? WHERE conversation_id = ?",
        [
            (tally.unread_by, tally.starred_by, cid)
            for cid, tally in tallies.items()
            if tally.unread_by or tally.starred_by
        ],
    )
    relist(conn, gone, come, counts)
