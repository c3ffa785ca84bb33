"""`tui-mail account add`: finding the servers of an address, and having them confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.cli.stepping import Back, Talk

if TYPE_CHECKING:
    from tui_mail.accounts.candidates import Candidate
    from tui_mail.actions.context import Context
    from tui_mail.config.settings import AccountSettings


async def servers_found(
    talk: Talk, ctx: Context, account: AccountSettings
) -> AccountSettings | Back | int:
    """The account with its servers filled in; unchanged when nothing was found or agreed to.

    An exit code when the servers need a yes that nobody is there to give.
    """
    from tui_mail.accounts.discovery import NO_NETWORK
    from tui_mail.actions.accounts import filled, find_servers

    call = talk.call
    provider = call.args.provider
    if not provider:
        call.out.note(f"Looking for the servers of {account.address} …")
    found = await find_servers(ctx, account.address, provider=provider)
    if not found.candidates:
        call.out.note("No servers were found for this address.")
        if found.tried[:1] == (NO_NETWORK,):
            call.out.note(NO_NETWORK)
        return account
    best = found.candidates[0]
    _describe(call, best)
    if not best.needs_confirmation or call.args.yes:
        return filled(account, best)
    if not talk.person:
        return call.out.refuse(
            Code.NEEDS_YES,
            f"Nothing was kept. Found: {_servers(best)}.",
            "Say --yes, or name the servers with --imap-host and --smtp-host.",
        )
    typed = talk.ask("Your password goes to these servers. Use them? y, or n to type others", "y")
    if typed is None:
        return Back()
    return filled(account, best) if typed.lower() in ("y", "yes") else account


def _describe(call: Call, best: Candidate) -> None:
    from tui_mail.accounts.candidates import WORDS
    from tui_mail.accounts.providers import SECRET_NAMES

    name = f"{best.provider.name}: " if best.provider else ""
    call.out.note(f"{name}{_servers(best)} ({WORDS[best.source]})")
    if best.provider is None:
        return
    for line in (*best.provider.prepare, *best.provider.notes):
        call.out.note(f"  {line}")
    wanted = SECRET_NAMES[best.sign_in[0]]
    page = f", made at {best.provider.secret_place}" if best.provider.secret_place else ""
    call.out.note(f"  It wants: {wanted}{page}.")


def _servers(best: Candidate) -> str:
    sending = f", sending by {best.smtp.text}" if best.smtp else ""
    return f"{best.imap.text}{sending}"
