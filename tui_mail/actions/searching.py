"""Search for the screens and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tui_mail.actions.context import Context
from tui_mail.model.search import parse
from tui_mail.store.search import search as run


@dataclass(frozen=True, slots=True)
class Result:
    """Conversations newest hit first; `error` names the part of the query that was left out."""

    conversation_ids: tuple[int, ...]
    message_ids: tuple[int, ...]
    more: bool
    error: str


async def search(ctx: Context, text: str, *, limit: int = 500, live: bool = False) -> Result:
    """Search everything here. `live` treats the last word as the beginning of one."""
    query = parse(text, now=datetime.fromtimestamp(ctx.now()).astimezone(), live=live)
    hits = await ctx.db.read(run, query, limit)
    return Result(hits.conversation_ids, hits.message_ids, hits.more, query.error)
