"""Drafts and sending: from what is typed to a frozen mail in the outbox (§4.9)."""

from __future__ import annotations

import asyncio
import mimetypes
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.actions.context import Context
from tui_mail.actions.reading import Opened
from tui_mail.actions.triage import Done
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError, MailError
from tui_mail.filing import drafting, outgoing
from tui_mail.filing.arrivals import FolderPlace
from tui_mail.model.addresses import Address, address_key
from tui_mail.model.drafts import DraftContent
from tui_mail.model.messages import Envelope, IndexedMail
from tui_mail.model.safe_text import one_line
from tui_mail.store import accounts, correspondents, drafts, journal, outbox
from tui_mail.store.drafts import Draft, DraftFile

if TYPE_CHECKING:
    from tui_mail.mime.outgoing import OutgoingMail


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the review before sending."""

    text: str
    """Safe text."""
    blocks: bool
    """Sending is not possible while this stands."""
    mend: str = "edit"
    """What mends it: `edit`, `attach` or `account`."""


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

    own = _own(ctx)
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
        to=_typed(to),
        cc=_typed(cc),
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
        _envelope(ctx, draft),
        _place(ctx, draft.account_id),
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
        mail = _outgoing(ctx, draft, account, await files_of(ctx, draft))
        raw = await asyncio.to_thread(compose.build, mail)
    except MailError:
        return
    indexed = await asyncio.to_thread(index_mail, raw)
    await ctx.db.write(drafting.file_draft, draft.id, indexed, ctx.now())
    ctx.wake()


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
        to=_typed(people.get("to", [])),
        cc=_typed(people.get("cc", [])),
        bcc=_typed(people.get("bcc", [])),
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


async def discard(ctx: Context, draft: Draft) -> None:
    """Throw a draft away."""
    await ctx.db.write(drafting.drop_draft, draft.id, "discarded", ctx.now())


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
        mail = _outgoing(ctx, draft, account, files)
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


async def send(ctx: Context, draft: Draft, *, at: int | None = None) -> Done:
    """Freeze the mail and put it into the outbox; `z` stops it during the undo window.

    `at` sends it later (UTC seconds). Raises MailError or ActionError; the draft stays then.
    """
    for problem in await check(ctx, draft):
        if problem.blocks:
            raise ActionError(problem.text)
    account = ctx.account(draft.account_id)
    assert account is not None
    from tui_mail.mime import compose
    from tui_mail.mime.indexing import index_mail

    await save(ctx, draft)
    files = await files_of(ctx, draft)
    mail = replace(
        _outgoing(ctx, draft, account, files), tui_mail_id=outgoing.new_uuid(), date=ctx.now()
    )
    raw = await asyncio.to_thread(compose.build, mail)
    mail_from, recipients = compose.envelope_of(mail)
    indexed = await asyncio.to_thread(index_mail, raw)
    indexed = replace(indexed, envelope=replace(indexed.envelope, bcc=mail.bcc))
    now = ctx.now()
    wait = int(ctx.settings.get("writing.undo_seconds"))
    order = _Order(
        draft,
        indexed,
        raw,
        mail.tui_mail_id,
        mail_from,
        tuple(map(address_key, recipients)),
        at or now + wait,
        at is not None,
    )
    done = await ctx.db.write(_queue, order, _place(ctx, draft.account_id), now)
    ctx.wake()
    return done


@dataclass(frozen=True, slots=True)
class _Order:
    draft: Draft
    mail: IndexedMail
    raw: bytes
    uuid: str
    mail_from: str
    recipients: tuple[str, ...]
    not_before: int
    scheduled: bool


def _queue(conn: sqlite3.Connection, order: _Order, place: FolderPlace, now: int) -> Done:
    """The outbox row, the conversation and the journal entry in one transaction."""
    outbox_id, changed = outgoing.queue(
        conn,
        place,
        order.mail,
        order.raw,
        outbox_uuid=order.uuid,
        mail_from=order.mail_from,
        recipients=order.recipients,
        not_before=order.not_before,
        now=now,
        scheduled=order.scheduled,
        draft_id=order.draft.id,
        conversation_id=order.draft.conversation_id,
    )
    if order.draft.source_id is not None and order.draft.kind in ("reply", "reply_all"):
        changed |= outgoing.mark_answered(conn, order.draft.source_id, now)
    shown = one_line(order.mail.envelope.subject, 60) or "(no subject)"
    summary = f"Sending “{shown}”"
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action="send",
        summary=summary,
        targets={"conversations": sorted(changed), "outbox": outbox_id},
        undo={"kind": "send", "outbox_id": outbox_id},
    )
    return Done(entry, summary, tuple(changed))


async def cancel(ctx: Context, outbox_id: int) -> bool:
    """Stop a mail that has not begun to go; False when it was too late (OUT-13)."""
    return bool(await ctx.db.write(outgoing.cancel, outbox_id, ctx.now()))


async def resend(ctx: Context, outbox_id: int) -> bool:
    """Send a failed or uncertain mail again, on the user's word (OUT-5)."""
    done = await ctx.db.write(outgoing.resend, outbox_id, ctx.now())
    ctx.wake()
    return done


async def mark_sent(ctx: Context, outbox_id: int) -> bool:
    """The user knows that an uncertain mail went."""
    return bool(await ctx.db.write(outgoing.mark_sent, outbox_id, ctx.now()))


async def outgoing_of_message(
    ctx: Context, message_id: int
) -> tuple[outbox.Outgoing, list[outbox.Recipient]] | None:
    """The outbox row behind a message, with its recipients."""
    row = await ctx.db.read(outbox.of_message, message_id)
    if row is None:
        return None
    return row, await ctx.db.read(outbox.recipients, row.id)


def default_account(ctx: Context) -> int:
    """The account new mail goes from. Raises ActionError when there is none."""
    wanted = ctx.settings.get("writing.default_account")
    for account in ctx.settings.accounts:
        if account.id == wanted or not wanted:
            return ctx.account_ids[account.id]
    if ctx.settings.accounts:
        return ctx.account_ids[ctx.settings.accounts[0].id]
    raise ActionError("There is no account to write from.", hint="Add one: g , then a.")


def parse_people(text: str) -> tuple[Address, ...]:
    """The addresses typed into To, Cc or Bcc; names and commas as people write them."""
    from tui_mail.mime.addresses import parse_addresses

    return tuple(one for one in parse_addresses(text) if one.address or one.name)


def _envelope(ctx: Context, draft: Draft) -> Envelope:
    account = ctx.account(draft.account_id)
    content = draft.content
    sender = Address(account.name, account.address) if account else Address("", "")
    replied = (content.in_reply_to,) if content.in_reply_to else ()
    return Envelope(
        message_id=f"<{draft.uuid}.draft@tui-mail.invalid>",
        in_reply_to=replied,
        references=content.references,
        subject=one_line(content.subject),
        from_=(sender,),
        to=parse_people(content.to),
        cc=parse_people(content.cc),
        bcc=parse_people(content.bcc),
        tui_mail_id=draft.uuid,
    )


def _outgoing(
    ctx: Context, draft: Draft, account: AccountSettings, files: list[DraftFile]
) -> OutgoingMail:
    from tui_mail.mime.outgoing import OutgoingFile, OutgoingMail

    content = draft.content
    offset = datetime.fromtimestamp(ctx.now()).astimezone().utcoffset()
    return OutgoingMail(
        from_=Address(account.name, account.address),
        to=parse_people(content.to),
        cc=parse_people(content.cc),
        bcc=parse_people(content.bcc),
        subject=" ".join(content.subject.split()),
        body=content.body,
        files=tuple(OutgoingFile(f.filename, f.content_type, f.data) for f in files),
        in_reply_to=(content.in_reply_to,) if content.in_reply_to else (),
        references=content.references,
        date=ctx.now(),
        utc_offset=int(offset.total_seconds()) if offset else 0,
        tui_mail_id=draft.uuid,
        plain_only=content.plain_only,
    )


def _threading(opened: Opened) -> Envelope:
    message = opened.message
    return Envelope(message_id=message.message_id, references=message.refs)


def _place(ctx: Context, account_id: int) -> FolderPlace:
    account = ctx.account(account_id)
    if account is None:
        return FolderPlace(0, account_id, 0, "", frozenset())
    own = frozenset(map(address_key, account.own_addresses))
    automatic = account.link_mode == "automatic"
    return FolderPlace(0, account_id, 0, "", own, account.default_visibility, automatic)


def _own(ctx: Context) -> set[str]:
    return {
        address_key(address)
        for account in ctx.settings.accounts
        for address in account.own_addresses
    }


def _typed(people: list[Address]) -> str:
    """People as the composer shows them: safe, and parsed back to the same addresses."""
    shown: list[str] = []
    for person in people:
        address = one_line(person.address)
        name = one_line(person.name).replace("\\", "").replace('"', "")
        shown.append(f'"{name}" <{address}>' if name and name != address else address)
    return ", ".join(shown)


def _when(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
