"""Labels of records and conversations, and further fields of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

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
