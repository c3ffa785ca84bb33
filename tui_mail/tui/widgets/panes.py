"""What the pane left of the list says: views and folders, and what waits in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from tui_mail.model.views import LANES, VIEW_NAMES, View, folder_view
from tui_mail.store.accounts import Account, Folder
from tui_mail.tui import text
from tui_mail.tui.format import number

_ALWAYS = (View.INBOX, View.UNREAD, View.STARRED, View.AMBIGUOUS, View.UNLINKED,
           View.WAITING, View.QUIET, View.UNPLANNED, View.FOLLOW_UP, View.SNOOZED, View.DRAFTS,
           View.OUTBOX, View.SENT, View.ARCHIVE, View.SCREENED, View.SPAM, View.TRASH)  # fmt: skip

_WAITING = (View.DRAFTS, View.OUTBOX, View.AMBIGUOUS, View.UNLINKED, *LANES)
"""Views where all that is there waits for the user, read or not."""
_SHORT = {View.UNLINKED: "Unlinked"}


def view_lines(
    counts: Mapping[int, tuple[int, int]],
    accounts: Sequence[Account],
    folders: Sequence[Folder],
    view_id: int,
    width: int,
    height: int,
) -> Content:
    """Views with what is unread, then folders by account; the shown one is reversed."""
    entries: list[tuple[str, int | None]] = [
        (_SHORT.get(view, VIEW_NAMES[view]), view) for view in _ALWAYS
    ]
    for account in accounts:
        own = [f for f in folders if f.account_id == account.id and f.selectable]
        named = own if len(accounts) > 1 else [f for f in own if not f.role]
        if named:
            entries.append(("", None))
            entries.append((account.short_name or account.address, None))
            entries += [(f"  {folder.name}", folder_view(folder.id)) for folder in named]
    pieces: list[text.Part] = []
    colours = {a.short_name or a.address: a.colour for a in accounts if a.colour != "none"}
    for name, entry in entries[:height]:
        total, unread = counts.get(entry, (0, 0)) if entry is not None else (0, 0)
        waiting = total if entry in _WAITING else unread
        mark = number(waiting) if waiting else ""
        line = text.fit(name, width - len(mark) - 1) + " " + mark
        style = "bold reverse" if entry == view_id else "bold" if waiting else ""
        if entry is None:
            style = f"ansi_{colours[name]}" if name in colours else "dim"
        pieces += [(line, style), "\n"]
    return text.parts(*pieces)
