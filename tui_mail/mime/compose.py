"""A mail to be sent as frozen bytes (§4.9), and what a reply or forward begins with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime, quote
from typing import Any

from tui_mail.config.languages import Language
from tui_mail.config.languages import language as find_language
from tui_mail.errors import MailError
from tui_mail.mime.indexing import canonical
from tui_mail.mime.names import safe_filename
from tui_mail.mime.outgoing import (
    OutgoingFile,
    OutgoingMail,
    checked_field,
    checked_id,
    checked_text,
    checked_type,
    recipient_address,
    wire_address,
)
from tui_mail.mime.rendering import to_html, to_plain
from tui_mail.model.addresses import Address
from tui_mail.model.messages import Envelope, Link, ReadableMail
from tui_mail.model.safe_text import one_line
from tui_mail.model.smart_fields import escaped, fill_header

__all__ = [
    "OutgoingFile",
    "OutgoingMail",
    "build",
    "envelope_of",
    "forward_subject",
    "forward_text",
    "quote_for_reply",
    "reply_headers",
    "reply_subject",
    "subject_of",
]

NO_RECIPIENT = "The mail has no recipient."
_MAX_REFERENCES = 100
_MAX_LINE = 998
_LINE = 76
_PIECE = "\x1f"
"""Stands between pieces of a header that hold blanks."""
_MAX_QUOTE = 200_000
_RE = re.compile(
    r"(?:re|aw|sv|vs|antw|odp|rif|r|ответ|回复|答复|回覆|תשובה|رد)(?:\[[0-9]{1,3}\])?\s{0,5}[:：]\s{0,5}",
    re.IGNORECASE,
)
_FWD = re.compile(
    r"(?:fwd?|wg|tr|rv|enc|pd|doorst|vb|i|пересл|转发|轉寄)\s{0,5}[:：]\s{0,5}", re.IGNORECASE
)
_MARKDOWN = re.compile(
    r"`|\{(?=\{)|\*(?=\S)|(?<=\S)\*|(?<!\w)_|_(?!\w)|\](?=[(\[:])|!(?=\[)|~(?=~)"
    r"|\\(?=[!-/:-@\[-`{-~])|^#(?=#{0,5}\s)|^(?:-(?=-{2,}\s*$)|=(?==*\s*$))"
)
_LINK_NUMBER = re.compile(r"(\S*) \[([0-9]{1,3})\]")


class _AsItIs(UnstructuredHeader):
    """A header of pieces that are written already and must not be encoded or cut (trap 20)."""

    name: str

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Keep the value; it is checked ASCII by then."""
        super().parse(value, kwds)
        kwds["decoded"] = value

    def fold(self, *, policy: Any) -> str:
        """Pieces on lines of 76 where they fit; a longer piece has a line of its own."""
        text = str(self)
        lines = [f"{self.name}:"]
        begun = False
        for piece in text.split(_PIECE if _PIECE in text else " "):
            length = len(lines[-1]) + 1 + len(piece)
            if length > _MAX_LINE or (begun and length > _LINE):
                lines.append("")
            lines[-1] += f" {piece}"
            begun = True
        return str(policy.linesep).join(lines) + str(policy.linesep)


def _policy() -> Any:
    as_it_is: Any = _AsItIs
    registry = HeaderRegistry(default_class=as_it_is)
    for name in ("subject", "from", "to", "cc", "reply-to", "message-id"):
        registry.map_to_type(name, as_it_is)
    return policy.EmailPolicy(
        header_factory=registry, linesep="\r\n", max_line_length=_LINE, cte_type="7bit"
    )


def build(mail: OutgoingMail) -> bytes:
    """The mail as it is sent, stored and filed, CRLF, without Bcc (OUT-12, SEC-26).

    The same input gives the same bytes. Raises MailError for an address or a header that cannot be
    sent, and when there is neither a Message-ID nor a `tui_mail_id` to make one of.
    """
    message = _body(mail)
    _set_headers(message, mail)
    raw = canonical(message.as_bytes())
    if max(map(len, raw.split(b"\r\n"))) > _MAX_LINE:
        raise MailError("The mail has a line too long to send.", hint="Shorten its headers.")
    return raw


def envelope_of(mail: OutgoingMail) -> tuple[str, tuple[str, ...]]:
    """The sender and the recipients for SMTP, each once, Bcc included. Raises MailError."""
    recipients: dict[str, str] = {}
    for one in (*mail.to, *mail.cc, *mail.bcc):
        address = recipient_address(one, smtputf8=mail.smtputf8)
        recipients.setdefault(one.key, address)
    if not recipients:
        raise MailError(NO_RECIPIENT, hint="Fill in To, Cc or Bcc.")
    sender = wire_address(mail.from_.address, smtputf8=mail.smtputf8)
    return sender, tuple(recipients.values())


def subject_of(mail: OutgoingMail) -> str:
    """The subject with the values of its fields."""
    return fill_header(mail.subject, mail.values or {})


def _set_headers(message: EmailMessage, mail: OutgoingMail) -> None:
    def people(name: str, found: tuple[Address, ...]) -> None:
        if found:
            message[name] = _PIECE.join(_mailboxes(found, mail.smtputf8))

    people("From", (mail.from_,))
    people("To", mail.to)
    people("Cc", mail.cc)
    people("Reply-To", mail.reply_to)
    message["Subject"] = _encoded(checked_text("subject", subject_of(mail)))
    zone = timezone(timedelta(seconds=mail.utc_offset)) if mail.utc_offset else UTC
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.date, zone))
    message["Message-ID"] = checked_id(mail.message_id or _made_id(mail))
    if mail.in_reply_to:
        message["In-Reply-To"] = " ".join(map(checked_id, mail.in_reply_to))
    if mail.references:
        message["References"] = " ".join(map(checked_id, _shortened(mail.references)))
    if mail.tui_mail_id:
        if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", mail.tui_mail_id):
            raise MailError("The mail's own id is malformed.")
        message["X-Tui-Mail-Id"] = mail.tui_mail_id
    for name, value in mail.headers:
        checked, text = checked_field(name, value)
        message[checked] = _encoded(text)


def _mailboxes(people: tuple[Address, ...], smtputf8: bool) -> list[str]:
    """Each mailbox as a token that is not cut, a comma behind all but the last."""
    shown = [_mailbox(one, smtputf8) for one in people]
    return [f"{text}," for text in shown[:-1]] + shown[-1:]


def _mailbox(one: Address, smtputf8: bool) -> str:
    address = wire_address(one.address, smtputf8=smtputf8)
    name = " ".join(checked_text("name", one.name).split())
    if not name:
        return address
    if name.isascii():
        return f'"{quote(name)}" <{address}>'
    return f"{_encoded_words(name)} <{address}>"


def _encoded_words(text: str) -> str:
    """RFC 2047 words of at most 75 characters, cut between characters."""
    from base64 import b64encode

    words: list[str] = []
    octets = b""
    for char in text:
        more = char.encode()
        if len(octets) + len(more) > 42:
            words.append(b64encode(octets).decode())
            octets = b""
        octets += more
    words.append(b64encode(octets).decode())
    return " ".join(f"=?utf-8?b?{word}?=" for word in words)


def _encoded(text: str) -> str:
    """Header text as it is, or as encoded words where it is not ASCII or could be misread."""
    if text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < _LINE:
        return text
    return _encoded_words(text)


def _made_id(mail: OutgoingMail) -> str:
    if not mail.tui_mail_id:
        raise MailError("A mail needs a Message-ID.")
    domain = wire_address(mail.from_.address, smtputf8=mail.smtputf8).rpartition("@")[2]
    return f"<{mail.tui_mail_id}@{domain.strip('[]') or 'localhost'}>"


def _shortened(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(ids) <= _MAX_REFERENCES:
        return ids
    return ids[:1] + ids[-(_MAX_REFERENCES - 1) :]


def _body(mail: OutgoingMail) -> EmailMessage:
    """The parts: plain text, beside it HTML with its inline images, then the attached files."""
    message = EmailMessage(policy=_policy())
    _set_text(message, to_plain(mail.body, mail.values), "plain")
    inline = [one for one in mail.files if one.content_id and f"cid:{one.content_id}" in mail.body]
    if not mail.plain_only:
        message.make_alternative()
        html = EmailMessage(policy=_policy())
        _set_text(html, to_html(mail.body, mail.values), "html")
        if inline:
            html.make_related()
            for one in inline:
                html.attach(_file_part(one, inline=True))
        del html["MIME-Version"]
        message.attach(html)
    files = [one for one in mail.files if mail.plain_only or one not in inline]
    if files:
        message.make_mixed()
        for one in files:
            message.attach(_file_part(one, inline=False))
    _name_boundaries(message, mail)
    return message


def _set_text(message: EmailMessage, text: str, subtype: str) -> None:
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    short = clean.isascii() and all(len(line) <= 900 for line in clean.split("\n"))
    message.set_content(
        clean, subtype=subtype, charset="utf-8", cte="7bit" if short else "quoted-printable"
    )


def _file_part(one: OutgoingFile, *, inline: bool) -> EmailMessage:
    part = EmailMessage(policy=_policy())
    major, _, minor = checked_type(one.content_type).partition("/")
    part.set_content(
        one.data,
        maintype=major,
        subtype=minor,
        cte="base64",
        disposition="inline" if inline else "attachment",
        filename=safe_filename(one.filename, one.content_type),
    )
    if one.content_id:
        part["Content-ID"] = checked_id(f"<{one.content_id}>")
    del part["MIME-Version"]
    return part


def _name_boundaries(message: EmailMessage, mail: OutgoingMail) -> None:
    """Boundaries from the mail itself, so that the same input gives the same bytes."""
    import hashlib

    seed = hashlib.sha256(repr(mail).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    for number, part in enumerate(p for p in message.walk() if p.is_multipart()):
        part.set_boundary(f"={number}={seed}")


def reply_headers(original: Envelope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """In-Reply-To and References of a reply (RFC 5322 §3.6.4)."""
    if not original.message_id:
        return (), original.references
    earlier = original.references or original.in_reply_to[:1]
    references = (*(one for one in earlier if one != original.message_id), original.message_id)
    return (original.message_id,), references


def reply_subject(subject: str) -> str:
    """`Re: ` before the bare subject; marks of other languages and repeated ones go."""
    return f"Re: {escaped(_bare(subject, _RE))}".rstrip()


def forward_subject(subject: str) -> str:
    """`Fwd: ` before the subject, once."""
    return f"Fwd: {escaped(_bare(subject, _FWD))}".rstrip()


def _bare(subject: str, mark: re.Pattern[str]) -> str:
    text = one_line(subject, 2000).strip()
    for _ in range(10):
        match = mark.match(text)
        if match is None:
            break
        text = text[match.end() :]
    return text


def quote_for_reply(
    mail: ReadableMail, *, when: str = "", language: Language | None = None, levels: int = 20
) -> str:
    """The mail as a Markdown quote below its attribution: cleaned plain text only.

    `when` is the date as the user's program shows it; without it, UTC from the envelope. `levels`
    is how deep quotes go that are taken along, 1 being the mail's own words.
    """
    lines: list[str] = []
    size = 0
    for block in mail.blocks:
        if block.kind in ("signature", "hidden") or block.depth >= levels:
            continue
        for line in block.text.split("\n"):
            size += len(line)
            if size > _MAX_QUOTE:
                break
            lines.append(">" * (block.depth + 1) + (f" {_own_words(line, mail.links)}".rstrip()))
        lines.append(">" * (block.depth + 1))
    while lines and not lines[-1].strip("> "):
        lines.pop()
    sender = mail.envelope.from_[0] if mail.envelope.from_ else Address("", "")
    shown = escape_markdown(one_line(sender.shown or sender.address or "?", 100))
    date = when or _utc_date(mail.envelope.date)
    said = language or find_language("en")
    attribution = (said.wrote_on if date else said.wrote).format(date=date, name=shown)
    return "\n".join([attribution, "", *lines]) + "\n"


def forward_text(mail: ReadableMail, *, when: str = "", language: Language | None = None) -> str:
    """The mail as Markdown below the usual header block, for a forward."""
    envelope = mail.envelope

    def people(found: tuple[Address, ...]) -> str:
        return ", ".join(
            f"{one.name} <{one.address}>" if one.name else one.address for one in found[:50]
        )

    fields = (
        ("From", people(envelope.from_)),
        ("Date", when or _utc_date(envelope.date)),
        ("Subject", envelope.subject),
        ("To", people(envelope.to)),
        ("Cc", people(envelope.cc)),
    )
    head = [f"{name}: {escape_markdown(one_line(text))}" for name, text in fields if text]
    body: list[str] = []
    for block in mail.blocks:
        if block.kind == "hidden":
            continue
        prefix = "> " * block.depth
        body += [prefix + _own_words(line, mail.links) for line in block.text.split("\n")] + [""]
    text = "\n".join(body)[:_MAX_QUOTE].rstrip()
    title = (language or find_language("en")).forwarded
    return f"---------- {title} ----------\n" + "\n".join(head) + f"\n\n{text}\n"


def escape_markdown(text: str) -> str:
    """Text of another's mail that stays text when the Markdown is rendered.

    Above all no link or image of the other's making may come alive in our HTML.
    """
    return _MARKDOWN.sub(r"\\\g<0>", text)


def _own_words(text: str, links: tuple[Link, ...]) -> str:
    """A line of a shown body as it was written: without link numbers, long addresses whole."""

    def restored(match: re.Match[str]) -> str:
        number = int(match[2])
        if not 1 <= number <= len(links):
            return match[0]
        if match[1].endswith("…") and "://" in match[1]:
            return match[1][: match[1].index("http")] + links[number - 1].url
        return match[1]

    return escape_markdown(_LINK_NUMBER.sub(restored, text) if links else text)


def _utc_date(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
