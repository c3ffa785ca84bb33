"""One command; the rows are in `commands_of_*`, the table is `commands.COMMANDS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Command:
    """Something the user can do with a key."""

    id: str
    """`area.verb`; what [keys] in the settings file calls it."""
    text: str
    """A word or two for the footer and the palette."""
    help: str
    """One sentence for help."""
    keys: tuple[str, ...]
    """Default keys as `config.keymap` writes them."""
    contexts: frozenset[str]
    action: str
    """Name after `command_` of the screen's method."""
    rank: int = 0
    """Place in the footer, 1 first; 0 never there."""
    argument: Any = None
    """Passed to the method when not None."""
