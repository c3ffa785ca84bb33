"""Actions on thousands of conversations: parts of a few milliseconds each, one step of undo.

Every part is a transaction with its own journal entry that names the entry of the part before.
Undo takes the newest entry back and goes on along that chain, so that a program killed between
two parts leaves what one undo restores. An entry that further parts are to follow says of how many
ids; `actions.undoing.cut_short` tells an action that was never finished by it.
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
_SECONDS = 0.02
"""What a part is to take: a slow disk and undo, which does more, still stay within 50 ms."""


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
    of: int = 0
    """All ids, while further parts are to follow this one."""

    def chain(self) -> dict[str, int]:
        """What undo keeps of the place of a part among the others."""
        return {key: n for key, n in (("after", self.entry), ("of", self.of)) if n}


D = TypeVar("D", bound=Done)


async def in_parts(
    ids: Collection[int],
    do: Callable[[Sequence[int], Before], Awaitable[D]],
    close: Callable[[int], Awaitable[None]],
    *,
    costly: bool = False,
) -> D:
    """Do something to ids, some at a time; the sum of it all.

    `close` is told the last entry when that one still expects further parts.
    `costly` is for ids of which a single one may take as long as a part should.
    A part that is refused as a whole is left out; when all are, the first refusal is raised.
    """
    every, at = tuple(ids), 0
    pace = Pace(1 if costly else _FIRST, _MOST, _SECONDS, least=1 if costly else 8)
    expecting: int | None = None
    before, last = Before(), None
    changed: list[int] = []
    refusal: ActionError | None = None
    while at < len(every) or (last is None and refusal is None):
        part = every[at : at + pace.rows]
        started = time.monotonic()
        try:
            more = at + len(part) < len(every)
            done = await do(part, replace(before, of=len(every) if more else 0))
        except ActionError as error:
            refusal = refusal or error
        else:
            if last is None or last.journal_id is None or done.journal_id is not None:
                last = done
            if done.journal_id is not None:
                expecting = done.journal_id if more else None
            changed += done.conversation_ids
            before = Before(done.journal_id or before.entry, len(changed), before.seen + len(part))
        at += max(1, len(part))
        pace.took(time.monotonic() - started)
    if expecting is not None:
        await close(expecting)
    if last is None:
        assert refusal is not None
        raise refusal
    return replace(last, conversation_ids=tuple(changed))
