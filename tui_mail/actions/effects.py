"""What a general setting would do to mail that is here, said before it is applied."""

from __future__ import annotations

from typing import Any

from tui_mail.actions.context import Context
from tui_mail.store import health


async def effect(ctx: Context, key: str, value: Any) -> tuple[str, bool]:
    """One sentence with numbers, and whether mail here becomes another by it: that is asked about.

    Both empty for a setting that touches no mail.
    """
    now = ctx.settings.get(key)
    if value == now:
        return "", False
    if key == "sync.attachment_limit_mb":
        low, high = sorted((int(value), int(now)))
        mails = await ctx.db.read(health.between_sizes, low << 20, high << 20)
        if not mails:
            return "", False
        more = int(value) > int(now)
        what = "will be brought whole" if more else "stay whole; such mails to come stay there"
        return f"{mails:,} mails here are between {low} and {high} MB: they {what}.", True
    if key == "writing.undo_seconds":
        waiting = await ctx.db.read(health.held_mails)
        return (
            f"It holds for mails sent from now on; {waiting:,} that wait now keep their time.",
            False,
        )
    if key == "writing.default_account":
        drafts = await ctx.db.read(health.drafts)
        return f"It holds for new mails; {drafts:,} drafts keep their sender.", False
    if key == "sync.host_connections":
        accounts = len(ctx.settings.accounts)
        return f"{accounts:,} accounts connect anew with it; no mail is touched.", False
    return "", False
