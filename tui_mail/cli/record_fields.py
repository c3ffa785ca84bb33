"""The fields of records as options, and the values that were typed as the actions take them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tui_mail.errors import ActionError
from tui_mail.model.addresses import address_key
from tui_mail.model.records import FIELDS, Field, Ref, parse_ref
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.model.visibility import User

_NAMES = {
    "addresses": ("address", "ADDRESS"),
    "phones": ("phone", "NUMBER"),
    "domains": ("domain", "DOMAIN"),
    "address": ("postal-address", "TEXT"),
    "organization_id": ("org", "ID|NAME"),
    "person_id": ("person", "ID|ADDRESS"),
    "people": ("also", "ID|ADDRESS"),
    "deals": ("deal", "ID"),
    "stage_id": ("stage", "ID|NAME"),
    "phase_id": ("phase", "ID|NAME"),
    "owner_id": ("owner", "ID|NAME"),
    "custom": ("field", "KEY=VALUE"),
}
_LISTS = ("addresses", "phones", "domains", "records", "custom")


def option_of(field: Field) -> str:
    """The option of a field, without its dashes."""
    return _NAMES.get(field.key, (field.key.replace("_", "-"), ""))[0]


def add_options(parser: argparse.ArgumentParser, kind: str, *, new: bool) -> None:
    """An option for every field; the required one is an argument of `add`."""
    for field in FIELDS[kind]:
        if new and field.required:
            parser.add_argument(field.key, help=field.title.lower())
            continue
        many = field.kind in _LISTS
        more = "; may be said several times" if many else ""
        if many and not new and field.kind != "custom":
            more += ", and replaces all of them"
        parser.add_argument(
            f"--{option_of(field)}",
            dest=field.key,
            action="append" if many else "store",
            choices=field.choices or None,
            metavar=_NAMES.get(field.key, ("", None))[1] if not field.choices else None,
            help=field.title.lower() + more,
        )
    if kind == "person" and not new:
        parser.add_argument(
            "--add-address", action="append", metavar="ADDRESS", help="one more address"
        )


async def typed(ctx: Context, kind: str, args: argparse.Namespace) -> dict[str, Any]:
    """The values of the fields that were named. Raises ActionError that says what is wrong."""
    values: dict[str, Any] = {}
    for field in FIELDS[kind]:
        given = getattr(args, field.key, None)
        if given is None:
            continue
        if field.kind == "record":
            values[field.key] = await _record(ctx, field, given) if given else None
        elif field.kind == "records":
            values[field.key] = [await _record(ctx, field, one) for one in given if one]
        elif field.kind == "custom":
            values[field.key] = dict(map(_pair, given))
        else:
            values[field.key] = given
    return values


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ActionError(f"`{text[:40]}` is not KEY=VALUE.")
    return key, value


async def _record(ctx: Context, field: Field, text: str) -> int:
    """The id of the record, stage or phase that was named."""
    from tui_mail.store import organizations, people

    if field.target == "user":
        return (await user_of(ctx, text)).id
    ref = parse_ref(text) or (Ref(field.target, int(text)) if _is_number(text) else None)
    if ref is not None:
        if ref.kind != field.target:
            raise ActionError(f"{field.title}: `{text[:40]}` is no {field.target}.")
        return ref.id
    found: list[int] = []
    if field.target in ("stage", "phase"):
        return await stage_of(ctx, field.target, text)
    if field.target == "organization":
        named = await ctx.db.read(organizations.by_name, text.strip())
        found = [named] if named is not None else []
    elif field.target == "person" and "@" in text:
        found = [one.id for one in await ctx.db.read(people.with_address, address_key(text))]
    if len(found) > 1:
        ids = ", ".join(map(str, found))
        raise ActionError(f"{field.title}: several have `{text[:60]}`.", hint=f"Say one of: {ids}.")
    if not found:
        raise ActionError(f"{field.title}: there is no {field.target} `{text[:60]}`.")
    return found[0]


async def stage_of(ctx: Context, target: str, text: str) -> int:
    """The stage of a deal or the phase of a project, by id or by name in any case."""
    from tui_mail.store import deals

    known = await ctx.db.read(deals.stages if target == "stage" else deals.phases)
    wanted = text.strip().casefold()
    for stage in known:
        if wanted in (str(stage.id), stage.name.casefold()):
            return stage.id
    names = ", ".join(stage.name for stage in known)
    raise ActionError(f"There is no {target} `{text[:60]}`.", hint=f"Say one of: {names}.")


async def user_of(ctx: Context, text: str) -> User:
    """The user of that id or name. Raises ActionError that names everybody there is."""
    from tui_mail.store import sight

    users = await ctx.db.read(sight.users)
    found = [one for one in users if text.strip() in (one.name, str(one.id))]
    if len(found) != 1:
        names = ", ".join(f"{one_line(one.name, 40)} ({one.id})" for one in users)
        raise ActionError("No one user is called that.", hint=f"There are: {names}")
    return found[0]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
