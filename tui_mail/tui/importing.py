"""The door to importing: which file, and what is in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tui_mail.actions import importing
from tui_mail.errors import ActionError
from tui_mail.model import mapping
from tui_mail.model.records import PLURALS
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import AskScreen, Then
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.paths import complete_path, path_of
from tui_mail.tui.shell import CommandScreen, make_screen


async def import_file(over: CommandScreen, kind: str = "") -> None:
    """Ask for a file, read it, and show what is in it; without a kind, ask for that first."""
    if not kind:
        choices = [Choice(PLURALS[one].title(), "from CSV", "", one) for one in mapping.IMPORTED]
        choices[0] = Choice("Persons", "from CSV or vCard", "", "person")

        async def go_on(chosen: str) -> None:
            await import_file(over, chosen)

        await over.mail_app.push_screen(PickerScreen("Import", choices, go_on))
        return

    async def take(typed: str) -> Then:
        path = path_of(typed)
        try:
            data = await asyncio.to_thread(_read, path)
        except OSError as error:
            raise ActionError(f"It cannot be read: {error.strerror}.") from error
        is_cards = importing.is_vcards(data)
        if is_cards and kind != "person":
            raise ActionError("This is a vCard file: it holds persons. Import it from there.")
        table = None if is_cards else await asyncio.to_thread(importing.read_csv, data)
        shown = make_screen("importing", kind=kind, file=path.name, data=data, table=table)
        return lambda: over.app.push_screen(shown)

    what = "A CSV file" + (", or a vCard file" if kind == "person" else "")
    body = text.plain(f"{what}. Tab completes the path.")
    title = f"Import {PLURALS[kind]} from"
    await over.mail_app.push_screen(AskScreen(title, body, take, complete=complete_path))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(importing.MAX_OCTETS + 1)
