"""A draft as the mail it will be: its addresses, its headers, its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui_mail.actions.context import Context
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError
from tui_mail.filing.arrivals import FolderPlace
from tui_mail.model.addresses import Address, address_key, written
from tui_mail.model.markup import IMAGE_TYPES, images, with_content_ids
from tui_mail.model.messages import Envelope
from tui_mail.model.safe_text import one_line
from tui_mail.store.drafts import Draft, DraftFile

if TYPE_CHECKING:
    from tui_mail.mime.outgoing import OutgoingMail


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


def envelope_of(ctx: Context, draft: Draft) -> Envelope:
    """What the lists show of a draft."""
    content = draft.content
    replied = (content.in_reply_to,) if content.in_reply_to else ()
    return Envelope(
        message_id=f"<{draft.uuid}.draft@tui-mail.invalid>",
        in_reply_to=replied,
        references=content.references,
        subject=one_line(content.subject),
        from_=(sender_of(ctx, draft),),
        to=parse_people(content.to),
        cc=parse_people(content.cc),
        bcc=parse_people(content.bcc),
        tui_mail_id=draft.uuid,
    )


def outgoing_of(
    ctx: Context, draft: Draft, account: AccountSettings, files: list[DraftFile]
) -> OutgoingMail:
    """The mail a draft is now."""
    from tui_mail.mime.outgoing import OutgoingFile, OutgoingMail

    content = draft.content
    shown = {image.target for image in images(content.body)}
    ids = {
        file.filename: f"{number}.{draft.uuid}@tui-mail.invalid"
        for number, file in enumerate(files, start=1)
        if file.content_type in IMAGE_TYPES and file.filename in shown
    }
    return OutgoingMail(
        from_=sender_of(ctx, draft),
        to=parse_people(content.to),
        cc=parse_people(content.cc),
        bcc=parse_people(content.bcc),
        subject=" ".join(content.subject.split()),
        body=with_content_ids(content.body, lambda name: ids.get(name, "")),
        files=tuple(
            OutgoingFile(f.filename, f.content_type, f.data, ids.get(f.filename, "")) for f in files
        ),
        in_reply_to=(content.in_reply_to,) if content.in_reply_to else (),
        references=content.references,
        date=ctx.now(),
        utc_offset=utc_offset(ctx.now()),
        tui_mail_id=draft.uuid,
        plain_only=content.plain_only,
    )


def utc_offset(at: int) -> int:
    """Seconds the user's zone is ahead of UTC at a time."""
    offset = datetime.fromtimestamp(at).astimezone().utcoffset()
    return int(offset.total_seconds()) if offset else 0


def sender_of(ctx: Context, draft: Draft) -> Address:
    """The name and the own address a draft goes from."""
    account = ctx.account(draft.account_id)
    if account is None:
        return Address("", "")
    return Address(account.name, draft.content.sender or account.address)


def receiving_address(own: Sequence[str], people: Mapping[str, Sequence[Address]]) -> str:
    """The own address a mail was sent to, the account's own one when it names none."""
    addressed = {one.key for role in ("to", "cc", "bcc") for one in people.get(role, ())}
    return next((one for one in own if address_key(one) in addressed), own[0])


def place_of(ctx: Context, account_id: int) -> FolderPlace:
    """Where a mail written here belongs: no folder yet, but an account and its rules."""
    account = ctx.account(account_id)
    if account is None:
        return FolderPlace(0, account_id, 0, "", frozenset())
    own = frozenset(map(address_key, account.own_addresses))
    automatic = account.link_mode == "automatic"
    return FolderPlace(0, account_id, 0, "", own, account.default_visibility, automatic)


def own_keys(ctx: Context) -> set[str]:
    """Every own address of every account, as comparison keys."""
    return {
        address_key(address)
        for account in ctx.settings.accounts
        for address in account.own_addresses
    }


def typed(people: list[Address]) -> str:
    """People as the composer shows them: safe, and parsed back to the same addresses."""
    return ", ".join(written(person.name, person.address) for person in people)
