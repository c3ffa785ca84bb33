"""How a draft begins: new, as an answer, as a mail sent on, from another program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tui_mail.actions.composition import default_account, own_keys, receiving_address, typed
from tui_mail.actions.context import Context
from tui_mail.actions.reading import Opened
from tui_mail.config.languages import Language, language
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError
from tui_mail.model.addresses import Address
from tui_mail.model.drafts import DraftContent
from tui_mail.model.markup import signed
from tui_mail.model.messages import Envelope, ReadableMail
from tui_mail.model.smart_fields import escaped
from tui_mail.store import correspondents, drafts, signatures
from tui_mail.store.drafts import Draft, DraftFile


async def new_draft(
    ctx: Context,
    *,
    account_id: int | None = None,
    content: DraftContent | None = None,
    sign: bool = True,
) -> Draft:
    """Begin a new mail; with `sign` under the signature that new mails have."""
    chosen = account_id or default_account(ctx)
    begun = content or DraftContent()
    if sign:
        begun = await with_signature(ctx, chosen, begun, answer=False)
    return await ctx.db.write(drafts.create, chosen, begun, ctx.now())


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
        body="\n\n" + _quote(ctx, mail, message.date or message.sort_at),
        sender=_sender(ctx, message.account_id, people),
        in_reply_to=" ".join(in_reply_to),
        references=references,
    )
    content = await with_signature(ctx, message.account_id, content, answer=True)
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
        body="\n\n"
        + compose.forward_text(
            mail, when=_when(ctx, message.date or message.sort_at), language=_language(ctx)
        ),
        references=compose.reply_headers(_threading(opened))[1],
    )
    content = await with_signature(ctx, message.account_id, content, answer=True)
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
        subject=escaped(message.subject),
        body=escaped("\n\n".join(b.text for b in mail.blocks if b.kind != "hidden")),
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


def _language(ctx: Context) -> Language:
    return language(str(ctx.settings.get("writing.language")))


def _quote(ctx: Context, mail: ReadableMail, at: int) -> str:
    from tui_mail.mime import compose

    levels = int(ctx.settings.get("writing.quote_levels"))
    if not levels:
        return ""
    return compose.quote_for_reply(
        mail, when=_when(ctx, at), language=_language(ctx), levels=levels
    )


def _sender(ctx: Context, account_id: int, people: Mapping[str, list[Address]]) -> str:
    """The alias a mail came to; empty for the address of the account itself."""
    account = ctx.account(account_id)
    if account is None:
        return ""
    found = receiving_address(account.own_addresses, people)
    return "" if found == account.address else found


def signature_for(account: AccountSettings, *, answer: bool) -> str:
    """The name of the signature that mails of an account begin with; empty for none."""
    wanted = account.signature_in in ("both", "replies" if answer else "new")
    return account.signature if wanted else ""


async def with_signature(
    ctx: Context, account_id: int, content: DraftContent, *, answer: bool
) -> DraftContent:
    """The content with the account's own signature, where the setting wants one."""
    account = ctx.account(account_id)
    name = signature_for(account, answer=answer) if account is not None else ""
    found = await ctx.db.read(signatures.by_name, account_id, name) if name else None
    if found is None:
        return content
    body = signed(content.body, found.body)
    return replace(content, body=body, signature=found.name)


def _when(ctx: Context, seconds: int) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime(f"{_language(ctx).date} %H:%M")
