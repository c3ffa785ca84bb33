"""Leaving a mailing list by a key: what would be asked of whom is shown first."""

from __future__ import annotations

from tui_mail.actions import unsubscribing
from tui_mail.actions.reading import FETCH_SECONDS
from tui_mail.errors import TuiMailError
from tui_mail.model.mailto import parse_mailto
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.opening import open_link
from tui_mail.tui.shell import CommandScreen


async def ask_to_unsubscribe(screen: CommandScreen, message_id: int) -> None:
    """Ask with the target and what is known of the signature; then do it once."""
    app = screen.mail_app
    opened = await app.reader.open(message_id, wait=FETCH_SECONDS)
    way = unsubscribing.way_out(opened)
    found = way.offers
    if not found.one_click and not found.mailto:
        await open_link(screen, found.page_link)
        return
    signed = {
        "pass": "The signature of this mail was checked by your provider: it is the sender's own.",
        "": "Nobody checked the signature of this mail: the sender may be somebody else.",
    }.get(way.dkim, f"The signature of this mail is NOT good ({way.dkim}): do not trust it.")
    pieces: list[text.Part] = [("From    ", "dim"), way.sender, "\n"]
    if found.one_click:
        pieces += [("Asks    ", "dim"), (found.host, "bold"), "\n", found.one_click[:300], "\n\n"]
        pieces.append("One request over HTTPS, without cookies; redirects are not followed.\n")
    else:
        content = parse_mailto(found.mailto).content
        pieces += [("Mail to ", "dim"), (content.to, "bold"), "\n"]
        pieces += [("Subject ", "dim"), content.subject or "unsubscribe", "\n\n"]
        pieces.append("A mail goes out from the address the list has; z stops it.\n")
    pieces.append((signed, "" if way.dkim == "pass" else "bold"))

    async def leave() -> None:
        async def job() -> None:
            try:
                act = unsubscribing.one_click if found.one_click else unsubscribing.by_mail
                done = await act(app.ctx, opened)
                app.say(done.summary)
                app.look_soon()
            except TuiMailError as error:
                app.say(str(error), trouble=True)

        app.say("Asking…" if found.one_click else "Sending…")
        app.acts.put(job)

    await app.push_screen(ConfirmScreen("Unsubscribe?", text.parts(*pieces), leave))
