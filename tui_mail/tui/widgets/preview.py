"""What the preview beside the list says: the newest mail of a conversation."""

from __future__ import annotations

import sqlite3

from textual.content import Content

from tui_mail.model.messages import ReadableMail
from tui_mail.store import messages
from tui_mail.store.messages import Message
from tui_mail.tui import text
from tui_mail.tui.format import short_date

_PREVIEW_CHARACTERS = 6_000


def newest(conn: sqlite3.Connection, conversation_id: int) -> Message | None:
    """The newest message of a conversation."""
    found = messages.of_conversation(conn, conversation_id)
    return found[-1] if found else None


def preview_text(mail: ReadableMail) -> str:
    """The beginning of what was written, without quotes and signatures."""
    shown = [b.text for b in mail.blocks if b.kind not in ("quote", "signature", "attribution")]
    return (mail.problem or "\n".join(shown).strip())[:_PREVIEW_CHARACTERS]


def preview_lines(message: Message | None, body: str, now: int) -> Content:
    """Who wrote last, when, and what; the snippet while the text is not here."""
    if message is None:
        return text.plain("")
    sender = message.from_name or message.from_address or "(nobody)"
    return text.parts(
        (f"{sender} <{message.from_address}>", "bold"),
        f"  {short_date(message.sort_at, now)}\n",
        (message.subject or "(no subject)", "bold"),
        "\n\n",
        body or message.snippet or ("(the text is not here yet)", "dim"),
    )
