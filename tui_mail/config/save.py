"""Changing the settings file without losing a person's comments and order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tui_mail.config.load import parse, write_text
from tui_mail.config.settings import ACCOUNT, GENERAL, AccountSettings, Setting, Settings
from tui_mail.errors import ConfigError


def template() -> str:
    """A new file in which every general setting stands as a comment with its default."""
    lines = [
        "# Settings of tui-mail. Lines that start with # show the defaults.",
        "# The program keeps your comments when it changes a value.",
    ]
    section = ""
    for setting in GENERAL:
        group, _, key = setting.key.partition(".")
        if group != section:
            section = group
            lines += ["", f"[{group}]"]
        lines += [f"# {setting.text}{_choices(setting)}", f"# {key} = {_toml(setting.default)}"]
    lines += [
        "",
        "[keys]",
        "# One line for each command you want on other keys, for example:",
        '# "mail.archive" = "a,e"',
        "",
    ]
    return "\n".join(lines)


def _choices(setting: Setting) -> str:
    return f" One of: {', '.join(setting.choices)}." if setting.choices else ""


def _toml(value: Any) -> str:
    import tomlkit

    return str(tomlkit.item(value).as_string())


def ensure(path: Path) -> None:
    """Write the template when there is no file yet."""
    if not path.exists():
        write_text(path, template())


def set_value(path: Path, key: str, value: Any) -> Settings:
    """Set one general setting and return the new settings. Raises ConfigError, file unchanged."""
    document = _document(path)
    group, _, name = key.partition(".")
    table = document.setdefault(group, {})
    table[name] = value
    return _store(path, document)


def set_key(path: Path, command: str, keys: str | None) -> Settings:
    """Bind a command to other keys, or give it back its default with None."""
    document = _document(path)
    table = document.setdefault("keys", {})
    if keys is None:
        table.pop(command, None)
    else:
        table[command] = keys
    return _store(path, document)


def put_account(path: Path, account: AccountSettings) -> Settings:
    """Add an account or replace the one with the same id, value by value."""
    import tomlkit

    document = _document(path)
    accounts = document.get("account")
    if accounts is None:
        accounts = tomlkit.aot()
        document["account"] = accounts
    table = next((entry for entry in accounts if entry.get("id") == account.id), None)
    is_new = table is None
    if table is None:
        table = tomlkit.table()
    for setting in ACCOUNT:
        value = getattr(account, setting.key)
        value = list(value) if isinstance(value, tuple) else value
        if value != setting.default or setting.key in table:
            if is_new and setting.key not in ("id", "address"):
                table.add(tomlkit.comment(setting.text))
            table[setting.key] = value
    if is_new:
        accounts.append(table)
    return _store(path, document)


def drop_account(path: Path, slug: str) -> Settings:
    """Take an account out of the file. Raises ConfigError when there is none of that id."""
    document = _document(path)
    accounts = document.get("account", [])
    for number, entry in enumerate(accounts):
        if entry.get("id") == slug:
            del accounts[number]
            return _store(path, document)
    raise ConfigError(f"{path}: there is no account `{slug}`.")


def order_accounts(path: Path, slugs: Sequence[str]) -> Settings:
    """Put the accounts into this order; those that are not named follow in theirs."""
    import tomlkit

    document = _document(path)
    tables = list(document.get("account", []))
    place = {slug: number for number, slug in enumerate(slugs)}
    tables.sort(key=lambda table: place.get(str(table.get("id")), len(place)))
    ordered = tomlkit.aot()
    for table in tables:
        ordered.append(table)
    document["account"] = ordered
    return _store(path, document)


def _document(path: Path) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    ensure(path)
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except TOMLKitError as error:
        raise ConfigError(f"{path}: {error}.", hint="Mend the file first.") from error


def _store(path: Path, document: Any) -> Settings:
    import tomlkit

    text = tomlkit.dumps(document)
    settings = parse(text, str(path))
    write_text(path, text)
    return settings
