"""How a draft begins: empty, from a link, as an answer, as a mail sent on, or found again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.actions import beginning, keeping
from tui_mail.actions.reading import FETCH_SECONDS, Opened
from tui_mail.errors import ActionError
from tui_mail.model.drafts import DraftContent
from tui_mail.model.mailto import parse_mailto
from tui_mail.model.messages import Flag
from tui_mail.model.records import Ref
from tui_mail.store import messages, templates
from tui_mail.store.drafts import Draft, DraftFile

if TYPE_CHECKING:
    from tui_mail.tui.program import Program


FIRST_REVISION = 1
"""What a draft has before anything was typed into it."""
_UNTOUCHED_SECONDS = 86_400
"""An open draft in which nothing was ever typed goes after this: another terminal may have it."""


async def begin(
    app: Program,
    kind: str,
    *,
    conversation_id: int | None = None,
    message_id: int | None = None,
    draft_id: int | None = None,
    mailto: str = "",
    item: Ref | None = None,
    to: str = "",
    group: bool = False,
    template_id: int | None = None,
) -> Draft:
    """Make or find the draft. Raises ActionError with what to do."""
    if draft_id is not None:
        return await keeping.load(app.ctx, draft_id)
    if kind == "new":
        content = _linked(app, mailto) if mailto else DraftContent(to=to, group=group)
        content = replace(content, item=str(item)) if item is not None else content
        draft = await beginning.new_draft(app.ctx, content=content)
        return await _filled(app, draft, template_id) if template_id is not None else draft
    if message_id is None and conversation_id is not None:
        message_id = await _to_answer(app, conversation_id)
    if message_id is None:
        raise ActionError("There is nothing to answer here.")
    is_ours = kind == "edit" and await keeping.draft_of_message(app.ctx, message_id) is not None
    opened = await app.reader.open(message_id, wait=0 if is_ours else FETCH_SECONDS)
    if kind in ("forward", "edit"):
        files = [] if is_ours else await _files(app, opened)
        return await (beginning.forward if kind == "forward" else beginning.edit)(
            app.ctx, opened, files
        )
    return await beginning.reply(app.ctx, opened, everyone=kind == "reply_all")


async def _filled(app: Program, draft: Draft, template_id: int) -> Draft:
    """A new mail with a template in it, kept at once."""
    template = await app.ctx.db.read(templates.get, template_id)
    if template is None:
        raise ActionError("That template is gone.")
    from tui_mail.actions.templates import insert

    filled = await insert(app.ctx, draft, template)
    await keeping.save(app.ctx, filled)
    return await keeping.load(app.ctx, draft.id)


def _linked(app: Program, mailto: str) -> DraftContent:
    """What a link asks for; what was not taken is said."""
    found = parse_mailto(mailto)
    if found.dropped:
        app.say(f"Left out of the link: {', '.join(found.dropped)}.")
    return found.content


async def _to_answer(app: Program, conversation_id: int) -> int | None:
    """The newest message that is no draft and does not wait to be sent."""
    found = await app.ctx.db.read(messages.of_conversation, conversation_id)
    answerable = [m.id for m in found if m.state in ("received", "sent")
                  and not m.flags & Flag.DRAFT]  # fmt: skip
    return answerable[-1] if answerable else None


async def _files(app: Program, opened: Opened) -> list[DraftFile]:
    found: list[DraftFile] = []
    for file in opened.mail.attachments if opened.mail else ():
        if not file.inline:
            _, data = await app.reader.attachment(opened.message.id, file.part)
            found.append(DraftFile(file.filename, file.content_type, data))
    return found


async def recover(app: Program) -> list[Draft]:
    """Drafts whose composer was not closed: kept as drafts now; empty ones go."""
    kept: list[Draft] = []
    for draft in await keeping.recoverable(app.ctx):
        if draft.revision <= FIRST_REVISION or draft.content.is_empty:
            if draft.saved_at < app.ctx.now() - _UNTOUCHED_SECONDS:
                await keeping.discard(app.ctx, draft)
            continue
        await keeping.keep(app.ctx, draft)
        kept.append(draft)
    return kept
