"""Outgoing mail in words: how far it is, why it waits, and which key helps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tui_mail.model.moments import brief
from tui_mail.model.safe_text import safe_line
from tui_mail.store.mailings import Mailing, Part
from tui_mail.store.outbox import CANCELLABLE, NEED_USER, Outgoing, Recipient
from tui_mail.tui.format import clock_time

_WORDS = {
    "held": "waits for its time",
    "queued": "waits for the server",
    "claimed": "is being sent",
    "connected": "is being sent",
    "envelope_ok": "is being sent",
    "body_sent": "is being sent",
    "dot_intent": "is being sent; the server is answering",
    "retry_wait": "could not be sent yet and will be tried again",
    "accepted": "was taken by the server",
    "copy_pending": "was sent; its copy is still to be filed",
    "sent": "was sent",
    "partial": "was refused for some recipients",
    "failed": "was not sent",
    "uncertain": "may have been sent or not",
    "cancelled": "was stopped",
    "missed": "was missed",
}


def state_words(mail: Outgoing) -> str:
    """How far a mail is, in a few words."""
    words = _WORDS.get(mail.state, mail.state)
    if mail.state == "held":
        at = mail.not_before
        words = f"is planned for {brief(at)}" if mail.scheduled else f"goes at {clock_time(at)}"
    elif mail.state == "missed":
        words = f"was planned for {brief(mail.not_before)} and missed. Does it still go?"
    elif mail.state == "retry_wait" and mail.next_at:
        words = f"will be tried again at {clock_time(mail.next_at)}"
    return words


def outgoing_words(
    mail: Outgoing, recipients: Sequence[Recipient], *, keys: Callable[[str], str]
) -> Iterator[str]:
    """State with reason, what became of each recipient, and the keys."""
    reason = f": {safe_line(mail.error, 300)}" if mail.error else ""
    yield f"This mail {state_words(mail)}{reason}"
    for one in recipients:
        if one.state != "waiting":
            answer = safe_line(f"{one.code} {one.answer}".strip(), 200)
            yield f"  {safe_line(one.address, 120)}: {one.state}" + (
                f" ({answer})" if answer else ""
            )
    offers = [f"{keys(f'outbox.{name}')} {word}" for name, word in offers_of(mail)]
    if offers:
        yield "Keys: " + ", ".join(offers)
    if mail.state == "uncertain":
        yield "Sent again or edited it may arrive twice."


def group_words(mailing: Mailing) -> str:
    """How far a group mail is, in one line; the subject is made safe where it is drawn."""
    words = [f"“{mailing.subject or '(no subject)'}”", f"{mailing.sent} of {mailing.total} sent"]
    if mailing.troubled:
        words.append(f"{mailing.troubled} need you")
    if mailing.cancelled:
        words.append(f"{mailing.cancelled} taken back")
    if mailing.waiting and mailing.state == "running":
        words.append(f"next {brief(mailing.next_at)}")
    elif mailing.waiting:
        words.append("STOPPED")
    return " · ".join(words)


def part_words(part: Part) -> str:
    """The state of one mail of a group, in a few words."""
    if part.state == "held":
        return f"goes {brief(part.not_before)}"
    return _WORDS.get(part.state, part.state)


def offers_of(mail: Outgoing) -> list[tuple[str, str]]:
    """What can be done with a mail in its state: command and words."""
    offers: list[tuple[str, str]] = []
    if mail.state in CANCELLABLE:
        offers.append(("cancel", "stop it"))
    if mail.state == "missed":
        offers.insert(0, ("resend", "send it now"))
    if mail.state in ("held", "missed"):
        offers.append(("later", "at another time"))
    if mail.state in (*NEED_USER, "retry_wait") and mail.state != "missed":
        offers.append(("resend", "send again"))
    if mail.state in NEED_USER and mail.state != "missed":
        offers.append(("mark_sent", "it was sent"))
    if mail.state in (*CANCELLABLE, *NEED_USER):
        offers.append(("edit", "edit"))
    return offers
