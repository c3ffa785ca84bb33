"""What a folder is for: SPECIAL-USE where the server tells (RFC 6154), else its name."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from tui_mail.imap.values import ListedFolder

_SPECIAL_USE = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\archive": "archive",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\spam": "junk",
    "\\all": "all",
    "\\allmail": "all",
    "\\flagged": "flagged",
    "\\starred": "flagged",
    "\\important": "important",
    "\\inbox": "inbox",
}


@cache
def _names() -> dict[str, str]:
    text = Path(__file__).with_name("folder_names.toml").read_text("utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)
    return {name.casefold(): role for role, names in table.items() for name in names}


def with_roles(folders: Sequence[ListedFolder]) -> tuple[ListedFolder, ...]:
    """Give each role to at most one folder: the server's word first, then names at the top."""
    told: dict[int, str] = {}
    taken: set[str] = set()
    for index, folder in enumerate(folders):
        role = "inbox" if folder.wire_name == b"INBOX" else ""
        for attribute in sorted(folder.attributes):
            role = role or _SPECIAL_USE.get(attribute, "")
        if role and role not in taken and folder.selectable:
            told[index] = role
            taken.add(role)
    guessed: dict[int, str] = {}
    candidates = sorted(range(len(folders)), key=lambda index: _depth(folders[index]))
    for index in candidates:
        folder = folders[index]
        if index in told or not folder.selectable or _depth(folder) > 0:
            continue
        role = _names().get(_last_part(folder).casefold(), "")
        if role and role not in taken:
            guessed[index] = role
            taken.add(role)
    return tuple(
        replace(
            folder, role=told.get(index) or guessed.get(index, ""), role_guessed=index in guessed
        )
        for index, folder in enumerate(folders)
    )


def _parts(folder: ListedFolder) -> list[str]:
    parts = folder.name.split(folder.delimiter) if folder.delimiter else [folder.name]
    if len(parts) > 1 and parts[0].upper() in ("INBOX", "[GMAIL]", "[GOOGLE MAIL]"):
        parts = parts[1:]
    return parts


def _last_part(folder: ListedFolder) -> str:
    return _parts(folder)[-1]


def _depth(folder: ListedFolder) -> int:
    return len(_parts(folder)) - 1
