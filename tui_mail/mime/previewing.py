"""What a receiver sees of a mail of ours: its plain part, and its HTML as text."""

from __future__ import annotations

from email import message_from_bytes, policy

from tui_mail.mime.reading import read_mail
from tui_mail.model.safe_text import safe_block


def both_parts(raw: bytes) -> tuple[str, str]:
    """The plain part as sent and the HTML part as a reader of text shows it; safe text."""
    message = message_from_bytes(raw, policy=policy.default)
    plain = message.get_body(preferencelist=("plain",))
    html = message.get_body(preferencelist=("html",))
    shown = safe_block(str(plain.get_content())) if plain is not None else ""
    return shown, html_as_text(str(html.get_content())) if html is not None else ""


def html_as_text(source: str) -> str:
    """An HTML part alone, read as any received mail is."""
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + source.encode("utf-8", "replace")
    mail = read_mail(raw)
    lines: list[str] = []
    for block in mail.blocks:
        prefix = "> " * block.depth
        lines += [f"{prefix}{line}".rstrip() for line in block.text.split("\n")] + [""]
    lines += [f"[{link.number}] {link.url}" for link in mail.links]
    return "\n".join(lines).strip("\n")
