"""The languages mails are written in: attribution lines and the words a check looks for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Language:
    """What mails say in one language; documented in languages.toml."""

    code: str
    name: str
    date: str
    wrote_on: str
    wrote: str
    forwarded: str
    attached: tuple[str, ...]
    greetings: tuple[str, ...]
    everyone: tuple[str, ...]


@cache
def languages() -> dict[str, Language]:
    """Every language by its code."""
    text = resources.files("tui_mail.config").joinpath("languages.toml").read_text("utf-8")
    found: dict[str, Language] = {}
    for code, table in tomllib.loads(text).items():
        lists: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        found[code] = Language(code, **lists)
    return found


def language(code: str) -> Language:
    """The language of a setting; English for one that is not known."""
    found = languages()
    return found.get(code) or found["en"]


def words(kind: str) -> frozenset[str]:
    """`attached`, `greetings` or `everyone` of all languages: people write in more than one."""
    return frozenset(word for one in languages().values() for word in getattr(one, kind))
