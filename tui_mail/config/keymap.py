"""Which keys run which command: presets, the user's [keys], and every check (DESIGN §4.8).

Keys are written as people write them: `a`, `#`, `enter`, `ctrl+r`, and sequences with a space,
`g i`. Several keys of one command are separated by commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.errors import ConfigError

_WORDS = (
    "enter escape space tab up down left right home end pageup pagedown backspace delete insert"
)
NAMED_KEYS = frozenset(_WORDS.split()) | {f"f{n}" for n in range(1, 13)}
HARD_WIRED = {"up", "down", "enter", "escape", "?", ":"}
"""Always mean the same, so that a broken file leaves a usable app."""
_ALIASES = {"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+["}
"""A terminal cannot tell these from Backspace, Tab, Enter and Escape."""
_CTRL = re.compile(r"ctrl\+[a-z\\\]^_@\[]")


@dataclass(frozen=True, slots=True)
class Bindable:
    """What the keymap needs to know of a command."""

    id: str
    keys: tuple[str, ...]
    contexts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Keymap:
    """The checked result."""

    keys: Mapping[str, tuple[str, ...]]
    """Command id to its keys, hard-wired ones included."""
    table: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Context to key sequence to command id."""

    def command(self, context: str, sequence: str) -> str | None:
        """The command of a complete sequence."""
        return self.table.get(context, {}).get(sequence)

    def following(self, context: str, prefix: str) -> dict[str, str]:
        """What may be pressed after a prefix: key to command id; empty when it is no prefix."""
        start = prefix + " "
        return {
            sequence[len(start) :]: command
            for sequence, command in self.table.get(context, {}).items()
            if sequence.startswith(start)
        }


def split_keys(text: str) -> tuple[str, ...]:
    """Keys as typed in the file: `a, e`; the comma itself is written `comma`."""
    return tuple(
        " ".join("," if key == "comma" else key for key in part.split())
        for part in text.split(",")
        if part.strip()
    )


def build(
    commands: Sequence[Bindable],
    preset: Mapping[str, str],
    overrides: Mapping[str, str],
    *,
    where: str = "[keys]",
) -> Keymap:
    """Merge defaults, preset and the user's keys.

    Raises ConfigError for an unknown command, an impossible key, a hard-wired key, or a clash in
    one context; the text names both sides.
    """
    known = {command.id: command for command in commands}
    chosen = {command.id: command.keys for command in commands}
    for command_id, text in preset.items():
        if command_id in known:
            chosen[command_id] = split_keys(text)
    for command_id, text in overrides.items():
        if command_id not in known:
            raise ConfigError(f"{where}: `{command_id}` is no command.{_close(command_id, known)}")
        chosen[command_id] = split_keys(text)
        for sequence in chosen[command_id]:
            _check(sequence, command_id, known[command_id], where)
    table: dict[str, dict[str, str]] = {}
    begun: dict[str, set[str]] = {}
    for command in commands:
        hard = tuple(key for key in command.keys if key in HARD_WIRED)
        chosen[command.id] = tuple(dict.fromkeys((*chosen[command.id], *hard)))
        for context in command.contexts:
            _enter(
                table.setdefault(context, {}),
                begun.setdefault(context, set()),
                context,
                command.id,
                chosen[command.id],
                where,
            )
    return Keymap(chosen, table)


def _check(sequence: str, command_id: str, command: Bindable, where: str) -> None:
    for key in sequence.split(" "):
        if key in _ALIASES:
            raise ConfigError(
                f"{where}: `{command_id}`: a terminal cannot send `{key}` as a key of its own."
            )
        if not (len(key) == 1 and key.isprintable()) and not (
            key in NAMED_KEYS or _CTRL.fullmatch(key)
        ):
            raise ConfigError(
                f"{where}: `{command_id}`: `{key}` is no key.",
                hint="Write a, #, enter, pagedown, f5, ctrl+r, or a sequence such as `g i`.",
            )
    if sequence in HARD_WIRED and sequence not in command.keys:
        raise ConfigError(f"{where}: `{command_id}`: `{sequence}` always keeps its own meaning.")


def _enter(
    table: dict[str, str],
    begun: set[str],
    context: str,
    command_id: str,
    keys: Iterable[str],
    where: str,
) -> None:
    """Add a command's keys to a context; `begun` holds what the sequences there begin with."""
    for sequence in keys:
        other = table.get(sequence)
        if other is None and (sequence in begun or any(map(table.get, _beginnings(sequence)))):
            other = next(
                table[taken]
                for taken in table
                if taken.startswith(sequence + " ") or sequence.startswith(taken + " ")
            )
        if other is not None and other != command_id:
            raise ConfigError(
                f"{where}: `{sequence}` is wanted by `{other}` and by `{command_id}` in {context}.",
                hint=f"Give `{other}` another key too.",
            )
        table[sequence] = command_id
        begun.update(_beginnings(sequence))


def _beginnings(sequence: str) -> list[str]:
    """What was pressed before the last key of a sequence is."""
    keys = sequence.split(" ")
    return [" ".join(keys[:end]) for end in range(1, len(keys))]


def _close(command_id: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(command_id, list(known), n=1)
    return f" Did you mean `{close[0]}`?" if close else ""
