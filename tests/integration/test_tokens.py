"""Tokens and secrets in a running engine: expiry, refusal, the vault, no trace (R13, SEC-31)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.integration.test_live import commands, opened, running, state
from tests.integration.test_sending import write
from tests.integration.waiting import one, rows, until
from tests.oauth_server import OauthServer, serving_tokens
from tests.profiles import mail, profile
from tui_mail.accounts import secrets, vault
from tui_mail.accounts.oauth import Tokens
from tui_mail.actions.accounts import new_secret, set_value
from tui_mail.config import save
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import DEFAULT_CAPABILITIES, ImapServer
from tui_mail.demo.smtp_sink import SmtpSink
from tui_mail.model.views import View
from tui_mail.store import pages
from tui_mail.sync.process import start_engine, wait_ready

USER = "mira,=@northwind.example"
SIGN_INS = rb"LOGIN|AUTHENTICATE"


@dataclass
class Bearer:
    """One account that signs in with tokens."""

    imap: ImapServer
    sink: SmtpSink
    tokens: OauthServer
    paths: Paths

    def good(self) -> str:
        """The one token the servers take."""
        return next(iter(self.imap.tokens))


@contextlib.asynccontextmanager
async def office(folder: Path, mechanism: str = "XOAUTH2") -> AsyncIterator[Bearer]:
    capabilities = (DEFAULT_CAPABILITIES - {"AUTH=PLAIN"}) | {f"AUTH={mechanism}"}
    async with (
        ImapServer(capabilities=capabilities) as imap,
        SmtpSink(users={USER: "none"}, extensions={f"AUTH {mechanism}", "SIZE"}) as sink,
    ):
        imap.add_user(USER, "none")
        with serving_tokens(folder) as tokens:

            def issue(token: str) -> None:
                imap.tokens = {token: USER}
                sink.tokens = {token: USER}

            tokens.issued = issue
            tokens.refresh_tokens = {"refresh-0"}
            kept = Tokens("old", tokens.issuer.token_url, "client-1", "refresh-0")
            paths = profile(
                folder,
                imap=("127.0.0.1", imap.port),
                smtp=("127.0.0.1", sink.port),
                user=USER,
                password=kept.text,
                auth="oauth",
                ca_file=tokens.ca_file,
            )
            save.set_value(paths.config_file, "writing.undo_seconds", 0)
            yield Bearer(imap, sink, tokens, paths)


async def _is(value: object, wanted: object) -> bool:
    return (await value) == wanted  # type: ignore[misc]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_reading_and_sending_sign_in_with_one_fresh_token(
    mechanism: str, tmp_path: Path
) -> None:
    async with office(tmp_path, mechanism) as here:
        here.imap.append("INBOX", mail(1), user=USER)
        async with running(here.paths), opened(here.paths) as ctx:
            await until(lambda: _is(state(ctx), "active"), "active")
            await write(ctx)
            ctx.wake()
            await until(lambda: bool(here.sink.accepted), "sent")
        assert len(here.tokens.asked) == 1
        assert here.sink.accepted[0].login == USER


async def test_a_token_that_ends_in_the_middle_of_a_sync_is_renewed_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        for number in range(300):
            here.imap.append("INBOX", mail(number), user=USER)
        here.imap.faults.delay("UID FETCH", 0.02)
        async with running(here.paths), opened(here.paths) as ctx:

            async def some() -> bool:
                return (await ctx.db.read(pages.count, View.INBOX))[0] > 20

            await until(some, "the first mails")
            here.imap.tokens = {}
            here.sink.tokens = {}
            await here.imap.drop_connections()
            here.imap.faults.clear()
            ctx.wake()
            await until(lambda: _is(state(ctx), "active"), "active again", 40)

            async def all_there() -> bool:
                return (await ctx.db.read(pages.count, View.INBOX))[0] == 300

            await until(all_there, "every mail", 30)
            twice = await rows(
                ctx, "SELECT message_id FROM messages GROUP BY message_id HAVING count(*) > 1"
            )
            assert twice == []
        kinds = [form["grant_type"] for form in here.tokens.asked]
        assert kinds == ["refresh_token"] * 2


async def test_a_withdrawn_sign_in_pauses_its_account_alone_until_the_user_signs_in(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here, ImapServer() as other:
        other.add_user("bo", "x")
        other.append("INBOX", mail(7), user="bo")
        here.imap.append("INBOX", mail(1), user=USER)
        here.tokens.refresh_tokens = {"another"}
        profile(
            tmp_path, slug="fine", address="bo@x.example", imap=("127.0.0.1", other.port),
            user="bo",
        )  # fmt: skip
        async with running(here.paths), opened(here.paths) as ctx:
            await until(lambda: _is(state(ctx), "auth_failed"), "auth_failed")
            await until(lambda: _is(state(ctx, "fine"), "active"), "the other account")
            assert "expired or was withdrawn" in str(await one(ctx, "SELECT reason FROM accounts"))
            for _ in range(3):
                ctx.wake()
                await asyncio.sleep(0.1)
            assert len(here.tokens.asked) == 1
            assert commands(here.imap, SIGN_INS) == []
            here.tokens.refresh_tokens = {"again"}
            kept = Tokens("none", here.tokens.issuer.token_url, "client-1", "again")
            await new_secret(ctx, "work", kept.text)
            await until(lambda: _is(state(ctx), "active"), "active after signing in")


async def test_no_change_of_anything_else_makes_a_rejected_password_be_tried_again(
    tmp_path: Path,
) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "right")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira", password="wrong")
        profile(tmp_path, slug="other", address="o@x.example")
        async with running(paths), opened(paths) as ctx:
            await until(lambda: _is(state(ctx), "auth_failed"), "auth_failed")
            other = ctx.settings.account("other")
            assert other is not None
            secrets.write_secret(other, paths, "another secret in the same file")
            ctx.wake()
            await set_value(ctx, "sync.poll_minutes", 9)
            begun = time.monotonic()

            async def restarted() -> bool:
                return time.monotonic() - begun > 2.5

            await until(restarted, "the settings taken into use")
            assert len(commands(server, SIGN_INS)) == 1
            await new_secret(ctx, "work", "right")
            await until(lambda: _is(state(ctx), "active"), "active")
            assert len(commands(server, SIGN_INS)) <= 3


async def test_the_engines_process_opens_the_vault_and_the_secret_is_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary, passphrase = "canary-5d21-secret", "correct horse battery"
    async with ImapServer() as server, SmtpSink(users={"mira": canary}) as sink:
        server.add_user("mira", canary)
        server.append("INBOX", mail(1), user="mira")
        place = ("127.0.0.1", server.port)
        paths = profile(
            tmp_path / "home", imap=place, smtp=("127.0.0.1", sink.port), user="mira", password="-"
        )
        vault.create(paths.vault_file, passphrase)
        async with opened(paths) as ctx:
            account = ctx.settings.account("work")
            assert account is not None
            moved = secrets.move_secret(account, paths, "vault")
            secrets.write_secret(moved, paths, canary)
            save.put_account(paths.config_file, moved)
            secrets.forget_secret(account, paths)
            key = vault.held(paths.vault_file)
            assert key is not None
            traces = await _traces_of_an_engine(paths)
        octets = canary.encode()
        forms = {octets, passphrase.encode(), base64.b64encode(octets), key, base64.b64encode(key)}
        forms |= {base64.b64encode(b"\0mira\0" + octets)}
        for path in paths.config_dir.rglob("*"):
            if path.is_file():
                traces.append(path.read_bytes())
        assert any(b"vault-key" in trace for trace in traces)
        assert not [form for form in forms for trace in traces if form in trace]


async def test_tokens_of_a_sign_in_in_the_browser_are_in_the_vault_only(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        paths, first, fresh = here.paths, "refresh-canary-7f3a", "access-1"
        here.tokens.refresh_tokens, here.tokens.rotate = {first}, True
        vault.create(paths.vault_file, "correct horse battery")
        async with opened(paths) as ctx:
            account = ctx.settings.account("work")
            assert account is not None
            moved = secrets.move_secret(account, paths, "vault")
            kept = Tokens("access-canary-0", here.tokens.issuer.token_url, "client-1", first)
            secrets.write_secret(moved, paths, kept.text)
            save.put_account(paths.config_file, moved)
            secrets.forget_secret(account, paths)
            traces = await _traces_of_an_engine(paths)
        assert here.tokens.asked, "the tokens were renewed and kept anew"
        words = [first, *here.tokens.refresh_tokens, "access-canary-0", here.good()]
        assert fresh in words
        forms = {
            form for word in words for form in (word.encode(), base64.b64encode(word.encode()))
        }
        traces += [path.read_bytes() for path in paths.config_dir.rglob("*") if path.is_file()]
        assert any(b"vault-key" in trace for trace in traces)
        assert not [form for form in forms for trace in traces if form in trace]


async def _traces_of_an_engine(paths: Paths) -> list[bytes]:
    """What a process that synced shows of itself; the vault is locked behind it."""
    child = await start_engine(paths)
    assert child is not None
    assert await wait_ready(paths)
    try:
        async with opened(paths) as watching:
            await until(lambda: _is(state(watching), "active"), "active", 30)
            return _argv_and_environment(child.pid)
    finally:
        child.terminate()
        await child.wait()
        vault.lock(paths.vault_file)


def _argv_and_environment(pid: int) -> list[bytes]:
    found: list[bytes] = []
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                found.append(Path(f"/proc/{process.pid}/{name}").read_bytes())
    assert os.path.exists(f"/proc/{pid}")
    return found


async def test_an_engine_that_runs_is_unlocked_from_a_terminal(tmp_path: Path) -> None:
    from tui_mail.actions.accounts import open_vault

    async with ImapServer() as server:
        server.add_user("mira", "right")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        vault.create(paths.vault_file, "correct horse battery")
        async with opened(paths) as ctx:
            account = ctx.settings.account("work")
            assert account is not None
            moved = secrets.move_secret(account, paths, "vault")
            secrets.write_secret(moved, paths, "right")
            save.put_account(paths.config_file, moved)
            vault.lock(paths.vault_file)
            child = await start_engine(paths)
            assert child is not None
            try:
                await until(lambda: _is(state(ctx), "auth_failed"), "the vault is locked", 30)
                assert "locked" in str(await one(ctx, "SELECT reason FROM accounts"))
                assert commands(server, SIGN_INS) == []
                await open_vault(ctx, "correct horse battery")
                await until(lambda: _is(state(ctx), "active"), "active", 30)
            finally:
                child.terminate()
                await child.wait()
                vault.lock(paths.vault_file)
