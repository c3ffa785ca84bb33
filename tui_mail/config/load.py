"""The settings file: TOML in, checked settings out; errors name file, key and line."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from tui_mail.config.settings import ACCOUNT, GENERAL, AccountSettings, Setting, Settings
from tui_mail.errors import ConfigError

_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_GENERAL = {setting.key: setting for setting in GENERAL}
_ACCOUNT = {setting.key: setting for setting in ACCOUNT}


def load(path: Path) -> Settings:
    """Read and check the file; a missing file is an empty one.

    Raises ConfigError with file, key and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Settings:
    """Check the text of a settings file called `name`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(name, text, str(error)), hint="Mend it and save.") from error
    values: dict[str, Any] = {}
    keys: dict[str, str] = {}
    accounts: list[AccountSettings] = []
    for section, content in data.items():
        if section == "account":
            accounts = _accounts(content, text, name)
        elif section == "keys":
            keys = _keys(content, text, name)
        elif isinstance(content, dict):
            for key, value in content.items():
                dotted = f"{section}.{key}"
                setting = _GENERAL.get(dotted)
                if setting is None:
                    raise _error(name, text, key, section, _unknown(dotted, list(_GENERAL)))
                values[dotted] = _check(setting, value, name, text, section)
        else:
            raise _error(name, text, section, "", f"`{section}` does not belong at the top level.")
    return Settings(values=values, accounts=tuple(accounts), keys=keys)


def _accounts(content: Any, text: str, name: str) -> list[AccountSettings]:
    if not isinstance(content, list):
        raise _error(name, text, "account", "", "Accounts are written as [[account]].")
    accounts: list[AccountSettings] = []
    for number, table in enumerate(content):
        values: dict[str, Any] = {}
        for key, value in table.items():
            setting = _ACCOUNT.get(key)
            if setting is None:
                raise _error(name, text, key, "account", _unknown(key, list(_ACCOUNT)), number)
            checked = _check(setting, value, name, text, "account", number)
            values[key] = tuple(checked) if setting.kind == "list" else checked
        for needed in ("id", "address", "imap_host"):
            if not values.get(needed):
                raise _error(name, text, "account", "", f"`{needed}` is missing.", number)
        if not _SLUG.fullmatch(values["id"]):
            problem = "The id may hold a-z, 0-9, dot, dash, underscore."
            raise _error(name, text, "id", "account", problem, number)
        if "@" not in values["address"]:
            raise _error(name, text, "address", "account", "This is no e-mail address.", number)
        if any(account.id == values["id"] for account in accounts):
            problem = f"Two accounts are called `{values['id']}`."
            raise _error(name, text, "id", "account", problem, number)
        accounts.append(AccountSettings(**values))
    return accounts


def _keys(content: Any, text: str, name: str) -> dict[str, str]:
    if not isinstance(content, dict):
        raise _error(name, text, "keys", "", "[keys] is a table.")
    for command, value in content.items():
        if not isinstance(value, str):
            raise _error(name, text, command, "keys", 'Keys are written as text: "a,e".')
    return dict(content)


def problem_of(setting: Setting, value: Any) -> str:
    """Why a setting cannot have this value; empty when it can."""
    problem = ""
    if setting.kind == "bool" and not isinstance(value, bool):
        problem = "must be true or false."
    elif setting.kind == "int":
        if not isinstance(value, int) or isinstance(value, bool):
            problem = "must be a whole number."
        elif not setting.minimum <= value <= setting.maximum:
            problem = f"must be between {setting.minimum} and {setting.maximum}."
    elif setting.kind in ("str", "choice") and not isinstance(value, str):
        problem = "must be text in quotes."
    elif setting.kind == "choice" and value not in setting.choices:
        problem = f"must be one of: {', '.join(setting.choices)}."
    elif setting.kind == "list" and not (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    ):
        problem = 'must be a list of texts: ["a", "b"].'
    return problem


def _check(
    setting: Setting, value: Any, name: str, text: str, section: str, number: int = -1
) -> Any:
    key = setting.key.rpartition(".")[2]
    problem = problem_of(setting, value)
    if problem:
        raise _error(name, text, key, section, f"`{key}` {problem}", number)
    return value


def _unknown(key: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, known, n=1)
    return f"`{key}` is not a setting." + (f" Did you mean `{close[0]}`?" if close else "")


def _error(
    name: str, text: str, key: str, section: str, problem: str, number: int = -1
) -> ConfigError:
    return ConfigError(f"{name}, line {line_of(text, key, section, number)}: {problem}")


def _syntax(name: str, text: str, problem: str) -> str:
    """What is no TOML, with the place first, so that a short line still shows it."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", problem, re.S)
    if found is None:
        return f"{name}: {problem}."
    if found[2] is None:
        return f"{name}, line {len(text.splitlines())}: {found[1]} at the end of the file."
    return f"{name}, line {found[2]}, column {found[3]}: {found[1]}."


def line_of(text: str, key: str, section: str, number: int) -> int:
    """The line of a key inside its section; of the section itself when the key is not there."""
    header = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}")
    wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    current, seen, fallback = "", -1, 1
    for line_number, line in enumerate(text.splitlines(), start=1):
        if match := header.match(line):
            current = match[1]
            seen += current == (section or key)
            if current == (section or key) and (number < 0 or seen == number):
                fallback = line_number
        elif wanted.match(line) and current == section and (number < 0 or seen == number):
            return line_number
    return fallback


def write_text(path: Path, text: str) -> None:
    """Replace a private file: new file 0600, fsync, rename."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(path)
