"""Delivery reports: RFC 3464, and the texts mail systems wrote before and beside it."""

from __future__ import annotations

import re

from tui_mail.mime.fields import split_fields
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parts import Part
from tui_mail.model.messages import DeliveryReport, Envelope, RecipientReport
from tui_mail.model.safe_text import one_line

MAX_RECIPIENTS = 200
"""Recipients kept of one report."""

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
    "message/partial",
)
_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
_ROBOT = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|mail-?delivery|mailadmin|mmdf|root|daemon|bounce)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|not be delivered"
    r"|deliver[^ ]{0,4} (?:status|fail|problem|error|notif|incomplete|report)"
    r"|return(?:ed|ing) (?:mail|to sender|message)|fail(?:ed|ure)|mail (?:system error|error)"
    r"|non.?deliver|bounce|could not|unzustellbar|non remis|no entregado|warning: |delay"
    r"|mail delivery|permanent error|user unknown|rejected",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_REPLY = re.compile(r"(?<![0-9.])([45][0-5][0-9])(?=[ \-#:])")
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[a-zA-Z0-9.-]{1,250}[a-zA-Z0-9]")
_RECIPIENT_LINE = re.compile(
    r"\s{0,20}(?:to:? |recipient(?: address)?:? |failed recipient:? |name:? )?"
    r"[<\"']{0,2}([^\s<>()\[\]\",;:@]{1,64}@[a-zA-Z0-9.-]{1,250}[a-zA-Z0-9])[>\"']{0,2}"
    r"\s{0,5}(?::|$|\.\.\.|\(|-|…)",
    re.IGNORECASE,
)
_OWN_FIELD = re.compile(
    r"^[ \t>|]{0,12}(message-id|x-tui-mail-id):[ \t]*(?:\n[ \t]+)?([^\s]{1,990})",
    re.IGNORECASE | re.MULTILINE,
)
_RETURNED_START = re.compile(
    r"^[ \t>|]{0,12}(?:received|return-path|message-id|dkim-signature|mime-version|from):[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_TEXT = 200_000


def read_report(root: Part, envelope: Envelope, header: bytes) -> DeliveryReport | None:
    """The delivery report a mail is, or None. Never raises.

    With a `message/delivery-status` part by RFC 3464; otherwise only a mail that a mail system
    wrote about a failure counts, read line by line. Text in the result is safe.
    """
    status = next((part for part in root.own_parts() if part.content_type in _STATUS_TYPES), None)
    if status is None:
        status = next((part for part in root.walk() if part.content_type in _STATUS_TYPES), None)
    if status is None and not _is_from_a_robot(envelope, header):
        return None
    text = _first_text(root)
    if status is not None:
        recipients = _by_fields(status.body)
        if not recipients:
            recipients = _by_lines(text, header)
        return _report(root, text, recipients)
    recipients = _by_lines(text, header)
    if not recipients:
        return None
    return _report(root, text, recipients)


def _report(root: Part, text: str, recipients: list[RecipientReport]) -> DeliveryReport:
    message_id, own_id = _original_ids(root, text)
    return DeliveryReport(message_id, own_id, tuple(recipients[:MAX_RECIPIENTS]))


def _by_fields(body: bytes) -> list[RecipientReport]:
    found: dict[str, RecipientReport] = {}
    normal = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for block in normal.split(b"\n\n")[: MAX_RECIPIENTS * 2]:
        fields = {name.lower(): value.strip() for name, value in split_fields(block.lstrip(b"\n"))}
        address = _typed(fields.get("final-recipient", "")) or _typed(
            fields.get("original-recipient", "")
        )
        original = _typed(fields.get("original-recipient", ""))
        if "@" not in address and "@" in original:
            address = original
        action = fields.get("action", "").split("(")[0].split(";")[0].strip().lower()
        if not address and not action:
            continue
        diagnostic = fields.get("diagnostic-code", "")
        status = _STATUS.search(fields.get("status", "")) or _STATUS.search(diagnostic)
        code = status[1] if status else ""
        if action not in _ACTIONS:
            action = _action_by(code, diagnostic)
        found.setdefault(
            address.lower(),
            RecipientReport(
                one_line(address, 320),
                action,
                code,
                one_line(_plain_octets(_typed(diagnostic)), 500),
            ),
        )
    return list(found.values())


def _typed(value: str) -> str:
    """The value behind `rfc822;` or `smtp;`."""
    kind, semicolon, rest = value.partition(";")
    text = rest if semicolon and len(kind) < 40 and "@" not in kind else value
    return text.strip().strip("<>").strip()


def _plain_octets(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _action_by(status: str, text: str) -> str:
    if status.startswith("4"):
        return "delayed"
    if status.startswith("2"):
        return "delivered"
    if status.startswith("5"):
        return "failed"
    reply = _REPLY.search(text)
    return "delayed" if reply is not None and reply[1].startswith("4") else "failed"


def _is_from_a_robot(envelope: Envelope, header: bytes) -> bool:
    subject = _SUBJECT.search(envelope.subject) is not None
    if not subject and b"x-failed-recipients" not in header.lower():
        return False
    fields = {name.lower(): value.strip() for name, value in split_fields(header)}
    if "x-failed-recipients" in fields:
        return True
    null_path = fields.get("return-path", "").replace(" ", "") == "<>"
    sender = envelope.from_[0] if envelope.from_ else None
    if sender is None:
        return subject and null_path
    local = sender.address.partition("@")[0] or sender.name
    robot = _ROBOT.search(local) is not None or _ROBOT.search(sender.name) is not None
    if envelope.is_auto_reply and not robot:
        return False
    return (robot and subject) or (null_path and subject)


def _by_lines(text: str, header: bytes) -> list[RecipientReport]:
    """Recipients and reasons out of the words of a report."""
    said = _before_returned(text)
    found: dict[str, RecipientReport] = {}
    fields = {name.lower(): value for name, value in split_fields(header)}
    own = {one.address.lower() for one in parse_envelope(header).from_}
    for address in _ADDRESS.findall(fields.get("x-failed-recipients", "")[:20_000]):
        found[address.lower()] = _from_words(address, said)
    if found:
        return list(found.values())
    lines = said.split("\n")[:2000]
    for at, line in enumerate(lines):
        match = _RECIPIENT_LINE.match(line[:500])
        if match is None or match[1].lower() in found or match[1].lower() in own:
            continue
        around = "\n".join(lines[at : at + 8])
        if at + 8 < len(lines) and not _STATUS.search(around) and not _REPLY.search(around):
            around = said
        found[match[1].lower()] = _from_words(match[1], around)
        if len(found) >= MAX_RECIPIENTS:
            break
    if not found:
        for address in _ADDRESS.findall(said[:20_000]):
            if not _ROBOT.match(address) and address.lower() not in own:
                found[address.lower()] = _from_words(address, said)
                break
    return list(found.values())


def _from_words(address: str, words: str) -> RecipientReport:
    status = _STATUS.search(words)
    reply = _REPLY.search(words)
    code = status[1] if status else ""
    line = ""
    for mark in (status, reply):
        if mark is not None:
            start = words.rfind("\n", 0, mark.start()) + 1
            end = words.find("\n", mark.end())
            line = words[start : end if end >= 0 else len(words)]
            break
    if not line:
        behind = words.partition(address)[2].lstrip(" >:\"'\r\n")
        line = behind.split("\n", 1)[0]
    return RecipientReport(
        one_line(address, 320), _action_by(code, words), code, one_line(line.strip(), 500)
    )


def _first_text(root: Part) -> str:
    from tui_mail.mime.htmltext import html_to_text

    for part in root.own_parts():
        if part.content_type == "text/plain":
            return part.text()[:_MAX_TEXT].replace("\r\n", "\n")
        if part.content_type == "text/html":
            return html_to_text(part.text())[:_MAX_TEXT]
    return ""


def _before_returned(text: str) -> str:
    """The report's own words, without the returned mail below them."""
    match = _RETURNED_START.search(text)
    return text[: match.start()] if match and match.start() > 40 else text


def _original_ids(root: Part, text: str) -> tuple[str, str]:
    """Message-ID and X-Tui-Mail-Id of the returned mail: from its part, else from the text."""
    for part in root.walk():
        if part.content_type in _RETURNED_TYPES and part.body:
            returned = parse_envelope(part.body.lstrip(b"\r\n"))
            if returned.message_id or returned.tui_mail_id:
                return returned.message_id, returned.tui_mail_id
    for part in root.own_parts():
        if part.content_type == "text/plain" and part.body:
            ids = _ids_in(part.text()[:_MAX_TEXT])
            if any(ids):
                return ids
    return _ids_in(text)


def _ids_in(text: str) -> tuple[str, str]:
    message_id = own_id = ""
    for match in _OWN_FIELD.finditer(text.replace("\r\n", "\n")):
        block = f"{match[1]}: {match[2]}".encode("utf-8", "surrogateescape")
        found = parse_envelope(block)
        message_id = message_id or found.message_id
        own_id = own_id or found.tui_mail_id
    return message_id, own_id
