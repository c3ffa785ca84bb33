"""Links out of a mail: shown with their real goal, opened only by the user's word (SEC-7)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tui_mail.actions.reading import opener
from tui_mail.model.messages import Link
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.shell import CommandScreen

_SCHEMES = ("http://", "https://", "mailto:")


async def open_link(screen: CommandScreen, link: Link) -> None:
    """Ask with the real host, then open; a mailto begins a mail, over SSH the link is copied."""
    if not link.url.startswith(_SCHEMES):
        screen.say("Only http, https and mailto links are opened.")
        return
    app = screen.mail_app
    is_mail = link.url.startswith("mailto:")
    if is_mail and app.ctx.settings.get("reading.mail_links") == "app":
        await app.open_screen("compose", kind="new", mailto=link.url)
        return
    program = opener()
    lines: list[text.Part] = [(link.host, "bold"), "\n", link.url, "\n\n"]
    if link.mismatch:
        lines += [("The text names another site: ", "bold"), link.text, "\n\n"]
    if program is None:
        missing = "mail program" if is_mail else "browser"
        lines.append(f"No {missing} can be started from here, so yes copies the link"
                     " through the terminal (OSC 52); tmux needs set-clipboard on.")  # fmt: skip
    elif is_mail:
        lines.append("Yes hands it to the system's mail program.")
    else:
        lines.append("Yes opens it in the browser; whoever wrote the mail may learn of it.")

    async def go() -> None:
        if program is None:
            app.copy_to_clipboard(link.url)
            app.say(f"Copied {len(link.url)} characters: {link.url}")
        else:
            start([*program, link.url])
            app.say(f"Opened {link.host}.")

    title = "Copy this link?" if program is None else "Open this link?"
    await app.push_screen(ConfirmScreen(title, text.parts(*lines), go))


def start(argv: Sequence[str]) -> None:
    """Start another program that outlives the key press, apart from our terminal."""
    subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
