"""Which parts of a mail are its text, and which are attachments."""

from __future__ import annotations

from dataclasses import dataclass

from tui_mail.mime.names import safe_filename
from tui_mail.mime.parts import Part
from tui_mail.model.messages import Attachment
from tui_mail.model.safe_text import safe_line

_SIGNATURES = {
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-encrypted",
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
    "text/rfc822-headers",
    "message/global-headers",
}
"""Machinery of the mail: listed, but no attachment to show a paper clip for."""


@dataclass(slots=True)
class Body:
    """One stretch of text to read: a plain part, an HTML part, or the two as alternatives."""

    plain: Part | None = None
    html: Part | None = None
    calendar: Part | None = None


def choose(root: Part) -> tuple[list[Body], list[Part]]:
    """Split the leaves of a mail into its bodies, in order, and the parts that are files."""
    bodies: list[Body] = []
    files: list[Part] = []
    stack: list[tuple[Part, Body | None]] = [(root, None)]
    while stack:
        part, group = stack.pop()
        if part.content_type.startswith("multipart/") and part.children:
            if part.content_type == "multipart/alternative":
                inner = Body()
                bodies.append(inner)
                stack.extend((child, inner) for child in reversed(part.children))
            elif part.content_type == "multipart/related" and part.children:
                stack.extend((child, None) for child in reversed(part.children[1:]))
                stack.append((part.children[0], group))
            else:
                stack.extend((child, group) for child in reversed(part.children))
        elif not _take(part, group, bodies):
            files.append(part)
    return [one for one in bodies if one.plain or one.html or one.calendar], files


def _take(part: Part, group: Body | None, bodies: list[Body]) -> bool:
    """Put a leaf into its body; False when it is a file."""
    if part.content_type.startswith("multipart/"):
        if part.body.strip():
            bodies.append(Body(plain=part))
        return True
    if part.content_type == "text/calendar" and part.disposition != "attachment":
        if group is None:
            group = Body()
            bodies.append(group)
        if group.calendar is None:
            group.calendar = part
        return True
    if not part.is_text:
        return False
    is_html = part.content_type != "text/plain"
    if group is not None:
        if is_html and group.html is None:
            group.html = part
            return True
        if not is_html and group.plain is None:
            group.plain = part
            return True
    if part.filename and part.disposition and bodies:
        return False
    bodies.append(Body(html=part) if is_html else Body(plain=part))
    return True


def attachment_of(part: Part) -> Attachment:
    """The attachment a part is."""
    name = part.filename
    if not name and part.content_type == "message/rfc822":
        name = _subject_of(part)
    inline = part.content_type in _SIGNATURES or (
        part.disposition != "attachment"
        and bool(part.content_id)
        and part.content_type.startswith("image/")
    )
    return Attachment(
        part=part.number,
        filename=safe_filename(name, part.content_type, part.number),
        content_type=safe_line(part.content_type),
        size=len(part.body),
        content_id=safe_line(part.content_id),
        inline=inline,
    )


def _subject_of(part: Part) -> str:
    from tui_mail.mime.headers import parse_envelope

    subject = parse_envelope(part.body[:65_536]).subject.strip()
    return f"{subject[:80]}.eml" if subject else ""
