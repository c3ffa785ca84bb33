"""Taking a message out of its conversation, and making one of several; both say first what goes."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import linking
from tui_mail.errors import TuiMailError
from tui_mail.store import pages
from tui_mail.store.messages import Message
from tui_mail.tui import text
from tui_mail.tui.acting import Deed
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.format import counted, short_date
from tui_mail.tui.triage import TriageScreen

_NAMED = 8


async def offer_split(over: TriageScreen, message: Message, others: int) -> None:
    """Ask, then make a message a conversation of its own (R57); `others` stay where they are."""
    app = over.mail_app
    if not others:
        over.say("It is the only message here; there is nothing to split.")
        return

    async def split() -> None:
        async def job() -> None:
            try:
                done = await linking.split(app.ctx, [message.id])
            except TuiMailError as error:
                over.say(str(error), trouble=True)
                return
            over.settled(done.conversation_ids, done)
            over.say(f"{done.summary} · z undoes")

        app.acts.put(job)

    when = short_date(message.sort_at, app.ctx.now()).strip()
    sender = message.from_name or message.from_address or "nobody"
    stay = f"{counted(others, 'message')} {'stays' if others == 1 else 'stay'} here, with the links"
    words = (
        f"The mail of {sender}, {when}, becomes a conversation of its own.\n"
        f"{stay}. Answers follow the mail they answer.\n"
        "Nothing changes on the server; undo joins them again."
    )
    await app.push_screen(ConfirmScreen("Split this message off?", text.lines(words), split))


async def offer_merge(over: TriageScreen, keep: int, ids: Sequence[int]) -> None:
    """Ask, then make one conversation of several; the links of all stay with it."""
    app = over.mail_app
    others = [cid for cid in ids if cid != keep]
    if not others:
        over.say("Select two conversations or more to make one of them.")
        return
    rows = await app.ctx.db.read(pages.rows_by_id, [keep, *others[:_NAMED]])

    async def merge() -> None:
        deed = Deed("merge", lambda ctx, ids: linking.merge_conversations(ctx, keep, ids))
        over.do(deed, tuple(ids))
        app.last_deed = None

    messages = sum(row.messages for row in rows)
    lines = [f"{row.subject or '(no subject)'}  ({row.people})" for row in rows]
    if len(others) > _NAMED:
        lines.append(f"… and {len(others) - _NAMED} more")
    total = counted(messages, "message") if len(others) <= _NAMED else "all their messages"
    words = (
        "\n".join(lines)
        + f"\nbecome one, with {total} and the links of all of them; the first keeps the one it"
        " belongs to.\nNothing changes on the server; undo takes them apart again."
    )
    title = f"Make one of {counted(len(others) + 1, 'conversation')}?"
    await app.push_screen(ConfirmScreen(title, text.lines(words), merge))
