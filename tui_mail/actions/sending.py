"""What the user can do with a mail in the outbox."""

from __future__ import annotations

import sqlite3

from tui_mail.actions.context import Context
from tui_mail.errors import ActionError
from tui_mail.filing import outgoing
from tui_mail.store import drafts, outbox
from tui_mail.store.drafts import Draft


async def edit(ctx: Context, outbox_id: int) -> Draft:
    """Take a mail back as a draft; of one that may have gone, a copy is edited.

    Raises ActionError when it is on its way or its draft is gone.
    """
    return await ctx.db.write(_edit, outbox_id, ctx.now())


def _edit(conn: sqlite3.Connection, outbox_id: int, now: int) -> Draft:
    row = outbox.get(conn, outbox_id)
    if row is None or row.draft_id is None:
        raise ActionError("That mail was not written here; forward it instead.")
    if row.state in (*outbox.CANCELLABLE, "failed"):
        outgoing.cancel(conn, outbox_id, now)
        draft = drafts.get(conn, row.draft_id)
        if draft is None:
            raise ActionError("The draft of that mail is gone.")
        return draft
    if row.state not in outbox.NEED_USER:
        raise ActionError("That mail is on its way.", hint="Wait until it is settled.")
    source = drafts.ended(conn, row.draft_id)
    if source is None:
        raise ActionError("The draft of that mail is gone.")
    copy = drafts.create(
        conn,
        source.account_id,
        source.content,
        now,
        kind=source.kind,
        source_id=source.source_id,
        conversation_id=source.conversation_id,
    )
    drafts.set_files(conn, copy.id, drafts.files(conn, source.id))
    return copy
