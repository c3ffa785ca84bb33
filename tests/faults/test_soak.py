"""Another client, the user and a bad line at random, together; then all must agree (FLT-17)."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from tests.integration.oracle import check_fold
from tests.profiles import mail, profile
from tui_mail.actions import triage, undoing
from tui_mail.actions.context import Context, open_context
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.mail_account import MailAccount
from tui_mail.errors import TuiMailError
from tui_mail.model.messages import FLAG_NAMES
from tui_mail.sync.engine import Engine

ROUNDS = 12
FOLDERS = ("INBOX", "Archive", "Projects")
TIERS = {
    "everything": (),
    "without QRESYNC": ("QRESYNC",),
    "plain": ("QRESYNC", "CONDSTORE", "ENABLE"),
    "without MOVE": ("MOVE",),
}


class Soak:
    """One mailbox, one profile, one source of chance."""

    def __init__(self, server: ImapServer, paths: Paths, seed: int) -> None:
        self.server = server
        self.account: MailAccount = server.account("mira")
        self.paths = paths
        self.random = random.Random(seed)
        self.number = 100

    def other_client(self) -> None:
        """One change by another program."""
        folder = self.random.choice(FOLDERS)
        uids = self.account.uids(folder)
        some = self.random.sample(uids, min(len(uids), self.random.randint(1, 3)))
        kind = self.random.choice(("append", "append", "flag", "unflag", "expunge", "move"))
        if kind == "append":
            self.number += 1
            self.server.append(folder, mail(self.number), user="mira")
        elif kind == "flag":
            self.account.add_flags(folder, some, self.random.choice(("\\Seen", "\\Flagged")))
        elif kind == "unflag":
            self.account.remove_flags(folder, some, self.random.choice(("\\Seen", "\\Flagged")))
        elif kind == "expunge":
            self.account.expunge(folder, some[:1])
        else:
            target = self.random.choice([f for f in FOLDERS if f != folder])
            self.account.move_uids(folder, some, target)

    async def user(self, ctx: Context) -> None:
        """One key press on some conversations."""
        ids = await ctx.db.read(
            lambda conn: [
                row[0]
                for row in conn.execute(
                    "SELECT DISTINCT conversation_id FROM listing WHERE view_id = 11"
                )
            ]
        )
        if not ids:
            return
        some = self.random.sample(ids, min(len(ids), self.random.randint(1, 4)))
        kind = self.random.choice(("archive", "delete", "star", "unstar", "read", "undo"))
        if kind == "archive":
            await triage.archive(ctx, some)
        elif kind == "delete":
            await triage.delete(ctx, some[:1])
        elif kind == "undo":
            await undoing.undo(ctx)
        elif kind == "read":
            await triage.set_read(ctx, some, self.random.random() < 0.7)
        else:
            await triage.set_star(ctx, some, kind == "star")

    async def sync(self) -> None:
        """A sync that may be cut anywhere."""
        async with Engine(self.paths, check_seconds=0) as engine:
            await engine.sync_once()

    def compare(self) -> None:
        """Placements and flags here are UIDs and flags there."""
        conn = sqlite3.connect(self.paths.database)
        try:
            for folder in FOLDERS:
                ours = dict(
                    conn.execute(
                        "SELECT p.uid, p.flags FROM placements p JOIN folders f"
                        " ON f.id = p.folder_id AND f.generation = p.generation"
                        " WHERE f.name = ? AND p.vanished_at IS NULL",
                        (folder,),
                    ).fetchall()
                )
                assert sorted(ours) == self.account.uids(folder), folder
                for uid, bits in ours.items():
                    shown = {name.decode() for flag, name in FLAG_NAMES.items() if bits & flag}
                    assert shown == set(self.account.flags_of(folder, uid)) - {"\\Recent"}
            lost = conn.execute(
                "SELECT count(*) FROM messages WHERE orphaned_at IS NULL AND deleted_at IS NULL"
                " AND body_state = 'none'"
            ).fetchone()[0]
            assert lost == 0
            open_operations = conn.execute(
                "SELECT kind, state, error FROM operations"
                " WHERE state IN ('pending', 'inflight', 'verify')"
            ).fetchall()
            assert open_operations == []
        finally:
            conn.close()
        check_fold(self.paths)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("tier", TIERS)
async def test_random_changes_end_in_agreement(tmp_path: Path, tier: str, seed: int) -> None:
    async with ImapServer(without=TIERS[tier]) as server:
        account = server.add_user("mira", "x")
        account.create("Projects")
        for n in range(25):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        soak = Soak(server, paths, seed)
        await soak.sync()
        for _ in range(ROUNDS):
            ctx = await open_context(paths)
            try:
                for _ in range(soak.random.randint(1, 4)):
                    if soak.random.random() < 0.5:
                        soak.other_client()
                    else:
                        await soak.user(ctx)
            finally:
                await ctx.close()
            if soak.random.random() < 0.4:
                server.faults.cut(
                    soak.random.randint(1, 60), how=soak.random.choice(("fin", "rst"))
                )
            try:
                await soak.sync()
            except TuiMailError:
                pass
            server.faults.clear()
        for _ in range(4):
            with sqlite3.connect(paths.database) as conn:
                conn.execute("UPDATE operations SET next_at = 0")
            await soak.sync()
        soak.compare()
        assert [
            line for line in server.log if line.split(b" ")[1:2] in ([b"EXPUNGE"], [b"CLOSE"])
        ] == []
