"""Every command once: bindings, palette, footer, help and the user's keymap come from this table.

Its rows are in `commands_of_mail`, `_writing`, `_app` and `_records`. A screen runs a command by
its method `command_<action>`; see `shell.CommandScreen`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tui_mail.config.keymap import Bindable, Keymap, build
from tui_mail.tui import commands_of_app, commands_of_mail, commands_of_records, commands_of_writing
from tui_mail.tui.command import Command
from tui_mail.tui.contexts import (
    ACCOUNT,
    ASK,
    ATTACHMENTS,
    BLOCK,
    BLOCKED,
    BOARD,
    COMPOSE,
    CONFIRM,
    FIND,
    FORM,
    GROUPS,
    IMPORT,
    INBOX,
    LABELS,
    LINK,
    LINKS,
    MEMBERS,
    MESSAGE,
    PARAGRAPH,
    PICKER,
    RECORD,
    RECORDS,
    REVIEW,
    SEARCH,
    SETTINGS,
    SIGNATURES,
    SOURCE,
    TEMPLATES,
    TYPING,
    WHY,
    WIZARD,
)

__all__ = [
    "ACCOUNT",
    "ASK",
    "ATTACHMENTS",
    "BLOCK",
    "BLOCKED",
    "BOARD",
    "BY_ID",
    "COMMANDS",
    "COMPOSE",
    "CONFIRM",
    "FIND",
    "FORM",
    "GROUPS",
    "IMPORT",
    "INBOX",
    "LABELS",
    "LINK",
    "LINKS",
    "MEMBERS",
    "MESSAGE",
    "PARAGRAPH",
    "PICKER",
    "PRESETS",
    "RECORD",
    "RECORDS",
    "REVIEW",
    "SEARCH",
    "SETTINGS",
    "SIGNATURES",
    "SOURCE",
    "TEMPLATES",
    "TYPING",
    "WHY",
    "WIZARD",
    "Command",
    "in_context",
    "keymap",
    "shown_key",
]

COMMANDS: tuple[Command, ...] = (
    *commands_of_mail.ROWS,
    *commands_of_writing.ROWS,
    *commands_of_app.ROWS,
    *commands_of_records.ROWS,
)

PRESETS: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "gmail": {
        "mail.archive": "e",
        "mail.reply_all": "a",
        "mail.mute": "m",
        "mail.compose": "c",
        "mail.delete": "#",
        "mail.unread": "U,I",
        "mail.unsubscribe": "g U",
        "app.leave": "u,q",
    },
    "mutt": {
        "mail.archive": "a",
        "mail.reply_all": "g",
        "mail.unread": "N",
        "mail.star": "F",
        "mail.move": "s",
        "mail.undo": "u,z",
        "mail.compose": "m",
        "mail.delete": "d",
        "list.select": "t,space",
        "list.search": "/,l",
        "list.top": "=,home",
        "list.bottom": "*,end",
        "text.top": "=,home",
        "text.bottom": "*,end",
        "message.find_previous": "P",
        "list.all": "T a",
        "list.none": "T n",
        "list.select_unread": "T u",
        "list.select_read": "T r",
        "list.select_starred": "T s",
        "app.leave": "q,x",
        "mail.reply": "r",
        "mail.link": "L",
        "mail.activity": "ctrl+a",
        "record.compose": "C",
        "records.compose": "C",
        "records.select": "t,space",
        "record.empty": "backspace",
        "mail.links": "ctrl+g",
        **{
            command.id: ",".join(
                key.replace("g ", "c ", 1).replace(",", "comma") for key in command.keys
            )
            for command in COMMANDS
            if command.id.startswith("go.")
        },
    },
}
"""Keys that differ from the table, by preset."""

BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}


def keymap(preset: str, overrides: Mapping[str, str]) -> Keymap:
    """The checked keymap of this table.

    Raises ConfigError that names the command and the key.
    """
    return build(
        [Bindable(command.id, command.keys, command.contexts) for command in COMMANDS],
        PRESETS[preset],
        overrides,
    )


def in_context(context: str) -> list[Command]:
    """The commands that work there, in the order of the table."""
    return [command for command in COMMANDS if context in command.contexts]


_SHOWN = {
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def shown_key(sequence: str) -> str:
    """A key sequence as people read it: `Ctrl-r`, `g i`, `Esc`."""
    return " ".join(
        _SHOWN.get(
            key, f"Ctrl-{key[5:]}" if key.startswith("ctrl+") else key.title() if key[1:] else key
        )
        for key in sequence.split(" ")
    )
