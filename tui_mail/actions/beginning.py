"""How a draft begins: new, as an answer, as a mail sent on, from another program."""

from __future__ import annotations

from datetime import datetime

from tui_mail.actions.composition import default_account, own_keys, typed
from tui_mail.actions.context import Context
from tui_mail.actions.reading import Opened
from tui_mail.errors import ActionError
from tui_mail.model.addresses import Address
from tui_mail.model.drafts import DraftContent
from tui_mail.model.messages import Envelope
from tui_mail.store import correspondents, drafts
from tui_mail.store.drafts import Draft, DraftFile


async def new_draft(
    ctx: Context, *, account_id: int | None = None, content: DraftContent | None = None
) -> Draft:
    """Begin a new mail."""
    return await ctx.db.write(
        drafts.create, account_id or default_account(ctx), content or DraftContent(), ctx.now()
    )


async def reply(ctx: Context, opened: Opened, *, everyone: bool) -> Draft:
    """Begin an answer: to the sender, or to everyone but ourselves.

    It goes from the account that received the mail.
    """
    message, mail = opened.message, opened.mail
    if mail is None:
        raise ActionError("The mail is still on the server.", hint="Open it first.")
    from tui_mail.mime import compose

    own = own_keys(ctx)
    people = await ctx.db.read(correspondents.of_message, message.id)
    if message.is_own:
        to = people.get("to", [])
    else:
        to = people.get("reply_to") or people.get("from", [])
    cc: list[Address] = []
    if everyone:
        seen = {person.key for person in to}
        for person in (*people.get("to", []), *people.get("cc", [])):
            if person.key not in seen and person.key not in own:
                seen.add(person.key)
                cc.append(person)
    in_reply_to, references = compose.reply_headers(_threading(opened))
    content = DraftContent(
        to=typed(to),
        cc=typed(cc),
        subject=compose.reply_subject(message.subject),
        body="\n\n" + compose.quote_for_reply(mail, when=_when(message.date or message.sort_at)),
        in_reply_to=" ".join(in_reply_to),
        references=references,
    )
    return await ctx.db.write(
        drafts.create,
        message.account_id,
        content,
        ctx.now(),
        kind="reply_all" if everyone else "reply",
        source_id=message.id,
        conversation_id=message.conversation_id,
    )


async def forward(ctx: Context, opened: Opened, files: list[DraftFile]) -> Draft:
    """Begin forwarding a mail with its attachments (`files`)."""
    message, mail = opened.message, opened.mail
    if mail is None:
        raise ActionError("The mail is still on the server.", hint="Open it first.")
    from tui_mail.mime import compose

    content = DraftContent(
        subject=compose.forward_subject(message.subject),
        body="\n\n" + compose.forward_text(mail, when=_when(message.date or message.sort_at)),
        references=compose.reply_headers(_threading(opened))[1],
    )
    draft = await ctx.db.write(
        drafts.create,
        message.account_id,
        content,
        ctx.now(),
        kind="forward",
        source_id=message.id,
    )
    await ctx.db.write(drafts.set_files, draft.id, files)
    return draft


async def edit(ctx: Context, opened: Opened, files: list[DraftFile]) -> Draft:
    """Open a draft for writing: ours, or one another program left in the server's Drafts."""
    message, mail = opened.message, opened.mail
    ours = await ctx.db.read(drafts.of_message, message.id)
    if ours is not None:
        await ctx.db.write(drafts.set_state, ours.id, "open", ctx.now())
        return ours
    if mail is None:
        raise ActionError("The draft is still on the server.", hint="Open it first.")
    people = await ctx.db.read(correspondents.of_message, message.id)
    content = DraftContent(
        to=typed(people.get("to", [])),
        cc=typed(people.get("cc", [])),
        bcc=typed(people.get("bcc", [])),
        subject=message.subject,
        body="\n\n".join(block.text for block in mail.blocks if block.kind != "hidden"),
        in_reply_to=message.refs[-1] if message.refs else "",
        references=message.refs,
    )
    draft = await ctx.db.write(
        drafts.create,
        message.account_id,
        content,
        ctx.now(),
        kind="adopted",
        source_id=message.id,
        conversation_id=message.conversation_id,
    )
    await ctx.db.write(drafts.set_files, draft.id, files)
    return draft


def _threading(opened: Opened) -> Envelope:
    message = opened.message
    return Envelope(message_id=message.message_id, references=message.refs)


def _when(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
