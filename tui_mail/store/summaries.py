"""A conversation in one row: who, what, how many, and the views it is listed in.

Part of the fold: `recount` reads the messages and writes what comes out of here.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tui_mail.model.messages import Flag
from tui_mail.model.moments import brief
from tui_mail.model.safe_text import one_line
from tui_mail.model.threading import base_subject
from tui_mail.model.views import View, folder_view
from tui_mail.store import standing
from tui_mail.store.ids import ids_json
from tui_mail.store.reminders import REMIND, SNOOZE, Reminder
from tui_mail.store.standing import Standing

_SEEN = int(Flag.SEEN)
_FLAGGED = int(Flag.FLAGGED)
_HIDDEN_ROLES = {"trash": int(View.TRASH), "junk": int(View.SPAM)}
_STATE_VIEWS = {"draft": int(View.DRAFTS), "outgoing": int(View.OUTBOX), "sent": int(View.SENT)}
_INBOX, _UNREAD, _STARRED = int(View.INBOX), int(View.UNREAD), int(View.STARRED)
_ARCHIVE, _ALL, _SCREENED = int(View.ARCHIVE), int(View.ALL), int(View.SCREENED)


@dataclass(slots=True)
class Conversation:
    """Its messages by time, as `recount` selects them, and the folders each is in."""

    messages: list[tuple[Any, ...]] = field(default_factory=list)
    places: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))


def recipients_of(conn: sqlite3.Connection, found: dict[int, Conversation]) -> dict[int, list[str]]:
    """Those an own-only conversation was written to, by message, as the mail itself names them.

    Names known from other mail are left out: they would make the line depend on what came first.
    """
    wanted = [
        conversation.messages[-1][1]
        for conversation in found.values()
        if conversation.messages and all(row[4] for row in conversation.messages)
    ]
    names: dict[int, list[str]] = defaultdict(list)
    if wanted:
        for message_id, name in conn.execute(
            "SELECT p.message_id, coalesce(nullif(p.name, ''), c.address)"
            " FROM participants p JOIN correspondents c ON c.id = p.correspondent_id"
            " WHERE p.message_id IN (SELECT value FROM json_each(?)) AND p.role IN ('to', 'cc')"
            " ORDER BY p.message_id, p.role DESC, p.position",
            (ids_json(wanted),),
        ):
            names[message_id].append(str(name))
    return names


def summarise(
    cid: int,
    conversation: Conversation,
    recipients: dict[int, list[str]],
    known: Standing,
) -> tuple[tuple[Any, ...], dict[int, tuple[int, int]], list[tuple[Any, ...]]]:
    """The row of a conversation, its views, and the messages that are shown of it."""
    views: dict[int, list[int]] = {}
    counted: list[tuple[Any, ...]] = []
    hidden: list[tuple[Any, ...]] = []
    outliving: list[tuple[Any, ...]] = []
    for row in conversation.messages:
        _, message_id, state, flags, is_own, *_ = row
        sort_at, screened_by, deleted_at = row[9], row[12], row[14]
        places = conversation.places.get(message_id, ())
        if deleted_at is not None or (not places and state == "received"):
            if deleted_at is None and row[13] is not None and known.outlives(row[11]):
                outliving.append(row)
            continue
        if screened_by is not None and not is_own:
            lists: tuple[int, ...] = (_SCREENED,)
            hidden.append(row)
        else:
            is_hidden, lists = entered(state, bool(flags & _FLAGGED), known.muted, tuple(places))
            (hidden if is_hidden else counted).append(row)
        unread = 0 if flags & _SEEN else 1
        for view in lists:
            entry = views.get(view)
            if entry is None:
                views[view] = [sort_at, unread]
            else:
                entry[0] = max(entry[0], sort_at)
                entry[1] += unread
    if _INBOX in views:
        views.pop(_ARCHIVE, None)
        if views[_INBOX][1]:
            views[_UNREAD] = list(views[_INBOX])
    for view, at, unread in standing.lanes(
        known, [(row[1], row[9], 0 if row[3] & _SEEN else 1, row[15]) for row in counted]
    ):
        views[view] = [at, unread]
    if known.reminders and counted:
        _remind(known.reminders, conversation, counted, views)
    entries = {view: (at, n) for view, (at, n) in views.items()}
    shown = sorted((*counted, *outliving), key=lambda row: (row[9], row[1]))
    return _row(cid, shown or hidden, recipients), entries, shown


def _remind(
    reminders: Mapping[str, Reminder],
    conversation: Conversation,
    counted: list[tuple[Any, ...]],
    views: dict[int, list[int]],
) -> None:
    """Take a snoozed conversation out of the inbox, and list what waits; an answer ends both.

    One that woke stands by the time it woke at.
    """
    others = [(row[1], row[9], row[15]) for row in counted if row[2] == "received" and not row[4]]
    open_ = {
        kind: one
        for kind, one in reminders.items()
        if not any(one.is_ended_by(*message) for message in others)
    }
    unread = sum(1 for row in counted if not row[3] & _SEEN)
    inboxes = {
        folder_view(folder_id)
        for places in conversation.places.values()
        for folder_id, role in places
        if role == "inbox"
    }
    snoozed = open_.get(SNOOZE)
    if snoozed is not None and snoozed.woken_at is None:
        for view in (_INBOX, _UNREAD, *inboxes):
            views.pop(view, None)
        views[int(View.SNOOZED)] = [-snoozed.due_at, unread]
    elif snoozed is not None and snoozed.woken_at is not None:
        for view in {_INBOX, _UNREAD, *inboxes} & views.keys():
            views[view][0] = max(views[view][0], snoozed.woken_at)
    waiting = open_.get(REMIND)
    if waiting is not None:
        is_due = waiting.woken_at is not None
        views[int(View.FOLLOW_UP)] = [waiting.due_at if is_due else -waiting.due_at, int(is_due)]


@lru_cache(maxsize=4096)
def entered(
    state: str, is_flagged: bool, is_muted: bool, places: tuple[tuple[int, str], ...]
) -> tuple[bool, tuple[int, ...]]:
    """Whether a message is only in trash or spam, and the views it is in by its places."""
    roles = {role for _, role in places}
    views = [folder_view(folder_id) for folder_id, _ in places]
    views += [view for role, view in _HIDDEN_ROLES.items() if role in roles]
    if roles and roles <= _HIDDEN_ROLES.keys():
        return True, tuple(views)
    if state in _STATE_VIEWS:
        views.append(_STATE_VIEWS[state])
    elif "sent" in roles:
        views.append(_STATE_VIEWS["sent"])
    if "drafts" in roles:
        views.append(_STATE_VIEWS["draft"])
    if "inbox" in roles and not is_muted:
        views.append(_INBOX)
    elif roles & {"archive", "all", "inbox"}:
        views.append(_ARCHIVE)
    if is_flagged:
        views.append(_STARRED)
    return False, tuple(dict.fromkeys([*views, _ALL]))


def _row(
    cid: int, rows: list[tuple[Any, ...]], recipients: dict[int, list[str]]
) -> tuple[Any, ...]:
    if not rows:
        return ("", "", "", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, cid)
    people: dict[str, str] = {}
    unread = starred = attachments = drafts = outgoing = 0
    last_in = last_out = 0
    for row in rows:
        _, _, state, flags, is_own, name, address, _, _, sort_at, files, *_ = row
        key = "" if is_own else str(address).lower()
        people.pop(key, None)
        people[key] = "me" if is_own else str(name or address or "(nobody)")
        unread += not flags & _SEEN
        starred += bool(flags & _FLAGGED)
        attachments += bool(files)
        drafts += state == "draft"
        outgoing += state == "outgoing"
        if is_own:
            last_out = max(last_out, sort_at)
        else:
            last_in = max(last_in, sort_at)
    first, last = rows[0], rows[-1]
    if list(people) == [""]:
        last_id = last[1]
        shown = "To: " + (", ".join(recipients.get(last_id, [])[:8]) or "(nobody)")
    elif len(people) == 1:
        shown = next(iter(people.values()))
    else:
        shown = ", ".join(part.split(" ")[0].strip(",") or part for part in people.values())
    subject = one_line(base_subject(str(first[7])) or str(last[7]), 300)
    return (
        subject,
        one_line(shown, 160),
        str(last[8]),
        len(rows),
        unread,
        starred,
        attachments,
        drafts,
        outgoing,
        int(bool(last[4])),
        first[9],
        last[9],
        last_in,
        last_out,
        last[11],
        cid,
    )


def outbox_words(conn: sqlite3.Connection, conversation_ids: list[int]) -> dict[int, str]:
    """What the outbox says of conversations with a mail in it; shown where the snippet stands."""
    if not conversation_ids:
        return {}
    said: dict[int, str] = {}
    for cid, state, error, scheduled, at in conn.execute(
        "SELECT m.conversation_id, o.state, o.error, o.scheduled OR o.mailing_id IS NOT NULL,"
        " o.not_before FROM messages m"
        " JOIN outbox o ON o.message_id = m.id"
        " WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND m.state = 'outgoing'"
        " AND o.state NOT IN ('sent', 'cancelled') ORDER BY o.id",
        (ids_json(conversation_ids),),
    ):
        words = _OUTBOX_WORDS.get(state, "being sent")
        if state == "missed" or (state == "held" and scheduled):
            words = f"{_PLANNED_WORDS[state]} {brief(at)}"
        said[cid] = one_line(f"{words}: {error}" if error else words, 225)
    return said


_PLANNED_WORDS = {
    "held": "goes",
    "missed": "MISSED, open it to say whether it still goes: it was planned for",
}
_OUTBOX_WORDS = {
    "held": "waits in the outbox",
    "queued": "waits in the outbox",
    "retry_wait": "will be tried again",
    "failed": "not sent",
    "partial": "not sent to everyone",
    "uncertain": "uncertain",
}
