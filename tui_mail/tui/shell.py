"""What every screen shares: keys from the command table, the which-key panel, the footer.

A screen names its context and has a method `command_<action>` for each command of that context.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, cast

from textual import events
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui_mail.errors import TuiMailError
from tui_mail.tui import text
from tui_mail.tui.abstract import AbstractMeta
from tui_mail.tui.commands import BY_ID, TYPING, Command, shown_key
from tui_mail.tui.program import Program


def stylesheet(name: str) -> Path:
    """The path of a .tcss file, in an installed wheel or in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "styles", package.parent / "styles"):
        if (path := folder / name).exists():
            return path
    raise FileNotFoundError(name)


def key_name(event: events.Key) -> str:
    """A key press as the keymap writes it."""
    if event.character and len(event.character) == 1 and event.is_printable:
        return "space" if event.character == " " else event.character
    return event.key


class WhichKey(Static):
    """What may follow a prefix key; waits for as long as it takes."""

    DEFAULT_CSS = """
    WhichKey { height: auto; display: none; border-top: solid $primary; }
    WhichKey.-open { display: block; }
    """

    def offer(self, choices: dict[str, Command]) -> None:
        """Show the keys that may follow."""
        width = max(12, *(len(c.text) + len(shown_key(k)) + 2 for k, c in choices.items())) + 2
        columns = max(1, self.app.size.width // width)
        pieces: list[text.Part] = []
        for number, (key, command) in enumerate(choices.items()):
            if number and number % columns == 0:
                pieces.append("\n")
            pieces.append((shown_key(key), "bold"))
            pieces.append(" " + text.fit(command.text, width - 2 - len(shown_key(key))) + " ")
        self.update(text.parts(*pieces))
        self.set_class(True, "-open")

    def close(self) -> None:
        """Take the panel away."""
        self.set_class(False, "-open")


class CommandScreen(Screen[Any], metaclass=AbstractMeta):
    """A screen whose keys come from the command table."""

    CONTEXT: ClassVar[str] = "inbox"

    def __init__(self) -> None:
        super().__init__()
        self._prefix = ""

    @property
    def mail_app(self) -> Program:
        """The app, typed."""
        return cast(Program, self.app)

    @property
    def context(self) -> str:
        """Which commands the keys mean now."""
        return self.CONTEXT

    def offers(self, command: Command) -> bool:
        """Whether the command makes sense on this screen now; for help, palette and which-key."""
        return True

    async def take_key(self, event: events.Key) -> bool:
        """Run what the key means here; False when it belongs to the focused widget."""
        key, context = key_name(event), self.context
        typing = context in TYPING or self.text_widget() is not None
        if typing and not self._prefix and (len(key) == 1 or key == "space"):
            return False
        keymap = self.mail_app.keymap_in_use
        if self._prefix and key in ("escape", "ctrl+c"):
            self._end_prefix()
            return True
        sequence = f"{self._prefix} {key}".strip()
        command_id = keymap.command(context, sequence)
        following = keymap.following(context, sequence)
        if following and command_id is None:
            self._prefix = sequence
            panel = self.query(WhichKey)
            if panel:
                choices = {k: BY_ID[c] for k, c in following.items()}
                panel.first().offer({k: c for k, c in choices.items() if self.offers(c)})
            return True
        had_prefix = bool(self._prefix)
        self._end_prefix()
        if command_id is None:
            if had_prefix:
                self.say(f"{shown_key(sequence)} is no command. ? shows what there is.")
            return had_prefix
        await self.run_command(BY_ID[command_id])
        return True

    def _end_prefix(self) -> None:
        if self._prefix:
            self._prefix = ""
            for panel in self.query(WhichKey):
                panel.close()

    async def run_command(self, command: Command) -> None:
        """Run a command of this screen; what goes wrong is said, never raised."""
        method = getattr(self, f"command_{command.action}", None) or getattr(
            self.app, f"command_{command.action}", None
        )
        if method is None:
            self.say(f"{command.text} does not work here.")
            return
        try:
            await (method() if command.argument is None else method(command.argument))
        except TuiMailError as error:
            self.say(str(error), trouble=True)
        except Exception as error:
            self.mail_app.note_failure(error)

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say one line to the user; screens with a status line show it there."""
        self.mail_app.say(message, trouble=trouble)

    async def command_back(self) -> None:
        """Go back one level."""
        await self.app.pop_screen()

    async def command_leave(self) -> None:
        """Go back one level; the first screen quits."""
        await self.command_back()

    def text_widget(self) -> Widget | None:
        """The focused widget that takes typed text, if any."""
        focused = self.focused
        return focused if hasattr(focused, "cursor_blink") else None


def make_screen(name: str, **args: Any) -> CommandScreen:
    """Build a screen by its module's name in `tui.screens`; imported when first asked for.

    The module has a function `screen(**args)`.
    """
    module = import_module(f"tui_mail.tui.screens.{name}")
    return cast(CommandScreen, module.screen(**args))
