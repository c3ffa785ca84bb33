"""The fold of server truth and pending operations into what is shown (I5).

`fold` rewrites presence and visible flags of messages; `recount` rewrites the rows of their
conversations, the listing and the counters. Both only touch what differs.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from tui_mail.model.messages import Flag
from tui_mail.model.safe_text import one_line
from tui_mail.model.threading import base_subject
from tui_mail.model.views import LANES, View, folder_view
from tui_mail.store import standing
from tui_mail.store.standing import Standing

OPEN_OPERATIONS = "('pending', 'inflight', 'verify', 'local')"
"""States that shape the view; `local` is intent the server is not told of (R18, R22)."""
SHOWN = (
    "(f.generation = p.generation OR f.state = 'renumbered' AND p.generation = f.generation - 1)"
)
"""Placements that are shown: the current ones, and the former ones while they are re-bound."""
_SEEN = int(Flag.SEEN)
_FLAGGED = int(Flag.FLAGGED)
_HIDDEN_ROLES = {"trash": int(View.TRASH), "junk": int(View.SPAM)}
_STATE_VIEWS = {"draft": int(View.DRAFTS), "outgoing": int(View.OUTBOX), "sent": int(View.SENT)}
_INBOX, _UNREAD, _STARRED = int(View.INBOX), int(View.UNREAD), int(View.STARRED)
_ARCHIVE, _ALL, _SCREENED = int(View.ARCHIVE), int(View.ALL), int(View.SCREENED)


def ids_json(ids: Iterable[int]) -> str:
    """Ids as the argument of `json_each`."""
    return "[" + ",".join(map(str, ids)) + "]"


def fold(conn: sqlite3.Connection, message_ids: Collection[int]) -> set[int]:
    """Recompute presence and flags of these messages; returns their conversations."""
    if not message_ids:
        return set()
    ids = ids_json(message_ids)
    messages = {
        row[0]: row
        for row in conn.execute(
            "SELECT id, conversation_id, flags, state, coalesce(deleted_at, orphaned_at)"
            " FROM messages"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    shown: dict[int, set[int]] = defaultdict(set)
    for message_id, folder_id in conn.execute(
        "SELECT message_id, folder_id FROM presence"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        shown[message_id].add(folder_id)
    places: dict[int, set[int]] = defaultdict(set)
    flags: dict[int, int] = {}
    labels = _Labels(conn)
    for message_id, folder_id, bits, label_text, account_id in conn.execute(
        "SELECT p.message_id, p.folder_id, p.flags, p.labels, f.account_id FROM placements p"
        f" JOIN folders f ON f.id = p.folder_id AND {SHOWN}"
        " WHERE p.message_id IN (SELECT value FROM json_each(?)) AND p.vanished_at IS NULL",
        (ids,),
    ):
        places[message_id].add(folder_id)
        if label_text:
            places[message_id] |= labels.folders(account_id, json.loads(label_text))
        flags[message_id] = flags.get(message_id, 0) | bits
    for message_id, account_id, kind, folder_id, target_id, args in conn.execute(
        "SELECT message_id, account_id, kind, folder_id, target_id, args FROM operations"
        " WHERE message_id IN (SELECT value FROM json_each(?))"
        f" AND state IN {OPEN_OPERATIONS} ORDER BY id",
        (ids,),
    ):
        if kind == "flag":
            change = json.loads(args)
            bits = flags.get(message_id, messages[message_id][2])
            flags[message_id] = (bits | change.get("add", 0)) & ~change.get("remove", 0)
        elif kind == "label":
            change = json.loads(args)
            places[message_id] -= labels.folders(account_id, change.get("remove", ()))
            places[message_id] |= labels.folders(account_id, change.get("add", ()))
        elif kind in ("move", "expunge"):
            places[message_id].discard(folder_id)
            if target_id is not None:
                places[message_id].add(target_id)

    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    gone: list[tuple[int, int]] = []
    come: list[tuple[int, int]] = []
    new_flags: list[tuple[int, int]] = []
    for message_id, (_, _, old_bits, state, gone_at) in messages.items():
        want = set() if gone_at is not None else places[message_id]
        bits = flags.get(message_id, old_bits)
        if state in ("draft", "outgoing"):
            bits |= _SEEN
        have = shown[message_id]
        was_unread, is_unread = not old_bits & _SEEN, not bits & _SEEN
        for folder_id in have - want:
            gone.append((message_id, folder_id))
            counts[folder_id][0] -= 1
            counts[folder_id][1] -= was_unread
        for folder_id in want - have:
            come.append((message_id, folder_id))
            counts[folder_id][0] += 1
            counts[folder_id][1] += is_unread
        if bits != old_bits:
            new_flags.append((bits, message_id))
            for folder_id in have & want:
                counts[folder_id][1] += is_unread - was_unread
    conn.executemany("DELETE FROM presence WHERE message_id = ? AND folder_id = ?", gone)
    conn.executemany("INSERT INTO presence(message_id, folder_id) VALUES (?, ?)", come)
    conn.executemany("UPDATE messages SET flags = ? WHERE id = ?", new_flags)
    conn.executemany(
        "UPDATE folders SET messages = messages + ?, unread = unread + ? WHERE id = ?",
        [(total, unread, folder) for folder, (total, unread) in counts.items() if total or unread],
    )
    return {row[1] for row in messages.values()}


class _Labels:
    """Gmail labels as folders of the account (X-GM-EXT-1)."""

    _SPECIAL: ClassVar = {
        "\\Inbox": "inbox",
        "\\Sent": "sent",
        "\\Draft": "drafts",
        "\\Drafts": "drafts",
    }

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._known: dict[int, dict[str, int]] = {}

    def folders(self, account_id: int, labels: Iterable[str]) -> set[int]:
        known = self._known.get(account_id)
        if known is None:
            known = {}
            for folder_id, name, role in self._conn.execute(
                "SELECT id, name, role FROM folders WHERE account_id = ? AND state <> 'gone'",
                (account_id,),
            ):
                known[name] = folder_id
                known.setdefault(f"\\role:{role}", folder_id)
            self._known[account_id] = known
        found: set[int] = set()
        for label in labels:
            role = self._SPECIAL.get(label)
            folder_id = known.get(f"\\role:{role}" if role else label)
            if folder_id is not None:
                found.add(folder_id)
        return found


@dataclass(slots=True)
class _Conversation:
    messages: list[tuple[Any, ...]] = field(default_factory=list)
    places: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))


def recount(conn: sqlite3.Connection, conversation_ids: Collection[int]) -> None:
    """Rewrite the rows, list entries and counters of these conversations."""
    if not conversation_ids:
        return
    ids = ids_json(conversation_ids)
    found: dict[int, _Conversation] = {cid: _Conversation() for cid in conversation_ids}
    for row in conn.execute(
        "SELECT conversation_id, id, state, flags, is_own, from_name, from_address, subject,"
        " snippet, sort_at, attachments, account_id, screened_by, orphaned_at, deleted_at, kind,"
        " visibility"
        " FROM messages WHERE conversation_id IN (SELECT value FROM json_each(?))"
        " ORDER BY conversation_id, sort_at, id",
        (ids,),
    ):
        found[row[0]].messages.append(row)
    for cid, message_id, folder_id, role in conn.execute(
        "SELECT m.conversation_id, p.message_id, p.folder_id, f.role FROM messages m"
        " JOIN presence p ON p.message_id = m.id JOIN folders f ON f.id = p.folder_id"
        " WHERE m.conversation_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        found[cid].places[message_id].append((folder_id, role))
    listed: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for view_id, at, cid, unread in conn.execute(
        "SELECT view_id, at, conversation_id, unread FROM listing"
        " WHERE conversation_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        listed[cid][view_id] = (at, unread)

    standings = standing.read(conn, ids)
    shown: dict[int, list[tuple[int, bool]]] = {}
    recipients = _recipients(conn, found)
    rows: list[tuple[Any, ...]] = []
    remove: list[tuple[int, int, int]] = []
    insert: list[tuple[int, int, int, int]] = []
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for cid, conversation in found.items():
        row, views, counted = _summarise(
            cid, conversation, recipients, standings.get(cid) or Standing()
        )
        shown[cid] = [(message[1], message[16] == "shared") for message in counted]
        rows.append(row)
        before = listed[cid]
        views |= _kept_lanes(before, row, standings.get(cid) or Standing(), bool(counted))
        for view_id, (at, unread) in before.items():
            if views.get(view_id) != (at, unread):
                remove.append((view_id, at, cid))
                counts[view_id][0] -= 1
                counts[view_id][1] -= unread > 0
        for view_id, (at, unread) in views.items():
            if before.get(view_id) != (at, unread):
                insert.append((view_id, at, cid, unread))
                counts[view_id][0] += 1
                counts[view_id][1] += unread > 0
    words = _outbox_words(conn, [row[-1] for row in rows if row[8]])
    rows = [(*row[:2], words.get(row[-1], row[2]), *row[3:]) for row in rows] if words else rows
    conn.executemany(
        "UPDATE conversations SET subject = ?, people = ?, snippet = ?, messages = ?, unread = ?,"
        " starred = ?, attachments = ?, drafts = ?, outgoing = ?, answered = ?, first_at = ?,"
        " last_at = ?, last_in_at = ?, last_out_at = ?, account_id = ? WHERE id = ?",
        rows,
    )
    conn.executemany(
        "DELETE FROM listing WHERE view_id = ? AND at = ? AND conversation_id = ?", remove
    )
    conn.executemany(
        "INSERT INTO listing(view_id, at, conversation_id, unread) VALUES (?, ?, ?, ?)", insert
    )
    conn.executemany(
        "INSERT INTO view_counts(view_id, total, unread) VALUES (?, ?, ?) ON CONFLICT(view_id)"
        " DO UPDATE SET total = total + excluded.total, unread = unread + excluded.unread",
        [(view, total, unread) for view, (total, unread) in counts.items() if total or unread],
    )
    standing.keep(conn, standings, shown)


def _kept_lanes(
    before: dict[int, tuple[int, int]], row: tuple[Any, ...], known: Standing, is_shown: bool
) -> dict[int, tuple[int, int]]:
    """Lanes a conversation stays in until `store.lanes` looks again; an answer ends the waiting."""
    if not is_shown or known.muted or known.link_state != "linked":
        return {}
    return {
        view: (at, row[4])
        for view, (at, _) in before.items()
        if view in LANES and not (view == View.WAITING and row[9])
    }


def _recipients(conn: sqlite3.Connection, found: dict[int, _Conversation]) -> dict[int, list[str]]:
    """Those an own-only conversation was written to, by message, as the mail itself names them.

    Names known from other mail are left out: they would make the line depend on what came first.
    """
    wanted = [
        conversation.messages[-1][1]
        for conversation in found.values()
        if conversation.messages and all(row[4] for row in conversation.messages)
    ]
    names: dict[int, list[str]] = defaultdict(list)
    if wanted:
        for message_id, name in conn.execute(
            "SELECT p.message_id, coalesce(nullif(p.name, ''), c.address)"
            " FROM participants p JOIN correspondents c ON c.id = p.correspondent_id"
            " WHERE p.message_id IN (SELECT value FROM json_each(?)) AND p.role IN ('to', 'cc')"
            " ORDER BY p.message_id, p.role DESC, p.position",
            (ids_json(wanted),),
        ):
            names[message_id].append(str(name))
    return names


def _summarise(
    cid: int,
    conversation: _Conversation,
    recipients: dict[int, list[str]],
    known: Standing,
) -> tuple[tuple[Any, ...], dict[int, tuple[int, int]], list[tuple[Any, ...]]]:
    """The row of a conversation, its views, and the messages that are shown of it."""
    views: dict[int, list[int]] = {}
    counted: list[tuple[Any, ...]] = []
    hidden: list[tuple[Any, ...]] = []
    outliving: list[tuple[Any, ...]] = []
    for row in conversation.messages:
        _, message_id, state, flags, is_own, *_ = row
        sort_at, screened_by, deleted_at = row[9], row[12], row[14]
        places = conversation.places.get(message_id, ())
        if deleted_at is not None or (not places and state == "received"):
            if deleted_at is None and row[13] is not None and known.outlives(row[11]):
                outliving.append(row)
            continue
        if screened_by is not None and not is_own:
            entered: tuple[int, ...] = (_SCREENED,)
            hidden.append(row)
        else:
            is_hidden, entered = _entered(state, bool(flags & _FLAGGED), known.muted, tuple(places))
            (hidden if is_hidden else counted).append(row)
        unread = 0 if flags & _SEEN else 1
        for view in entered:
            entry = views.get(view)
            if entry is None:
                views[view] = [sort_at, unread]
            else:
                entry[0] = max(entry[0], sort_at)
                entry[1] += unread
    if _INBOX in views:
        views.pop(_ARCHIVE, None)
        if views[_INBOX][1]:
            views[_UNREAD] = list(views[_INBOX])
    for view, at, unread in standing.lanes(
        known, [(row[1], row[9], 0 if row[3] & _SEEN else 1, row[15]) for row in counted]
    ):
        views[view] = [at, unread]
    entries = {view: (at, n) for view, (at, n) in views.items()}
    shown = sorted((*counted, *outliving), key=lambda row: (row[9], row[1]))
    return _row(cid, shown or hidden, recipients), entries, shown


@lru_cache(maxsize=4096)
def _entered(
    state: str, is_flagged: bool, is_muted: bool, places: tuple[tuple[int, str], ...]
) -> tuple[bool, tuple[int, ...]]:
    """Whether a message is only in trash or spam, and the views it is in by its places."""
    roles = {role for _, role in places}
    views = [folder_view(folder_id) for folder_id, _ in places]
    views += [view for role, view in _HIDDEN_ROLES.items() if role in roles]
    if roles and roles <= _HIDDEN_ROLES.keys():
        return True, tuple(views)
    if state in _STATE_VIEWS:
        views.append(_STATE_VIEWS[state])
    elif "sent" in roles:
        views.append(_STATE_VIEWS["sent"])
    if "drafts" in roles:
        views.append(_STATE_VIEWS["draft"])
    if "inbox" in roles and not is_muted:
        views.append(_INBOX)
    elif roles & {"archive", "all", "inbox"}:
        views.append(_ARCHIVE)
    if is_flagged:
        views.append(_STARRED)
    return False, tuple(dict.fromkeys([*views, _ALL]))


def _row(
    cid: int, rows: list[tuple[Any, ...]], recipients: dict[int, list[str]]
) -> tuple[Any, ...]:
    if not rows:
        return ("", "", "", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, cid)
    people: dict[str, str] = {}
    unread = starred = attachments = drafts = outgoing = 0
    last_in = last_out = 0
    for row in rows:
        _, _, state, flags, is_own, name, address, _, _, sort_at, files, *_ = row
        key = "" if is_own else str(address).lower()
        people.pop(key, None)
        people[key] = "me" if is_own else str(name or address or "(nobody)")
        unread += not flags & _SEEN
        starred += bool(flags & _FLAGGED)
        attachments += bool(files)
        drafts += state == "draft"
        outgoing += state == "outgoing"
        if is_own:
            last_out = max(last_out, sort_at)
        else:
            last_in = max(last_in, sort_at)
    first, last = rows[0], rows[-1]
    if list(people) == [""]:
        last_id = last[1]
        shown = "To: " + (", ".join(recipients.get(last_id, [])[:8]) or "(nobody)")
    elif len(people) == 1:
        shown = next(iter(people.values()))
    else:
        shown = ", ".join(part.split(" ")[0].strip(",") or part for part in people.values())
    subject = one_line(base_subject(str(first[7])) or str(last[7]), 300)
    return (
        subject,
        one_line(shown, 160),
        str(last[8]),
        len(rows),
        unread,
        starred,
        attachments,
        drafts,
        outgoing,
        int(bool(last[4])),
        first[9],
        last[9],
        last_in,
        last_out,
        last[11],
        cid,
    )


def _outbox_words(conn: sqlite3.Connection, conversation_ids: list[int]) -> dict[int, str]:
    """What the outbox says of conversations with a mail in it; shown where the snippet stands."""
    if not conversation_ids:
        return {}
    said: dict[int, str] = {}
    for cid, state, error in conn.execute(
        "SELECT m.conversation_id, o.state, o.error FROM messages m"
        " JOIN outbox o ON o.message_id = m.id"
        " WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND m.state = 'outgoing'"
        " AND o.state NOT IN ('sent', 'cancelled') ORDER BY o.id",
        (ids_json(conversation_ids),),
    ):
        words = _OUTBOX_WORDS.get(state, "being sent")
        said[cid] = one_line(f"{words}: {error}" if error else words, 225)
    return said


_OUTBOX_WORDS = {
    "held": "waits in the outbox",
    "queued": "waits in the outbox",
    "retry_wait": "will be tried again",
    "failed": "not sent",
    "partial": "not sent to everyone",
    "uncertain": "uncertain",
}


def rebuild(conn: sqlite3.Connection) -> None:
    """Drop everything derived and fold it again (I5); used by `doctor` and by tests."""
    conn.execute("DELETE FROM presence")
    conn.execute("DELETE FROM listing")
    conn.execute("DELETE FROM view_counts")
    conn.execute("UPDATE folders SET messages = 0, unread = 0")
    last = 0
    while True:
        ids = [
            row[0]
            for row in conn.execute(
                "SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT 5000", (last,)
            )
        ]
        if not ids:
            break
        fold(conn, ids)
        last = ids[-1]
    last = 0
    while True:
        ids = [
            row[0]
            for row in conn.execute(
                "SELECT id FROM conversations WHERE id > ? ORDER BY id LIMIT 2000", (last,)
            )
        ]
        if not ids:
            return
        recount(conn, ids)
        last = ids[-1]
