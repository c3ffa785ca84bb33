"""The fold of server truth and pending operations into what is shown (I5).

`fold` rewrites presence and visible flags of messages; `recount` rewrites the rows of their
conversations, the listing and the counters. Both only touch what differs.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from tui_mail.model.messages import Flag
from tui_mail.model.views import LANES, View
from tui_mail.store import standing
from tui_mail.store.ids import ids_json
from tui_mail.store.standing import Standing
from tui_mail.store.summaries import Conversation, outbox_words, recipients_of, summarise

OPEN_OPERATIONS = "('pending', 'inflight', 'verify', 'local')"
"""States that shape the view; `local` is intent the server is not told of (R18, R22)."""
SHOWN = (
    "(f.generation = p.generation OR f.state = 'renumbered' AND p.generation = f.generation - 1)"
)
"""Placements that are shown: the current ones, and the former ones while they are re-bound."""
_SEEN = int(Flag.SEEN)


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


def recount(conn: sqlite3.Connection, conversation_ids: Collection[int]) -> None:
    """Rewrite the rows, list entries and counters of these conversations."""
    if not conversation_ids:
        return
    ids = ids_json(conversation_ids)
    found: dict[int, Conversation] = {cid: Conversation() for cid in conversation_ids}
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
    recipients = recipients_of(conn, found)
    rows: list[tuple[Any, ...]] = []
    remove: list[tuple[int, int, int]] = []
    insert: list[tuple[int, int, int, int]] = []
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for cid, conversation in found.items():
        row, views, counted = summarise(
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
    words = outbox_words(conn, [row[-1] for row in rows if row[8]])
    rows = [(*row[:2], words.get(row[-1], row[2]), *row[3:]) for row in rows] if words else rows
    conn.executemany(
        "UPDATE conversations SET subject = ?, people = ?, snippet = ?, messages = ?,"
        " attachments = ?, drafts = ?, outgoing = ?, answered = ?, first_at = ?,"
        " last_at = ?, last_in_at = ?, last_out_at = ?, account_id = ? WHERE id = ?",
        [(*row[:4], *row[6:]) for row in rows],
    )
    conn.executemany(
        "INSERT INTO marks(conversation_id, unread, starred)"
        " SELECT id, ?, ? FROM conversations WHERE id = ? ON CONFLICT(conversation_id)"
        " DO UPDATE SET unread = excluded.unread, starred = excluded.starred",
        [(row[4], row[5], row[-1]) for row in rows],
    )
    relist(conn, remove, insert, counts)
    standing.keep(conn, standings, shown)


def relist(
    conn: sqlite3.Connection,
    gone: Iterable[tuple[int, int, int]],
    come: Iterable[tuple[int, int, int, int]],
    counts: Mapping[int, Sequence[int]],
) -> None:
    """Take entries out of lists, bring others in; `counts` has by how many each view changes.

    Gone are (view, time, conversation), come those with their unread mail.
    """
    conn.executemany(
        "DELETE FROM listing WHERE view_id = ? AND at = ? AND conversation_id = ?", gone
    )
    conn.executemany(
        "INSERT INTO listing(view_id, at, conversation_id, unread) VALUES (?, ?, ?, ?)", come
    )
    conn.executemany(
        "INSERT INTO view_counts(view_id, total, unread) VALUES (?, ?, ?) ON CONFLICT(view_id)"
        " DO UPDATE SET total = total + excluded.total, unread = unread + excluded.unread",
        [(view, total, unread) for view, (total, unread) in counts.items() if total or unread],
    )


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
