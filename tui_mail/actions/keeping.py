"""Keeping what is typed: drafts, their files, and their copy on the server."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Sequence
from pathlib import Path

from tui_mail.actions.composition import envelope_of, outgoing_of, place_of
from tui_mail.actions.context import Context
from tui_mail.actions.sizes import content_size, size_limits
from tui_mail.errors import ActionError, MailError
from tui_mail.filing import drafting
from tui_mail.model.size_limits import MB
from tui_mail.store import drafts
from tui_mail.store.drafts import Draft, DraftFile

_MOST_OCTETS = 200 * MB
"""Read of a file when nothing is known of the limits."""


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
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    file = DraftFile(path.name, kind, await _content(ctx, draft, path))
    mine = await files_of(ctx, draft)
    found, _ = free_names([file], mine)
    return await set_files(ctx, draft, [*mine, *found])


async def attach_image(ctx: Context, draft: Draft, path: Path) -> tuple[list[DraftFile], str]:
    """Add an image to be shown inside the text; returns the files and the name it has there.

    Raises ActionError for a file that is no PNG, JPEG, GIF or WebP, whatever it is called.
    """
    data = await _content(ctx, draft, path)
    kind = image_type(data)
    if not kind:
        raise ActionError(f"{path.name} is no PNG, JPEG, GIF or WebP.", hint="Attach it instead.")
    mine = await files_of(ctx, draft)
    known = next((one for one in mine if (one.content_type, one.data) == (kind, data)), None)
    if known is not None:
        return mine, known.filename
    found, _ = free_names([DraftFile(path.name, kind, data)], mine)
    return await set_files(ctx, draft, [*mine, *found]), found[0].filename


def image_type(data: bytes) -> str:
    """The type of an image by its first octets; empty for anything that mails do not show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    signs = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
    return next((f"image/{name}" for sign, name in signs if data.startswith(sign)), "")


def free_names(
    files: Sequence[DraftFile], beside: Sequence[DraftFile]
) -> tuple[list[DraftFile], dict[str, str]]:
    """Files under names that none beside them has, and the new name of each that was renamed."""
    taken = {one.filename for one in beside}
    found: list[DraftFile] = []
    renamed: dict[str, str] = {}
    for file in files:
        stem, dot, ending = file.filename.rpartition(".")
        name, number = file.filename, 2
        while name in taken:
            name = f"{stem or ending}-{number}{dot and stem and '.' + ending}"
            number += 1
        if name != file.filename:
            renamed[file.filename] = name
        taken.add(name)
        found.append(DraftFile(name, file.content_type, file.data))
    return found, renamed


async def set_files(ctx: Context, draft: Draft, files: Sequence[DraftFile]) -> list[DraftFile]:
    """Replace the files of a draft. Raises ActionError when they are too large (R9)."""
    problem = (await size_limits(ctx, draft.account_id)).expected_problem(
        content_size(draft, files)
    )
    if problem and sum(len(file.data) for file in files) > await _octets(ctx, draft):
        raise ActionError(problem, hint="Share a link instead.")
    await ctx.db.write(drafts.set_files, draft.id, files)
    return list(files)


async def _octets(ctx: Context, draft: Draft) -> int:
    return sum(len(file.data) for file in await files_of(ctx, draft))


async def _content(ctx: Context, draft: Draft, path: Path) -> bytes:
    """The octets of a file, read only when they may fit."""
    path = path.expanduser()
    most = (await size_limits(ctx, draft.account_id)).content or _MOST_OCTETS

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(most + 1)

    try:
        size = path.stat().st_size
        data = await asyncio.to_thread(read)
    except OSError as error:
        raise ActionError(f"Cannot read {path}: {error.strerror}.") from error
    if len(data) > most:
        shown = f"{max(size, len(data)) / MB:.1f} MB, limit {most / MB:.1f} MB"
        raise ActionError(f"{path.name} is too large: {shown}.", hint="Share a link instead.")
    return data


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
    """Close the composer and keep the draft; an untouched one is dropped.

    The draft of a group mail stays here: from the server's Drafts it might go to all at once.
    """
    if draft.content.is_empty and not await files_of(ctx, draft):
        await discard(ctx, draft)
        return
    await save(ctx, draft)
    await ctx.db.write(drafts.set_state, draft.id, "kept", ctx.now())
    account = ctx.account(draft.account_id)
    if account is None or draft.content.group:
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
