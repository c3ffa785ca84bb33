"""Group mail through a real engine and sink: one mail each, its own values only, never twice."""

from __future__ import annotations

import asyncio
import email
import os
import re
import sqlite3
import sys
from collections import Counter
from email import policy
from pathlib import Path

import pytest

from tests.faults.group_script import deliver
from tests.integration.test_later import sync_at
from tests.integration.test_live import opened
from tests.integration.test_sending import Office, office
from tests.integration.waiting import one, rows
from tui_mail.actions import (
    beginning,
    checking,
    crm,
    group_members,
    groups,
    keeping,
    sending,
    undoing,
)
from tui_mail.actions.context import Context
from tui_mail.config import save
from tui_mail.errors import ActionError
from tui_mail.model.drafts import DraftContent
from tui_mail.store import mailings
from tui_mail.store.drafts import Draft

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ("{{person.email}}", "<script>alert(1)</script>", "**bold** [x](http://x.example)")


def address(number: int) -> str:
    return f"p{number}@fjord.example"


def canary(number: int) -> str:
    """A word that stands in one person's record only."""
    return f"canary-{number:03}-yrana"


async def contacts(ctx: Context, count: int) -> None:
    """People whose job title is their canary."""
    for number in range(count):
        await crm.create(
            ctx,
            "person",
            {
                "name": f"Person{number} Surname",
                "job_title": canary(number),
                "addresses": [address(number)],
            },
        )


async def group_draft(ctx: Context, count: int, **fields: object) -> Draft:
    content = DraftContent(
        **{  # type: ignore[arg-type]
            "to": ", ".join(address(n) for n in range(count)),
            "subject": "For {{person.first_name|you}}",
            "body": "Dear {{person.first_name}},\n\nyou are *{{person.job_title}}*.\n",
            "group": True,
            **fields,
        }
    )
    draft = await beginning.new_draft(ctx, content=content)
    await keeping.save(ctx, draft)
    return draft


async def prepare(here: Office, ctx: Context, count: int) -> Draft:
    await contacts(ctx, count)
    return await group_draft(ctx, count)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUI_MAIL_FAULT", raising=False)


def apart(here: Office, seconds: int) -> None:
    save.set_value(here.paths.config_file, "writing.group_seconds", seconds)


async def test_each_body_has_only_its_own_persons_values(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        apart(here, 1)
        async with opened(here.paths) as ctx:
            await contacts(ctx, 40)
            for number, name in enumerate(HOSTILE):
                await crm.create(
                    ctx,
                    "person",
                    {
                        "name": name,
                        "job_title": canary(40 + number),
                        "addresses": [address(40 + number)],
                    },
                )
            await sending.send(ctx, await group_draft(ctx, 43))
            await deliver(ctx.paths.config_dir, ctx.now() + 100)
            assert Counter(row[0] for row in await rows(ctx, "SELECT state FROM outbox")) == {
                "sent": 43
            }
        assert len(here.sink.accepted) == 43
        for mail in here.sink.accepted:
            (rcpt,) = mail.rcpts
            number = int(re.findall(r"\d+", rcpt)[0])
            parsed = email.message_from_bytes(mail.raw, policy=policy.default)
            assert [one.addr_spec for one in parsed["To"].addresses] == [rcpt]
            assert parsed["Cc"] is None and parsed["Bcc"] is None
            text = "".join(
                part.get_content()
                for part in parsed.walk()
                if part.get_content_maintype() == "text"
            ) + str(parsed["Subject"])
            assert set(re.findall(r"canary-\d{3}-yrana", text)) == {canary(number)}
            others = {address(n) for n in range(43)} - {rcpt}
            assert not [other for other in others if other in mail.raw.decode("latin-1")]


async def test_they_go_apart_also_after_a_pause_and_stop_between_two(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        apart(here, 30)
        async with opened(here.paths) as ctx:
            await sending.send(ctx, await prepare(here, ctx, 4))
            start = int(await one(ctx, "SELECT min(not_before) FROM outbox"))
            times = [row[0] for row in await rows(ctx, "SELECT not_before FROM outbox ORDER BY id")]
            assert times == [start, start + 30, start + 60, start + 90]
            await sync_at(here, start)
            assert len(here.sink.accepted) == 1
            await sync_at(here, start + 29)
            assert len(here.sink.accepted) == 1
            await sync_at(here, start + 3000)
            assert len(here.sink.accepted) == 2
            await sync_at(here, start + 3029)
            assert len(here.sink.accepted) == 2
            (mailing,) = await ctx.db.read(mailings.latest)
            assert (mailing.total, mailing.sent, mailing.waiting) == (4, 2, 2)
            assert await groups.stop(ctx, mailing.id)
            await sync_at(here, start + 3100)
            assert len(here.sink.accepted) == 2
            assert await groups.go_on(ctx, mailing.id)
            await sync_at(here, ctx.now() + 3200)
            await sync_at(here, ctx.now() + 3300)
            assert len(here.sink.accepted) == 4


async def test_late_by_hours_it_stops_and_asks(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        await sending.send(ctx, await prepare(here, ctx, 3))
        await sync_at(here, ctx.now() + 13 * 3600)
        (mailing,) = await ctx.db.read(mailings.latest)
        assert mailing.state == "stopped" and here.sink.accepted == []
        assert await groups.go_on(ctx, mailing.id)
        await sync_at(here, ctx.now() + 1)
        assert len(here.sink.accepted) == 1


async def test_undo_takes_back_the_rest_and_nobody_gets_it_again(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        apart(here, 1)
        async with opened(here.paths) as ctx:
            draft = await prepare(here, ctx, 5)
            await sending.send(ctx, draft)
            start = int(await one(ctx, "SELECT min(not_before) FROM outbox"))
            await sync_at(here, start)
            await sync_at(here, start + 1)
            done = await undoing.undo(ctx)
            assert done is not None and "3 mails" in done.summary and "2 had gone" in done.summary
            assert done.draft_id == draft.id
            await deliver(ctx.paths.config_dir, ctx.now() + 500)
            assert len(here.sink.accepted) == 2
            again = await keeping.load(ctx, draft.id)
            checks = await checking.check(ctx, again)
            assert any("2 have this mail already" in check.text for check in checks)
            await sending.send(ctx, again)
            await deliver(ctx.paths.config_dir, ctx.now() + 500)
            taken = Counter(mail.rcpts[0] for mail in here.sink.accepted)
            assert taken == {address(n): 1 for n in range(5)}
            with pytest.raises(ActionError, match="Everybody has had this mail"):
                await sending.send(ctx, again)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cc": "bo@fjord.example"}, "no Cc"),
        ({"bcc": "bo@fjord.example"}, "no Cc"),
        ({"to": ", ".join(address(n) for n in range(101))}, "101 people"),
        ({"to": ""}, "Nobody"),
        ({"body": "{{person.phone}}"}, r"p0@fjord.example: .*person\.phone"),
        ({"body": "{{nothing.here}}"}, "is no smart field"),
        ({"to": "p1@fjord.example, nonsense"}, "not a mail address"),
    ],
)
async def test_what_is_wrong_with_one_stops_all(
    tmp_path: Path, fields: dict[str, object], why: str
) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        await contacts(ctx, 3)
        draft = await group_draft(ctx, 3, **fields)
        with pytest.raises(ActionError, match=why):
            await sending.send(ctx, draft)
        assert await one(ctx, "SELECT count(*) FROM outbox") == 0


async def test_one_person_under_two_addresses_or_twice_gets_one(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        both = ["ann@fjord.example", "ann@home.example"]
        await crm.create(ctx, "person", {"name": "Ann Lee", "addresses": both})
        to = "ann@fjord.example, Ann@Fjord.example, ann@home.example, bo@fjord.example"
        draft = await group_draft(ctx, 0, to=to, body="Hello {{person.first_name|you}}.")
        found = await group_members.members(ctx, draft)
        assert [person.key for person in found.people] == ["ann@fjord.example", "bo@fjord.example"]
        await sending.send(ctx, draft)
        assert await one(ctx, "SELECT count(*) FROM outbox") == 2


POINTS = [
    "group.part:1", "group.part:2", "group.start:1", "smtp.body:1", "smtp.body:7", "smtp.dot:1",
    "smtp.dot:7", "smtp.answered:4", "smtp.receipt:4",
]  # fmt: skip


async def run(here: Office, fault: str, *words: str, ahead: int = 200) -> int:
    env = {k: v for k, v in os.environ.items() if not k.startswith("TUI_MAIL")}
    if fault:
        env["TUI_MAIL_FAULT"] = f"{fault}:kill"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.group_script", str(here.paths.config_dir),
        str(ahead), *words,
        cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode in (0, -9), said.decode()
    return process.returncode


@pytest.mark.parametrize("fault", POINTS)
async def test_killed_anywhere_nobody_gets_it_twice_and_nobody_is_left_out(
    tmp_path: Path, fault: str
) -> None:
    count = 12
    async with office(tmp_path) as here:
        apart(here, 1)
        async with opened(here.paths) as ctx:
            await prepare(here, ctx, count)
        assert await run(here, fault) == -9, "the point was not passed"
        for again in range(3):
            await run(here, "", ahead=1000 + 1000 * again)
            conn = sqlite3.connect(here.paths.database)
            conn.execute("UPDATE outbox SET next_at = 0 WHERE state = 'retry_wait'")
            conn.commit()
            conn.close()
        taken = Counter(mail.rcpts[0] for mail in here.sink.accepted)
        assert not [who for who, times in taken.items() if times > 1]
        async with opened(here.paths) as ctx:
            found = await rows(
                ctx,
                "SELECT r.address, o.state FROM outbox o JOIN outbox_recipients r"
                " ON r.outbox_id = o.id WHERE o.state <> 'cancelled'",
            )
        assert sorted(who for who, _ in found) == sorted(address(n) for n in range(count))
        for who, state in found:
            assert state in ("sent", "uncertain"), (who, state)
            assert state == "uncertain" or taken[who] == 1
        assert sum(state == "uncertain" for _, state in found) <= 1


@pytest.mark.parametrize("fault", ["group.cancel:1", "group.cancel:4", "group.cancelled:1"])
async def test_taking_back_that_is_killed_lets_nothing_go_and_can_be_finished(
    tmp_path: Path, fault: str
) -> None:
    async with office(tmp_path) as here:
        apart(here, 1)
        async with opened(here.paths) as ctx:
            draft = await prepare(here, ctx, 6)
            await sending.send(ctx, draft)
            later = ctx.now() + 3600
        assert await run(here, fault, "undo") == -9
        await deliver(here.paths.config_dir, later)
        assert here.sink.accepted == []
        assert await run(here, "", "undo") == 0
        assert here.sink.accepted == []
        async with opened(here.paths) as ctx:
            assert await rows(ctx, "SELECT DISTINCT state FROM outbox") == [("cancelled",)]
            assert (await keeping.load(ctx, draft.id)).content.group
