"""Further fields, labels and relations of a record, changed from its screen."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tui_mail.actions import crm, labelling, sharing
from tui_mail.errors import ActionError
from tui_mail.model.records import Field, Ref
from tui_mail.store import items, labels, records, sight
from tui_mail.store.labels import CustomField
from tui_mail.tui import text
from tui_mail.tui.changing import Did
from tui_mail.tui.dialogs.ask import AskScreen, Then
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.labels import ask_labels
from tui_mail.tui.shell import CommandScreen

_SEEN = {"owner": "and who follows it", "everyone": "all who work with these records"}
_TYPES = {"text": "any words", "number": "a number", "date": "a day", "choice": "one of several"}


def _custom(conn: sqlite3.Connection, ref: Ref, key: str) -> tuple[dict[str, str], Any]:
    """The further fields of a record, and the definition of one, if there is."""
    defined = {one.key: one for one in labels.custom_fields(conn, ref.kind)}
    return json.loads(records.row(conn, ref)["custom"]), defined.get(key)


async def change_custom(over: CommandScreen, ref: Ref, key: str, did: Did) -> None:
    """Ask for the value of a further field; one with choices offers them."""
    ctx = over.mail_app.ctx
    kept, field = await ctx.db.read(_custom, ref, key)

    async def take(typed: str) -> None:
        await set_custom(over, ref, key, _checked(field, typed.strip()), did)

    if field is not None and field.type == "choice":
        choices = [Choice(one, "", "", one) for one in field.choices]
        await over.mail_app.push_screen(PickerScreen(key, choices, take))
        return
    words = {"number": "A number.", "date": "A day such as 2026-11-30."}
    body = text.plain(words.get(field.type if field else "", "An empty text takes it away."))
    await over.mail_app.push_screen(AskScreen(key, body, take, value=kept.get(key, "")))


async def set_custom(over: CommandScreen, ref: Ref, key: str, value: str, did: Did) -> None:
    """Give a further field a value, or take it away with an empty one."""
    ctx = over.mail_app.ctx
    kept, _ = await ctx.db.read(_custom, ref, key)
    changed = {**kept, key: value} if value else {k: v for k, v in kept.items() if k != key}
    await did(await crm.edit(ctx, ref, {"custom": changed}))


def _checked(field: CustomField | None, typed: str) -> str:
    """What was typed, where it is what the field is for. Raises ActionError."""
    from datetime import date

    if field is None or not typed:
        return typed
    try:
        if field.type == "number":
            float(typed.replace(",", "."))
        elif field.type == "date":
            return date.fromisoformat(typed).isoformat()
    except ValueError as error:
        raise ActionError(f"{field.name} is {_TYPES[field.type]}.") from error
    return typed


async def define_field(over: CommandScreen, kind: str, did: Did) -> None:
    """Define a further field for every record of the kind: its name, what it holds, its choices."""
    ctx = over.mail_app.ctx

    async def named(name: str) -> Then:
        if not name.strip():
            raise ActionError("The field needs a name.")

        async def typed(type_: str) -> None:
            if type_ == "choice":
                await over.mail_app.push_screen(
                    AskScreen(name.strip(), text.plain("Its values, cut by commas."), chosen)
                )
            else:
                await did(await labelling.add_custom_field(ctx, kind, name, type_=type_))

        async def chosen(values: str) -> None:
            choices = [one.strip() for one in values.split(",") if one.strip()]
            if not choices:
                raise ActionError("Say one value at least.")
            await did(
                await labelling.add_custom_field(ctx, kind, name, type_="choice", choices=choices)
            )

        choices = [Choice(one, words, "", one) for one, words in _TYPES.items()]
        return lambda: over.app.push_screen(PickerScreen("What does it hold?", choices, typed))

    body = text.plain(f"Its name; every {kind} gets it.")
    await over.mail_app.push_screen(AskScreen("Another field", body, named))


async def change_labels(over: CommandScreen, ref: Ref, did: Did) -> None:
    """Ask for the labels of a record."""

    async def take(wanted: list[str]) -> None:
        await did(await labelling.set_labels(over.mail_app.ctx, ref, wanted))

    await ask_labels(over, ref.kind, ref.id, take)


async def follow(over: CommandScreen, ref: Ref, user_id: int, did: Did) -> None:
    """Let a user follow a record, or no longer, whichever is not so now."""
    ctx = over.mail_app.ctx
    follows = user_id in await ctx.db.read(sight.followers_of, ref)
    await did(await sharing.follow(ctx, ref, user_id, not follows))


async def change_followers(over: CommandScreen, ref: Ref, did: Did) -> None:
    """Choose who follows a record, or no longer; alone there is nobody else to choose."""
    db = over.mail_app.ctx.db
    users, now = await db.read(sight.users), await db.read(sight.followers_of, ref)

    async def take(user_id: int) -> None:
        await follow(over, ref, user_id, did)

    if len(users) == 1:
        await take(users[0].id)
        return
    choices = [Choice(u.name, "follows it" if u.id in now else "", "", u.id) for u in users]
    note = "A follower sees the record and its shared mail."
    await over.mail_app.push_screen(PickerScreen("Followed by", choices, take, note=note))


async def change_sight(over: CommandScreen, ref: Ref, field: Field, did: Did) -> None:
    """Choose the owner of a record, or who else sees it and the mail that is shared (R42)."""
    ctx = over.mail_app.ctx

    async def take(value: int | str) -> None:
        await did(await crm.edit(ctx, ref, {field.key: value}))

    if field.target == "user":
        users = await ctx.db.read(sight.users)
        choices = [Choice(user.name, "", "", user.id) for user in users]
    else:
        choices = [Choice(word, _SEEN[word], "", word) for word in field.choices]
    note = "Private mail stays yours whoever sees the record."
    await over.mail_app.push_screen(PickerScreen(field.title, choices, take, note=note))


def _further(conn: sqlite3.Connection, ref: Ref, field: str) -> list[int]:
    """The people of an item beside the main one, or the deals of a project."""
    if field == "deals":
        return items.deals_of(conn, ref.id)
    main = records.row(conn, ref)["person_id"]
    return [person for person in items.people_of(conn, ref) if person != main]


async def add_member(over: CommandScreen, ref: Ref, field: str, did: Did) -> None:
    """Choose one more person of an item (`people`) or deal of a project (`deals`)."""
    ctx = over.mail_app.ctx

    async def take(member: Ref) -> None:
        now = await ctx.db.read(_further, ref, field)
        await did(await crm.edit(ctx, ref, {field: [*now, member.id]}))

    kind = "person" if field == "people" else "deal"
    await over.mail_app.open_screen("choose", kind=kind, title=f"One more {kind}", take=take)


async def drop_member(over: CommandScreen, ref: Ref, field: str, member: Ref, did: Did) -> None:
    """Take a person out of an item, the main one too, or a deal out of a project."""
    ctx = over.mail_app.ctx
    now = await ctx.db.read(_further, ref, field)
    if field == "people" and member.id not in now:
        await did(await crm.edit(ctx, ref, {"person_id": None, "people": now}))
    else:
        await did(await crm.edit(ctx, ref, {field: [one for one in now if one != member.id]}))
