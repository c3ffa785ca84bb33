"""`tui-mail account add`: address, servers, secret, test, archive, what to sync, sharing."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_mail.cli.account_archive import archive_step, with_choice
from tui_mail.cli.account_found import servers_found
from tui_mail.cli.account_login import signed_in
from tui_mail.cli.account_scope import scope_steps
from tui_mail.cli.account_secret import make_or_open_vault
from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.cli.stepping import Again, Answer, Back, Draft, Step, Talk, walk
from tui_mail.errors import ConfigError, SecretError

if TYPE_CHECKING:
    from tui_mail.accounts.probe import TestLine
    from tui_mail.actions.context import Context
    from tui_mail.config.settings import AccountSettings

_SECURITY_OF = {993: "tls", 465: "tls", 143: "starttls", 587: "starttls"}


async def add(call: Call, ctx: Context) -> int:
    """Try an account step by step, then keep it; nothing is written before the end."""
    from tui_mail.actions.accounts import put_account

    talk = Talk(call)
    begun = Draft(_from_options(call, ctx))
    if talk.person:
        talk.say("Enter takes what stands in brackets; < goes back to the question before.")

    async def servers(talk: Talk, draft: Draft) -> Answer:
        return await _servers(talk, ctx, draft)

    async def secret(talk: Talk, draft: Draft) -> Answer:
        return await _secret(talk, ctx, draft)

    async def test(talk: Talk, draft: Draft) -> Answer:
        return await _test(talk, ctx, draft)

    steps: dict[str, Step] = {
        "servers": servers,
        "secret": secret,
        "test": test,
        "archive": archive_step,
        **scope_steps(),
    }
    found = await walk(talk, steps, begun)
    if isinstance(found, int):
        return found
    account = found.account
    if account.secret == "vault":
        await make_or_open_vault(call, ctx)
    account = await with_choice(call, ctx, account, found.secret, found.archive)
    await put_account(ctx, account, found.secret)
    call.out.document({"account": account.id, "tests": tests(found.lines)})
    print_test(call, account.id, found.lines)
    call.out.line(f"Account {account.id} is kept in {ctx.paths.config_file}.")
    return Code.OK


def _from_options(call: Call, ctx: Context) -> AccountSettings:
    """The account as the options say. Raises ConfigError."""
    from tui_mail.config.settings import AccountSettings

    args = call.args
    local_part, at, domain = args.address.rpartition("@")
    if not at or not local_part or not domain:
        raise ConfigError(f"`{args.address}` is no e-mail address.")
    slug = re.sub(r"[^a-z0-9_.-]+", "-", local_part.lower()).strip("-.")[:40] or "mail"
    slug = args.id or slug
    if ctx.settings.account(slug) is not None:
        raise ConfigError(f"There is an account `{slug}` already.", hint="Choose another --id.")
    return AccountSettings(
        id=slug,
        address=args.address,
        name=args.name,
        aliases=tuple(args.alias),
        ca_file=args.ca_file,
        secret=_place(call),
    )


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


async def _servers(talk: Talk, ctx: Context, draft: Draft) -> Answer:
    """Found and agreed to, said by options, or typed."""
    account = draft.account
    if not talk.call.args.imap_host:
        found = await servers_found(talk, ctx, account)
        if isinstance(found, int | Back):
            return found
        account = found
    return _as_typed(talk, replace(draft, account=account))


def _as_typed(talk: Talk, draft: Draft) -> Answer:
    """What was said by options beats what was found; what is still missing is asked for."""
    args, account = talk.call.args, draft.account
    changes: dict[str, Any] = {}
    for kind, ports in (("imap", {"tls": 993}), ("smtp", {"tls": 465, "starttls": 587})):
        host, security = f"{kind}_host", f"{kind}_security"
        for key in (host, security, f"{kind}_port", f"{kind}_user"):
            if getattr(args, key):
                changes[key] = getattr(args, key)
        if getattr(args, security) and not getattr(args, f"{kind}_port"):
            changes[f"{kind}_port"] = ports.get(getattr(args, security), 143)
    if args.auth:
        changes["auth"] = args.auth
    if args.provider:
        changes["provider"] = args.provider
    account = replace(account, **changes)
    for kind in ("imap", "smtp"):
        if not getattr(account, f"{kind}_host"):
            typed = _asked_server(talk, account, kind)
            if typed is None:
                return Back()
            account = typed
    return replace(draft, account=account)


def _asked_server(talk: Talk, account: AccountSettings, kind: str) -> AccountSettings | None:
    """A server as a person types it: `host` or `host:port`. Raises ConfigError."""
    if not talk.person:
        raise ConfigError(f"The {kind.upper()} server is missing.", hint=f"Say --{kind}-host.")
    domain = account.address.rpartition("@")[2]
    host, port = getattr(account, f"{kind}_host"), getattr(account, f"{kind}_port")
    shown = f"{host or f'{kind}.{domain}'}:{port}"
    typed = talk.ask(f"{kind.upper()} server, with :port where it is another", shown)
    if typed is None:
        return None
    name, colon, number = typed.rpartition(":")
    if not colon:
        name, number = typed, str(port)
    if not name or not number.isascii() or not number.isdigit() or not 0 < int(number) < 65_536:
        raise ConfigError("This is no server: say host or host:port.")
    now = getattr(account, f"{kind}_security")
    security = _SECURITY_OF.get(int(number), now)
    values: dict[str, Any] = {
        f"{kind}_host": name, f"{kind}_port": int(number), f"{kind}_security": security,
    }  # fmt: skip
    return replace(account, **values)


async def _secret(talk: Talk, ctx: Context, draft: Draft) -> Answer:
    """What a person types, pastes or does in the browser; nothing where it comes from elsewhere."""
    account = draft.account
    if account.auth == "oauth":
        account, tokens = await signed_in(talk.call, ctx, account)
        return replace(draft, account=account, secret=tokens)
    if account.secret.startswith(("command", "credential")):
        return draft
    typed = talk.ask_secret(account.id)
    return Back() if typed is None else replace(draft, secret=typed)


async def _test(talk: Talk, ctx: Context, draft: Draft) -> Answer:
    """Sign in to both servers; a person mends what they did not take, or insists."""
    from tui_mail.actions.accounts import test_new_account

    if talk.call.args.no_test:
        return draft
    if talk.person:
        talk.say("Asking both servers …")
    account, lines = await test_new_account(ctx, draft.account, draft.secret)
    if all(line.ok for line in lines):
        return replace(draft, account=account, lines=lines, archive=lines[0].archive)
    print_test(talk.call, account.id, lines)
    typed = "q"
    if talk.person:
        what = "p: the password again, s: other servers, k: keep it all the same, q: leave"
        answer = talk.ask(what, "p")
        if answer is None:
            return Back()
        typed = answer.lower()[:1]
    if typed == "k":
        return replace(draft, lines=lines, insists=True)
    if typed == "s":
        return _other_servers(talk, draft)
    if typed == "p" and not talk.ended:
        mended = await _secret(talk, ctx, draft)
        return Again(mended) if isinstance(mended, Draft) else mended
    return talk.call.out.refuse(
        Code.FAILED,
        "The account was not kept: " + " ".join(one.text for one in lines if not one.ok),
        "Mend it, or say --no-test.",
    )


def _other_servers(talk: Talk, draft: Draft) -> Answer:
    account = draft.account
    for kind in ("imap", "smtp"):
        typed = _asked_server(talk, account, kind)
        if typed is None:
            return Back("servers")
        account = typed
    return Again(replace(draft, account=account))


def tests(lines: tuple[TestLine, ...]) -> list[dict[str, Any]]:
    """For `--json`."""
    return [{"server": one.server, "ok": one.ok, "text": one.text} for one in lines]


def print_test(call: Call, slug: str, lines: tuple[TestLine, ...]) -> None:
    """What each server said."""
    for one in lines:
        call.out.line(f"{slug}: {one.server}: {'ok' if one.ok else 'FAILED'}: {one.text}")
