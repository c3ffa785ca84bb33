"""Actions on thousands of conversations: parts of a few milliseconds each, one step of undo.

Every part is a transaction with its own journal entry that names the entry of the part before.
Undo takes the newest entry back and goes on along that chain, so that a program killed between
two parts leaves what one undo restores.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tui_mail.errors import ActionError
from tui_mail.store.database import Pace

_FIRST, _MOST = 25, 100
"""Conversations of the first part, and of any; how many fit is learned from the last one."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did."""

    journal_id: int | None
    summary: str
    """Safe text for the status line."""
    conversation_ids: tuple[int, ...]
    """Conversations that changed."""
    undoable: bool = True
    draft_id: int | None = None
    """The draft that came back when sending was taken back."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the parts before did; a summary counts them in."""

    entry: int | None = None
    """Journal entry of the last part that changed something."""
    changed: int = 0
    """Conversations changed so far."""
    seen: int = 0
    """Ids taken so far."""


D = TypeVar("D", bound=Done)


async def in_parts(ids: Collection[int], do: Callable[[Sequence[int], Before], Awaitable[D]]) -> D:
    """Do something to ids, some at a time; the sum of it all.

    A part that is refused as a whole is left out; when all are, the first refusal is raised.
    """
    every, pace, at = tuple(ids), Pace(_FIRST, _MOST), 0
    before, last = Before(), None
    changed: list[int] = []
    refusal: ActionError | None = None
    while at < len(every) or (last is None and refusal is None):
        part = every[at : at + pace.rows]
        started = time.monotonic()
        try:
            done = await do(part, before)
        except ActionError as error:
            refusal = refusal or error
        else:
            if last is None or last.journal_id is None or done.journal_id is not None:
                last = done
            changed += done.conversation_ids
            before = Before(done.journal_id or before.entry, len(changed), before.seen + len(part))
        at += max(1, len(part))
        pace.took(time.monotonic() - started)
    if last is None:
        assert refusal is not None
        raise refusal
    return replace(last, conversation_ids=tuple(changed))
