"""New mail: from headers to a message in a conversation in the lists, in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_mail.filing import conversations, strangers
from tui_mail.filing.screening import screened_on_arrival
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival, Filed
from tui_mail.model.messages import Envelope, Flag
from tui_mail.model.safe_text import one_line
from tui_mail.model.threading import thread_references
from tui_mail.model.visibility import stamp
from tui_mail.store import blocks, correspondents
from tui_mail.store.folds import fold, recount
from tui_mail.store.ids import ids_json

_DAY = 86_400
_ROLES = ("from", "sender", "reply_to", "to", "cc", "bcc")
_MAX_PEOPLE = 400
"""Participants kept of one role; a header with 20,000 addresses must not fill the store."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """The folder a batch comes from."""

    id: int
    account_id: int
    generation: int
    role: str
    own: frozenset[str]
    """Own addresses as comparison keys."""
    visibility: str = "private"
    """What new mail gets when its conversation has no setting of its own (R40)."""
    automatic: bool = False
    """Mail of this account links to items by itself (R46)."""


def file_arrivals(
    conn: sqlite3.Connection, place: FolderPlace, arrivals: Sequence[Arrival], now: int
) -> Filed:
    """Store a batch of one folder. UIDs already stored only have their flags refreshed.

    A mail that is already here under another UID or in another folder gets a further placement
    when its identity is strong (§4.6); a Message-ID alone never joins two mails.
    """
    by_uid = {arrival.uid: arrival for arrival in arrivals}
    known = {
        row[0]: (row[1], row[2])
        for row in conn.execute(
            "SELECT uid, message_id, flags FROM placements WHERE folder_id = ? AND generation = ?"
            " AND uid IN (SELECT value FROM json_each(?))",
            (place.id, place.generation, ids_json(by_uid)),
        )
    }
    touched: set[int] = set()
    for uid, (message_id, _) in known.items():
        arrival = by_uid.pop(uid)
        conn.execute(
            "UPDATE placements SET flags = ?, keywords = ?, modseq = max(modseq, ?), labels = ?,"
            " vanished_at = NULL WHERE folder_id = ? AND generation = ? AND uid = ?",
            (
                arrival.flags,
                arrival.keywords,
                arrival.modseq,
                _labels(arrival),
                place.id,
                place.generation,
                uid,
            ),
        )
        touched.add(message_id)
    fresh = list(by_uid.values())
    buried = _tombstoned(conn, place, fresh)
    fresh = [arrival for arrival in fresh if arrival.uid not in buried]
    bound = _bind(conn, place, fresh)
    new = [arrival for arrival in fresh if arrival.uid not in bound]
    message_ids, emptied = _insert(conn, place, new, now)
    placed = [*bound.items(), *zip((a.uid for a in new), message_ids, strict=True)]
    conn.executemany(
        "INSERT INTO placements(folder_id, generation, uid, message_id, flags, keywords, labels,"
        " modseq, first_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                place.id,
                place.generation,
                uid,
                message_id,
                by_uid[uid].flags,
                by_uid[uid].keywords,
                _labels(by_uid[uid]),
                by_uid[uid].modseq,
                now,
            )
            for uid, message_id in placed
        ],
    )
    for uid, message_id in bound.items():
        conversations.learn_id(conn, message_id, by_uid[uid].envelope.message_id)
    back = [(message_id,) for message_id in bound.values()]
    conn.executemany(
        "UPDATE messages SET orphaned_at = NULL, retention_until = NULL, let_go_at = NULL"
        " WHERE id = ?",
        back,
    )
    touched.update(message_ids, bound.values())
    changed = fold(conn, touched) | emptied
    from tui_mail.filing import linking

    changed |= linking.evaluate_arrivals(conn, message_ids, now)
    recount(conn, changed)
    return Filed(tuple(message_ids), frozenset(changed))


def _labels(arrival: Arrival) -> str:
    return json.dumps(arrival.gm_labels) if arrival.gm_labels else ""


def _tombstoned(
    conn: sqlite3.Connection, place: FolderPlace, arrivals: Sequence[Arrival]
) -> set[int]:
    """UIDs of mail the user deleted here while the server keeps it (R22)."""
    rows = conn.execute(
        "SELECT fingerprint FROM tombstones WHERE account_id = ?"
        " AND (folder_id = ? OR folder_id = 0) LIMIT 100000",
        (place.account_id, place.id),
    ).fetchall()
    if not rows:
        return set()
    graves = {row[0] for row in rows}
    return {a.uid for a in arrivals if identity(a.envelope, a.size) in graves}


def identity(envelope: Envelope, size: int) -> bytes:
    """Level (c) of §4.6: the header fingerprint together with the size."""
    return envelope.fingerprint + size.to_bytes(8, "big")


def _bind(
    conn: sqlite3.Connection, place: FolderPlace, arrivals: Sequence[Arrival]
) -> dict[int, int]:
    """UID to known message, where the identity is strong and unambiguous."""
    if not arrivals:
        return {}
    prints = {a.uid: identity(a.envelope, a.size) for a in arrivals}
    candidates: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for message_id, fingerprint, internal_date in conn.execute(
        "SELECT id, fingerprint, internal_date FROM messages WHERE account_id = ?"
        f" AND fingerprint IN ({','.join('?' * len(prints))})",
        (place.account_id, *prints.values()),
    ):
        candidates[fingerprint].append((message_id, internal_date))
    strong: dict[int, int] = {}
    for arrival in arrivals:
        for column, value in (("gm_msgid", arrival.gm_msgid), ("email_id", arrival.email_id)):
            if value is None:
                continue
            row = conn.execute(
                f"SELECT id FROM messages WHERE account_id = ? AND {column} = ?"
                " ORDER BY id LIMIT 1",
                (place.account_id, value),
            ).fetchone()
            if row:
                strong[arrival.uid] = row[0]
                break
        if arrival.envelope.tui_mail_id and place.role in ("sent", "drafts", "all"):
            row = conn.execute(
                "SELECT id FROM messages WHERE tui_mail_id = ? AND account_id = ?"
                " AND state IN ('outgoing', 'sent', 'draft') ORDER BY id DESC LIMIT 1",
                (arrival.envelope.tui_mail_id, place.account_id),
            ).fetchone()
            if row:
                strong.setdefault(arrival.uid, row[0])
        if arrival.envelope.original_id and place.role == "sent":
            row = conn.execute(
                "SELECT id FROM messages WHERE message_id = ? AND account_id = ?"
                " AND state IN ('outgoing', 'sent') ORDER BY id DESC LIMIT 1",
                (arrival.envelope.original_id, place.account_id),
            ).fetchone()
            if row:
                strong.setdefault(arrival.uid, row[0])
    taken: set[int] = set()
    bound: dict[int, int] = {}
    for arrival in arrivals:
        choice = strong.get(arrival.uid)
        if choice is None:
            same = candidates.get(prints[arrival.uid], [])
            exact = [m for m, date in same if date == arrival.internal_date]
            loose = exact or [m for m, _ in same if not _is_placed(conn, m)]
            choice = loose[0] if len(loose) == 1 else None
        if choice is None or choice in taken or _is_placed(conn, choice, place.id):
            continue
        taken.add(choice)
        bound[arrival.uid] = choice
    return bound


def _is_placed(conn: sqlite3.Connection, message_id: int, folder_id: int | None = None) -> bool:
    row = conn.execute(
        "SELECT 1 FROM placements p JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation WHERE p.message_id = ? AND p.vanished_at IS NULL"
        + ("" if folder_id is None else " AND p.folder_id = ?"),
        (message_id,) if folder_id is None else (message_id, folder_id),
    ).fetchone()
    return row is not None


def sort_time(arrival: Arrival, now: int) -> int:
    """The time a message is listed at: arrival first, never in the far future (SYN-11)."""
    at = arrival.internal_date or arrival.envelope.date or now
    return max(0, min(at, now + _DAY))


def message_kind(envelope: Envelope) -> int:
    """Bits kept of a message: 1 bulk, 2 automatic answer, 4 report."""
    return envelope.is_bulk | envelope.is_auto_reply << 1 | envelope.is_report << 2


def _insert(
    conn: sqlite3.Connection, place: FolderPlace, arrivals: Sequence[Arrival], now: int
) -> tuple[list[int], set[int]]:
    if not arrivals:
        return [], set()
    threads = [(a.envelope.message_id, thread_references(a.envelope), a.gm_thrid) for a in arrivals]
    parents = [(a.envelope.in_reply_to or ("",))[0] for a in arrivals]
    joined, emptied = conversations.assign(conn, threads, parents)
    blocklist = blocks.blocklist(conn, place.account_id)
    own = blocks.own_addresses(conn) | place.own if blocklist else place.own
    automatic = place.automatic and place.role not in ("junk", "trash", "drafts")
    settings = _visibility(conn, joined)
    screened: list[tuple[int, int]] = []
    row = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").fetchone()
    first_id = (row[0] if row else 0) + 1
    rows: list[tuple[Any, ...]] = []
    people = _People(place.own)
    for offset, (arrival, thread, conversation_id) in enumerate(
        zip(arrivals, threads, joined, strict=True)
    ):
        envelope = arrival.envelope
        message_id = first_id + offset
        sender = envelope.from_[0] if envelope.from_ else Address("", "")
        is_own = bool(envelope.from_) and sender.key in place.own
        at = sort_time(arrival, now)
        entry = None if is_own else screened_on_arrival(envelope, own, blocklist)
        if entry is not None:
            screened.append((entry, at))
        rows.append(
            (
                message_id,
                place.account_id,
                conversation_id,
                "sent" if is_own and place.role == "sent" else "received",
                envelope.message_id,
                json.dumps(thread[1]),
                identity(envelope, arrival.size),
                envelope.tui_mail_id,
                arrival.gm_msgid,
                arrival.gm_thrid,
                arrival.email_id,
                _storable(envelope.subject),
                _storable(sender.name),
                _storable(sender.address),
                is_own,
                envelope.date,
                arrival.internal_date,
                at,
                arrival.size,
                arrival.flags,
                envelope.has_attachments,
                _storable(envelope.list_id),
                message_kind(envelope),
                json.dumps(envelope.defects),
                stamp(settings.get(conversation_id), place.visibility),
                now,
                entry,
                automatic,
            )
        )
        people.add(message_id, envelope, at, is_own)
    conn.executemany(
        "INSERT INTO messages(id, account_id, conversation_id, state, message_id, refs,"
        " fingerprint, tui_mail_id, gm_msgid, gm_thrid, email_id, subject, from_name,"
        " from_address, is_own, date, internal_date, sort_at, size, flags, attachments, list_id,"
        f" kind, defects, visibility, first_seen, screened_by, auto_link)"
        f" VALUES ({','.join('?' * 28)})",
        rows,
    )
    blocks.hit(conn, screened)
    people.store(conn)
    strangers.mark(conn, set(joined))
    return [first_id + offset for offset in range(len(arrivals))], emptied


def _visibility(conn: sqlite3.Connection, conversation_ids: Sequence[int]) -> dict[int, str]:
    """What the user set for conversations, where they did."""
    return dict(
        conn.execute(
            "SELECT id, visibility FROM conversations WHERE visibility IS NOT NULL"
            " AND id IN (SELECT value FROM json_each(?))",
            (ids_json(conversation_ids),),
        ).fetchall()
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


class _People:
    """Collects the participants of a batch so that each correspondent is touched once."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self._names: dict[str, str] = {}
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._latest: dict[str, tuple[int, str]] = {}
        self._rows: list[tuple[int, str, int, str, str, bool]] = []

    def add(self, message_id: int, envelope: Envelope, at: int, is_own: bool) -> None:
        lists = (
            envelope.from_,
            envelope.sender,
            envelope.reply_to,
            envelope.to,
            envelope.cc,
            envelope.bcc,
        )
        for role, addresses in zip(_ROLES, lists, strict=True):
            for position, person in enumerate(addresses[:_MAX_PEOPLE]):
                key = _storable(person.key)
                if not key:
                    continue
                name = one_line(_storable(person.name), 200)
                self._names.setdefault(key, name)
                self._rows.append((message_id, role, position, key, name, key in self._own))
                counts = self._counts[key]
                if role == "from":
                    counts[0] += 1
                elif is_own and role in ("to", "cc", "bcc"):
                    counts[1] += 1
                counts[2] = max(counts[2], at)
                if name and at >= self._latest.get(key, (0, ""))[0]:
                    self._latest[key] = (at, name)

    def store(self, conn: sqlite3.Connection) -> None:
        ids = correspondents.ensure(conn, self._names)
        correspondents.note_mail(
            conn,
            [
                (ids[key], self._latest.get(key, (0, ""))[1], counts[0], counts[1], counts[2])
                for key, counts in self._counts.items()
            ],
        )
        conn.executemany(
            "INSERT OR IGNORE INTO participants(message_id, role, position, correspondent_id,"
            " name, is_own) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (message_id, role, position, ids[key], name, is_own)
                for message_id, role, position, key, name, is_own in self._rows
            ],
        )


def store_local(
    conn: sqlite3.Connection,
    place: FolderPlace,
    envelope: Envelope,
    *,
    state: str,
    size: int,
    now: int,
    conversation_id: int | None = None,
) -> int:
    """Store a message of our own that has no place on the server yet (draft, outgoing).

    Returns its id; the caller folds and recounts.
    """
    arrival = Arrival(uid=0, flags=int(Flag.SEEN), internal_date=now, size=size, envelope=envelope)
    (message_id,), emptied = _insert(conn, place, [arrival], now)
    conn.execute("UPDATE messages SET state = ?, is_own = 1 WHERE id = ?", (state, message_id))
    if conversation_id is not None:
        own = conn.execute(
            "SELECT conversation_id FROM messages WHERE id = ?", (message_id,)
        ).fetchone()[0]
        if own != conversation_id:
            conversations.merge(conn, own, conversation_id)
            recount(conn, {own})
    recount(conn, emptied | fold(conn, {message_id}))
    return message_id
