"""Why a conversation is linked, ambiguous, not linked, screened, and who sees it (key `w`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError
from tui_mail.filing import linking
from tui_mail.model.linking import FOREVER, decide
from tui_mail.model.records import Ref
from tui_mail.model.safe_text import one_line
from tui_mail.model.visibility import SHARED, MailSight
from tui_mail.store import blocks, links, people, records, scope, sight
from tui_mail.store.links import AUTOMATION, Link


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the answer."""

    topic: str
    """`link`, `history`, `people`, `screened`, `sight`, `came` or `journal`."""
    text: str
    """Safe text."""
    rule: str = ""
    """Number of the rule, such as `R47`."""
    at: int = 0
    """UTC seconds of when it happened; 0 where that means nothing."""


async def why(ctx: Context, conversation_id: int) -> list[Reason]:
    """Every automatic and every own decision about a conversation, with where it came from."""
    known = {
        row: one for slug, row in ctx.account_ids.items() if (one := ctx.settings.account(slug))
    }
    return await ctx.db.read(reasons, conversation_id, known)


def reasons(
    conn: sqlite3.Connection, conversation_id: int, known: Mapping[int, AccountSettings]
) -> list[Reason]:
    """The same on a connection, with the settings of the accounts by row.

    Raises ActionError when there is no such conversation.
    """
    row = conn.execute(
        "SELECT link_state, visibility FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise ActionError(f"There is no conversation {conversation_id}.")
    return [
        *_link(conn, conversation_id, row[0]),
        *_people(conn, conversation_id),
        *_screened(conn, conversation_id),
        *_sight(conn, conversation_id, row[1]),
        *_came(conn, conversation_id, known),
        *_journal(conn, conversation_id),
    ]


def _link(conn: sqlite3.Connection, cid: int, state: str) -> Iterable[Reason]:
    history = links.history(conn, cid)
    title = _titles(conn, [one.item for one in history])
    for one in history:
        if one.removed_at is None:
            yield Reason("link", _linked(one, title(one.item)), one.rule, one.at)
    if state == "ambiguous":
        yield from _ambiguous(conn, cid)
    elif state == "excluded":
        by = history[-1].removed_by if history else "user"
        yield Reason(
            "link",
            f"Not linked: {_who(by)} unlinked it, so automation leaves it alone.",
            "R53",
            (history[-1].removed_at or 0) if history else 0,
        )
    elif state == "none":
        yield from _unlinked(conn, cid)
    for one in history:
        if one.removed_at is not None:
            text = f"Was linked to {title(one.item)} until {_who(one.removed_by)} ended that."
            yield Reason("history", text, one.rule, one.removed_at)


def _linked(one: Link, title: str) -> str:
    also = " also" if one.role == "secondary" else ""
    if one.source == "auto":
        how = f"through {one_line(one.address, 80)}: its only open item"
        return f"Linked{also} to {title} by {_who(one.by)} {how}."
    return f"Linked{also} to {title} by {_who(one.by)}."


def _ambiguous(conn: sqlite3.Connection, cid: int) -> Iterable[Reason]:
    found = links.candidates(conn, cid)
    title = _titles(conn, [ref for ref, _ in found])
    yield Reason("link", f"Not linked: {len(found)} open items fit, you are asked.", "R47")
    for ref, address in found:
        yield Reason("link", f"{title(ref)} through {one_line(address, 80)}", "R47")


def _unlinked(conn: sqlite3.Connection, cid: int) -> Iterable[Reason]:
    began = linking.beginnings(conn, [cid]).get(cid)
    if began is None and _all_screened(conn, cid):
        yield Reason("link", "Not linked: what is screened is linked to nothing.", "R31")
        return
    if began is None:
        yield Reason("link", "Not linked: nothing of it has come or gone yet.")
        return
    automatic = linking.candidates(conn, [cid]).get(cid, [])
    every = linking.candidates(conn, [cid], every_mail=True).get(cid, [])
    decision = decide(began, automatic)
    title = _titles(conn, [one.ref for one in every])
    if decision.late:
        for one in decision.late:
            text = f"Not linked to {title(one.ref)}: it came after the conversation began."
            yield Reason("link", text, "R50", one.since)
    elif every and not automatic:
        yield Reason("link", "Not linked: the account links by hand only.", "R46")
    elif decide(FOREVER, every).candidates:
        yield Reason("link", "Not linked yet: looked at again with the next mail.", "R47")
    elif _only_bulk(conn, cid):
        yield Reason("link", "Not linked: all of it is bulk or automatic mail.", "R47")
    elif people.of_conversation(conn, cid):
        yield Reason("link", "Not linked: nobody in it has an open item.", "R47")
    else:
        yield Reason("link", "Not linked: nobody in it is a contact.", "R45")


def _only_bulk(conn: sqlite3.Connection, cid: int) -> bool:
    row = conn.execute(
        "SELECT min(kind) FROM messages WHERE conversation_id = ? AND deleted_at IS NULL", (cid,)
    ).fetchone()
    return bool(row[0])


def _all_screened(conn: sqlite3.Connection, cid: int) -> bool:
    row = conn.execute(
        "SELECT count(*), count(screened_by) FROM messages"
        " WHERE conversation_id = ? AND deleted_at IS NULL",
        (cid,),
    ).fetchone()
    return bool(row[0]) and row[0] == row[1]


def _people(conn: sqlite3.Connection, cid: int) -> Iterable[Reason]:
    for person in people.of_conversation(conn, cid):
        addresses = conn.execute(
            "SELECT DISTINCT a.address FROM person_addresses a JOIN participants p"
            " ON p.correspondent_id = a.correspondent_id JOIN messages m ON m.id = p.message_id"
            " WHERE a.person_id = ? AND m.conversation_id = ? LIMIT 5",
            (person.id, cid),
        ).fetchall()
        known = ", ".join(one_line(row[0], 80) for row in addresses)
        company = f" ({one_line(person.organization, 40)})" if person.organization else ""
        yield Reason("people", f"With {one_line(person.name, 60)}{company} through {known}", "R45")


def _screened(conn: sqlite3.Connection, cid: int) -> Iterable[Reason]:
    for entry_id, number, at in conn.execute(
        "SELECT screened_by, count(*), max(sort_at) FROM messages WHERE conversation_id = ?"
        " AND screened_by IS NOT NULL AND deleted_at IS NULL GROUP BY screened_by",
        (cid,),
    ).fetchall():
        entry = blocks.entry(conn, entry_id)
        word = "mail is" if number == 1 else "mails are"
        name, since = "an entry that is gone", at
        if entry is not None:
            name = f"{one_line(str(entry.target), 80)}, blocked by {_who(entry.by)}"
            since = entry.created_at
        yield Reason("screened", f"{number} {word} screened by {name}", "R29", since)
    if not conn.execute("SELECT 1 FROM blocked LIMIT 1").fetchone():
        return
    for address, account_id in conn.execute(
        "SELECT DISTINCT c.address, m.account_id FROM messages m JOIN participants p"
        " ON p.message_id = m.id JOIN correspondents c ON c.id = p.correspondent_id"
        " WHERE m.conversation_id = ? AND p.role = 'from' AND m.screened_by IS NULL"
        " AND m.deleted_at IS NULL LIMIT 50",
        (cid,),
    ).fetchall():
        if blocks.blocklist(conn, account_id).entry(address) is not None:
            text = f"{one_line(address, 80)} is blocked, but somebody who is not takes part."
            yield Reason("screened", text, "R29")


def _sight(conn: sqlite3.Connection, cid: int, setting: str | None) -> Iterable[Reason]:
    private, shared = sight.counts(conn, cid)
    source = "as you set it" if setting else "by the account's default when it came"
    if not shared:
        yield Reason("sight", f"Private, {source}: only you see it.", "R39")
        return
    mixed = f" {private} of {private + shared} messages are private." if private else ""
    found = sight.records_of(conn, cid)
    if not found:
        text = f"Shared, {source}, but linked to no record: only you see it.{mixed}"
        yield Reason("sight", text, "R42")
        return
    others = sight.watchers(sight.users(conn), MailSight(sight.SELF, SHARED, found))
    names = ", ".join(one_line(user.name, 40) for user in others) or "nobody else works here yet"
    yield Reason("sight", f"Shared, {source}; visible to: {names}.{mixed}", "R42")


def _came(
    conn: sqlite3.Connection, cid: int, known: Mapping[int, AccountSettings]
) -> Iterable[Reason]:
    """What brought the mails in: the folder or label, and the choice behind it."""
    found = scope.brought_by(conn, cid)
    for account_id, name, labels, mails in found:
        account = known.get(account_id)
        counted = f"{mails} mail{'s' if mails > 1 else ''}"
        where = f"{one_line(name, 60)} of {one_line(account.id, 40) if account else 'an account'}"
        if account is None:
            text = f"{counted} in {where}, which is no longer in the settings."
        elif account.sync_scope == "all":
            text = f"{counted} in {where}: everything is synced."
        elif not labels and name in account.sync_folders:
            text = f"{counted} in {where}: you chose this folder."
        else:
            own = [one_line(label, 40) for label in json.loads(labels or "[]")]
            carried = f" It carries {', '.join(own)}." if own else ""
            text = f"{counted} in {where}: its conversation has a label you chose.{carried}"
        yield Reason("came", text, "R15")
    if not found:
        yield Reason("came", "Written here; no server has brought it.", "R14")


def _journal(conn: sqlite3.Connection, cid: int) -> Iterable[Reason]:
    for at, actor, summary, undone in conn.execute(
        "SELECT at, actor, summary, undone_at FROM journal WHERE EXISTS (SELECT 1"
        " FROM json_each(journal.targets, '$.conversations') t WHERE t.value = ?)"
        " ORDER BY id DESC LIMIT 10",
        (cid,),
    ).fetchall():
        yield Reason("journal", f"{summary} ({actor}{', undone' if undone else ''})", "", at)


def _titles(conn: sqlite3.Connection, refs: list[Ref]) -> Callable[[Ref], str]:
    found = records.titles(conn, refs)
    return lambda ref: f"{ref.kind} {one_line(found.get(ref, '(deleted)'), 60)}"


def _who(by: str) -> str:
    return {"user": "you", AUTOMATION: "automation"}.get(by, one_line(by, 40))
