"""Keeping what is typed: drafts, their files, and their copy on the server."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path

from tui_mail.actions.composition import envelope_of, outgoing_of, place_of
from tui_mail.actions.context import Context
from tui_mail.errors import ActionError, MailError
from tui_mail.filing import drafting
from tui_mail.store import drafts
from tui_mail.store.drafts import Draft, DraftFile


async def load(ctx: Context, draft_id: int) -> Draft:
    """One draft. Raises ActionError when it is not there."""
    draft = await ctx.db.read(drafts.get, draft_id)
    if draft is None:
        raise ActionError("That draft is not here any more.")
    return draft


async def recoverable(ctx: Context) -> list[Draft]:
    """Drafts that were open when the program ended."""
    return await ctx.db.read(drafts.opened)


async def draft_of_message(ctx: Context, message_id: int) -> Draft | None:
    """The draft behind a row of the Drafts view."""
    return await ctx.db.read(drafts.of_message, message_id)


async def save(ctx: Context, draft: Draft) -> None:
    """Keep what is typed; called every few seconds and when the composer loses focus."""
    await ctx.db.write(
        drafting.save_draft,
        draft.id,
        draft.content,
        envelope_of(ctx, draft),
        place_of(ctx, draft.account_id),
        ctx.now(),
    )


async def attach(ctx: Context, draft: Draft, path: Path) -> list[DraftFile]:
    """Add a file to a draft; its bytes are taken now (OUT-12). Raises ActionError."""
    path = path.expanduser()
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise ActionError(f"Cannot read {path}: {error.strerror}.") from error
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    files = [*await files_of(ctx, draft), DraftFile(path.name, kind, data)]
    await ctx.db.write(drafts.set_files, draft.id, files)
    return files


async def detach(ctx: Context, draft: Draft, position: int) -> list[DraftFile]:
    """Take an attachment out again."""
    files = await files_of(ctx, draft)
    del files[position]
    await ctx.db.write(drafts.set_files, draft.id, files)
    return files


async def files_of(ctx: Context, draft: Draft) -> list[DraftFile]:
    """The attachments of a draft."""
    return await ctx.db.read(drafts.files, draft.id)


async def keep(ctx: Context, draft: Draft) -> None:
    """Close the composer and keep the draft; an untouched one is dropped."""
    if draft.content.is_empty and not await files_of(ctx, draft):
        await discard(ctx, draft)
        return
    await save(ctx, draft)
    await ctx.db.write(drafts.set_state, draft.id, "kept", ctx.now())
    account = ctx.account(draft.account_id)
    if account is None:
        return
    from tui_mail.mime import compose
    from tui_mail.mime.indexing import index_mail

    try:
        mail = outgoing_of(ctx, draft, account, await files_of(ctx, draft))
        raw = await asyncio.to_thread(compose.build, mail)
    except MailError:
        return
    indexed = await asyncio.to_thread(index_mail, raw)
    await ctx.db.write(drafting.file_draft, draft.id, indexed, ctx.now())
    ctx.wake()


async def discard(ctx: Context, draft: Draft) -> None:
    """Throw a draft away."""
    await ctx.db.write(drafting.drop_draft, draft.id, "discarded", ctx.now())
