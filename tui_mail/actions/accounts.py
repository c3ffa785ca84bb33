"""Accounts and settings: tried, written into the settings file, taken into use."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tui_mail.accounts import oauth, secrets, vault
from tui_mail.accounts.archiving import ArchiveChoice
from tui_mail.accounts.candidates import Candidate, of_provider, with_candidate
from tui_mail.accounts.credentials import Credential
from tui_mail.accounts.discovery import Found, discover
from tui_mail.accounts.network import Network
from tui_mail.accounts.probe import TestLine, make_folder, try_imap, try_smtp
from tui_mail.accounts.providers import Issuer, load_providers, user_name
from tui_mail.actions.context import Context, ring
from tui_mail.config import save
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError, ConfigError
from tui_mail.store import accounts


async def find_servers(
    ctx: Context, address: str, *, provider: str = "", network: Network | None = None
) -> Found:
    """The servers an address may have, best first; offline for known providers.

    `provider` takes that one's whatever the address. Raises ConfigError for what is no address,
    an unknown provider, or a broken file of the user's own providers.
    """
    directory = await asyncio.to_thread(load_providers, ctx.paths.providers_file)
    if not provider:
        return await discover(address, directory=directory, network=network)
    chosen = directory.provider(provider)
    if chosen is None:
        names = ", ".join(one.id for one in directory.providers)
        raise ConfigError(f"There is no provider `{provider}`.", hint=f"Known are {names}.")
    found = of_provider(chosen, address)
    return Found((found,) if found else ())


async def issuer_of(ctx: Context, account: AccountSettings) -> Issuer:
    """Who gives the tokens for an account. Raises ConfigError when nobody is known."""
    directory = await asyncio.to_thread(load_providers, ctx.paths.providers_file)
    provider = directory.provider(account.provider) or directory.of_host(account.imap_host)
    issuer = directory.issuer(provider.oauth) if provider else None
    if issuer is None:
        raise ConfigError(
            f"Nobody is known who gives tokens for {account.imap_host}.",
            hint=f"Add an [[oauth]] and a [[provider]] to {ctx.paths.providers_file}.",
        )
    return issuer


def filled(account: AccountSettings, found: Candidate) -> AccountSettings:
    """The account with what was found filled in."""
    return with_candidate(account, found)


async def test_account(
    ctx: Context, account: AccountSettings, secret: str | None
) -> tuple[TestLine, ...]:
    """Sign in to IMAP and SMTP at the same time, in threads; each server's own words.

    None takes the secret that is kept.
    """

    return tuple(
        await asyncio.gather(
            asyncio.to_thread(try_imap, account, _secret_reader(ctx, account, secret)),
            asyncio.to_thread(try_smtp, account, _secret_reader(ctx, account, secret)),
        )
    )


test_account.__test__ = False  # type: ignore[attr-defined]


async def test_new_account(
    ctx: Context, account: AccountSettings, secret: str | None
) -> tuple[AccountSettings, tuple[TestLine, ...]]:
    """As `test_account`, with one more try where a provider is known to want another user name.

    Answers the account as it was accepted, or as it was given.
    """
    lines = await test_account(ctx, account, secret)
    directory = await asyncio.to_thread(load_providers, ctx.paths.providers_file)
    provider = directory.provider(account.provider)
    form = provider.imap.user_else if provider and provider.imap else ""
    other = user_name(form, account.address) if form else account.imap_user
    if not lines[0].rejected or other in (account.imap_user or account.address,):
        return account, lines
    changed = replace(account, imap_user=other, smtp_user=account.smtp_user or account.address)
    again = await test_account(ctx, changed, secret)
    return (changed, again) if again[0].ok else (account, lines)


test_new_account.__test__ = False  # type: ignore[attr-defined]


async def with_archive(
    ctx: Context, account: AccountSettings, secret: str | None, choice: ArchiveChoice
) -> AccountSettings:
    """The account with its archive decided: a folder, made first for `create`, or only here.

    The account need not be kept yet; the caller keeps it. Raises RefusedError when the server
    makes no folder (some plans have a most), SecretError or TransportError.
    """
    if choice.kind == "local":
        return replace(account, archive_remote=False)
    if choice.kind == "labels":
        return replace(account, archive_remote=True, archive_folder="")
    if choice.kind == "create":
        read = _secret_reader(ctx, account, secret)
        await asyncio.to_thread(make_folder, account, read, choice.folder)
    return replace(account, archive_remote=True, archive_folder=choice.folder)


def _secret_reader(ctx: Context, account: AccountSettings, secret: str | None) -> Callable[[], str]:
    """Gives the secret that was typed, or the one that is kept."""
    if secret is None:
        return Credential(account, ctx.paths)
    word = oauth.parse(secret).access_token if account.auth == "oauth" else secret
    return lambda: word


async def put_account(ctx: Context, account: AccountSettings, secret: str | None = None) -> None:
    """Add an account or change it; keeps `secret` where the account says when one is given.

    Raises ConfigError for settings that cannot be, and SecretError when the secret is not kept;
    a new account is not written then.
    """
    if secret:
        await asyncio.to_thread(secrets.write_secret, account, ctx.paths, secret)
    await asyncio.to_thread(save.put_account, ctx.paths.config_file, account)
    await _take_into_use(ctx)


async def move_secret(ctx: Context, slug: str, place: str) -> str:
    """Keep the secret in another place; the old one goes when the settings name the new one.

    Answers the new place in words. Raises SecretError; nothing is changed then.
    """
    account = _known(ctx, slug)
    moved = await asyncio.to_thread(secrets.move_secret, account, ctx.paths, place)
    await put_account(ctx, moved)
    await asyncio.to_thread(secrets.forget_secret, account, ctx.paths)
    return await asyncio.to_thread(secrets.backend_name, moved)


async def place_for_new_secret() -> str:
    """Where a new secret goes unless the user says otherwise: the keyring, or the vault."""
    return "keyring" if await asyncio.to_thread(secrets.keyring_works) else "vault"


async def vault_needs(ctx: Context, account: AccountSettings) -> str:
    """What the vault wants before this account's secret can be used: `passphrase`, `new`, or ``."""
    if account.secret != "vault":
        return ""
    if not ctx.paths.vault_file.exists():
        return "new"
    return "passphrase" if await vault_is_locked(ctx) else ""


async def vault_is_locked(ctx: Context) -> bool:
    """Whether the passphrase has to be typed before the vault can be used here."""
    return await asyncio.to_thread(vault.is_locked, ctx.paths.vault_file)


async def open_vault(ctx: Context, passphrase: str) -> None:
    """Unlock the vault here and in an engine that runs; makes one when there is none.

    Raises SecretError for a wrong passphrase, or one too short for a new vault.
    """
    path = ctx.paths.vault_file
    work = vault.unlock if path.exists() else vault.create
    await asyncio.to_thread(work, path, passphrase)
    key = vault.held(path)
    if key is not None:
        ring(ctx.paths.socket, b"unlock " + base64.b64encode(key) + b"\n")


async def new_secret(ctx: Context, slug: str, secret: str) -> None:
    """Keep another password and let the engine try it at once (R13). Raises SecretError."""
    account = _known(ctx, slug)
    await asyncio.to_thread(secrets.write_secret, account, ctx.paths, secret)
    await try_again(ctx, slug)


async def try_again(ctx: Context, slug: str) -> None:
    """Sign in again after the sign-in was rejected, for whatever reason it may go well now."""
    await ctx.db.write(_try_again, ctx.account_ids[slug], ctx.now())
    ctx.wake()


def _try_again(conn: sqlite3.Connection, account_id: int, now: int) -> None:
    found = accounts.account(conn, account_id)
    if found is not None and found.state != "paused":
        accounts.set_state(conn, account_id, "connecting", "", now)


async def set_paused(ctx: Context, slug: str, paused: bool) -> None:
    """Neither sync nor send, or go on."""
    await put_account(ctx, replace(_known(ctx, slug), paused=paused))


async def set_receiving(ctx: Context, slug: str, receive: bool) -> None:
    """Follow the server, or only send; what is here stays either way."""
    await put_account(ctx, replace(_known(ctx, slug), receive=receive))


async def remove_account(ctx: Context, slug: str, *, keep_secret: bool = False) -> None:
    """Take an account out of the settings and forget its secret; its mail here stays.

    What is kept of its mail is asked by `actions.scope.remove_account`.
    """
    account = _known(ctx, slug)
    await asyncio.to_thread(save.drop_account, ctx.paths.config_file, slug)
    if not keep_secret:
        await asyncio.to_thread(secrets.forget_secret, account, ctx.paths)
    await _take_into_use(ctx)


async def order_accounts(ctx: Context, slugs: Sequence[str]) -> None:
    """Put the accounts into another order."""
    await asyncio.to_thread(save.order_accounts, ctx.paths.config_file, slugs)
    await _take_into_use(ctx)


async def set_value(ctx: Context, key: str, value: Any) -> None:
    """Change one general setting. Raises ConfigError; the file is unchanged then."""
    ctx.settings = await asyncio.to_thread(save.set_value, ctx.paths.config_file, key, value)


async def set_keys(ctx: Context, command_id: str, keys: str | None) -> None:
    """Bind a command to other keys, or give it its own back with None."""
    ctx.settings = await asyncio.to_thread(save.set_key, ctx.paths.config_file, command_id, keys)


def secret_place(account: AccountSettings) -> str:
    """What keeps the secret, in words. Asks the keyring; belongs in a thread."""
    return secrets.backend_name(account)


def _known(ctx: Context, slug: str) -> AccountSettings:
    account = ctx.settings.account(slug)
    if account is None:
        raise ActionError(f"There is no account `{slug}`.")
    return account


async def _take_into_use(ctx: Context) -> None:
    await ctx.reload()
    ctx.wake()
