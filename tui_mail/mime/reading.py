"""A mail made ready to be shown. Everything that leaves here is safe text."""

from __future__ import annotations

import re

from tui_mail.mime.authres import trusted_results
from tui_mail.mime.bodies import Body, attachment_of, choose
from tui_mail.mime.extracting import part_bytes, part_text
from tui_mail.mime.fields import header_end, split_fields
from tui_mail.mime.flowed import unflow
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.html import read_html
from tui_mail.mime.htmltext import html_to_text
from tui_mail.mime.indexing import MAX_RAW
from tui_mail.mime.links import Links, number_in_text
from tui_mail.mime.parts import Part, parse_parts
from tui_mail.mime.quoting import split_blocks
from tui_mail.mime.reports import read_report
from tui_mail.mime.stubs import readable_stub, safe_envelope, shown_headers
from tui_mail.model.messages import Block, Envelope, Invite, ReadableMail
from tui_mail.model.safe_text import one_line, safe_block

__all__ = ["part_bytes", "part_text", "read_mail"]

MAX_TEXT = 512 * 1024
"""Characters of a plain body that are shown."""

MAX_LINES = 20_000
"""Lines of a body that are shown."""

MAX_BODIES = 40
"""Text parts that are shown."""

_EMBEDDED_TEXT = 20_000
_URL = re.compile(r"https?://[^\s<>]{1,2000}")
_WORD = re.compile(r"\w{2,40}")
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_HIDDEN_KIND = "hidden"


def read_mail(raw: bytes, *, authserv_ids: tuple[str, ...] = ()) -> ReadableMail:
    """Read a whole mail for the reader (SEC-1, SEC-4, SEC-6, SEC-10, SEC-11, SEC-12).

    `authserv_ids` are the names under which the own provider writes Authentication-Results. A mail
    over a limit gives what can be shown and a `problem`. Never raises for what is in the mail.
    Hidden HTML text comes last, in blocks of the kind `hidden`.
    """
    if len(raw) > MAX_RAW:
        return readable_stub(raw, "too large to take apart")
    header = raw[: header_end(raw)]
    envelope = parse_envelope(header)
    fields = split_fields(header)
    tree = parse_parts(raw)
    bodies, files = choose(tree.root)
    text = _Text()
    for body in bodies[:MAX_BODIES]:
        text.add(body)
    if len(bodies) > MAX_BODIES:
        text.notes.append(f"only the first {MAX_BODIES} text parts are shown")
    for part in files:
        if part.content_type == "message/rfc822":
            text.add_embedded(part)
        elif part.content_type in ("text/calendar", "application/ics") and text.invite is None:
            text.add_calendar(part)
    notes = [*_crypto_notes(tree.root, text.blocks), *_sender_notes(envelope), *text.notes]
    return ReadableMail(
        envelope=safe_envelope(envelope),
        headers=shown_headers(header, tree.root.charset),
        blocks=tuple(text.blocks + text.hidden),
        links=text.links.in_order(),
        attachments=tuple(attachment_of(part) for part in files),
        trackers=text.trackers,
        remote_images=text.remote_images,
        hidden=bool(text.hidden),
        from_html=text.from_html,
        invite=text.invite,
        report=read_report(tree.root, envelope, header),
        auth=trusted_results(fields, authserv_ids) if authserv_ids else None,
        notes=tuple(one_line(note) for note in notes),
        problem=tree.problem,
        size=len(raw),
    )


class _Text:
    """The blocks of a mail while its bodies are read one after the other."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.hidden: list[Block] = []
        self.links = Links()
        self.notes: list[str] = []
        self.invite: Invite | None = None
        self.trackers = 0
        self.remote_images = 0
        self.from_html = False

    def add(self, body: Body) -> None:
        """Read one body, as HTML where its plain text is missing or poor."""
        if body.calendar is not None:
            self.add_calendar(body.calendar)
        plain = body.plain.text() if body.plain is not None else ""
        source = body.html.text() if body.html is not None else ""
        if source and not _is_adequate(plain, source):
            self._add_html(source)
        elif body.plain is not None:
            self.blocks += self._plain_blocks(plain, body.plain.params)

    def add_calendar(self, part: Part) -> None:
        """Read an invitation; one that cannot be read is noted."""
        from tui_mail.mime.calendar import read_invite

        if self.invite is not None:
            return
        self.invite = read_invite(part.body, part.params.get("method", ""))
        if self.invite is None:
            self.notes.append("the calendar entry cannot be read")

    def add_embedded(self, part: Part) -> None:
        """A mail in the mail: its headers as an attribution, its text as a quote."""
        inner = safe_envelope(parse_envelope(part.body[: header_end(part.body)]))
        sender = ", ".join(f"{one.name} <{one.address}>".strip() for one in inner.from_[:3])
        lines = [f"Attached mail: {inner.subject or '(no subject)'}"]
        lines += [f"From: {sender}"] if sender else []
        lines += [f"To: {', '.join(one.address for one in inner.to[:5])}"] if inner.to else []
        self.blocks.append(Block("attribution", one_block(lines)))
        bodies, _ = choose(Part("", "multipart/mixed", children=part.children))
        for body in bodies[:3]:
            text = body.plain.text() if body.plain is not None else ""
            if not text.strip() and body.html is not None:
                text = html_to_text(body.html.text())
            shown = safe_block(text[:_EMBEDDED_TEXT]).strip("\n").rstrip()
            if shown:
                self.blocks.append(Block("quote", shown, 1))

    def _add_html(self, source: str) -> None:
        found = read_html(source, self.links)
        self.from_html = True
        self.trackers += found.trackers
        self.remote_images += found.remote_images
        self.notes += found.notes
        self.blocks += [_safe(block) for block in split_blocks(self._cut(found.text))]
        if found.hidden:
            self.hidden.append(Block(_HIDDEN_KIND, safe_block(found.hidden)))

    def _plain_blocks(self, text: str, params: dict[str, str]) -> list[Block]:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if params.get("format", "").lower() == "flowed":
            text = unflow(text[:MAX_TEXT], delsp=params.get("delsp", "").lower() == "yes")
        text = number_in_text(safe_block(self._cut(text)), self.links)
        return list(split_blocks(text))

    def _cut(self, text: str) -> str:
        lines = text[:MAX_TEXT].split("\n", MAX_LINES)
        if len(text) > MAX_TEXT or len(lines) > MAX_LINES:
            self.notes.append("the text is very long; only its beginning is shown")
        return "\n".join(lines[:MAX_LINES])


def one_block(lines: list[str]) -> str:
    """Lines as the safe text of one block."""
    return safe_block("\n".join(lines))


def _safe(block: Block) -> Block:
    return Block(block.kind, safe_block(block.text), block.depth)


def _is_adequate(plain: str, source: str) -> bool:
    """Whether the plain alternative says what the HTML says, without drowning it in addresses.

    A sender may hide text by giving the two parts different words (SEC-11): then the HTML is shown.
    """
    if not plain.strip():
        return False
    bare = _URL.sub("", plain)
    if len(bare) * 4 < len(plain) * 3:
        return False
    shown = html_to_text(source[:200_000])
    words = set(_WORD.findall(shown[:50_000].lower()))
    if not words:
        return True
    if "<table" in source[:200_000].lower() and ("<th" in source or len(words) > 400):
        return False
    common = words & set(_WORD.findall(bare[:100_000].lower()))
    return len(common) * 10 >= len(words) * 7


def _crypto_notes(root: Part, blocks: list[Block]) -> list[str]:
    kinds = {part.content_type for part in root.own_parts()}
    text = "\n".join(block.text[:200] for block in blocks[:3])
    enveloped = any(
        part.content_type in _SMIME and part.params.get("smime-type", "") != "signed-data"
        for part in root.own_parts()
    )
    if "application/pgp-encrypted" in kinds or enveloped or _PGP_MESSAGE in text:
        return ["encrypted: cannot be shown here"]
    signed = root.content_type == "multipart/signed" or _PGP_SIGNED in text
    if signed or any(kind.endswith("-signature") for kind in kinds) or kinds & set(_SMIME):
        return ["signed, not verified"]
    return []


def _sender_notes(envelope: Envelope) -> list[str]:
    notes = []
    for defect in envelope.defects:
        shown = ", ".join(f"{one.name} <{one.address}>".strip() for one in envelope.from_[:3])
        notes.append(f"{defect}: {shown}" if shown else defect)
    senders = {one.key for one in envelope.from_}
    elsewhere = [one.address for one in envelope.reply_to if one.key not in senders]
    if elsewhere and not envelope.is_bulk:
        notes.append(f"replies go elsewhere: {', '.join(elsewhere[:3])}")
    sender = [one for one in envelope.sender if one.key not in senders]
    if sender and not envelope.is_bulk:
        notes.append(f"sent by {sender[0].address} on behalf of the sender")
    return notes
