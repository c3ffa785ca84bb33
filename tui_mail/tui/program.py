"""What screens may ask of the app they run in; the app itself stands above them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from tui_mail.tui.abstract import AbstractMeta
from tui_mail.tui.driver import PacedApp

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.reading import Reader
    from tui_mail.config.keymap import Keymap
    from tui_mail.store.accounts import Account
    from tui_mail.tui.acting import ActionQueue, Deed


class Program(PacedApp, metaclass=AbstractMeta):
    """The open profile in one terminal, as every screen sees it."""

    ctx: Context
    keymap_in_use: Keymap
    pacing: bool
    settings_trouble: str
    settings_doubts: list[str]
    """The mistake in the settings file, with its line; empty while there is none."""
    acts: ActionQueue
    """Runs what the user did, in the order of the keys."""
    last_deed: Deed | None
    """What the repeat key does."""

    @property
    @abstractmethod
    def reader(self) -> Reader:
        """Opens mails; its worker starts with the first one."""

    @abstractmethod
    def say(self, message: str, *, trouble: bool = False) -> None:
        """Show one line on the nearest screen that can."""

    @abstractmethod
    def say_sending(self, message: str, journal_id: int | None) -> None:
        """Show that a mail waits to go, for as long as it does."""

    @abstractmethod
    def note_failure(self, error: Exception) -> None:
        """Say what failed; the trace goes to the log, without mail text."""

    @abstractmethod
    def look_soon(self) -> None:
        """Let every screen read the facts again in a moment."""

    @abstractmethod
    def lanes_soon(self, seconds: float = 0.0) -> None:
        """Bring the views over mail and records up to date."""

    @abstractmethod
    async def open_screen(self, name: str, **args: Any) -> None:
        """Show a screen of `tui.screens` by its module's name, imported now."""

    @abstractmethod
    async def read_accounts(self) -> list[Account]:
        """Accounts in the user's order."""

    @abstractmethod
    async def asks_where_archive(self) -> bool:
        """Whether some account has to be asked before its first mail is archived."""

    @abstractmethod
    async def command_quit(self) -> None:
        """Leave; mail that still waits makes it ask once."""
