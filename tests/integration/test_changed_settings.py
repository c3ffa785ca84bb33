"""A changed settings file ends the connections of those accounts it is about, and no others."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.integration.test_live import opened, running
from tests.integration.waiting import one, until
from tests.profiles import mail, profile
from tui_mail.actions.context import Context
from tui_mail.config import save
from tui_mail.config.load import load
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.sync import engine as engine_module
from tui_mail.sync.engine import USED, Engine

WORK, HOME, NEW = "work", "home", "new"


@dataclass(slots=True)
class Office:
    """Accounts on servers of their own, and the engine that follows them."""

    paths: Paths
    ctx: Context
    engine: Engine
    servers: dict[str, ImapServer]
    number: int = 0

    async def change(self, edit: Callable[[Path], object]) -> dict[str, bool]:
        """Edit the settings file; which accounts were connected anew once it is taken."""
        before = {slug: server.connections for slug, server in self.servers.items()}
        edit(self.paths.config_file)
        wanted = load(self.paths.config_file)
        await until(lambda: self.engine._settings == wanted, "the settings are taken")
        for account in wanted.accounts:
            if not account.paused:
                await self.news(account.id)
        return {slug: server.connections > before[slug] for slug, server in self.servers.items()}

    async def news(self, slug: str) -> None:
        """A mail comes to an account and is seen: it follows its server, by push too."""
        self.number += 1
        subject = f"News {self.number}"
        self.servers[slug].append("INBOX", mail(self.number, subject=subject), user=slug)
        await until(lambda: self._has(subject), f"{subject} for {slug}")
        await until(lambda: len(self.servers[slug].sessions) == 2, f"both connections of {slug}")

    async def _has(self, subject: str) -> bool:
        sql = "SELECT count(*) FROM messages WHERE subject = ?"
        return bool(await one(self.ctx, sql, subject))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with ImapServer() as work, ImapServer() as home, ImapServer() as new:
        servers = {WORK: work, HOME: home, NEW: new}
        for slug, server in servers.items():
            server.add_user(slug, "x")
        for slug in (WORK, HOME):
            paths = add(tmp_path, servers, slug)
        async with running(paths) as engine, opened(paths) as ctx:
            made = Office(paths, ctx, engine, servers)
            for slug in (WORK, HOME):
                await made.news(slug)
            yield made


def add(root: Path, servers: dict[str, ImapServer], slug: str) -> Paths:
    """Write an account into the settings file."""
    where = ("127.0.0.1", servers[slug].port)
    return profile(root, slug=slug, address=f"{slug}@x.example", imap=where, user=slug)


def changed(slug: str, **values: object) -> Callable[[Path], object]:
    """Give settings of one account other values."""

    def edit(path: Path) -> object:
        account = load(path).account(slug)
        assert account is not None
        return save.put_account(path, replace(account, **values))  # type: ignore[arg-type]

    return edit


CHANGES: list[tuple[str, Callable[[Path], object], set[str]]] = [
    ("theme", lambda path: save.set_value(path, "screen.theme", "dark"), set()),
    ("key", lambda path: save.set_key(path, "list.archive", "A"), set()),
    ("order", lambda path: save.order_accounts(path, [HOME, WORK]), set()),
    ("one account", changed(HOME, mirror_inbox=False), {HOME}),
    ("what all use", lambda path: save.set_value(path, "sync.poll_minutes", 9), {WORK, HOME}),
    ("connections", lambda path: save.set_value(path, "sync.host_connections", 5), {WORK, HOME}),
]


@pytest.mark.parametrize(
    ("edit", "anew"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES]
)
async def test_only_accounts_that_use_what_changed_connect_anew(
    office: Office, edit: Callable[[Path], object], anew: set[str]
) -> None:
    found = await office.change(edit)
    assert {slug for slug, is_new in found.items() if is_new} == anew


async def test_accounts_come_pause_and_go_beside_the_others(office: Office) -> None:
    root = office.paths.config_file.parent
    found = await office.change(lambda _: add(root, office.servers, NEW))
    assert found == {WORK: False, HOME: False, NEW: True}
    found = await office.change(changed(WORK, paused=True))
    assert not any(found.values())
    await until(lambda: not office.servers[WORK].sessions, "the paused one is let go")
    found = await office.change(changed(WORK, paused=False))
    assert found == {WORK: True, HOME: False, NEW: False}
    found = await office.change(lambda path: save.drop_account(path, HOME))
    assert not any(found.values())
    await until(lambda: not office.servers[HOME].sessions, "the removed one is let go")


async def test_a_broken_file_changes_nothing_and_the_mended_one_is_taken(office: Office) -> None:
    made = {slug: server.connections for slug, server in office.servers.items()}
    path = office.paths.config_file
    good = path.read_text()
    path.write_text(good + "\n[screen\n")
    await until(lambda: office.engine._settings_mark == office.engine._mark(), "it is looked at")
    await office.news(WORK)
    assert {slug: server.connections for slug, server in office.servers.items()} == made
    path.write_text(good)
    found = await office.change(changed(WORK, name="Mira"))
    assert found == {WORK: True, HOME: False, NEW: False}


def test_every_general_setting_that_sync_reads_is_among_those_it_restarts_for() -> None:
    folder = Path(engine_module.__file__).parent
    read = {
        key
        for file in folder.glob("*.py")
        for key in re.findall(r'settings\.get\("([^"]+)"\)', file.read_text())
    }
    assert read <= set(USED)
    assert read
