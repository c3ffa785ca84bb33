"""Drafts for tests, made as the composer makes them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.tui.factory import Mailbox
from tui_mail.actions import beginning, keeping
from tui_mail.actions.context import open_context
from tui_mail.model.drafts import DraftContent


def kept_draft(box: Mailbox, subject: str, **fields: object) -> int:
    """Keep a draft and return its id."""

    async def make() -> int:
        ctx = await open_context(box.paths, clock=box.clock)
        try:
            draft = await beginning.new_draft(ctx)
            content = replace(DraftContent(subject=subject, body="Text."), **fields)  # type: ignore[arg-type]
            await keeping.keep(ctx, replace(draft, content=content))
            return draft.id
        finally:
            await ctx.close()

    return asyncio.run(make())
