"""The parts of a mail with their IMAP numbers and decoded bodies.

A fast parser reads what it is known to read as the standard library does; everything else is read
by the standard library. Both give the same tree of `Part`.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tui_mail.mime.charsets import decode_text
from tui_mail.mime.fields import header_end, looks_like_header, split_fields
from tui_mail.mime.params import media_type, split_parameters
from tui_mail.mime.words import decode_base64, decode_octets

if TYPE_CHECKING:
    from email.message import Message

MAX_DEPTH = 50
"""Levels of parts that are read (SEC-12)."""

MAX_PARTS = 1000
"""Parts that are read (SEC-12)."""

_FOLD = re.compile(r"[\r\n]+[ \t]*")
_UUENCODE = {"x-uuencode", "uuencode", "uue", "x-uue"}
_MAX_BOUNDARY_LINES = 20_000


class _NotRead(Exception):
    """The fast parser does not undo this transfer encoding."""


@dataclass(slots=True)
class Part:
    """One node of a mail's MIME tree."""

    number: str
    """IMAP part number (RFC 3501 §6.4.5); empty for a multipart at the top."""
    content_type: str
    params: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    """As the mail gives it: decoded, not safe."""
    content_id: str = ""
    body: bytes = b""
    """Decoded octets; empty for a multipart, the embedded mail for message/rfc822."""
    children: list[Part] = field(default_factory=list)

    @property
    def charset(self) -> str:
        """The declared charset, or empty."""
        return self.params.get("charset", "")

    @property
    def is_text(self) -> bool:
        """Whether this part is a body to read rather than a file."""
        return (
            self.content_type in ("text/plain", "text/html", "text/enriched")
            and self.disposition != "attachment"
            and not (self.filename and self.disposition and self.content_type == "text/html")
        )

    def text(self) -> str:
        """The body as text."""
        return decode_text(self.body, self.charset)

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in order; mails embedded in it included."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))

    def own_parts(self) -> Iterator[Part]:
        """The leaves of this mail in order; an embedded mail is one leaf."""
        stack = [self]
        while stack:
            part = stack.pop()
            if part.children and part.content_type != "message/rfc822":
                stack.extend(reversed(part.children))
            else:
                yield part


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed mail: its parts, and why they are not all there."""

    root: Part
    problem: str = ""


def parse_parts(raw: bytes) -> Tree:
    """Read the parts of a whole mail. Never raises; a mail over the limits gives what fits."""
    if not _may_be_multipart(raw):
        return Tree(_single(raw))
    if _has_too_many(raw):
        return Tree(_single(raw, opaque=True), "too many parts to take apart")
    tree = fast_tree(raw) or stdlib_tree(raw)
    if (
        any(part.body.strip() for part in tree.root.own_parts())
        or not raw[header_end(raw) :].strip()
    ):
        return tree
    return Tree(_single(raw, opaque=True), "its parts cannot be told apart; all is shown as text")


def _has_too_many(raw: bytes) -> bool:
    """More lines that may be boundaries than any parser should see; single octets count faster."""
    return (
        len(raw) > 3 * _MAX_BOUNDARY_LINES
        and raw.count(b"-") > 2 * _MAX_BOUNDARY_LINES
        and raw.count(b"\n--") > _MAX_BOUNDARY_LINES
    )


def part_at(root: Part, number: str) -> Part | None:
    """The part with that IMAP number."""
    return next((part for part in root.walk() if part.number == number and part.number), None)


def _may_be_multipart(raw: bytes) -> bool:
    head = raw[: min(header_end(raw), 1 << 20)].lower()
    at = head.find(b"content-type:")
    return at >= 0 and (head.find(b"multipart", at) >= 0 or head.find(b"message/", at) >= 0)


def _part(number: str, values: dict[str, str]) -> Part:
    """A part without its body, from its Content fields (names in lower case)."""
    params: dict[str, str] = {}
    content_type = "text/plain"
    text = values.get("content-type", "")
    if text:
        head, params = split_parameters(text)
        content_type = media_type(head)
    disposition, filename = "", ""
    text = values.get("content-disposition", "")
    if text:
        disposition, found = split_parameters(text)
        filename = found.get("filename", "")
    return Part(
        number=number,
        content_type=content_type,
        params=params,
        disposition=disposition,
        filename=filename or params.get("name", ""),
        content_id=decode_octets(values.get("content-id", "")).strip().strip("<>")[:500],
    )


def _single(raw: bytes, *, opaque: bool = False) -> Part:
    """A mail of one part: no parser is needed."""
    values: dict[str, str] = {}
    end = header_end(raw)
    if looks_like_header(raw):
        for name, value in split_fields(raw[:end]):
            key = name.lower()
            if key.startswith("content-"):
                values.setdefault(key, value)
    else:
        end = 0
    part = _part("1", values)
    body = raw[end:]
    if opaque:
        part.content_type = "text/plain"
        part.body = body[: 1 << 20]
    else:
        part.body = decode_transfer(body, values.get("content-transfer-encoding", ""))
    return part


def decode_transfer(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding (RFC 2045 §6); an unknown one changes nothing."""
    name = encoding.partition(";")[0].partition("(")[0].strip().lower()
    if name == "quoted-printable":
        return binascii.a2b_qp(body)
    if name == "base64":
        try:
            return binascii.a2b_base64(body)
        except binascii.Error:
            return decode_base64(body.decode("latin-1"))
    return body if name not in _UUENCODE else _undo_uuencode(body)


def _undo_uuencode(body: bytes) -> bytes:
    out: list[bytes] = []
    begun = False
    for line in body.splitlines():
        if not begun:
            begun = line.startswith(b"begin ")
        elif line.startswith(b"end"):
            break
        else:
            try:
                out.append(binascii.a2b_uu(line))
            except binascii.Error:
                continue
    return b"".join(out) if begun else body


def fast_tree(raw: bytes) -> Tree | None:
    """The parts by fast-mail-parser, or None where it fails or is known to read otherwise."""
    import fast_mail_parser

    try:
        top: Any = fast_mail_parser.parse_email_tree(raw)
        return _fast_parts(top)
    except Exception:
        return None


def _fast_parts(top: Any) -> Tree | None:
    root = _fast_part("" if top.children and not top.is_message else "1", top)
    stack: list[tuple[Any, Part, int]] = [(top, root, 1)]
    boundaries: list[str] = []
    count = 1
    while stack:
        node, part, depth = stack.pop()
        if part.content_type.startswith("multipart/"):
            boundaries.append(part.params.get("boundary", ""))
            if not node.children:
                return None
        if node.children and depth >= MAX_DEPTH:
            return None
        for index, child in enumerate(node.children, 1):
            count += 1
            if count > MAX_PARTS:
                return None
            inner_type = child.content_type if child.children else ""
            made = _fast_part(_child_number(part, inner_type, index), child)
            part.children.append(made)
            stack.append((child, made, depth + 1))
    return None if _one_begins_another(boundaries) else Tree(root)


def _one_begins_another(boundaries: list[str]) -> bool:
    """The fast parser takes a boundary for a longer one that begins with it; the RFC does not."""
    ordered = sorted(boundaries)
    return any(longer.startswith(short) for short, longer in pairwise(ordered) if short != longer)


def _fast_part(number: str, node: Any) -> Part:
    values: dict[str, str] = {}
    for name, found in node.headers.items():
        key = name.lower()
        if key.startswith("content-") and found:
            values.setdefault(key, found[0])
    part = _part(number, values)
    if "content-type" not in values:
        part.content_type = node.content_type
    part.body = node.content or b""
    if values.get("content-transfer-encoding", "").strip().lower() in _UUENCODE:
        raise _NotRead
    return part


def _child_number(parent: Part, holder: str, index: int) -> str:
    """The number of a child; `holder` is its type when it holds parts itself.

    The multipart of an embedded mail shares the number of the message part around it.
    """
    if parent.content_type == "message/rfc822" and holder.startswith("multipart/"):
        return parent.number
    return f"{parent.number}.{index}" if parent.number else str(index)


def stdlib_tree(raw: bytes) -> Tree:
    """The parts by the standard library's compat32 parser (libraries trap 17)."""
    from email import message_from_bytes, policy

    try:
        message = message_from_bytes(raw, policy=policy.compat32)
    except Exception:
        return Tree(_single(raw, opaque=True), "nested too deeply to take apart")
    holds_parts = message.is_multipart() and message.get_content_type() != "message/rfc822"
    root = _stdlib_part("" if holds_parts else "1", message)
    stack = [(message, root, 1)]
    count, problem = 1, ""
    while stack:
        node, part, depth = stack.pop()
        inner = node.get_payload()
        if not isinstance(inner, list) or not _holds_parts(part.content_type):
            continue
        if depth >= MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} levels of parts; the deeper ones are left out"
            continue
        for index, child in enumerate(inner, 1):
            count += 1
            if count > MAX_PARTS:
                problem = f"more than {MAX_PARTS} parts; the others are left out"
                break
            inner_type = child.get_content_type()
            number = _child_number(part, inner_type if child.is_multipart() else "", index)
            made = _stdlib_part(number, child)
            part.children.append(made)
            stack.append((child, made, depth + 1))
    return Tree(root, problem)


def _holds_parts(content_type: str) -> bool:
    """IMAP numbers parts inside these; a delivery status is one part for it."""
    return content_type.startswith("multipart/") or content_type == "message/rfc822"


def _stdlib_part(number: str, node: Message) -> Part:
    values: dict[str, str] = {}
    for name, value in node.raw_items():
        key = name.lower()
        if key.startswith("content-"):
            values.setdefault(key, _FOLD.sub(" ", str(value)))
    part = _part(number, values)
    part.content_type = part.content_type if part.params else node.get_content_type()
    inner = node.get_payload()
    if isinstance(inner, list):
        if not part.content_type.startswith("multipart/"):
            part.body = b"".join(_embedded(one) for one in inner if not isinstance(one, str))
        return part
    try:
        octets = node.get_payload(decode=True)
        part.body = octets if isinstance(octets, bytes) else b""
    except Exception:
        part.body = str(inner).encode("utf-8", "replace")
    return part


def _embedded(message: Message) -> bytes:
    """The octets of an embedded mail; its header alone where the whole cannot be written again."""
    try:
        return message.as_bytes()
    except Exception:
        lines = [f"{name}: {value}" for name, value in message.raw_items()]
        return "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n\n"
