"""Stage, status and activities of an item, the same from its screen and beside its mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tui_mail.actions import crm
from tui_mail.actions.recorded import RecordDone
from tui_mail.model.records import ITEM_KINDS, Ref
from tui_mail.store import activities, deals
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import AskScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.shell import CommandScreen

Did = Callable[[RecordDone], Awaitable[None]]
"""Told what was done, to show it."""


async def choose_stage(over: CommandScreen, ref: Ref, did: Did) -> None:
    """Choose a stage of a deal or a phase of a project."""
    if ref.kind not in ("deal", "project"):
        over.say("Only deals have stages, and projects phases.")
        return
    ctx = over.mail_app.ctx
    found = await ctx.db.read(deals.stages if ref.kind == "deal" else deals.phases)
    choices = [Choice(one.name, one.group, "", one.id) for one in found]

    async def take(stage_id: int) -> None:
        await did(await crm.set_stage(ctx, ref, stage_id))

    title = "Stage" if ref.kind == "deal" else "Phase"
    await over.mail_app.push_screen(PickerScreen(title, choices, take))


async def plan_activity(over: CommandScreen, ref: Ref, did: Did) -> None:
    """Ask what is to be done with a record, and when."""

    async def take(typed: str) -> None:
        subject, due = _subject_and_day(typed)
        values: dict[str, Any] = {"subject": subject, "type": "task", "due_date": due}
        if ref.kind in ITEM_KINDS:
            values |= {"kind": ref.kind, "item_id": ref.id}
        else:
            values[f"{ref.kind}_id"] = ref.id
        await did(await crm.create_activity(over.mail_app.ctx, values))

    words = text.plain("What, and the day if there is one: Call Anna 2026-11-30")
    await over.mail_app.push_screen(AskScreen("Activity", words, take))


async def finish_next(over: CommandScreen, ref: Ref, did: Did) -> None:
    """Mark the next activity of an item done."""
    ctx = over.mail_app.ctx
    found = (await ctx.db.read(activities.next_of, [ref])).get(ref)
    if found is None:
        over.say("Nothing is planned for it.")
    else:
        await did(await crm.edit_activity(ctx, found.id, {"done": True}))


def _subject_and_day(typed: str) -> tuple[str, str]:
    head, _, last = typed.strip().rpartition(" ")
    is_day = len(last) == 10 and last[4] == last[7] == "-"
    return (head, last) if is_day else (typed.strip(), "")
