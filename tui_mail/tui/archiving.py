"""The first archived mail of an account asks where archived mail goes; later ones do not (F2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from tui_mail.actions import archiving
from tui_mail.actions.archiving import ArchiveQuestion
from tui_mail.errors import TuiMailError
from tui_mail.model.safe_text import one_line
from tui_mail.tui import background
from tui_mail.tui.dialogs.picker import Choice, PickerScreen

if TYPE_CHECKING:
    from tui_mail.tui.program import Program


async def ask_where(
    app: Program,
    asked: Sequence[ArchiveQuestion],
    then: Callable[[str], Awaitable[None]],
    said: str = "",
) -> None:
    """Ask for one account after the other, then do what the key was pressed for.

    `then` is told what there is to say. Leaving a question archives nothing; keys go on while a
    server makes a folder.
    """
    if not asked:
        await then(said)
        return
    question, rest = asked[0], asked[1:]

    async def take(choice: tuple[Literal["folder", "create", "local"], str]) -> None:
        kind, folder = choice

        async def keep() -> None:
            try:
                words = await archiving.answer(app.ctx, question, kind, folder)
            except TuiMailError as error:
                app.note_failure(error)
                return
            app.look_soon()
            await ask_where(app, rest, then, words or said)

        if kind == "create":
            app.say(f"{question.shown}: making the folder {one_line(folder, 40)} …")
            background.begin(app, keep, "archive", exclusive=False)
        else:
            await keep()

    title = f"{question.shown}: where does archived mail go?"
    reason = question.reason[:1].upper() + question.reason[1:]
    note = f"{reason}. Asked once; `tui-mail account archive` changes it."
    await app.push_screen(PickerScreen(title, _choices(question), take, note=note))


def _choices(question: ArchiveQuestion) -> list[Choice]:
    shown = one_line(question.folder, 40)
    makes = question.kind == "create"
    first = Choice(
        f"Make a folder {shown}" if makes else f"Use the folder {shown}",
        "on the server; mail is moved there",
        "",
        ("create" if makes else "folder", question.folder),
    )
    here = Choice(
        "Only here",
        "the server keeps it in the inbox",
        "",
        ("local", ""),
    )
    others = [
        Choice(
            f"Use the folder {one_line(name, 40)}",
            "on the server; mail is moved there",
            "",
            ("folder", name),
        )
        for name in question.others
    ]
    return [first, here, *others]
