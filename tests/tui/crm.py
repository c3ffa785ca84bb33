"""A small company for tests of the screens of records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.tui.factory import OWN, Mailbox
from tests.tui.steps import Journey
from tui_mail.actions import crm
from tui_mail.model.addresses import Address
from tui_mail.model.messages import Envelope
from tui_mail.model.records import Ref
from tui_mail.tui.sheets import SheetScreen


def mail_from(number: int, address: str, subject: str = "", name: str = "") -> Envelope:
    """One mail from an address; its number makes it unique."""
    return Envelope(
        message_id=f"<crm{number}@example.org>",
        subject=subject or f"Subject {number}",
        from_=(Address(name or address.partition("@")[0].title(), address),),
        to=(Address("Ada", OWN),),
        fingerprint=(number + 10_000).to_bytes(16, "big"),
    )


def link_automatically(box: Mailbox) -> None:
    """New mail in the inbox is linked by the rules, as the engine does in automatic mode."""
    box.places["inbox"] = replace(box.places["inbox"], automatic=True)


async def add(journey: Journey, of: str, /, **values: Any) -> Ref:
    """A record made through the action, as the forms do."""
    return (await crm.create(journey.app.ctx, of, values)).records[0]


def links(box: Mailbox) -> list[tuple[object, ...]]:
    """Live links: conversation subject, kind, title, role."""
    return box.fetch(
        "SELECT c.subject, l.kind, coalesce(d.title, e.title, p.title), l.role FROM links l"
        " JOIN conversations c ON c.id = l.conversation_id"
        " LEFT JOIN deals d ON l.kind = 'deal' AND d.id = l.item_id"
        " LEFT JOIN leads e ON l.kind = 'lead' AND e.id = l.item_id"
        " LEFT JOIN projects p ON l.kind = 'project' AND p.id = l.item_id"
        " WHERE l.removed_at IS NULL ORDER BY c.subject, l.role"
    )


async def mark(journey: Journey, words: str) -> None:
    """Go to the line that has these words, the nearest below or else above, once it is there."""
    screen = journey.app.screen
    assert isinstance(screen, SheetScreen)
    found = screen.list

    def places() -> list[int]:
        return [i for i, line in enumerate(found.lines) if not line.heading and words in line.text]

    await journey.until(lambda: bool(places()))
    for _ in range(80):
        if found.line is not None and words in found.line.text:
            return
        below = any(place > found.marked for place in places())
        await journey.press("j" if below else "k")
    raise AssertionError(f"no line {words}; the screen shows:\n{journey.screen}")
