"""Screening stored mail: when an entry comes, when it goes, and before it comes (R28 to R33)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tui_mail.model.blocking import Blocklist, Target, screened_by
from tui_mail.model.messages import Envelope
from tui_mail.store import blocks
from tui_mail.store.ids import ids_json


@dataclass(frozen=True, slots=True)
class Reach:
    """What an entry would hide."""

    messages: Mapping[int, tuple[int, ...]]
    """The mail by its conversation."""
    conversations: tuple[int, ...]
    """Conversations that hold such mail and are linked to nothing, newest first."""
    linked: tuple[int, ...]
    """Conversations linked to an item: hidden only on the user's word (R32)."""


def screened_on_arrival(
    envelope: Envelope, own: Collection[str], blocklist: Blocklist
) -> int | None:
    """The entry that keeps a new mail out, or None."""
    if not blocklist:
        return None
    everyone = (*envelope.from_, *envelope.to, *envelope.cc, *envelope.bcc)
    external = {person.key for person in everyone if person.key and person.key not in own}
    return screened_by([person.key for person in envelope.from_], external, blocklist)


@dataclass(slots=True)
class _Mail:
    account_id: int
    conversation_id: int
    at: int
    senders: list[str] = field(default_factory=list)
    external: set[str] = field(default_factory=set)


def reach(conn: sqlite3.Connection, target: Target, account_id: int | None) -> Reach:
    """The mail an entry would screen that nothing screens yet, together with those in force."""
    mails = _mails(conn, _mail_with(conn, blocks.correspondents_under(conn, target), account_id))
    lists: dict[int, Blocklist] = {}
    hidden: dict[int, _Mail] = {}
    for message_id, mail in mails.items():
        kept = lists.get(mail.account_id)
        if kept is None:
            kept = _with(blocks.blocklist(conn, mail.account_id), target)
            lists[mail.account_id] = kept
        if screened_by(mail.senders, mail.external, kept) is not None:
            hidden[message_id] = mail
    order = sorted(hidden.values(), key=lambda mail: -mail.at)
    ids = list(dict.fromkeys(mail.conversation_id for mail in order))
    linked = _linked(conn, ids)
    return Reach(
        _by_conversation(hidden),
        tuple(cid for cid in ids if cid not in linked),
        tuple(cid for cid in ids if cid in linked),
    )


def _with(blocklist: Blocklist, target: Target) -> Blocklist:
    more = {target.value: -1}
    if target.kind == "address":
        return Blocklist({**blocklist.addresses, **more}, blocklist.domains)
    return Blocklist(blocklist.addresses, {**blocklist.domains, **more})


def screen(conn: sqlite3.Connection, message_ids: Iterable[int]) -> set[int]:
    """Hide stored mail that the entries in force cover; returns the conversations changed."""
    mails = _mails(conn, message_ids)
    _mark(conn, mails)
    return {mail.conversation_id for mail in mails.values()}


def held_by(conn: sqlite3.Connection, entry_id: int) -> dict[int, tuple[int, ...]]:
    """The mail an entry keeps out, by its conversation."""
    rows = conn.execute("SELECT id FROM messages WHERE screened_by = ?", (entry_id,)).fetchall()
    return _by_conversation(_mails(conn, [row[0] for row in rows], screened=True))


def release(conn: sqlite3.Connection, entry_id: int, message_ids: Iterable[int]) -> set[int]:
    """Bring mail back before its entry is removed; what another entry covers stays hidden."""
    mails = _mails(conn, message_ids, screened=True)
    _mark(conn, mails, without=(entry_id,))
    return {mail.conversation_id for mail in mails.values()}


def _by_conversation(mails: Mapping[int, _Mail]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for message_id, mail in mails.items():
        found[mail.conversation_id] = (*found.get(mail.conversation_id, ()), message_id)
    return found


def _mark(
    conn: sqlite3.Connection, mails: Mapping[int, _Mail], without: Collection[int] = ()
) -> None:
    lists: dict[int, Blocklist] = {}
    marks: list[tuple[int | None, int]] = []
    hits: list[tuple[int, int]] = []
    for message_id, mail in mails.items():
        if mail.account_id not in lists:
            lists[mail.account_id] = blocks.blocklist(conn, mail.account_id, without=without)
        entry = screened_by(mail.senders, mail.external, lists[mail.account_id])
        marks.append((entry, message_id))
        if entry is not None:
            hits.append((entry, mail.at))
    conn.executemany("UPDATE messages SET screened_by = ? WHERE id = ?", marks)
    blocks.hit(conn, hits)


def _mail_with(
    conn: sqlite3.Connection, correspondents: Iterable[int], account_id: int | None
) -> list[int]:
    """Mail in which they take part: a sender blocked before may have waited for a recipient."""
    rows = conn.execute(
        "SELECT DISTINCT p.message_id FROM participants p JOIN messages m ON m.id = p.message_id"
        " WHERE p.correspondent_id IN (SELECT value FROM json_each(?))"
        " AND p.role IN ('from', 'to', 'cc', 'bcc')"
        " AND m.is_own = 0 AND (?2 IS NULL OR m.account_id = ?2)",
        (ids_json(correspondents), account_id),
    )
    return [row[0] for row in rows]


def _mails(
    conn: sqlite3.Connection, message_ids: Iterable[int], *, screened: bool = False
) -> dict[int, _Mail]:
    """Senders and everyone else of messages that are not the user's and are not screened yet."""
    own = blocks.own_addresses(conn)
    found: dict[int, _Mail] = {}
    for message_id, account_id, conversation_id, at, role, address in conn.execute(
        "SELECT m.id, m.account_id, m.conversation_id, m.sort_at, p.role, c.address"
        " FROM messages m JOIN participants p ON p.message_id = m.id"
        " JOIN correspondents c ON c.id = p.correspondent_id"
        " WHERE m.id IN (SELECT value FROM json_each(?)) AND m.is_own = 0"
        " AND p.role IN ('from', 'to', 'cc', 'bcc') AND m.deleted_at IS NULL"
        " AND (?2 OR m.screened_by IS NULL)",
        (ids_json(message_ids), screened),
    ):
        mail = found.setdefault(message_id, _Mail(account_id, conversation_id, at))
        if role == "from":
            mail.senders.append(address)
        if address not in own:
            mail.external.add(address)
    return found


def _linked(conn: sqlite3.Connection, conversation_ids: Iterable[int]) -> set[int]:
    rows = conn.execute(
        "SELECT id FROM conversations WHERE link_state = 'linked'"
        " AND id IN (SELECT value FROM json_each(?))",
        (ids_json(conversation_ids),),
    )
    return {row[0] for row in rows}
