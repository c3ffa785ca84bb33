"""The header block of a message as an `Envelope`. Linear, and never raises."""

from __future__ import annotations

import hashlib
import re

from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.charsets import without_surrogates
from tui_mail.mime.dates import parse_date
from tui_mail.mime.fields import split_fields
from tui_mail.mime.params import media_type, split_parameters
from tui_mail.mime.words import decode_octets, decode_value
from tui_mail.model.addresses import Address
from tui_mail.model.messages import Envelope

HEADER_FIELDS: tuple[str, ...] = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "Precedence",
    "Auto-Submitted",
    "X-Autoreply",
    "X-Autorespond",
    "Return-Path",
    "Content-Type",
    "X-Tui-Mail-Id",
    "X-Microsoft-Original-Message-ID",
)
"""The fields sync asks for; with them every value of an `Envelope` can be filled."""

MAX_REFERENCES = 200
"""Message-IDs kept of References: the first and the last hundred."""

_WANTED = {name.lower(): name.lower() for name in HEADER_FIELDS}
_ADDRESS_LISTS = ("reply-to", "to", "cc", "bcc")
_ID = re.compile(r"<([^<>\s\x00-\x1f\x7f]{1,996})>")
_MAX_ID = 998
_MAX_SUBJECT = 10_000
_FOLDED = re.compile(r"[ \t\r\n]+")
_BULK = {"bulk", "list", "junk"}
_UUID = re.compile(r"[0-9A-Za-z-]{1,64}")
_BAD_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f<>(),;:\"\\]|=\?|@.*@")


def parse_envelope(block: bytes) -> Envelope:
    """Read a header block as IMAP's `BODY[HEADER]` or `BODY[HEADER.FIELDS (...)]` sends it.

    Reading stops at the empty line, so a whole mail may be given as well. What is malformed is
    named in `defects`; what is missing stays empty (SEC-4, SEC-12).
    """
    first: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in split_fields(block):
        key = _WANTED.get(name) or _WANTED.get(name.lower())
        if key is None:
            continue
        if key in first:
            repeated.setdefault(key, []).append(value)
        else:
            first[key] = value.strip()
    content_type, params = _content_type(first.get("content-type", ""))
    charset = params.get("charset", "") if params else ""
    from_text = first.get("from", "")
    from_ = parse_addresses(from_text, charset)
    reply_to, to, cc, bcc = (
        _all_addresses(first, repeated, name, charset) if name in first else ()
        for name in _ADDRESS_LISTS
    )
    precedence = first.get("precedence", "").lower()
    subject = first.get("subject", "")
    list_id = first.get("list-id", "")
    unsubscribe = first.get("list-unsubscribe", "")
    return Envelope(
        message_id=_one_id(first.get("message-id", "")),
        in_reply_to=_ids(first.get("in-reply-to", "")),
        references=_ids(first.get("references", "")),
        subject=_text(subject[:_MAX_SUBJECT], charset) if subject else "",
        date=parse_date(first.get("date", "")),
        from_=from_,
        sender=parse_addresses(first["sender"], charset) if "sender" in first else (),
        reply_to=reply_to,
        to=to,
        cc=cc,
        bcc=bcc,
        list_id=_list_id(list_id, charset) if list_id else "",
        list_unsubscribe=_clean(unsubscribe[:4000]) if unsubscribe else "",
        is_bulk=bool(list_id or unsubscribe or precedence in _BULK),
        is_auto_reply=_is_auto_reply(first, precedence),
        is_report=content_type == "multipart/report",
        has_attachments=content_type == "multipart/mixed" or _is_a_file(content_type),
        content_type=content_type,
        tui_mail_id=_own_id(first.get("x-tui-mail-id", "")),
        original_id=_one_id(first.get("x-microsoft-original-message-id", "")),
        fingerprint=_fingerprint(first),
        defects=_defects(first, repeated, from_text, from_),
    )


def _content_type(value: str) -> tuple[str, dict[str, str]]:
    if not value:
        return "text/plain", {}
    head, params = split_parameters(value)
    return media_type(head), params


def _is_a_file(content_type: str) -> bool:
    major = content_type.partition("/")[0]
    return major not in ("text", "multipart", "message") or content_type == "text/calendar"


def _all_addresses(
    first: dict[str, str], repeated: dict[str, list[str]], name: str, charset: str
) -> tuple[Address, ...]:
    found = parse_addresses(first[name], charset)
    for value in repeated.get(name, ())[:20]:
        found += parse_addresses(value.strip(), charset)
    return found[:1000]


def _text(value: str, charset: str) -> str:
    if value.isascii() and "=?" not in value and value.isprintable():
        return value
    return without_surrogates(decode_value(_FOLDED.sub(" ", value), charset)).strip()


def _clean(value: str) -> str:
    return without_surrogates(decode_octets(value))


def _one_id(value: str) -> str:
    if not value:
        return ""
    match = _ID.search(value)
    if match is not None:
        return _clean(match[0])
    token = value.strip("<> \t")
    if token and len(token) <= _MAX_ID - 2 and token.isprintable() and not _is_broken(token):
        return f"<{_clean(token)}>"
    return ""


def _is_broken(token: str) -> bool:
    return any(char in token for char in "<> \t")


def _ids(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    found = [f"<{token}>" for token in _ID.findall(value)]
    if not found:
        found = [
            f"<{t}>" for t in value.split() if "@" in t and t.isprintable() and t[0] not in "<("
        ]
    ids = tuple(dict.fromkeys(found))
    if len(ids) > MAX_REFERENCES:
        ids = ids[: MAX_REFERENCES // 2] + ids[-MAX_REFERENCES // 2 :]
    if not value.isascii():
        ids = tuple(_clean(one) for one in ids)
    return ids


def _list_id(value: str, charset: str) -> str:
    match = _ID.search(value)
    return _clean(match[1]) if match else _text(value[:500], charset)


def _own_id(value: str) -> str:
    return value if value and _UUID.fullmatch(value) else ""


def _is_auto_reply(first: dict[str, str], precedence: str) -> bool:
    submitted = first.get("auto-submitted", "").lower()
    if submitted and submitted.split(";")[0].split("(")[0].strip() != "no":
        return True
    return precedence == "auto_reply" or "x-autoreply" in first or "x-autorespond" in first


def _fingerprint(first: dict[str, str]) -> bytes:
    joined = "\0".join(
        (
            first.get("message-id", ""),
            first.get("date", ""),
            first.get("from", ""),
            first.get("to", ""),
            first.get("subject", ""),
        )
    )
    return hashlib.blake2b(joined.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _defects(
    first: dict[str, str], repeated: dict[str, list[str]], raw: str, from_: tuple[Address, ...]
) -> tuple[str, ...]:
    """What makes the sender doubtful, in words (SEC-4)."""
    found: list[str] = []
    if "from" not in first:
        found.append("no From header")
    elif "from" in repeated:
        found.append("several From headers")
    if len(from_) > 1:
        found.append("several senders")
    unclear = not from_ or any(_is_malformed(one.address) for one in from_) or "\0" in raw
    leftover = raw.count("<") > len(from_) and '"' not in raw
    if raw and (unclear or leftover):
        found.append("malformed sender")
    if any(
        "@" in one.name and one.address.lower() not in one.name.lower() for one in from_ if one.name
    ):
        found.append("sender's name holds another address")
    if "subject" in repeated:
        found.append("several Subject headers")
    return tuple(found)


def _is_malformed(address: str) -> bool:
    return not (address.isprintable() and "@" in address[1:-1]) or bool(
        _BAD_ADDRESS.search(address)
    )
