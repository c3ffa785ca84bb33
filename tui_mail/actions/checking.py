"""What is looked at before a mail is sent, and how it will look."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui_mail.actions.composition import (
    outgoing_of,
    own_keys,
    parse_people,
    receiving_address,
    sender_of,
)
from tui_mail.actions.context import Context
from tui_mail.actions.group_members import MOST, first, gaps_of_each, members, single
from tui_mail.actions.keeping import files_of
from tui_mail.actions.regarding import recipients, regarding
from tui_mail.actions.sizes import content_size, size_limits
from tui_mail.actions.smart_values import greeted, values
from tui_mail.config.languages import words
from tui_mail.errors import MailError
from tui_mail.model.lint import Check, Facts, Words
from tui_mail.model.lint import check as lint
from tui_mail.model.safe_text import one_line
from tui_mail.model.smart_fields import fill_header, gaps, mark
from tui_mail.store import correspondents, messages
from tui_mail.store.drafts import Draft, DraftFile

_NAMED = 5
"""People of a group who lack something that the review names itself."""

__all__ = ["Check", "Glance", "Preview", "check", "glance", "preview", "received_by"]


async def check(ctx: Context, draft: Draft) -> list[Check]:
    """What the review screen shows before sending."""
    if draft.content.group:
        return await _check_group(ctx, draft)
    account = ctx.account(draft.account_id)
    if account is None:
        return [Check("The account of this draft is gone; choose another.", True, "sender")]
    found = await values(ctx, draft)
    files = await files_of(ctx, draft)
    failure, size = await _built(ctx, draft, found, files)
    lines = lint(await _facts(ctx, draft, found, files, failure, size))
    if not account.smtp_host:
        text = f"Account {account.id} has no server for sending."
        lines.insert(0, Check(text, True, "sender"))
    return lines


async def _check_group(ctx: Context, draft: Draft) -> list[Check]:
    """What speaks against a group mail: of all together, then of each person (SEC-41)."""
    content = draft.content
    found: list[Check] = []
    if content.cc.strip() or content.bcc.strip():
        found.append(Check("A group mail has no Cc and no Bcc: one mail each.", True, "edit"))
    everyone = await members(ctx, draft)
    count = len(everyone.people)
    if count > MOST:
        found.append(Check(f"{count} people; a group mail goes to {MOST} at most.", True, "edit"))
        return found
    if not count:
        why = "has had this mail" if everyone.done else "is in To"
        return [*found, Check(f"{'Everybody' if everyone.done else 'Nobody'} {why}.", True, "edit")]
    if everyone.doubles:
        names = ", ".join(one_line(one.address, 60) for one in everyone.doubles[:3])
        found.append(Check(f"Left out, being there twice: {names}.", False, "edit"))
    if everyone.done:
        found.append(Check(f"{len(everyone.done)} have this mail already.", False, "edit"))
    found += [
        one for one in await check(ctx, single(draft, everyone.people[0])) if one.rule != "field"
    ]
    lacking = [one for one in await gaps_of_each(ctx, draft) if one[1]]
    for person, problems in lacking[:_NAMED]:
        who = one_line(person.name or person.address, 40)
        found.append(Check(f"{who}: {' '.join(problems)}", True, "edit", "field"))
    if len(lacking) > _NAMED:
        text = f"{len(lacking) - _NAMED} more people lack something: the preview names them."
        found.append(Check(text, True, "edit", "field"))
    return found


@dataclass(frozen=True, slots=True)
class Glance:
    """What the composer shows of a mail while it is written."""

    lines: list[Check]
    size: int
    """Octets of text and files as they are."""
    limit: int
    """0: none is known."""


async def glance(ctx: Context, draft: Draft, files: list[DraftFile]) -> Glance:
    """The checks that need no finished mail; `files` are those of the draft."""
    draft = _one_of(draft)
    most = (await size_limits(ctx, draft.account_id)).shown
    size = content_size(draft, files)
    account = ctx.account(draft.account_id)
    if account is None:
        return Glance([Check("Choose an account to send from.", True, "sender")], size, most)
    found = await values(ctx, draft)
    failure = ""
    try:
        _need_recipients(draft)
    except MailError as error:
        failure = str(error)
    facts = await _facts(ctx, draft, found, files, failure, size * 137 // 100)
    return Glance(await asyncio.to_thread(lint, facts), size, most)


def _one_of(draft: Draft) -> Draft:
    """Of a group mail the one to the first person."""
    if not draft.content.group:
        return draft
    return first(draft)


def _need_recipients(draft: Draft) -> None:
    from tui_mail.mime import compose
    from tui_mail.mime.outgoing import recipient_address

    everyone = recipients(draft.content)
    if not everyone:
        raise MailError(compose.NO_RECIPIENT, hint="Fill in To, Cc or Bcc.")
    for one in everyone:
        recipient_address(one, smtputf8=True)


async def _built(
    ctx: Context, draft: Draft, found: Mapping[str, str], files: list[DraftFile]
) -> tuple[str, int]:
    """Why no mail can be made of it, and its size."""
    from tui_mail.mime import compose

    account = ctx.account(draft.account_id)
    assert account is not None
    try:
        mail = replace(outgoing_of(ctx, draft, account, files), values=found)
        compose.envelope_of(mail)
        return "", len(await asyncio.to_thread(compose.build, mail))
    except MailError as error:
        return str(error), 0


async def _facts(
    ctx: Context,
    draft: Draft,
    found: Mapping[str, str],
    files: list[DraftFile],
    failure: str,
    size: int,
) -> Facts:
    content = draft.content
    marked = mark(content.body, found)
    about = await regarding(ctx, draft)
    return Facts(
        subject=fill_header(content.subject, found),
        body=marked.shown(marked.text),
        markdown=content.body,
        recipients=recipients(content),
        greeted=await ctx.db.read(greeted, parse_people(content.to)),
        files=tuple((file.filename, file.content_type) for file in files),
        gaps=(
            *gaps(content.subject, found, "subject", by_line=False),
            *gaps(content.body, found, "text", by_line=True),
        ),
        own=frozenset(own_keys(ctx)),
        kind=draft.kind,
        many=int(ctx.settings.get("writing.many_recipients")),
        received_by=await received_by(ctx, draft),
        sender=sender_of(ctx, draft).address,
        item_title=about.title,
        item_people=about.insiders,
        content_size=content_size(draft, files),
        encoded_size=size,
        limits=await size_limits(ctx, draft.account_id),
        words=Words(words("attached"), words("greetings"), words("everyone")),
        failure=failure,
    )


async def received_by(ctx: Context, draft: Draft) -> str:
    """The own address to which the mail came that is answered; empty for none."""
    if draft.source_id is None or draft.kind not in ("reply", "reply_all"):
        return ""
    source = await ctx.db.read(messages.message, draft.source_id)
    account = ctx.account(source.account_id) if source is not None else None
    if account is None:
        return ""
    people = await ctx.db.read(correspondents.of_message, draft.source_id)
    return receiving_address(account.own_addresses, people)


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail as its receiver will see it. Safe text."""

    subject: str
    plain: str
    """The plain part as it is sent."""
    html: str
    """The HTML part as a mail program that shows text reads it; empty without one."""
    size: int
    """Octets of the whole mail."""


async def preview(ctx: Context, draft: Draft, found: Mapping[str, str] | None = None) -> Preview:
    """Both parts with their fields filled in; `found` are values other than the draft's own.

    Raises MailError when no mail can be made of it.
    """
    from tui_mail.mime import compose, previewing

    draft = _one_of(draft)
    account = ctx.account(draft.account_id)
    if account is None:
        raise MailError("The account of this draft is gone.", hint="Choose another.")
    files = await files_of(ctx, draft)
    mail = replace(
        outgoing_of(ctx, draft, account, files),
        values=found if found is not None else await values(ctx, draft),
    )
    raw = await asyncio.to_thread(compose.build, mail)
    plain, html = await asyncio.to_thread(previewing.both_parts, raw)
    return Preview(compose.subject_of(mail), plain, html, len(raw))
