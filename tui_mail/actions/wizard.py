"""Adding an account, step by step: one model for the screen and the command line (R12).

Nothing is written before both servers took the sign-in, unless the user insists.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from tui_mail.accounts.candidates import WORDS, Candidate, with_candidate
from tui_mail.accounts.network import Network
from tui_mail.accounts.probe import TestLine
from tui_mail.accounts.providers import SECRET_NAMES
from tui_mail.actions import accounts as actions
from tui_mail.actions.context import Context
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError, ConfigError, TuiMailError
from tui_mail.imap.values import ListedFolder
from tui_mail.model.safe_text import one_line
from tui_mail.store import own_names

_SLUG = re.compile(r"[^a-z0-9_.-]+")
_SIGNS_IN = (
    "address", "imap_host", "imap_port", "imap_security", "imap_user", "smtp_host", "smtp_port",
    "smtp_security", "smtp_user", "auth", "secret", "oauth_client", "ca_file",
)  # fmt: skip
"""Settings after whose change both servers are asked again."""

PAST: tuple[tuple[int, str], ...] = (
    (3, "3 days"),
    (30, "1 month"),
    (90, "3 months"),
    (180, "6 months"),
    (365, "1 year"),
    (730, "2 years"),
    (0, "everything"),
)
"""How much past mail can be brought, in days and in words (B2)."""


class Step(IntEnum):
    """The steps in their order."""

    ADDRESS = 1
    SERVERS = 2
    SECRET = 3
    TEST = 4
    ALIASES = 5
    SYNC = 6
    SHARING = 7

    @property
    def title(self) -> str:
        """For the head of the step."""
        return _TITLES[self]


_TITLES = {
    Step.ADDRESS: "Address",
    Step.SERVERS: "Servers",
    Step.SECRET: "Signing in",
    Step.TEST: "Test",
    Step.ALIASES: "Your other addresses",
    Step.SYNC: "What to sync",
    Step.SHARING: "Who may see it",
}


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """A folder or label that can be chosen. `name` is the server's, `shown` is safe."""

    name: str
    shown: str
    reason: str = ""
    """Why it is ticked before anybody was asked."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known of the new account so far; in memory only."""

    account: AccountSettings
    step: Step = Step.ADDRESS
    found: tuple[Candidate, ...] = ()
    """What may be its servers, best first."""
    tried: tuple[str, ...] = ()
    """How it was looked for."""
    chosen: int = 0
    secret: str | None = field(default=None, repr=False)
    """What was typed, or the tokens of a sign-in in the browser."""
    lines: tuple[TestLine, ...] = ()
    """What both servers said to exactly these settings."""
    insists: bool = False
    """The user wants it kept although the test did not pass."""
    suggested: tuple[str, ...] = ()
    """Addresses that may be the user's too."""

    @property
    def passed(self) -> bool:
        """Both servers took the sign-in."""
        return bool(self.lines) and all(line.ok for line in self.lines)

    @property
    def candidate(self) -> Candidate | None:
        """What was found and is in use."""
        return self.found[self.chosen] if self.chosen < len(self.found) else None

    @property
    def folders(self) -> tuple[FolderChoice, ...]:
        """What can be chosen, the ticked ones first."""
        listed = self.lines[0].folders if self.lines else ()
        return folder_choices(listed, labels=self.labels)

    @property
    def labels(self) -> bool:
        """The server has labels instead of folders."""
        return bool(self.lines) and self.lines[0].labels


def begin(setup_id: str = "") -> Setup:
    """Before anything is known."""
    return Setup(AccountSettings(setup_id, ""))


async def take_address(
    ctx: Context, setup: Setup, address: str, *, provider: str = "", network: Network | None = None
) -> Setup:
    """Look for the servers and go to them. Raises ConfigError for what is no address."""
    typed = address.strip()
    local, at, domain = typed.rpartition("@")
    if not at or not local or not domain:
        raise ConfigError(f"`{one_line(typed, 80)}` is no e-mail address.")
    if any(one.address.lower() == typed.lower() for one in ctx.settings.accounts):
        raise ConfigError(f"{one_line(typed, 80)} is an account already.")
    found = await actions.find_servers(ctx, typed, provider=provider, network=network)
    taken = {one.id for one in ctx.settings.accounts}
    account = AccountSettings(
        id=setup.account.id or free_slug(typed, taken),
        address=typed,
        name=setup.account.name,
        secret=await actions.place_for_new_secret(),
    )
    if not found.candidates:
        account = replace(account, imap_host=f"imap.{domain}", smtp_host=f"smtp.{domain}")
    suggested = await ctx.db.read(own_names.suggested, typed)
    setup = Setup(account, Step.SERVERS, found.candidates, found.tried, suggested=suggested)
    return choose(setup, 0)


def free_slug(address: str, taken: Collection[str]) -> str:
    """A short name for the command line that no other account has."""
    local, _, domain = address.lower().rpartition("@")
    base = _SLUG.sub("-", domain.partition(".")[0] or local).strip("-.")[:36] or "mail"
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}{number}", number + 1
    return slug


def choose(setup: Setup, number: int) -> Setup:
    """Use the n-th of what was found."""
    if number >= len(setup.found):
        return setup
    account = with_candidate(setup.account, setup.found[number])
    return replace(setup, account=account, chosen=number, lines=(), insists=False)


def change(setup: Setup, key: str, value: Any) -> Setup:
    """Another value for one setting; a test that was passed with the old one no longer counts."""
    account = replace(setup.account, **{key: value})
    if key in _SIGNS_IN:
        setup = replace(setup, lines=(), insists=False)
        if key in ("auth", "address"):
            setup = replace(setup, secret=None)
    return replace(setup, account=account)


def with_secret(setup: Setup, secret: str) -> Setup:
    """What was typed. Raises ConfigError for nothing."""
    if not secret:
        raise ConfigError("Nothing was typed.")
    return replace(setup, secret=secret, lines=(), insists=False)


def candidate_words(found: Candidate) -> str:
    """Servers with their source. Safe text."""
    sending = f", {found.smtp.text}" if found.smtp else ""
    return one_line(f"{found.imap.text}{sending} ({WORDS[found.source]})", 200)


def source_words(setup: Setup) -> tuple[str, ...]:
    """Where the servers were found, and what the provider wants done first. Safe text."""
    found = setup.candidate
    if found is None:
        return ("Nothing was found for this address; these are guesses.", *setup.tried)
    provider = found.provider
    name = f"{provider.name}: " if provider else ""
    lines = [f"{name}{WORDS[found.source]}"]
    if found.needs_confirmation:
        lines.append("Your password goes to these servers: look at their names.")
    if provider is not None:
        lines += [*provider.prepare, *provider.notes]
    return tuple(one_line(line, 300) for line in lines)


def secret_words(setup: Setup) -> tuple[str, ...]:
    """What to type, and the page where it is made. Safe text."""
    account, found = setup.account, setup.candidate
    provider = found.provider if found else None
    if account.auth == "oauth":
        who = provider.name if provider else account.imap_host
        return (f"{one_line(who, 60)} signs you in in the browser; no password is kept.",)
    if account.auth == "xoauth2":
        return ("A command prints an access token each time one is needed.",)
    ways = found.sign_in if found else ("password",)
    wanted = next((SECRET_NAMES[way] for way in ways if way != "oauth"), "password")
    lines = [f"It wants your {wanted}."]
    if provider is not None and provider.secret_place:
        lines.append(f"It is made at {one_line(provider.secret_place, 200)}")
    return tuple(lines)


def is_from_elsewhere(account: AccountSettings) -> bool:
    """The secret comes from a command or a credential, so nothing is typed here."""
    return account.secret.startswith(("command", "credential"))


def why_not(setup: Setup) -> str:
    """What is missing before the next step; empty when nothing is."""
    account = setup.account
    if setup.step is Step.SERVERS and not account.imap_host:
        return "The IMAP server is missing."
    if setup.step is Step.SECRET and not setup.secret and not is_from_elsewhere(account):
        return "Sign in first." if account.auth == "oauth" else "The password is missing."
    if setup.step is Step.TEST and not (setup.passed or setup.insists):
        return "The servers did not take it: mend it, or keep it all the same."
    if setup.step is Step.SYNC and account.sync_scope == "chosen" and not account.sync_folders:
        return "Nothing is chosen: choose a folder, or everything."
    return ""


def forward(setup: Setup) -> Setup:
    """The next step. Raises ActionError with what is missing."""
    missing = why_not(setup)
    if missing:
        raise ActionError(missing)
    if setup.step is Step.SHARING:
        return setup
    setup = replace(setup, step=Step(setup.step + 1))
    if setup.step is Step.SYNC and not setup.account.sync_folders:
        ticked = tuple(one.name for one in setup.folders if one.reason)
        setup = change(setup, "sync_folders", ticked)
    return setup


def back(setup: Setup) -> Setup:
    """The step before; what was typed stays."""
    return replace(setup, step=Step(max(Step.ADDRESS, setup.step - 1)))


async def test(ctx: Context, setup: Setup) -> Setup:
    """Sign in to both servers, each on its own; their own words are in `lines`."""
    account, lines = await actions.test_new_account(ctx, setup.account, setup.secret)
    archive = lines[0].archive
    if archive is not None and archive.kind == "ask":
        account = replace(account, archive_folder=archive.folder)
    return replace(setup, account=account, lines=lines, insists=False)


test.__test__ = False  # type: ignore[attr-defined]


def archive_words(setup: Setup) -> str:
    """Where archived mail will go, and why; empty while nobody was asked. Safe text."""
    found = setup.lines[0].archive if setup.lines else None
    account = setup.account
    if found is None:
        return ""
    if not account.archive_remote or found.kind == "local":
        return "only here"
    name = one_line(found.folder, 60)
    if found.kind == "create":
        made = account.archive_folder == found.folder
        return f"a new folder {name}" if made else "only here, until there is an archive folder"
    words = {"labels": "the inbox label is taken away"}
    return f"{words.get(found.kind, name)} ({one_line(found.reason, 80)})"


def turn_archive(setup: Setup) -> Setup:
    """Archive on the server, making a folder where there is none, or only here."""
    found = setup.lines[0].archive if setup.lines else None
    if found is None or found.kind == "local":
        return setup
    account = setup.account
    if found.kind == "create":
        folder = "" if account.archive_folder == found.folder else found.folder
        return change(setup, "archive_folder", folder)
    return change(setup, "archive_remote", not account.archive_remote)


async def finish(ctx: Context, setup: Setup) -> str:
    """Keep the account and let the engine begin; answers its id.

    Raises ActionError while the test has not passed and nobody insists, ConfigError, SecretError.
    """
    if not (setup.passed or setup.insists):
        raise ActionError("Nothing is kept: the servers did not take the sign-in.")
    account = setup.account
    if account.sync_scope == "all":
        account = replace(account, sync_folders=())
    archive = setup.lines[0].archive if setup.lines else None
    makes = archive is not None and archive.kind == "create" and bool(archive.folder)
    if archive is not None and makes and account.archive_folder == archive.folder:
        account = await actions.with_archive(ctx, account, setup.secret, archive)
    await actions.put_account(ctx, account, setup.secret)
    return account.id


def folder_choices(folders: Collection[ListedFolder], *, labels: bool) -> tuple[FolderChoice, ...]:
    """Folders that can be chosen; the inbox and Sent are ticked before anybody was asked (R15)."""
    found: list[FolderChoice] = []
    for folder in folders:
        if not folder.selectable or folder.role in ("drafts", "flagged", "important", "all"):
            continue
        reason = ""
        if folder.role == "inbox" or folder.wire_name.upper() == b"INBOX":
            reason = "new mail comes here"
        elif folder.role == "sent":
            reason = "without it your own answers are missing in conversations"
        found.append(FolderChoice(folder.name, one_line(folder.name, 80), reason))
    return tuple(sorted(found, key=lambda one: (not one.reason, one.shown.lower())))


def past_words(days: int) -> str:
    """`3 months` for 90."""
    return next((words for number, words in PAST if number == days), f"{days} days")


async def places(ctx: Context) -> tuple[tuple[str, str], ...]:
    """Where a secret can be kept, with how it stands there; asks the keyring."""
    from tui_mail.accounts.keyrings import backend_name

    try:
        keyring = await asyncio.to_thread(backend_name)
    except TuiMailError as error:
        keyring = f"not here: {error.message}"
    vault = "an encrypted file; its passphrase is asked once"
    if not ctx.paths.vault_file.exists():
        vault = "an encrypted file, made now; you choose its passphrase"
    return (
        ("keyring", one_line(keyring, 100)),
        ("vault", vault),
        ("command", "a command prints it: pass show mail"),
        ("file", "a file of yours, not encrypted"),
    )
