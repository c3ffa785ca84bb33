"""Whom a mail about records goes to: the main contact of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui_mail.actions.composition import typed
from tui_mail.actions.context import Context
from tui_mail.model.addresses import Address
from tui_mail.model.records import Ref
from tui_mail.store import items, people

_MOST = 200


async def main_addresses(ctx: Context, refs: Sequence[Ref]) -> tuple[list[str], list[Ref]]:
    """Addresses as the composer shows them, each once, and the records that have none."""
    return await ctx.db.read(_main_addresses, refs)


def _main_addresses(conn: sqlite3.Connection, refs: Sequence[Ref]) -> tuple[list[str], list[Ref]]:
    found: dict[str, None] = {}
    without: list[Ref] = []
    for ref in refs:
        address = main_address(conn, ref)
        if address is None:
            without.append(ref)
        else:
            found[typed([address])] = None
    return list(found), without


def main_address(conn: sqlite3.Connection, ref: Ref) -> Address | None:
    """The first address of a person, or of the main contact of anything else."""
    if ref.kind == "person":
        ids = [ref.id]
    elif ref.kind == "organization":
        ids = [one.id for one in people.of_organization(conn, ref.id, 1)]
    else:
        item = items.get(conn, ref)
        ids = [item.person_id] if item is not None and item.person_id else []
    found = people.get_many(conn, ids)
    if not found or not found[0].addresses:
        return None
    return Address(found[0].name, found[0].addresses[0][0])


async def matching(ctx: Context, words: str) -> list[Ref]:
    """Contacts whose names or addresses match, as the list of contacts finds them."""
    found = await ctx.db.read(people.search, words, _MOST)
    return [Ref("person", one.id) for one in found if one.addresses]
