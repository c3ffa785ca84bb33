"""What a general setting would do to mail that is here, said before it is applied."""

from __future__ import annotations

from typing import Any

from tui_mail.actions.context import Context
from tui_mail.store import health


async def effect(ctx: Context, key: str, value: Any) -> str:
    """One sentence with numbers; empty for a setting that touches no mail."""
    now = ctx.settings.get(key)
    if value == now:
        return ""
    if key == "sync.attachment_limit_mb":
        low, high = sorted((int(value), int(now)))
        mails = await ctx.db.read(health.between_sizes, low << 20, high << 20)
        more = int(value) > int(now)
        what = "will be brought whole" if more else "stay whole; such mails to come stay there"
        return f"{mails:,} mails here are between {low} and {high} MB: they {what}."
    if key == "writing.undo_seconds":
        waiting = await ctx.db.read(health.held_mails)
        return f"It holds for mails sent from now on; {waiting:,} that wait now keep their time."
    if key == "writing.default_account":
        drafts = await ctx.db.read(health.drafts)
        return f"It holds for new mails; {drafts:,} drafts keep their sender."
    if key == "sync.host_connections":
        accounts = len(ctx.settings.accounts)
        return f"{accounts:,} accounts connect anew with it; no mail is touched."
    return ""
