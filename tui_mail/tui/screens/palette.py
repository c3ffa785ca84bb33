"""The palette and the help: every command of a screen by name, with its keys."""

from __future__ import annotations

from tui_mail.tui.commands import BY_ID, in_context, shown_key
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.shell import CommandScreen

LEGEND = (
    "In the list: x selected  ● unread  ↩ answered  ★ starred  @ attachment  d draft"
    "  > waiting to be sent  ◆ linked  ? which item is asked  s shared"
    "  ~ shared in part  m muted"
)


def screen(*, over: CommandScreen, is_help: bool = False) -> PickerScreen:
    """The commands of the screen below; taking one runs it there."""
    keys = over.mail_app.keymap_in_use.keys
    choices = [
        Choice(
            command.text,
            command.help,
            "  ".join(shown_key(key) for key in keys.get(command.id, ())),
            command.id,
        )
        for command in in_context(over.CONTEXT)
        if command.id not in ("app.palette", "app.help") and over.offers(command)
    ]

    async def run(command_id: str) -> None:
        await over.run_command(BY_ID[command_id])

    title = "What works here" if is_help else "Command"
    return PickerScreen(title, choices, run, note=LEGEND if is_help else "")
