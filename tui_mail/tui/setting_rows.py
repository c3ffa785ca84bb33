"""Settings as rows: accounts, general settings in groups, keys. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui_mail.actions.status import MENDS
from tui_mail.config.keymap import Keymap
from tui_mail.config.settings import ACCOUNT, GENERAL, AccountSettings, Setting, Settings
from tui_mail.errors import ConfigError
from tui_mail.store.accounts import Account
from tui_mail.tui.commands import COMMANDS, shown_key
from tui_mail.tui.wrapping import cuts

_TEXT_WIDTH = 74
_GROUPS = {"screen": "Screen", "reading": "Reading", "writing": "Writing", "sync": "Sync"}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the settings."""

    kind: str
    """`title`, `account`, `field`, `general`, `key` or `text`."""
    name: str
    value: str = ""
    help: str = ""
    item: Any = None
    """Slug of an account, a Setting, or the id of a command."""
    changed: bool = False
    """The value is not the default."""


def shown_value(value: Any) -> str:
    """A value as the screen shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(value) or "(none)"
    return str(value) if value != "" else "(empty)"


def every_row(
    settings: Settings,
    rows: Sequence[Account],
    keymap: Keymap,
    trouble: str,
    doubts: Sequence[str] = (),
) -> Iterator[SettingRow]:
    """Everything that can be set."""
    if trouble:
        yield SettingRow("title", "The settings file has a mistake")
        yield from text_rows(trouble)
        yield SettingRow("text", "Ctrl-e opens it in your editor; until it is mended the last good"
                         " settings stay.")  # fmt: skip
    if doubts:
        yield SettingRow("title", "The settings file names what is not there")
        for doubt in doubts:
            yield from text_rows(doubt)
        yield SettingRow("text", "Ctrl-e opens it in your editor; everything else in it holds.")
    yield SettingRow("title", "Accounts")
    known = {row.slug: row for row in rows}
    for account in settings.accounts:
        yield account_row(account, known.get(account.id))
    if not settings.accounts:
        yield SettingRow("text", "There is no account yet: a adds one.")
    yield from general_rows(settings)
    for account in settings.accounts:
        yield SettingRow("title", f"Account {account.id}")
        for row in account_rows(account):
            yield replace(row, kind="account_field", item=(account.id, row.item))
    yield SettingRow("title", "Keys")
    yield from key_rows(settings, keymap)


def text_rows(words: str) -> Iterator[SettingRow]:
    """Words that nobody can mark, in lines that fit a narrow terminal."""
    for line in words.splitlines():
        for start, end in cuts(line, _TEXT_WIDTH):
            yield SettingRow("text", line[start:end])


def account_row(account: AccountSettings, row: Account | None) -> SettingRow:
    """One account with its state and what mends it."""
    state = row.state if row is not None else "not_started"
    words = state.replace("_", " ")
    if row is not None and row.reason:
        words = f"{words}: {row.reason}"
    elif not account.receive:
        words = f"{words}: receiving is stopped, S goes on"
    mend = MENDS.get(state, "") if state != "auth_failed" else "s takes a new password"
    last = f" Last error: {row.last_error}" if row is not None and row.last_error else ""
    note = f"{words}. {mend}".strip() + last
    return SettingRow("account", account.id, f"{account.address}  {words}", note, account.id)


def general_rows(settings: Settings) -> Iterator[SettingRow]:
    """General settings by group."""
    group = ""
    for setting in GENERAL:
        section = setting.key.partition(".")[0]
        if section != group:
            group = section
            yield SettingRow("title", _GROUPS.get(group, group.title()))
        value = settings.get(setting.key)
        yield SettingRow("general", setting.key.partition(".")[2].replace("_", " "),
                         shown_value(value), help_of(setting), setting,
                         value != setting.default)  # fmt: skip


def account_rows(account: AccountSettings) -> Iterator[SettingRow]:
    """Every value of one account."""
    for setting in ACCOUNT:
        if setting.key == "id":
            continue
        value = getattr(account, setting.key)
        default = tuple(setting.default) if setting.kind == "list" else setting.default
        yield SettingRow("field", setting.key.replace("_", " "), shown_value(value),
                         help_of(setting), setting, value != default)  # fmt: skip


def key_rows(settings: Settings, keymap: Keymap) -> Iterator[SettingRow]:
    """Every command with its keys."""
    for command in COMMANDS:
        keys = "  ".join(shown_key(key) for key in keymap.keys.get(command.id, ()))
        places = ", ".join(sorted(command.contexts))
        yield SettingRow("key", command.id, keys or "(none)",
                         f"{command.text}: {command.help} ({places})", command.id,
                         command.id in settings.keys)  # fmt: skip


def help_of(setting: Setting) -> str:
    """What a setting does, what it may be, and its default."""
    allowed = ""
    if setting.choices:
        allowed = f" One of: {', '.join(setting.choices)}."
    elif setting.kind == "int" and setting.maximum < 2**31:
        allowed = f" From {setting.minimum} to {setting.maximum}."
    return f"{setting.text}{allowed} Default: {shown_value(setting.default)}."


def parsed(setting: Setting, typed: str) -> Any:
    """A typed value as the file keeps it. Raises ConfigError for what is no number."""
    typed = typed.strip()
    if setting.kind == "int":
        try:
            return int(typed)
        except ValueError:
            raise ConfigError(f"`{typed}` is no whole number.") from None
    if setting.kind == "list":
        return [part.strip() for part in typed.split(",") if part.strip()]
    if setting.kind == "bool":
        return typed.lower() in ("yes", "true", "on", "1")
    return typed


def fitting(rows: Sequence[SettingRow], typed: str) -> list[SettingRow]:
    """Rows that hold every typed word, under their titles."""
    words = typed.lower().split()
    if not words:
        return list(rows)
    found: list[SettingRow] = []
    title: SettingRow | None = None
    for row in rows:
        if row.kind == "title":
            title = row
            continue
        where = f"{title.name if title else ''} {row.name} {row.value} {row.help}".lower()
        if all(word in where for word in words):
            if title is not None:
                found.append(title)
                title = None
            found.append(row)
    return found


def typed_keys(settings: Settings, command_id: str, keys: str) -> Mapping[str, str]:
    """The user's keys with one command changed."""
    return {**settings.keys, command_id: keys}
