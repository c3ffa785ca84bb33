"""Making contacts of people in a conversation, and going from it to records."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from tui_mail.actions import crm
from tui_mail.actions.recorded import RecordDone
from tui_mail.model.records import Ref
from tui_mail.store import correspondents, items, people, sight
from tui_mail.store.correspondents import Correspondent
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.record_lines import item_words, person_words
from tui_mail.tui.triage import TriageScreen


def unknown(conn: sqlite3.Connection, conversation_id: int) -> list[Correspondent]:
    """Everybody of a conversation who is no contact yet."""
    return [
        person
        for person, own in correspondents.of_conversation(conn, conversation_id)
        if not own and not people.with_address(conn, person.address)
    ]


async def offer_contacts(over: TriageScreen, conversation_id: int) -> None:
    """Ask whom to make a contact, and whether they are one already under another address."""
    app = over.mail_app
    found = await app.ctx.db.read(unknown, conversation_id)
    if not found:
        over.say("Everybody here is a contact already; O shows them.")
        return
    choices = []
    for person in found[:20]:
        name = person.name or person.address
        choices.append(Choice(name, f"new contact · {person.address}", "", (True, person)))
        choices.append(
            Choice(name, f"add {person.address} to a contact there is", "", (False, person))
        )

    async def take(chosen: tuple[bool, Correspondent]) -> None:
        is_new, person = chosen
        if is_new:
            await _new_contact(over, conversation_id, person)
        else:
            await app.open_screen(
                "choose", kind="person", title=f"Add {person.address} to", take=add_to(person)
            )

    def add_to(person: Correspondent) -> Any:
        async def add(ref: Ref) -> None:
            done = await crm.add_address(app.ctx, ref.id, person.address)
            over.settled(done.conversation_ids, done)
            over.say(f"{done.summary} · z undoes")

        return add

    await app.push_screen(PickerScreen("Contact", choices, take))


async def _new_contact(over: TriageScreen, conversation_id: int, person: Correspondent) -> None:
    from tui_mail.tui.prefill import from_person

    app = over.mail_app
    values = await app.ctx.db.read(from_person, person)

    async def kept(done: RecordDone) -> None:
        over.settled((conversation_id,), None)
        over.say("The contact is added · z undoes")

    await app.open_screen("form", kind="person", values=values, kept=kept)


def _around(conn: sqlite3.Connection, conversation_id: int) -> list[Choice]:
    refs = sight.refs_of(conn, conversation_id)
    choices = [
        Choice(item.title, item_words(item), "", item.ref)
        for item in items.get_many(conn, refs)
    ]  # fmt: skip
    ids = [ref.id for ref in refs if ref.kind == "person"]
    choices += [
        Choice(one.name, person_words(one), "", Ref("person", one.id))
        for one in people.get_many(conn, ids)
    ]
    names = _organizations(conn, [ref for ref in refs if ref.kind == "organization"])
    return choices + names


def _organizations(conn: sqlite3.Connection, refs: Sequence[Ref]) -> list[Choice]:
    from tui_mail.store import organizations

    found = organizations.get_many(conn, [ref.id for ref in refs])
    return [Choice(one.name, "organization", "", Ref("organization", one.id)) for one in found]


async def offer_records(over: TriageScreen, conversation_id: int) -> None:
    """Open what the conversation belongs to; ask when there are several records."""
    app = over.mail_app
    choices = await app.ctx.db.read(_around, conversation_id)
    if not choices:
        over.say("Nobody here is a contact and nothing is linked: + adds a contact, l links.")
        return

    async def go(ref: Ref) -> None:
        await app.open_screen("record", ref=ref)

    if len(choices) == 1:
        await go(choices[0].value)
    else:
        await app.push_screen(PickerScreen("Record", choices, go))
