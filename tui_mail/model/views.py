"""The lists a conversation can be in. A view id below 1000 is built in, above it is a folder."""

from __future__ import annotations

from enum import IntEnum

FOLDER_BASE = 1000


class View(IntEnum):
    """Built-in views over all accounts."""

    INBOX = 1
    UNREAD = 2
    """Conversations of the inbox with something unread."""
    STARRED = 3
    SENT = 4
    DRAFTS = 5
    OUTBOX = 6
    ARCHIVE = 7
    """In an archive folder (or only in All Mail) and not in the inbox."""
    SCREENED = 8
    SPAM = 9
    TRASH = 10
    ALL = 11
    """Everything but spam and trash."""
    AMBIGUOUS = 12
    """Several deals, leads or projects fit; the user is asked (R47)."""
    UNLINKED = 13
    """With somebody known in it, and linked to nothing."""
    WAITING = 14
    """Of an open deal, and unanswered for more than a day; the most valuable first."""
    QUIET = 15
    """Of open deals that were silent for longer than their stage allows, quietest first."""
    UNPLANNED = 16
    """Of open deals with no next activity, those longest in their stage first."""
    SNOOZED = 17
    """Out of the inbox until a time, the next one first."""
    FOLLOW_UP = 18
    """An answer is waited for; those whose time has come first."""


LANES = frozenset({View.WAITING, View.QUIET, View.UNPLANNED})
"""Views over mail and records together, brought up to date by `store.lanes` as time passes."""


VIEW_NAMES: dict[View, str] = {
    View.INBOX: "Inbox",
    View.UNREAD: "Unread",
    View.STARRED: "Starred",
    View.SENT: "Sent",
    View.DRAFTS: "Drafts",
    View.OUTBOX: "Outbox",
    View.ARCHIVE: "Archive",
    View.SCREENED: "Screened",
    View.SPAM: "Spam",
    View.TRASH: "Trash",
    View.ALL: "All mail",
    View.AMBIGUOUS: "Ambiguous",
    View.UNLINKED: "Unlinked from known people",
    View.WAITING: "Waiting for me",
    View.QUIET: "Gone quiet",
    View.UNPLANNED: "No next activity",
    View.SNOOZED: "Snoozed",
    View.FOLLOW_UP: "Follow-up",
}

VIEW_WORDS: dict[str, View] = {
    "inbox": View.INBOX,
    "unread": View.UNREAD,
    "starred": View.STARRED,
    "sent": View.SENT,
    "drafts": View.DRAFTS,
    "outbox": View.OUTBOX,
    "archive": View.ARCHIVE,
    "screened": View.SCREENED,
    "spam": View.SPAM,
    "junk": View.SPAM,
    "trash": View.TRASH,
    "all": View.ALL,
    "anywhere": View.ALL,
    "ambiguous": View.AMBIGUOUS,
    "unlinked": View.UNLINKED,
    "waiting": View.WAITING,
    "quiet": View.QUIET,
    "unplanned": View.UNPLANNED,
    "snoozed": View.SNOOZED,
    "followup": View.FOLLOW_UP,
}
"""What `in:` and the command line call them."""


def folder_view(folder_id: int) -> int:
    """The view of one folder."""
    return FOLDER_BASE + folder_id


def view_folder(view_id: int) -> int | None:
    """The folder of a view, or None for a built-in one."""
    return view_id - FOLDER_BASE if view_id > FOLDER_BASE else None
