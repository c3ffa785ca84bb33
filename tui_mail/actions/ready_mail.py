"""A mail that somebody else composed: checked, freed of Bcc, and queued as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tui_mail.actions.composition import default_account, parse_people, place_of
from tui_mail.actions.context import Context
from tui_mail.actions.orders import Order
from tui_mail.errors import MailError
from tui_mail.filing import outgoing
from tui_mail.model.addresses import address_key
from tui_mail.model.safe_text import one_line

_DROPPED = re.compile(
    rb"^(?:bcc|resent-bcc|x-tui-mail-id|return-path)[ \t]*:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_MAX_LINE = 998


def prepare(
    ctx: Context,
    raw: bytes,
    *,
    account_id: int | None,
    recipients: Sequence[str],
    immediately: bool = False,
) -> Order:
    """Check a mail and find whom it goes to: `recipients`, or its own To, Cc and Bcc.

    Date and Message-ID are added where they are missing; nothing else changes but what may not
    leave (Bcc). `immediately` skips the undo window. Raises MailError when it cannot be sent as it
    is (SEC-26).
    """
    from tui_mail.mime.indexing import canonical, index_mail
    from tui_mail.mime.outgoing import wire_address

    raw = canonical(raw.lstrip(b"\r\n"))
    head, gap, body = raw.partition(b"\r\n\r\n")
    if not gap or not _FIELD.match(head) or b"\0" in raw:
        raise MailError("This is no mail: header fields, an empty line, then the text.")
    if max(map(len, raw.split(b"\r\n"))) > _MAX_LINE:
        raise MailError("The mail has a line of more than 998 octets (RFC 5322 §2.1.1).")
    envelope = index_mail(raw).envelope
    if not envelope.from_:
        raise MailError("The mail has no From.")
    chosen = account_id or _account_of(ctx, envelope.from_[0].address)
    account = ctx.account(chosen)
    if account is None or not account.smtp_host:
        raise MailError("This account has no server for sending.")
    if address_key(envelope.from_[0].address) not in map(address_key, account.own_addresses):
        raise MailError(
            f"{one_line(envelope.from_[0].address, 100)} is no address of account {account.id}.",
            hint="Add it to the account's aliases.",
        )
    if recipients:
        people = parse_people(", ".join(recipients))
    else:
        people = (*envelope.to, *envelope.cc, *envelope.bcc)
    addresses = tuple(dict.fromkeys(address_key(wire_address(one.address)) for one in people))
    if not addresses:
        raise MailError("The mail has no recipient.", hint="Say --to ADDRESS.")
    uuid = outgoing.new_uuid()
    fields = _DROPPED.sub(b"", head + b"\r\n")
    added = f"X-Tui-Mail-Id: {uuid}\r\n"
    if not envelope.message_id:
        added += f"Message-ID: <{uuid}@{account.address.rpartition('@')[2]}>\r\n"
    if envelope.date is None:
        from email.utils import formatdate

        added += f"Date: {formatdate(ctx.now(), localtime=True)}\r\n"
    frozen = added.encode("ascii", "replace") + fields + b"\r\n" + body
    mail = index_mail(frozen)
    mail = replace(mail, envelope=replace(mail.envelope, bcc=envelope.bcc))
    wait = 0 if immediately else int(ctx.settings.get("writing.undo_seconds"))
    sender = wire_address(envelope.from_[0].address)
    place = place_of(ctx, chosen)
    return Order(place, mail, frozen, uuid, sender, addresses, ctx.now() + wait)


def _account_of(ctx: Context, address: str) -> int:
    """The account that owns the From address, else the default one."""
    key = address_key(address)
    for account in ctx.settings.accounts:
        if key in map(address_key, account.own_addresses):
            return ctx.account_ids[account.id]
    return default_account(ctx)
