"""Builds the octets of the demo's mails, without chance: no random boundary, no clock."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from tui_mail.demo import attachments, html_bodies
from tui_mail.demo.company import Organization, Person
from tui_mail.demo.imap_parts import header_end
from tui_mail.demo.script import ScriptFile

_POLICY = SMTP.clone(cte_type="7bit")
_HERE = "mx.northwind-studio.example"
_FAILING = frozenset({"phish", "spam"})
_TYPES = {"pdf": ("application", "pdf"), "png": ("image", "png"), "csv": ("text", "csv")}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be written, by whom and to whom."""

    key: str
    sender: Person
    to: tuple[Person, ...]
    subject: str
    when: datetime
    text: str
    cc: tuple[Person, ...] = ()
    kind: str = ""
    """Empty for a personal mail, or `newsletter`, `receipt`, `list`, `invite`, `autoreply`,
    `bounce`, `phish`, `spam`, `twofrom`."""
    html: bool = False
    quoted: str = ""
    quoted_from: Person | None = None
    quoted_when: datetime | None = None
    references: tuple[str, ...] = ()
    files: tuple[ScriptFile, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    original: bytes = b""
    """The mail a bounce is about."""
    start: datetime | None = None
    """When the event of an invitation begins."""
    org: Organization | None = None
    outgoing: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A finished mail, and what an answer to it needs."""

    message_id: str
    text: str
    raw: bytes


def compose(letter: Letter) -> Made:
    """Write a mail."""
    domain = letter.sender.address.rpartition("@")[2]
    code = sha256(f"{letter.key} {letter.when.isoformat()}".encode()).hexdigest()
    message_id = f"<{code[:20]}@{domain}>"
    text = _full_text(letter)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _people((letter.sender,))
    mail["To"] = _people(letter.to)
    if letter.cc:
        mail["Cc"] = _people(letter.cc)
    if letter.subject.isprintable():
        mail["Subject"] = letter.subject
    mail["Date"] = _date(letter)
    mail["Message-ID"] = message_id
    if letter.references:
        mail["In-Reply-To"] = letter.references[-1]
        mail["References"] = " ".join(letter.references)
    _fill(mail, letter, text, domain, code)
    _headers_of_kind(mail, letter, domain, code)
    for index, part in enumerate(p for p in mail.walk() if p.is_multipart()):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_{code[20:36]}_{index}")
    return Made(message_id, text, _trace(letter, domain, code) + mail.as_bytes())


def _people(people: tuple[Person, ...]) -> tuple[Address, ...]:
    return tuple(Address(person.name, addr_spec=person.address) for person in people)


def _date(letter: Letter) -> str:
    zone = timezone(timedelta(hours=letter.sender.offset))
    return format_datetime(letter.when.astimezone(zone))


def _full_text(letter: Letter) -> str:
    if letter.kind in ("newsletter", "phish"):
        return html_bodies.plain(letter.text)
    text = letter.text
    if letter.kind in ("", "list", "invite") and letter.org and letter.sender.role:
        lines = (letter.sender.name, f"{letter.sender.role}, {letter.org.name}")
        text += "\n\n-- \n" + "\n".join((*lines, *filter(None, (letter.sender.phone,))))
    if letter.quoted:
        quote = "\n".join(f"> {line}".rstrip() for line in letter.quoted.splitlines())
        text += f"\n\n{_attribution(letter)}\n{quote}"
    return text + "\n"


def _attribution(letter: Letter) -> str:
    if letter.quoted_from is None or letter.quoted_when is None:
        return ""
    day = f"{letter.quoted_when.day} {letter.quoted_when:%b %Y at %H:%M}"
    return f"On {day}, {letter.quoted_from.name} <{letter.quoted_from.address}> wrote:"


def _fill(mail: EmailMessage, letter: Letter, text: str, domain: str, code: str) -> None:
    if letter.kind == "bounce":
        _fill_bounce(mail, letter)
        return
    mail.set_content(text)
    sender = letter.sender.name
    if letter.kind == "newsletter":
        mail.add_alternative(
            html_bodies.newsletter(letter.text, sender, domain, code[:12]), subtype="html"
        )
    elif letter.kind == "receipt":
        mail.add_alternative(html_bodies.receipt(letter.text, sender), subtype="html")
    elif letter.kind == "phish":
        mail.add_alternative(html_bodies.warning(letter.text), subtype="html")
    elif letter.html:
        mail.add_alternative(
            html_bodies.letter(letter.text, letter.quoted, _attribution(letter)), subtype="html"
        )
    if letter.kind == "invite":
        _add_invitation(mail, letter, code)
    for file in letter.files:
        maintype, subtype = _TYPES[file.kind]
        mail.add_attachment(_octets(file), maintype=maintype, subtype=subtype, filename=file.name)


def _octets(file: ScriptFile) -> bytes:
    if file.kind == "pdf":
        return attachments.pdf(file.lines)
    return attachments.png(file.name) if file.kind == "png" else attachments.csv(file.lines)


def _add_invitation(mail: EmailMessage, letter: Letter, code: str) -> None:
    options = letter.options
    data = attachments.invitation(
        uid=f"{code[:16]}@{letter.sender.address.rpartition('@')[2]}",
        summary=letter.subject,
        start=letter.start or letter.when,
        minutes=int(options["minutes"]),
        place=options["place"],
        organizer=(letter.sender.name, letter.sender.address),
        attendees=[(person.name, person.address) for person in letter.to],
        stamp=letter.when,
    )
    mail.add_alternative(data.decode(), subtype="calendar", params={"method": "REQUEST"})
    mail.add_attachment(data, maintype="application", subtype="ics", filename="invite.ics")


def _fill_bounce(mail: EmailMessage, letter: Letter) -> None:
    from email import message_from_bytes, policy

    header = letter.original[: header_end(letter.original)]
    original = message_from_bytes(header, policy=policy.default)
    address = letter.options.get("address") or original["to"].addresses[0].addr_spec
    mail["MIME-Version"] = "1.0"
    mail.make_mixed()
    intro = EmailMessage(policy=_POLICY)
    intro.set_content(
        f"This is the mail system at {_HERE}.\n\nYour message could not be delivered to one "
        f"recipient:\n\n<{address}>: {letter.text.strip()}\n"
    )
    status = EmailMessage(policy=_POLICY)
    status["Content-Type"] = "message/delivery-status"
    server, recipient = Message(), Message()
    server["Reporting-MTA"] = f"dns; {_HERE}"
    recipient["Final-Recipient"] = f"rfc822; {address}"
    recipient["Action"] = "failed"
    recipient["Status"] = letter.options.get("status", "5.1.2")
    recipient["Diagnostic-Code"] = f"smtp; 550 {letter.text.strip()}"
    status.set_payload([server, recipient])
    headers = EmailMessage(policy=_POLICY)
    headers.set_content(header.decode("utf-8", "replace").replace("\r\n", "\n"))
    headers.replace_header("Content-Type", "text/rfc822-headers; charset=utf-8")
    for part in (intro, status, headers):
        del part["MIME-Version"]
        mail.attach(part)
    mail.replace_header("Content-Type", "multipart/report; report-type=delivery-status")


def _headers_of_kind(mail: EmailMessage, letter: Letter, domain: str, code: str) -> None:
    if letter.kind == "newsletter":
        mail["List-Id"] = f"<news.{domain}>"
        mail["List-Unsubscribe"] = f"<https://{domain}/unsubscribe?u={code[:12]}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Precedence"] = "bulk"
    elif letter.kind == "list":
        mail["List-Id"] = "Wayfinding <wayfinding.lists.signcraft.example>"
        mail["List-Post"] = "<mailto:wayfinding@lists.signcraft.example>"
        mail["List-Unsubscribe"] = "<mailto:wayfinding-leave@lists.signcraft.example>"
        mail["Precedence"] = "list"
    elif letter.kind in ("autoreply", "bounce"):
        mail["Auto-Submitted"] = "auto-replied"
    elif letter.kind == "receipt":
        mail["Auto-Submitted"] = "auto-generated"
    elif letter.kind == "spam":
        mail["X-Spam-Flag"] = "YES"
    elif letter.kind == "twofrom":
        mail.replace_header("From", _people((letter.sender,)) + _second(letter))
        mail["Sender"] = _people((letter.sender,))


def _second(letter: Letter) -> tuple[Address, ...]:
    domain = letter.sender.address.rpartition("@")[2]
    return (Address("Daniel Osei", addr_spec=f"daniel.osei@{domain}"),)


def _trace(letter: Letter, domain: str, code: str) -> bytes:
    """Header lines the receiving side adds, and those no mail library would write."""
    if letter.outgoing:
        return b""
    lines: list[str] = []
    if letter.kind == "bounce":
        lines.append("Return-Path: <>")
    else:
        lines.append(f"Return-Path: <{letter.sender.address}>")
        word = "fail" if letter.kind in _FAILING else "pass"
        signed = "none" if letter.kind in _FAILING else "pass"
        lines.append(
            f"Authentication-Results: {_HERE};\r\n spf={word} smtp.mailfrom={domain};\r\n "
            f"dkim={signed} header.d={domain};\r\n dmarc={word} header.from={domain}"
        )
    when = format_datetime(letter.when)
    lines.append(
        f"Received: from out.{domain} (out.{domain} [192.0.2.{int(code[:2], 16) % 250 + 1}])\r\n"
        f" by {_HERE} with ESMTPS id {code[:12]};\r\n {when}"
    )
    if not letter.subject.isprintable():
        packed = base64.b64encode(letter.subject.encode()).decode()
        lines.append(f"Subject: =?utf-8?B?{packed}?=")
        lines.append("From: Tomas Lindqvist <tomas.lindqvist@harborline.example>")
    return "".join(f"{line}\r\n" for line in lines).encode()
