"""The values of smart fields for one mail."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, datetime

from tui_mail.actions.composition import parse_people, sender_of
from tui_mail.actions.context import Context
from tui_mail.actions.regarding import regarding
from tui_mail.config.languages import language
from tui_mail.model.addresses import Address
from tui_mail.store import field_values
from tui_mail.store.drafts import Draft


async def values(ctx: Context, draft: Draft, at: int | None = None) -> dict[str, str]:
    """Every known name with its value for a draft: its first To is the person (R7).

    `at` is when it goes, now when not given.
    """
    to = parse_people(draft.content.to)
    return await values_for(ctx, draft, to[0] if to else None, at)


async def values_for(
    ctx: Context, draft: Draft, person: Address | None, at: int | None = None
) -> dict[str, str]:
    """The same for one recipient; a group mail asks once for each person."""
    about = await regarding(ctx, draft)
    said = language(str(ctx.settings.get("writing.language")))
    today = datetime.fromtimestamp(at or ctx.now()).astimezone().strftime(said.date)
    found = await ctx.db.read(
        field_values.of_recipient, person, about.linked, sender_of(ctx, draft), today
    )
    close = found["deal.expected_close_date"]
    if close:
        found["deal.expected_close_date"] = date.fromisoformat(close).strftime(said.date)
    return found


async def names(ctx: Context) -> list[str]:
    """The names of custom fields, for completion."""
    return await ctx.db.read(field_values.custom_names)


def greeted(conn: sqlite3.Connection, people: tuple[Address, ...]) -> tuple[Address, ...]:
    """The recipients with the names of their contacts beside the ones that were typed."""
    from tui_mail.store import people as contacts

    found: list[Address] = []
    for one in people:
        known = contacts.with_address(conn, one.key)
        names = " ".join([one.name, *(f"{p.name} {p.first_name}" for p in known)])
        found.append(replace(one, name=names.strip()))
    return tuple(found)
