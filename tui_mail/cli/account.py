"""`tui-mail account`: add, test, list, remove, pause; secrets from a prompt or standard input."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_mail.cli.account_archive import archive, configure_archive, decided
from tui_mail.cli.account_found import servers_found
from tui_mail.cli.account_login import configure_oauth, login, signed_in
from tui_mail.cli.account_scope import (
    change_scope,
    chosen_scope,
    configure_remove,
    configure_scope,
    configure_wanted,
    remove,
)
from tui_mail.cli.account_secret import (
    configure_secret,
    make_or_open_vault,
    open_vault_for,
    read_password,
    secret,
    unlock,
)
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import local, utc
from tui_mail.errors import ConfigError, SecretError

if TYPE_CHECKING:
    from tui_mail.accounts.probe import TestLine
    from tui_mail.actions.context import Context
    from tui_mail.config.settings import AccountSettings
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
        "add": _add,
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
    from tui_mail.store import accounts

    rows = await ctx.db.read(accounts.accounts)
    call.out.document({"accounts": [_as_json(row) for row in rows]})
    call.out.rows(
        ((row.slug, row.address, row.state, local(row.last_ok_at), row.reason) for row in rows),
        ("id", "address", "state", "last success", "why"),
    )
    if not rows and call.out.is_terminal:
        call.out.line("No account yet; `tui-mail account add ADDRESS` makes one.")
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


async def _add(call: Call, ctx: Context) -> int:
    from tui_mail.actions.accounts import put_account, test_new_account

    account = await _from_options(call, ctx)
    if isinstance(account, int):
        return account
    if ctx.settings.account(account.id) is not None:
        return call.out.refuse(
            Code.USAGE, f"There is an account `{account.id}` already.", "Choose another --id."
        )
    if account.secret == "vault":
        await make_or_open_vault(call, ctx)
    account, kept = await _secret_for(call, ctx, account)
    lines: tuple[TestLine, ...] = ()
    if not call.args.no_test:
        account, lines = await test_new_account(ctx, account, kept)
        if not all(line.ok for line in lines):
            _print_test(call, account.id, lines)
            return call.out.refuse(
                Code.FAILED,
                "The account was not kept: " + " ".join(one.text for one in lines if not one.ok),
                "Mend it, or say --no-test.",
            )
        account = await decided(call, ctx, account, kept, lines[0].archive)
    account = await chosen_scope(call, ctx, account, lines)
    await put_account(ctx, account, kept)
    call.out.document({"account": account.id, "tests": _tests(lines)})
    _print_test(call, account.id, lines)
    call.out.line(f"Account {account.id} is kept in {ctx.paths.config_file}.")
    return Code.OK


async def _secret_for(
    call: Call, ctx: Context, account: AccountSettings
) -> tuple[AccountSettings, str | None]:
    """What a person types, pastes or does in the browser; None where the secret is elsewhere."""
    if account.auth == "oauth":
        return await signed_in(call, ctx, account)
    if account.secret.startswith(("command", "credential")):
        return account, None
    return account, read_password(call, account.id)


async def _from_options(call: Call, ctx: Context) -> AccountSettings | int:
    """The account as typed, with the servers found for it; an exit code when that needs a yes."""
    from tui_mail.config.settings import AccountSettings

    args = call.args
    local_part, at, domain = args.address.rpartition("@")
    if not at or not local_part or not domain:
        raise ConfigError(f"`{args.address}` is no e-mail address.")
    slug = re.sub(r"[^a-z0-9_.-]+", "-", local_part.lower()).strip("-.")[:40] or "mail"
    account = AccountSettings(
        id=args.id or slug,
        address=args.address,
        name=args.name,
        aliases=tuple(args.alias),
        ca_file=args.ca_file,
        secret=_place(call),
    )
    if not args.imap_host:
        found = await servers_found(call, ctx, account)
        if isinstance(found, int):
            return found
        account = found
    return _as_typed(call, account)


def _place(call: Call) -> str:
    """Where the secret goes: as said, else the keyring, else the vault, which needs a terminal."""
    from tui_mail.accounts.secrets import keyring_works

    if call.args.secret:
        return str(call.args.secret)
    if keyring_works():
        return "keyring"
    if sys.stdin.isatty() or call.paths.vault_file.exists():
        call.out.note("There is no safe keyring here; the secret goes into an encrypted vault.")
        return "vault"
    raise SecretError(
        "There is no safe keyring on this machine.",
        hint="Say --secret vault, --secret 'command: …' (pass, op …), or --secret file if you"
        " accept it.",
    )


def _as_typed(call: Call, account: AccountSettings) -> AccountSettings:
    """What was said by options beats what was found; what is still missing is asked for."""
    args, domain = call.args, account.address.rpartition("@")[2]
    changes: dict[str, Any] = {}
    for kind, text, ports in (
        ("imap", "IMAP server", {"tls": 993}),
        ("smtp", "SMTP server", {"tls": 465, "starttls": 587}),
    ):
        host, security = f"{kind}_host", f"{kind}_security"
        for key in (host, security, f"{kind}_port", f"{kind}_user"):
            if getattr(args, key):
                changes[key] = getattr(args, key)
        if getattr(args, security) and not getattr(args, f"{kind}_port"):
            changes[f"{kind}_port"] = ports.get(getattr(args, security), 143)
        if not changes.get(host, getattr(account, host)):
            changes[host] = _asked(call, text, f"--{kind}-host", f"{kind}.{domain}")
    if args.auth:
        changes["auth"] = args.auth
    if args.provider:
        changes["provider"] = args.provider
    return replace(account, **changes)


def _asked(call: Call, what: str, option: str, default: str) -> str:
    if call.args.password_stdin or not sys.stdin.isatty():
        raise ConfigError(f"The {what} is missing.", hint=f"Say {option}.")
    call.out.note(f"{what} [{default}]:")
    return sys.stdin.readline().strip() or default


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
        report.append({"account": slug, "tests": _tests(lines)})
        _print_test(call, slug, lines)
    ok = all(test["ok"] for one in report for test in one["tests"])
    call.out.document({"ok": ok, "accounts": report})
    return Code.OK if ok else Code.FAILED


def _tests(lines: tuple[TestLine, ...]) -> list[dict[str, Any]]:
    return [{"server": one.server, "ok": one.ok, "text": one.text} for one in lines]


def _print_test(call: Call, slug: str, lines: tuple[TestLine, ...]) -> None:
    for one in lines:
        call.out.line(f"{slug}: {one.server}: {'ok' if one.ok else 'FAILED'}: {one.text}")


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
