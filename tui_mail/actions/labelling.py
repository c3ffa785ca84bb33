"""Labels of records and conversations, and further fields of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before
from tui_mail.actions.recorded import Outcome, RecordDone, act, act_in_parts
from tui_mail.errors import ActionError
from tui_mail.model.records import KINDS, Ref, clean
from tui_mail.model.safe_text import one_line
from tui_mail.store import labels, records

TYPES = ("text", "number", "date", "choice")


async def set_labels(
    ctx: Context, ref: Ref, wanted: Sequence[str], *, dry_run: bool = False
) -> RecordDone:
    """Give a record exactly these labels; new names become labels."""
    given = _names(wanted)

    def body(conn: sqlite3.Connection) -> Outcome:
        records.need(conn, ref)
        labels.set_labels(conn, ref.kind, ref.id, given)
        return Outcome(f"Labels: {_shown(given)}", records=[ref])

    return await act(ctx, "labels", body, dry_run=dry_run)


async def label_conversations(
    ctx: Context,
    conversation_ids: Collection[int],
    wanted: Sequence[str],
    *,
    dry_run: bool = False,
) -> RecordDone:
    """Give conversations exactly these labels; they are ours, not the server's."""
    given = _names(wanted)

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        for conversation_id in ids:
            labels.set_labels(conn, "mail", conversation_id, given)
        return Outcome(f"Labels: {_shown(given)}", set(ids))

    return await act_in_parts(ctx, "labels", conversation_ids, body, dry_run=dry_run)


async def rename_label(
    ctx: Context, scope: str, name: str, new: str, *, dry_run: bool = False
) -> RecordDone:
    """Give a label another name; what has it keeps it."""
    given = clean(new)
    if not given:
        raise ActionError("A label needs a name.")

    def body(conn: sqlite3.Connection) -> Outcome:
        label = labels.named(conn, scope, name)
        if given != name and any(one.name == given for one in labels.labels(conn, scope)):
            raise ActionError("There is a label of that name already.")
        labels.change(conn, replace(label, name=given))
        return Outcome(f"{one_line(name, 40)} is now called {one_line(given, 40)}")

    return await act(ctx, "rename_label", body, dry_run=dry_run)


async def color_label(
    ctx: Context, scope: str, name: str, color: str, *, dry_run: bool = False
) -> RecordDone:
    """Give a label one of the colours of `store.labels.COLORS`, or none with an empty one."""
    if color not in ("", *labels.COLORS):
        raise ActionError(f"A colour is one of {', '.join(labels.COLORS)}.")

    def body(conn: sqlite3.Connection) -> Outcome:
        labels.change(conn, replace(labels.named(conn, scope, name), color=color))
        return Outcome(f"{one_line(name, 40)} is now {color or 'without a colour'}")

    return await act(ctx, "color_label", body, dry_run=dry_run)


async def delete_label(ctx: Context, scope: str, name: str, *, dry_run: bool = False) -> RecordDone:
    """Take a label away, also from everything that has it."""
    label = await ctx.db.read(labels.named, scope, name)
    having = await ctx.db.read(labels.has, label.id)

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        labels.drop(conn, label, ids)
        number = past.seen + len(ids)
        words = f"; {number} had it" if number else ""
        return Outcome(
            f"Deleted the label {one_line(name, 40)}{words}", set(ids) if scope == "mail" else set()
        )

    return await act_in_parts(ctx, "delete_label", having, body, dry_run=dry_run)


async def add_custom_field(
    ctx: Context,
    kind: str,
    name: str,
    *,
    type_: str = "text",
    choices: Sequence[str] = (),
    dry_run: bool = False,
) -> RecordDone:
    """Define a further field for a kind of record; its key in `custom` is the name."""
    key = clean(name)
    if kind not in KINDS or type_ not in TYPES or not key:
        raise ActionError(f"A field needs a name, a kind ({', '.join(KINDS)}) and a type.")

    def body(conn: sqlite3.Connection) -> Outcome:
        if any(field.key == key for field in labels.custom_fields(conn, kind)):
            raise ActionError("There is a field of that name.")
        labels.add_custom_field(conn, kind, key, key, type_, [clean(one) for one in choices])
        return Outcome(f"Added the field {one_line(key, 60)}")

    return await act(ctx, "add_field", body, dry_run=dry_run)


def _names(wanted: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(clean(one) for one in wanted) if name]


def _shown(names: Sequence[str]) -> str:
    return one_line(", ".join(names), 80) or "none"
