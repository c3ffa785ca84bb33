"""How large a mail is and may be (R9)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui_mail.actions.context import Context
from tui_mail.model.size_limits import SizeLimits, limits
from tui_mail.store import accounts
from tui_mail.store.drafts import Draft, DraftFile


def content_size(draft: Draft, files: Sequence[DraftFile]) -> int:
    """Octets of text and files as they are (R9)."""
    return len(draft.content.body.encode()) + sum(len(file.data) for file in files)


async def size_limits(ctx: Context, account_id: int) -> SizeLimits:
    """How large a mail of this account may be: the user's word, the provider's, the server's."""
    from tui_mail.accounts.providers import load_providers

    account = ctx.account(account_id)
    row = await ctx.db.read(accounts.account, account_id)
    announced = int(row.server.get("smtp_size", 0)) if row is not None else 0
    provider = None
    if account is not None and account.provider:
        directory = await asyncio.to_thread(load_providers, ctx.paths.providers_file)
        provider = directory.provider(account.provider)
    told = provider.size_limit_mb if provider else 0
    return limits(account.size_limit_mb if account else 0, told, announced)
