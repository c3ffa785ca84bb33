"""A whole mail made ready for the store: text, snippet, attachments, digest, compressed bytes."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace

from tui_mail.errors import MailError
from tui_mail.mime.bodies import Body, attachment_of, choose
from tui_mail.mime.charsets import without_surrogates
from tui_mail.mime.fields import header_end
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.htmltext import before_quote, html_to_text
from tui_mail.mime.parts import parse_parts
from tui_mail.mime.reports import read_report
from tui_mail.mime.snippets import snippet_of
from tui_mail.model.messages import IndexedMail

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_TEXT = 256 * 1024
"""Characters of text kept for the index."""

MAX_RAW = 128 * 1024 * 1024
"""Octets of a mail that is still taken apart; a larger one becomes a stub."""

_LEVEL = 1
_MAX_OUT = 1 << 30


def index_mail(raw: bytes, *, compress: bool = True) -> IndexedMail:
    """Read a whole mail for list, search and threading (SEC-12). Never raises for what is in it.

    The text prefers plain parts; `problem` says why it is not all there. With `compress=False` the
    `compressed` bytes are empty.
    """
    header = raw[: header_end(raw)]
    envelope = parse_envelope(header)
    if len(raw) > MAX_RAW:
        return stub(raw, "too large to take apart", compress=compress)
    tree = parse_parts(raw)
    bodies, files = choose(tree.root)
    attachments = tuple(attachment_of(part) for part in files)
    text, snippet = _texts(bodies)
    report = read_report(tree.root, envelope, header)
    return IndexedMail(
        envelope=replace(
            envelope,
            has_attachments=any(not one.inline for one in attachments),
            is_report=envelope.is_report or report is not None,
        ),
        text=text,
        snippet=snippet,
        attachments=attachments,
        size=len(raw),
        sha256=digest(raw),
        compressed=compressed(raw) if compress else b"",
        report=report,
        problem=tree.problem,
    )


def stub(raw: bytes, problem: str, *, compress: bool = True) -> IndexedMail:
    """What is kept of a mail that cannot be taken apart: its envelope, its bytes, and why."""
    return IndexedMail(
        envelope=parse_envelope(raw[: header_end(raw)]),
        text="",
        snippet="",
        attachments=(),
        size=len(raw),
        sha256=digest(raw),
        compressed=compressed(raw) if compress else b"",
        problem=problem,
    )


def digest(raw: bytes) -> bytes:
    """SHA-256 of the mail with every line ended by CRLF (§4.6 level b).

    The first line speaks for the others: a server ends all of them alike (RFC 3501 §4.3), and to
    count the ends takes three times as long as the digest.
    """
    if raw.find(b"\n") != raw.find(b"\r\n") + 1:
        raw = canonical(raw)
    return hashlib.sha256(raw).digest()


def canonical(raw: bytes) -> bytes:
    """The mail with every line ended by CRLF."""
    pairs = raw.count(b"\r\n")
    if raw.count(b"\n") == pairs and raw.count(b"\r") == pairs:
        return raw
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def compressed(raw: bytes) -> bytes:
    """The mail as the store keeps it (zstd, level 1)."""
    return zstd.compress(raw, _LEVEL)


def decompress(data: bytes) -> bytes:
    """The raw mail of what `compressed` made.

    Raises MailError when the data is damaged or would grow beyond 1 GiB.
    """
    try:
        decompressor = zstd.ZstdDecompressor()
        raw = decompressor.decompress(data, max_length=_MAX_OUT)
    except zstd.ZstdError as error:
        raise MailError("The stored mail is damaged.", hint="Fetch it again.") from error
    if not decompressor.eof:
        raise MailError("The stored mail is damaged.", hint="Fetch it again.")
    return raw


def _texts(bodies: list[Body]) -> tuple[str, str]:
    """The text for the index, and the snippet."""
    texts: list[str] = []
    snippet = ""
    room = MAX_TEXT
    for body in bodies:
        text = body.plain.text() if body.plain else ""
        quoteless = text
        if body.html is not None and not text.strip():
            source = body.html.text()
            text = html_to_text(source)
            quoteless = text if snippet else html_to_text(before_quote(source)) or text
        text = text.replace("\r\n", "\n")[:room]
        if not snippet:
            snippet = snippet_of(quoteless.replace("\r\n", "\n"))
        if text.strip():
            texts.append(text)
            room -= len(text) + 1
        if room <= 0:
            break
    return without_surrogates("\n".join(texts).replace("\0", " "))[:MAX_TEXT], snippet
