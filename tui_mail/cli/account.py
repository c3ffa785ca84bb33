"""`tui-mail account`: add, test, list, remove, pause; secrets from a prompt or standard input."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_mail.cli.account_archive import archive, configure_archive
from tui_mail.cli.account_login import configure_oauth, login
from tui_mail.cli.account_new import add, print_test, tests
from tui_mail.cli.account_scope import (
    change_scope,
    configure_remove,
    configure_scope,
    configure_wanted,
    remove,
)
from tui_mail.cli.account_secret import (
    configure_secret,
    open_vault_for,
    read_password,
    secret,
    unlock,
)
from tui_mail.cli.call import Call, engine_runs, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import local, utc

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.store.accounts import Account

_SECURITY = ("tls", "starttls", "none")


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    what = parser.add_subparsers(
        dest="what",
        metavar="list|add|test|password|archive|login|secret|scope|unlock|pause|stop|resume|retry|remove",
    )
    what.add_parser("list", parents=[common], help="the accounts and their state")
    _configure_add(what.add_parser("add", parents=[common], help="try an account, then keep it"))
    test = what.add_parser("test", parents=[common], help="sign in to both servers of an account")
    test.add_argument("id", nargs="*", help="only these (default: all)")
    for word, text in (
        ("password", "keep another password and sign in again"),
        ("pause", "neither sync nor send"),
        ("stop", "bring no more mail; sending still works"),
        ("resume", "go on after a pause or a stop"),
        ("retry", "sign in again after a rejected sign-in"),
        ("archive", "where archived mail goes on the server, or only here"),
        ("login", "sign in with the browser again (OAuth)"),
        ("secret", "where the secret is kept; --to moves it"),
        ("scope", "what is synced: folders, past mail; the effect in numbers"),
        ("remove", "take an account out; what is kept of its mail is asked"),
    ):
        one = what.add_parser(word, parents=[common], help=text)
        one.add_argument("id")
        if word == "password":
            _password_option(one)
        if word == "secret":
            configure_secret(one)
        if word == "archive":
            configure_archive(one)
        if word == "login":
            _password_option(one)
            configure_oauth(one)
        if word == "remove":
            configure_remove(one)
        if word == "scope":
            configure_scope(one)
    what.add_parser(
        "unlock", parents=[common], help="type the vault's passphrase for the engine that runs"
    )


def _configure_add(add: argparse.ArgumentParser) -> None:
    add.add_argument("address", help="the e-mail address")
    add.add_argument("--id", help="its short name on the command line")
    add.add_argument("--name", default="", help="your name as others see it")
    add.add_argument("--alias", action="append", default=[], help="a further address of yours")
    for kind, text in (("imap", "incoming"), ("smtp", "outgoing")):
        add.add_argument(f"--{kind}-host", help=f"server for {text} mail")
        add.add_argument(f"--{kind}-port", type=int)
        add.add_argument(f"--{kind}-security", choices=_SECURITY)
        add.add_argument(f"--{kind}-user", default="")
    add.add_argument("--provider", default="", help="take this provider's settings (gmail, …)")
    add.add_argument("--auth", choices=("password", "oauth", "xoauth2"))
    add.add_argument("--yes", action="store_true", help="use the servers found without asking")
    add.add_argument("--ca-file", default="", help="certificate authority of the servers, PEM")
    configure_wanted(add)
    add.add_argument(
        "--secret",
        help="where the secret is kept: keyring, vault (encrypted file), `command: pass show x`,"
        " `credential: NAME` (systemd), or file (not encrypted)",
    )
    add.add_argument("--no-test", action="store_true", help="keep it without signing in")
    _password_option(add)
    configure_oauth(add)


def _password_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )


def run(call: Call) -> int:
    """Show or change the accounts."""
    work = {
        None: _list,
        "list": _list,
        "add": add,
        "test": _test,
        "password": _password,
        "pause": _pause,
        "stop": _stop,
        "resume": _pause,
        "retry": _retry,
        "archive": _archive,
        "login": _login,
        "secret": _secret,
        "unlock": unlock,
        "scope": _scope,
        "remove": _remove,
    }[call.args.what]
    return with_context(call, work)


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.actions.status import state_now
    from tui_mail.store import accounts

    runs = engine_runs(call)
    rows = [
        replace(row, state=state_now(row.state, runs))
        for row in await ctx.db.read(accounts.accounts)
    ]
    call.out.document({"accounts": [_as_json(row) for row in rows]})
    call.out.rows(
        ((row.slug, row.address, row.state, local(row.last_ok_at), row.reason) for row in rows),
        ("id", "address", "state", "last success", "why"),
    )
    if not rows and call.out.is_terminal:
        call.out.line("No account yet; `tui-mail account add ADDRESS` makes one.")
    elif not runs:
        call.out.note("No engine runs; `tui-mail daemon status` says how to start one.")
    return Code.OK


def _as_json(row: Account) -> dict[str, Any]:
    return {
        "id": row.slug,
        "address": row.address,
        "state": row.state,
        "reason": row.reason,
        "last_ok_at": utc(row.last_ok_at),
        "last_error": row.last_error,
        "last_error_at": utc(row.last_error_at),
    }


async def _test(call: Call, ctx: Context) -> int:
    from tui_mail.actions.accounts import test_account

    wanted = call.args.id or [account.id for account in ctx.settings.accounts]
    await open_vault_for(call, ctx, [a for a in ctx.settings.accounts if a.id in wanted])
    report: list[dict[str, Any]] = []
    for slug in wanted:
        account = ctx.settings.account(slug)
        if account is None:
            return _unknown(call, slug)
        lines = await test_account(ctx, account, None)
        report.append({"account": slug, "tests": tests(lines)})
        print_test(call, slug, lines)
    ok = all(test["ok"] for one in report for test in one["tests"])
    call.out.document({"ok": ok, "accounts": report})
    return Code.OK if ok else Code.FAILED


def _unknown(call: Call, slug: str) -> int:
    return call.out.refuse(
        Code.NOT_FOUND, f"There is no account `{slug}`.", "`tui-mail account list` shows them."
    )


async def _password(call: Call, ctx: Context) -> int:
    from tui_mail.actions.accounts import new_secret

    account = ctx.settings.account(call.args.id)
    if account is None:
        return _unknown(call, call.args.id)
    await open_vault_for(call, ctx, [account])
    await new_secret(ctx, call.args.id, read_password(call, call.args.id))
    return _done(call, "The password is kept; the next sync signs in with it.")


async def _archive(call: Call, ctx: Context) -> int:
    account = ctx.settings.account(call.args.id)
    if account is None:
        return _unknown(call, call.args.id)
    await open_vault_for(call, ctx, [account])
    return await archive(call, ctx, account)


async def _login(call: Call, ctx: Context) -> int:
    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    return await login(call, ctx)


async def _secret(call: Call, ctx: Context) -> int:
    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    return await secret(call, ctx)


async def _pause(call: Call, ctx: Context) -> int:
    from tui_mail.actions.accounts import set_paused, set_receiving

    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    pause = call.args.what == "pause"
    await set_paused(ctx, call.args.id, pause)
    if not pause:
        await set_receiving(ctx, call.args.id, True)
    return _done(call, f"Account {call.args.id} {'is paused' if pause else 'goes on'}.")


async def _stop(call: Call, ctx: Context) -> int:
    from tui_mail.actions.accounts import set_receiving

    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    await set_receiving(ctx, call.args.id, False)
    return _done(call, f"Account {call.args.id} brings no more mail; what is here stays.")


async def _retry(call: Call, ctx: Context) -> int:
    from tui_mail.actions.accounts import try_again

    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    await try_again(ctx, call.args.id)
    return _done(call, f"Account {call.args.id} signs in again.")


async def _scope(call: Call, ctx: Context) -> int:
    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    return await change_scope(call, ctx)


async def _remove(call: Call, ctx: Context) -> int:
    if ctx.settings.account(call.args.id) is None:
        return _unknown(call, call.args.id)
    return await remove(call, ctx)


def _done(call: Call, summary: str) -> int:
    call.out.document({"account": call.args.id, "summary": summary})
    call.out.line(summary)
    return Code.OK
