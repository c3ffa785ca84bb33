"""Raw mails in a mailbox, filed with their bodies the way the engine files them."""

from __future__ import annotations

from tests.tui.factory import OWN, Mailbox
from tui_mail.filing.arrivals import file_arrivals
from tui_mail.filing.bodies import file_bodies
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.indexing import index_mail
from tui_mail.model.arrivals import Arrival

HOSTILE = (
    "\x1b]0;pwned\x07title \x1b]52;c;cHduZWQ=\x07 \x1b[2Jcleared \x9b31m \u202egpj.exe\u202c "
    "[/x] [@click=app.quit]x[/] [bold red]markup[/] nul\x00 del\x7f"
)
"""What no line of the screen may pass on."""


def raw_mail(
    number: int,
    body: str = "Hello Ada,\r\nhow are you?\r\n",
    *,
    subject: str = "",
    sender: str = "Anna Berg <anna@fjord.example>",
    to: str = f"Ada <{OWN}>",
    refs: str = "",
    headers: str = "",
    content_type: str = "text/plain; charset=utf-8",
) -> bytes:
    """One mail as it comes from a server; its number makes it unique."""
    text = (
        f"Message-ID: <m{number}@fjord.example>\r\n"
        f"Date: Mon, 21 Sep 2026 09:{number % 60:02d}:00 +0000\r\n"
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject or f'Quote {number}'}\r\n"
    )
    if refs:
        text += f"In-Reply-To: {refs}\r\nReferences: {refs}\r\n"
    text += f"{headers}MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n{body}"
    return text.encode()


def file_mails(
    box: Mailbox,
    *raws: bytes,
    folder: str = "inbox",
    flags: int = 0,
    with_bodies: bool = True,
) -> list[int]:
    """File raw mails, each a minute younger than the one before; returns the message ids."""
    arrivals = []
    for number, raw in enumerate(raws):
        box.uid += 1
        at = box.clock.at - 3600 + 60 * number
        arrivals.append(Arrival(box.uid, flags, at, len(raw), parse_envelope(raw)))
    conn = box.connect()
    try:
        conn.execute("BEGIN IMMEDIATE")
        filed = file_arrivals(conn, box.places[folder], arrivals, box.clock.at)
        ids = list(filed.message_ids)
        if with_bodies:
            bodies = [(key, index_mail(raw)) for key, raw in zip(ids, raws, strict=True)]
            file_bodies(conn, bodies, box.clock.at)
        conn.execute("COMMIT")
    finally:
        conn.close()
    return ids


def add_body(box: Mailbox, message_id: int, raw: bytes) -> None:
    """The engine brought the body of a message."""
    conn = box.connect()
    try:
        conn.execute("BEGIN IMMEDIATE")
        file_bodies(conn, [(message_id, index_mail(raw))], box.clock.at)
        conn.execute("COMMIT")
    finally:
        conn.close()
