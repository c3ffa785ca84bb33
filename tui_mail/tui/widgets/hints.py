"""The last line: keys of the screen by rank, as many as fit, help always."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.config.keymap import Keymap
from tui_mail.tui import text
from tui_mail.tui.commands import Command, in_context, shown_key


def hints_for(
    context: str,
    keymap: Keymap,
    width: int,
    offers: Callable[[Command], bool] = lambda command: True,
    words: Callable[[Command], str] = lambda command: command.text,
) -> list[tuple[str, str]]:
    """Key and word of the commands that fit, ordered by rank; the last one is always kept.

    What makes no sense on the screen now, by `offers`, is left out; `words` says what a key does
    now.
    """
    ranked = sorted((c for c in in_context(context) if c.rank and offers(c)), key=lambda c: c.rank)
    hints = [(_first_key(c, keymap), words(c)) for c in ranked if keymap.keys.get(c.id)]
    room = width - 1
    kept: list[tuple[str, str]] = []
    last = hints[-1:]
    room -= sum(_cells(hint) for hint in last)
    for hint in hints[:-1]:
        if _cells(hint) > room:
            break
        room -= _cells(hint)
        kept.append(hint)
    return kept + last


def _first_key(command: Command, keymap: Keymap) -> str:
    return shown_key(keymap.keys[command.id][0])


def _cells(hint: tuple[str, str]) -> int:
    return cell_len(hint[0]) + cell_len(hint[1]) + 3


class Hints(Widget):
    """Draws the hints of a context."""

    DEFAULT_CSS = "Hints { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._place = ""
        self._keymap: Keymap | None = None

    def offer(self, context: str, keymap: Keymap) -> None:
        """Show the keys of another context."""
        if (context, keymap) != (self._place, self._keymap):
            self._place, self._keymap = context, keymap
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Keys bold, words muted."""
        width, style = self.size.width, self.rich_style
        if self._keymap is None:
            return text.strip(width, ("", style))
        pieces: list[tuple[str, Style]] = [(" ", style)]
        offers = getattr(self.screen, "offers", lambda command: True)
        words = getattr(self.screen, "hint_text", lambda command: command.text)
        for key, word in hints_for(self._place, self._keymap, width, offers, words):
            pieces += [(key + " ", style + Style(bold=True)), (word + "  ", style)]
        return text.strip(width, *pieces)
