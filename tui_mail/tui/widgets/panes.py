"""What the panes beside the list say: views and folders, and the people of a conversation."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from tui_mail.model.messages import ReadableMail
from tui_mail.model.views import LANES, VIEW_NAMES, View, folder_view
from tui_mail.store import correspondents, messages
from tui_mail.store.accounts import Account, Folder
from tui_mail.store.correspondents import Correspondent
from tui_mail.store.messages import Message
from tui_mail.tui import text
from tui_mail.tui.format import number, short_date

_ALWAYS = (View.INBOX, View.UNREAD, View.STARRED, View.AMBIGUOUS, View.UNLINKED,
           View.WAITING, View.QUIET, View.UNPLANNED, View.FOLLOW_UP, View.SNOOZED, View.DRAFTS,
           View.OUTBOX, View.SENT, View.ARCHIVE, View.SCREENED, View.SPAM, View.TRASH)  # fmt: skip

_WAITING = (View.DRAFTS, View.OUTBOX, View.AMBIGUOUS, View.UNLINKED, *LANES)
"""Views where all that is there waits for the user, read or not."""
_SHORT = {View.UNLINKED: "Unlinked"}


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Someone of a conversation and what else was written with them."""

    person: Correspondent
    is_own: bool
    others: tuple[tuple[int, str, int], ...]
    """Latest conversations: id, subject, time."""


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
    for name, entry in entries[:height]:
        total, unread = counts.get(entry, (0, 0)) if entry is not None else (0, 0)
        waiting = total if entry in _WAITING else unread
        mark = number(waiting) if waiting else ""
        line = text.fit(name, width - len(mark) - 1) + " " + mark
        style = "bold reverse" if entry == view_id else "bold" if waiting else ""
        style = "dim" if entry is None else style
        pieces += [(line, style), "\n"]
    return text.parts(*pieces)


def acquaintances(conn: sqlite3.Connection, conversation_id: int) -> list[Acquaintance]:
    """The people of a conversation, others first, at most six."""
    people = correspondents.of_conversation(conn, conversation_id)[:6]
    return [
        Acquaintance(
            person,
            own,
            ()
            if own
            else tuple(
                other
                for other in correspondents.conversations_with(conn, person.id, 6)
                if other[0] != conversation_id
            )[:4],
        )
        for person, own in people
    ]


def newest(conn: sqlite3.Connection, conversation_id: int) -> Message | None:
    """The newest message of a conversation."""
    found = messages.of_conversation(conn, conversation_id)
    return found[-1] if found else None


_PREVIEW_CHARACTERS = 6_000


def preview_text(mail: ReadableMail) -> str:
    """The beginning of what was written, without quotes and signatures."""
    shown = [b.text for b in mail.blocks if b.kind not in ("quote", "signature", "attribution")]
    return (mail.problem or "\n".join(shown).strip())[:_PREVIEW_CHARACTERS]


def preview_lines(message: Message | None, body: str, now: int) -> Content:
    """Who wrote last, when, and what; the snippet while the text is not here."""
    if message is None:
        return text.plain("")
    sender = message.from_name or message.from_address or "(nobody)"
    return text.parts(
        (f"{sender} <{message.from_address}>", "bold"),
        f"  {short_date(message.sort_at, now)}\n",
        (message.subject or "(no subject)", "bold"),
        "\n\n",
        body or message.snippet or ("(the text is not here yet)", "dim"),
    )
