"""Mail links (RFC 6068): what they may ask for, and what they may not (R11, SEC-18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tui_mail.errors import ActionError
from tui_mail.model.drafts import DraftContent
from tui_mail.model.markup import as_text
from tui_mail.model.safe_text import one_line, safe_block
from tui_mail.model.smart_fields import escaped

_BREAKS = re.compile(r"[\r\n\x00]")
_MOST_TEXT = 20_000
_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class MailLink:
    """A link as a draft."""

    content: DraftContent
    dropped: tuple[str, ...] = ()
    """Names of fields that were not taken; safe text."""


def parse_mailto(url: str) -> MailLink:
    """Take addresses, subject and text; everything else is left out and named, files above all.

    Where R11 and SEC-18 differ, the safer one holds: CR, LF and NUL in an address or a subject
    refuse the link rather than being removed, and In-Reply-To is left out, since a page could put
    a mail into a conversation of its choice. Bcc is taken, because the composer shows it. Decoded
    once; `+` stays a plus. Raises ActionError for anything that is no mailto link, and for a link
    that tries to write header lines of its own.
    """
    scheme, colon, rest = url.strip().partition(":")
    if not colon or scheme.lower() != "mailto":
        raise ActionError("That is no mailto link.")
    path, _, query = rest.partition("#")[0].partition("?")
    fields: dict[str, list[str]] = {"to": [path] if path else [], "cc": [], "bcc": []}
    subject = body = ""
    dropped: dict[str, None] = {}
    for pair in query.replace("&amp;", "&").split("&")[:_MOST_FIELDS]:
        name, _, value = pair.partition("=")
        name = unquote(name, errors="replace").lower()
        if name in fields:
            fields[name].append(value)
        elif name == "subject":
            subject = _checked(value, name)
        elif name == "body":
            text = unquote(value, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
            body = as_text(safe_block(text.replace("\0", "")[:_MOST_TEXT]))
        elif name:
            dropped[one_line(name, 40)] = None
    to, cc, bcc = (_people(fields[name], name) for name in ("to", "cc", "bcc"))
    content = DraftContent(
        to=to, cc=cc, bcc=bcc, subject=escaped(one_line(subject, 500)), body=body
    )
    return MailLink(content, tuple(dropped))


def _people(values: list[str], name: str) -> str:
    """Addresses as they are typed; commas part them before they are decoded."""
    found = [_checked(one, name).strip() for value in values for one in value.split(",")]
    return one_line(", ".join(one for one in found if one), 2000)


def _checked(value: str, name: str) -> str:
    text = unquote(value, errors="replace")
    if _BREAKS.search(text):
        raise ActionError(
            f"The link tries to write header lines in {name}; it was not opened.",
            hint="Write the mail by hand.",
        )
    return text
