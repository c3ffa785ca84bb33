"""Names in the settings file of what is not there: accounts, signatures, folders.

Such a name stops nothing: the setting falls back to its default and the rest of the file holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tui_mail.config.load import line_of
from tui_mail.config.settings import AccountSettings, Settings
from tui_mail.model.safe_text import one_line

_NAMED = 8
_FOLDER_LISTS = ("sync_folders", "skip_folders", "extra_folders")


@dataclass(frozen=True, slots=True)
class Names:
    """What one account has, as the store knows it."""

    signatures: Collection[str] = ()
    folders: Collection[str] = ()
    """Empty while the server has not been asked yet."""


def unknown_names(
    settings: Settings, names: Mapping[str, Names], text: str, file: str
) -> list[str]:
    """One sentence for each name that nothing has: file, line, key, and what there is.

    `names` is by account id, `text` what the file holds.
    """
    found: list[str] = []
    wanted = settings.get("writing.default_account")
    known = [account.id for account in settings.accounts]
    if wanted and wanted not in known:
        line = line_of(text, "default_account", "writing", -1)
        found.append(f"{file}, line {line}: {_said('default_account', 'account', wanted, known)}")
    for number, account in enumerate(settings.accounts):
        for key, problem in _of_account(account, names.get(account.id, Names())):
            found.append(f"{file}, line {line_of(text, key, 'account', number)}: {problem}")
    return found


def _of_account(account: AccountSettings, names: Names) -> Iterator[tuple[str, str]]:
    spoken = {name.casefold() for name in names.signatures}
    if account.signature and account.signature.strip().casefold() not in spoken:
        yield (
            "signature",
            _said("signature", "signature", account.signature, sorted(names.signatures)),
        )
    if not names.folders:
        return
    lists = {key: getattr(account, key) for key in _FOLDER_LISTS}
    if account.archive_folder:
        lists["archive_folder"] = (account.archive_folder,)
    for key, wanted in lists.items():
        for name in wanted:
            if name not in names.folders:
                yield key, _said(key, "folder", name, sorted(names.folders))


def _said(key: str, what: str, wanted: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(wanted, known, n=_NAMED)
    shown = (close + [name for name in known if name not in close])[:_NAMED]
    more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    there = ", ".join(one_line(name, 40) for name in shown) + more
    return f"`{key}`: there is no {what} `{one_line(wanted, 60)}`; there " + (
        f"{'is' if len(known) == 1 else 'are'} {there}." if there else "is none."
    )
