"""One attachment taken out of a mail."""

from __future__ import annotations

from tui_mail.errors import MailError
from tui_mail.mime.bodies import attachment_of
from tui_mail.mime.parts import parse_parts, part_at
from tui_mail.model.messages import Attachment
from tui_mail.model.safe_text import safe_block


def part_bytes(raw: bytes, part: str) -> tuple[Attachment, bytes]:
    """The part with that IMAP number and its decoded octets.

    Raises MailError when the mail has no such part.
    """
    found = part_at(parse_parts(raw).root, part)
    if found is None or found.content_type.startswith("multipart/"):
        raise MailError("The mail has no such attachment.")
    return attachment_of(found), found.body


def part_text(raw: bytes, part: str) -> str:
    """A part as safe text, for looking at a text attachment. Raises MailError as `part_bytes`."""
    found = part_at(parse_parts(raw).root, part)
    if found is None:
        raise MailError("The mail has no such attachment.")
    return safe_block(found.text())
