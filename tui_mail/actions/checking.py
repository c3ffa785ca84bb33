"""What is looked at before a mail is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tui_mail.actions.composition import outgoing_of
from tui_mail.actions.context import Context
from tui_mail.actions.keeping import files_of
from tui_mail.errors import MailError
from tui_mail.model.safe_text import one_line
from tui_mail.store import accounts
from tui_mail.store.drafts import Draft


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the review before sending."""

    text: str
    """Safe text."""
    blocks: bool
    """Sending is not possible while this stands."""
    mend: str = "edit"
    """What mends it: `edit`, `attach` or `account`."""


async def check(ctx: Context, draft: Draft) -> list[Check]:
    """What the review screen shows before sending."""
    checks: list[Check] = []
    content = draft.content
    account = ctx.account(draft.account_id)
    if account is None:
        return [Check("The account of this draft is gone; choose another.", True, "account")]
    if not account.smtp_host:
        checks.append(Check(f"Account {account.id} has no server for sending.", True, "account"))
    files = await files_of(ctx, draft)
    try:
        mail = outgoing_of(ctx, draft, account, files)
        from tui_mail.mime import compose

        _, recipients = compose.envelope_of(mail)
        raw = await asyncio.to_thread(compose.build, mail)
    except MailError as error:
        return [*checks, Check(one_line(str(error), 300), True)]
    limit = await size_limit(ctx, draft.account_id)
    if limit and len(raw) > limit:
        shown = f"{len(raw) / 1048576:.1f} MB, limit {limit / 1048576:.1f} MB"
        checks.append(Check(f"The mail is too large: {shown}.", True, "attach"))
    if not content.subject.strip():
        checks.append(Check("There is no subject.", False))
    words = ("attach", "anhang", "anbei", "adjunt", "pièce jointe", "allegat", "bijlage")
    typed = "\n".join(
        line for line in content.body.lower().splitlines() if not line.startswith(">")
    )
    if not files and any(word in typed for word in words):
        problem = "The text speaks of an attachment, but there is none."
        checks.append(Check(problem, False, "attach"))
    if len(recipients) > 20:
        checks.append(Check(f"This goes to {len(recipients)} people.", False))
    return checks


async def size_limit(ctx: Context, account_id: int) -> int:
    """The largest mail in octets: the user's word, else what the server announced; 0: unknown."""
    account = ctx.account(account_id)
    if account is not None and account.size_limit_mb:
        return account.size_limit_mb * 1024 * 1024
    row = await ctx.db.read(accounts.account, account_id)
    return int(row.server.get("smtp_size", 0)) if row is not None else 0
