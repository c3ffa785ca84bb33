"""`tui-mail account login`: OAuth by loopback redirect, pasting the address, or device code."""

from __future__ import annotations

import argparse
import asyncio
import select
import sys
import time
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.errors import AuthError, ConfigError, SecretError

if TYPE_CHECKING:
    from tui_mail.accounts.oauth import Tokens, TokenServer
    from tui_mail.accounts.providers import Issuer
    from tui_mail.actions.context import Context
    from tui_mail.config.settings import AccountSettings

_PATIENCE = 600.0


def configure_oauth(parser: argparse.ArgumentParser) -> None:
    """Options of a sign-in in the browser."""
    parser.add_argument("--oauth-client", default="", metavar="ID", help="your own client id")
    parser.add_argument(
        "--device", action="store_true", help="sign in with a code on any device (Microsoft)"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port of the redirect, for `ssh -L` (default: any)"
    )


async def login(call: Call, ctx: Context) -> int:
    """Sign in again and go on where the sync stopped (R13)."""
    from tui_mail.actions.accounts import new_secret, put_account
    from tui_mail.cli.account_secret import open_vault_for

    account = ctx.settings.account(call.args.id)
    assert account is not None
    if account.auth != "oauth":
        return call.out.refuse(
            Code.USAGE,
            f"{account.id} signs in with a password.",
            f"`tui-mail account password {account.id}`.",
        )
    await open_vault_for(call, ctx, [account])
    account, text = await signed_in(call, ctx, account)
    await put_account(ctx, account)
    await new_secret(ctx, account.id, text)
    call.out.document({"account": account.id, "signed_in": True})
    call.out.line(f"{account.id} is signed in; the sync goes on.")
    return Code.OK


async def signed_in(
    call: Call, ctx: Context, account: AccountSettings
) -> tuple[AccountSettings, str]:
    """Take a person through the browser; the account with its client id, and what is to be kept.

    Raises AuthError, ConfigError, SecretError or TransportError.
    """
    from dataclasses import replace

    from tui_mail.accounts.oauth import TokenServer
    from tui_mail.actions.accounts import issuer_of

    issuer = await issuer_of(ctx, account)
    client = call.args.oauth_client or account.oauth_client or _asked_client(call, issuer)
    secret = _client_secret(call, issuer)
    server = TokenServer(issuer, client, secret, ca_file=account.ca_file)
    by_device = call.args.device or (issuer.device_url and not call.args.port)
    work = _by_device if by_device else _by_browser
    try:
        tokens = await asyncio.to_thread(work, call, server, client, account.address)
    except AuthError as error:
        error.hint = error.hint.replace("{id}", account.id)
        raise
    return replace(account, oauth_client=client), tokens.text


def _asked_client(call: Call, issuer: Issuer) -> str:
    page = f" It is made at {issuer.client_page}." if issuer.client_page else ""
    if call.out.as_json or not sys.stdin.isatty():
        raise ConfigError(
            f"{issuer.name} wants a client id of your own.{page}", hint="Say --oauth-client ID."
        )
    call.out.note(f"{issuer.name} wants a client id of your own.{page} Client id:")
    typed = sys.stdin.readline().strip()
    if not typed:
        raise ConfigError("There is no client id.", hint="Say --oauth-client ID.")
    return typed


def _client_secret(call: Call, issuer: Issuer) -> str:
    """The client's own secret, where the issuer gives one; kept with the tokens."""
    if not issuer.client_secret:
        return ""
    from tui_mail.cli.account_secret import read_password

    try:
        return read_password(call, issuer.name, "client secret")
    except SecretError as error:
        raise SecretError(
            f"{issuer.name} wants the secret of your client.", hint="--password-stdin"
        ) from error


def _by_device(call: Call, server: TokenServer, client: str, address: str) -> Tokens:
    device = server.device()
    call.out.note(f"Open {device.page} on any device and type the code {device.user_code}.")
    call.out.note("Waiting for you to sign in there; Ctrl-c ends it.")
    return server.wait_for(device)


def _by_browser(call: Call, server: TokenServer, client: str, address: str) -> Tokens:
    from tui_mail.accounts.loopback import Loopback
    from tui_mail.accounts.oauth import begin, code_of

    with Loopback(server.issuer.redirect_host, call.args.port) as loopback:
        pending = begin(server.issuer, client, loopback.redirect_uri, address)
        call.out.note("Open this address in a browser:")
        call.out.note(pending.url)
        port = loopback.port
        call.out.note(
            f"Is the browser on another machine? Run there first: ssh -L {port}:127.0.0.1:{port}"
            " THIS-MACHINE. Or paste here the address the browser could not open."
        )
        deadline = time.monotonic() + _PATIENCE
        watched: list[Any] = [loopback]
        if sys.stdin.isatty():
            watched.append(sys.stdin)
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select(watched, [], [], min(left, 1.0))
            for one in ready:
                answer = loopback.take() if one is loopback else sys.stdin.readline()
                if not answer.strip():
                    continue
                try:
                    code = code_of(pending, answer)
                except AuthError as error:
                    if "not the answer" not in error.message and "no code" not in error.message:
                        raise
                    call.out.note(str(error))
                    continue
                return server.exchange(pending, code)
    raise AuthError("Nobody signed in within ten minutes.", hint="Try again.")
