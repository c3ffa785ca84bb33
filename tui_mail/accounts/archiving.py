"""Where archived mail goes on an account's server (DESIGN §4.3, product reference F2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tui_mail.config.settings import AccountSettings
from tui_mail.imap.values import ListedFolder

Kind = Literal["labels", "folder", "ask", "create", "local"]
NAME = "Archive"


@dataclass(frozen=True, slots=True)
class ArchiveChoice:
    """What archiving means there, or what has to be asked once."""

    kind: Kind
    """`labels`: the inbox label is taken away; `folder`: moved there; `ask`: moved there if the
    user agrees; `create`: there is none, one can be made; `local`: only here."""
    folder: str = ""
    reason: str = ""


def archive_choice(
    folders: Sequence[ListedFolder], account: AccountSettings, *, labels: bool
) -> ArchiveChoice:
    """Decide by the user's word, then labels, then special use, then known names."""
    if not account.archive_remote:
        return ArchiveChoice("local", "", "archiving on the server is switched off")
    if labels and any(folder.role == "all" for folder in folders):
        return ArchiveChoice("labels", "", "the server has labels instead of folders")
    names = {folder.name for folder in folders if folder.selectable}
    if account.archive_folder in names:
        return ArchiveChoice("folder", account.archive_folder, "the settings name it")
    if account.archive_folder:
        return ArchiveChoice("create", account.archive_folder, "the folder named is not there")
    if labels:
        return ArchiveChoice("local", "", "All Mail is hidden from mail programs")
    for folder in folders:
        if folder.role == "archive" and not folder.role_guessed:
            return ArchiveChoice("folder", folder.name, "the server says so")
    for folder in folders:
        if folder.role == "archive":
            return ArchiveChoice("ask", folder.name, "its name is that of an archive")
    return ArchiveChoice("create", _beside(folders), "the server has no archive folder")


def _beside(folders: Sequence[ListedFolder]) -> str:
    """A name for a new archive: below INBOX where every other folder is."""
    others = [folder for folder in folders if folder.wire_name.upper() != b"INBOX"]
    mark = next((folder.delimiter for folder in others if folder.delimiter), "")
    prefix = f"INBOX{mark}"
    if mark and others and all(folder.name.upper().startswith(prefix) for folder in others):
        return prefix + NAME
    return NAME
