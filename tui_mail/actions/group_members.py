"""Whom a group mail goes to (B44), and the draft as it goes to each of them.

A draft with `group` set is never sent as one mail: everything that looks at it or sends it goes
through `single`, which is the same draft to one person.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui_mail.actions.composition import parse_people, typed
from tui_mail.actions.context import Context
from tui_mail.actions.smart_values import values
from tui_mail.errors import MailError
from tui_mail.model.addresses import Address
from tui_mail.model.smart_fields import gaps
from tui_mail.store import mailings, people
from tui_mail.store.drafts import Draft

MOST = 100
"""People of one group mail (B44)."""


@dataclass(frozen=True, slots=True)
class Members:
    """Whom a group mail goes to."""

    people: tuple[Address, ...]
    """Each person once."""
    doubles: tuple[Address, ...] = ()
    """Left out: the same address, or another address of a contact that is there already."""
    done: tuple[Address, ...] = ()
    """Left out: they have this mail already, or it is on its way to them."""


def single(draft: Draft, person: Address) -> Draft:
    """The draft as it goes to one person, as a new mail."""
    content = replace(
        draft.content,
        to=typed([person]),
        cc="",
        bcc="",
        group=False,
        in_reply_to="",
        references=(),
    )
    return replace(draft, content=content, kind="new", source_id=None, conversation_id=None)


def first(draft: Draft) -> Draft:
    """The draft to the first person; without one, to nobody."""
    found = parse_people(draft.content.to)
    return (
        single(draft, found[0])
        if found
        else replace(draft, content=replace(draft.content, group=False))
    )


async def members(ctx: Context, draft: Draft) -> Members:
    """Everybody in To once."""
    return await ctx.db.read(_members, draft.uuid, parse_people(draft.content.to))


def _members(conn: sqlite3.Connection, uuid: str, addressed: Sequence[Address]) -> Members:
    seen: set[str] = set()
    contacts: set[int] = set()
    kept: list[Address] = []
    doubles: list[Address] = []
    for person in addressed:
        known = {one.id for one in people.with_address(conn, person.key)}
        if person.key in seen or known & contacts:
            doubles.append(person)
            continue
        seen.add(person.key)
        contacts |= known
        kept.append(person)
    taken = mailings.taken(conn, [key_of(uuid, person) for person in kept])
    done = tuple(person for person in kept if key_of(uuid, person) in taken)
    return Members(tuple(p for p in kept if p not in done), tuple(doubles), done)


def key_of(uuid: str, person: Address) -> str:
    """Unique for the mail of a draft to one person (SEC-42)."""
    return f"group:{uuid}:{person.key}"


async def gaps_of_each(ctx: Context, draft: Draft) -> list[tuple[Address, list[str]]]:
    """Everybody a mail goes to, with the fields that have no value for them, and bad addresses."""
    from tui_mail.mime.outgoing import recipient_address

    content = draft.content
    found: list[tuple[Address, list[str]]] = []
    for person in (await members(ctx, draft)).people:
        known = await values(ctx, single(draft, person))
        missing = (
            *gaps(content.subject, known, "subject", by_line=False),
            *gaps(content.body, known, "text", by_line=True),
        )
        problems = [gap.problem for gap in missing]
        try:
            recipient_address(person)
        except MailError as error:
            problems.insert(0, error.message)
        found.append((person, problems))
    return found
