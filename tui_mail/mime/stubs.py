"""What is shown of a mail that cannot be read: its headers, and why."""

from __future__ import annotations

from dataclasses import replace

from tui_mail.mime.charsets import without_surrogates
from tui_mail.mime.fields import header_end, split_fields
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.words import decode_value
from tui_mail.model.addresses import Address
from tui_mail.model.messages import Envelope, ReadableMail
from tui_mail.model.safe_text import one_line, safe_line

_MAX_HEADER_TEXT = 20_000


def readable_stub(raw: bytes, problem: str) -> ReadableMail:
    """A mail without a body: safe envelope and headers, and `problem` in words."""
    header = raw[: header_end(raw)]
    return ReadableMail(
        envelope=safe_envelope(parse_envelope(header)),
        headers=shown_headers(header),
        blocks=(),
        problem=problem,
        size=len(raw),
    )


def shown_headers(header: bytes, charset: str = "") -> tuple[tuple[str, str], ...]:
    """Every field in order, decoded and safe to show."""
    return tuple(
        (
            safe_line(name),
            one_line(without_surrogates(decode_value(value, charset)), _MAX_HEADER_TEXT),
        )
        for name, value in split_fields(header)
    )


def safe_envelope(envelope: Envelope) -> Envelope:
    """The envelope with every text made safe to show."""

    def ids(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(safe_line(value) for value in values)

    def people(values: tuple[Address, ...]) -> tuple[Address, ...]:
        return tuple(Address(one_line(one.name), one_line(one.address)) for one in values)

    return replace(
        envelope,
        message_id=safe_line(envelope.message_id),
        in_reply_to=ids(envelope.in_reply_to),
        references=ids(envelope.references),
        subject=one_line(envelope.subject),
        from_=people(envelope.from_),
        sender=people(envelope.sender),
        reply_to=people(envelope.reply_to),
        to=people(envelope.to),
        cc=people(envelope.cc),
        bcc=people(envelope.bcc),
        list_id=one_line(envelope.list_id),
        list_unsubscribe=one_line(envelope.list_unsubscribe),
        content_type=one_line(envelope.content_type),
        defects=ids(envelope.defects),
    )
