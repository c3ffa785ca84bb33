"""Records, links, blocks and sharing over the real store, each with its undo."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.profiles import profile
from tui_mail.actions import crm, linking, triage
from tui_mail.actions.context import Context, open_context
from tui_mail.errors import ActionError
from tui_mail.filing.arrivals import FolderPlace, file_arrivals
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival
from tui_mail.model.messages import Envelope
from tui_mail.model.records import Ref
from tui_mail.model.views import View
from tui_mail.store import accounts, activities, items, links, pages, people, record_mail

NOW = 1_790_000_000
OWN = "mira@northwind.example"
DERIVED = {"journal", "sqlite_sequence", "view_counts"}


class Clock:
    """Stands still until a test moves it."""

    at = NOW

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return float(self.at)


@dataclass(slots=True)
class World:
    """An open profile into which mail can be filed."""

    ctx: Context
    place: FolderPlace
    clock: Clock
    uid: int = 0
    ids: list[int] = field(default_factory=list)

    async def mail(
        self,
        sender: str,
        *,
        to: Sequence[str] = (OWN,),
        cc: Sequence[str] = (),
        refs: Sequence[str] = (),
        at: int | None = None,
        name: str = "",
        bulk: bool = False,
        auto: bool = False,
        subject: str = "",
        own: bool = False,
    ) -> int:
        """File one mail; returns its conversation."""
        self.uid += 1
        envelope = Envelope(
            message_id=f"<{name or self.uid}@x.example>",
            in_reply_to=tuple(refs[-1:]),
            references=tuple(refs),
            subject=subject or f"Mail {self.uid}",
            from_=(Address("", sender),) if sender else (),
            to=tuple(Address("", one) for one in to),
            cc=tuple(Address("", one) for one in cc),
            is_bulk=bulk,
            is_auto_reply=auto,
            fingerprint=self.uid.to_bytes(16, "big"),
        )
        arrival = Arrival(self.uid, 0, self.clock.at if at is None else at, 1000, envelope)
        filed = await self.ctx.db.write(file_arrivals, self.place, [arrival], self.clock.at)
        self.ids += filed.message_ids
        (cid,) = await self.ctx.db.read(_conversation, filed.message_ids[0])
        return cid

    async def person(self, name: str, *addresses: str, **more: object) -> int:
        done = await crm.create(self.ctx, "person", {"name": name, "addresses": addresses, **more})
        return done.records[0].id

    async def deal(self, title: str, *person_ids: int, kind: str = "deal", **more: object) -> Ref:
        main = {"person_id": person_ids[0]} if person_ids else {}
        done = await crm.create(
            self.ctx, kind, {"title": title, **main, "people": person_ids[1:], **more}
        )
        return done.records[0]

    async def state(self, cid: int) -> tuple[str, Ref | None]:
        return await self.ctx.db.read(_state, cid)

    async def view(self, view: View) -> list[int]:
        return await self.ctx.db.read(pages.ids, int(view))

    async def dump(self) -> dict[str, list[tuple[object, ...]]]:
        return await self.ctx.db.read(dump)


def _conversation(conn: sqlite3.Connection, message_id: int) -> tuple[int]:
    row = conn.execute("SELECT conversation_id FROM messages WHERE id = ?", (message_id,))
    return row.fetchone()


def _state(conn: sqlite3.Connection, cid: int) -> tuple[str, Ref | None]:
    row = conn.execute(
        "SELECT link_state, link_kind, link_id FROM conversations WHERE id = ?", (cid,)
    ).fetchone()
    return row[0], Ref(row[1], row[2]) if row[1] else None


def dump(conn: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the journal and counters that may stand at zero."""
    tables = [
        row[0]
        for row in conn.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'fts%'"
        )
        if row[0] not in DERIVED
    ]
    found = {t: sorted(conn.execute(f"SELECT * FROM {t}"), key=repr) for t in tables}
    found["view_counts"] = sorted(
        conn.execute("SELECT * FROM view_counts WHERE total <> 0 OR unread <> 0")
    )
    words = "SELECT rowid FROM fts_records WHERE fts_records MATCH 'a* OR n* OR d* OR f*'"
    found["words"] = sorted(conn.execute(words))
    return found


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    paths = profile(tmp_path / "home", address=OWN)
    clock = Clock()
    ctx = await open_context(paths, clock=clock)
    account_id = ctx.account_ids["work"]
    folder_id = await ctx.db.write(
        lambda conn: accounts.add_folder(conn, account_id, b"INBOX", "INBOX", role="inbox")
    )
    place = FolderPlace(folder_id, account_id, 1, "inbox", frozenset({OWN}), "private", True)
    try:
        yield World(ctx, place, clock)
    finally:
        await ctx.close()


async def test_a_person_shows_past_mail_at_once_and_loses_it_with_the_address(
    world: World,
) -> None:
    old = await world.mail("anna@fjord.example")
    person = await world.person("Anna Berg", "Anna@Fjord.example")
    ref = Ref("person", person)
    assert await world.ctx.db.read(record_mail.conversation_ids, ref) == [old]
    await crm.edit(world.ctx, ref, {"addresses": ["anna@new.example"]})
    assert await world.ctx.db.read(record_mail.conversation_ids, ref) == []
    new = await world.mail("anna@new.example")
    assert await world.ctx.db.read(record_mail.conversation_ids, ref) == [new]


async def test_two_persons_with_one_address_are_both_shown(world: World) -> None:
    cid = await world.mail("office@fjord.example")
    await world.person("Anna", "office@fjord.example")
    await world.person("Bo", "office@fjord.example")
    found = await world.ctx.db.read(people.of_conversation, cid)
    assert [person.name for person in found] == ["Anna", "Bo"]


async def test_deleted_mail_leaves_a_person_at_once_and_archived_mail_stays(
    world: World,
) -> None:
    person = await world.person("Anna", "anna@fjord.example")
    first = await world.mail("anna@fjord.example", at=NOW - 100)
    second = await world.mail("anna@fjord.example", at=NOW - 50)
    ref = Ref("person", person)
    await triage.archive(world.ctx, [first])
    assert await world.ctx.db.read(record_mail.count, ref) == (2, NOW - 50)
    await triage.delete(world.ctx, [second])
    assert await world.ctx.db.read(record_mail.count, ref) == (1, NOW - 100)
    assert await triage.undo(world.ctx) is not None
    assert await world.ctx.db.read(record_mail.count, ref) == (2, NOW - 50)


async def test_a_mail_links_to_the_one_open_deal_and_the_users_word_beats_automation(
    world: World,
) -> None:
    anna = await world.person("Anna", "anna@fjord.example")
    deal = await world.deal("Ferry", anna)
    other = await world.deal("Other")
    cid = await world.mail("anna@fjord.example", name="m1")
    assert await world.state(cid) == ("linked", deal)
    await linking.link(world.ctx, [cid], other)
    await world.mail("anna@fjord.example", refs=["<m1@x.example>"])
    assert await world.state(cid) == ("linked", other)
    await linking.unlink(world.ctx, [cid])
    await world.mail("anna@fjord.example", refs=["<m1@x.example>"])
    assert await world.state(cid) == ("excluded", None)
    for expected in [("linked", other), ("linked", deal)]:
        await triage.undo(world.ctx)
        assert await world.state(cid) == expected


async def test_a_reply_stays_with_a_deal_that_was_lost_and_new_mail_does_not_go_there(
    world: World,
) -> None:
    anna = await world.person("Anna", "anna@fjord.example")
    deal = await world.deal("Ferry", anna)
    cid = await world.mail("anna@fjord.example", name="m1")
    await crm.set_status(world.ctx, deal, "lost", reason="price")
    await world.mail("anna@fjord.example", refs=["<m1@x.example>"])
    assert await world.state(cid) == ("linked", deal)
    new = await world.mail("anna@fjord.example")
    assert await world.state(new) == ("none", None)
    assert new in await world.view(View.UNLINKED)


async def test_a_deal_made_after_a_mail_is_not_linked_by_itself_but_on_request(
    world: World,
) -> None:
    anna = await world.person("Anna", "anna@fjord.example")
    cid = await world.mail("anna@fjord.example", name="m1", at=NOW - 10)
    deal = await world.deal("Ferry", anna)
    await world.mail("anna@fjord.example", refs=["<m1@x.example>"], at=NOW + 10)
    assert await world.state(cid) == ("none", None)
    before = await world.dump()
    plan = await linking.apply_automatic(world.ctx)
    assert plan.linked == ((cid, deal),)
    assert await world.dump() == before
    await linking.apply_automatic(world.ctx, dry_run=False)
    assert await world.state(cid) == ("linked", deal)


async def test_an_ambiguous_conversation_waits_in_its_lane_until_it_is_answered(
    world: World,
) -> None:
    anna = await world.person("Anna", "anna@fjord.example")
    first, second = await world.deal("Ferry", anna), await world.deal("Kiosk", anna)
    cid = await world.mail("anna@fjord.example")
    assert await world.state(cid) == ("ambiguous", None)
    assert await world.view(View.AMBIGUOUS) == [cid]
    found = await world.ctx.db.read(links.candidates, cid)
    assert [ref for ref, _ in found] == [first, second]
    await crm.set_status(world.ctx, first, "won")
    assert await world.state(cid) == ("ambiguous", None)
    await crm.set_status(world.ctx, second, "won")
    assert await world.state(cid) == ("none", None)
    assert await world.view(View.AMBIGUOUS) == []
    await triage.undo(world.ctx)
    assert await world.view(View.AMBIGUOUS) == [cid]


async def test_one_primary_item_more_as_secondary(world: World) -> None:
    first, second = await world.deal("One"), await world.deal("Two")
    cid = await world.mail("x@fjord.example")
    await linking.link(world.ctx, [cid], first)
    await linking.link_also(world.ctx, [cid], second)
    for ref in (first, second):
        assert await world.ctx.db.read(record_mail.conversation_ids, ref) == [cid]
    await linking.make_primary(world.ctx, cid, second)
    assert await world.state(cid) == ("linked", second)
    await linking.unlink(world.ctx, [cid], second)
    assert await world.state(cid) == ("linked", first)


async def test_two_linked_conversations_are_never_merged_by_a_late_mail(world: World) -> None:
    first, second = await world.deal("One"), await world.deal("Two")
    a = await world.mail("x@fjord.example", name="a")
    b = await world.mail("y@fjord.example", name="b")
    await linking.link(world.ctx, [a], first)
    await linking.link(world.ctx, [b], second)
    late = await world.mail("z@fjord.example", refs=["<b@x.example>", "<a@x.example>"], name="c")
    assert late == a
    assert (await world.state(a), await world.state(b)) == (("linked", first), ("linked", second))
    assert await world.mail("z@fjord.example", refs=["<c@x.example>", "<b@x.example>"]) == b


async def test_a_linked_and_a_free_conversation_merge_and_keep_the_link(world: World) -> None:
    deal = await world.deal("One")
    a = await world.mail("x@fjord.example", name="a")
    b = await world.mail("y@fjord.example", name="b")
    await linking.link(world.ctx, [b], deal)
    late = await world.mail("z@fjord.example", refs=["<a@x.example>", "<b@x.example>"])
    assert late == a
    assert await world.state(a) == ("linked", deal)


async def test_a_split_conversation_stays_apart_and_answers_follow(world: World) -> None:
    a = await world.mail("x@fjord.example", name="a")
    await world.mail("x@fjord.example", name="b", refs=["<a@x.example>"])
    before = await world.dump()
    done = await linking.split(world.ctx, [world.ids[1]])
    (new,) = set(done.conversation_ids) - {a}
    assert await world.mail("x@fjord.example", refs=["<a@x.example>", "<b@x.example>"]) == new
    assert await world.mail("x@fjord.example", refs=["<a@x.example>"]) == a
    with pytest.raises(ActionError):
        await linking.split(world.ctx, [world.ids[0], world.ids[1]])
    assert before


async def test_merging_conversations_brings_links_along(world: World) -> None:
    first, second = await world.deal("One"), await world.deal("Two")
    a, b = await world.mail("x@fjord.example"), await world.mail("y@fjord.example")
    await linking.link(world.ctx, [a], first)
    await linking.link(world.ctx, [b], second)
    await linking.merge_conversations(world.ctx, a, [b])
    found = await world.ctx.db.read(links.live, a)
    assert [(one.item, one.role) for one in found] == [(first, "primary"), (second, "secondary")]
    await triage.undo(world.ctx)
    assert await world.state(b) == ("linked", second)


async def test_every_action_is_undone_exactly(world: World) -> None:
    anna = await world.person("Anna", "anna@fjord.example", phones=["+49 1"])
    bo = await world.person("Bo", "bo@fjord.example", "office@fjord.example")
    org = (await crm.create(world.ctx, "organization", {"name": "Fjord", "domains": ["fjord.example"]})).records[0]  # fmt: skip  # noqa: E501
    deal = await world.deal("Ferry", anna, bo, value="1,200.50", currency="EUR")
    other = await world.deal("Dock", bo)
    lead = await world.deal("Lamp", bo, kind="lead")
    project = await world.deal("Phase", anna, kind="project", deals=[deal.id])
    a = await world.mail("anna@fjord.example", name="a", cc=["bo@fjord.example"])
    b = await world.mail("bo@fjord.example", name="b")
    await world.mail("anna@fjord.example", refs=["<a@x.example>"])
    task = (await crm.create_activity(world.ctx, {"subject": "Call", "kind": "deal", "item_id": deal.id})).records[0]  # fmt: skip  # noqa: E501
    await crm.add_note(world.ctx, deal, "Note")
    ctx = world.ctx
    steps = [
        lambda: crm.create(ctx, "person", {"name": "New", "addresses": ["bo@fjord.example"]}),
        lambda: crm.edit(ctx, Ref("person", anna), {"name": "Anne", "organization_id": org.id}),
        lambda: crm.edit(ctx, org, {"name": "Fjord AS", "domains": []}),
        lambda: crm.edit(ctx, deal, {"value": 5, "custom": {"a": "b"}, "people": []}),
        lambda: crm.merge(ctx, Ref("person", anna), [Ref("person", bo)]),
        lambda: crm.merge(ctx, deal, [other]),
        lambda: crm.delete(ctx, [Ref("person", bo), deal, lead]),
        lambda: crm.delete(ctx, [org, project]),
        lambda: crm.add_address(ctx, anna, "bo@fjord.example"),
        lambda: crm.set_stage(ctx, deal, 3),
        lambda: crm.set_status(ctx, deal, "won"),
        lambda: crm.convert_lead(ctx, lead, {}),
        lambda: crm.edit_activity(ctx, task.id, {"done": True}),
        lambda: crm.delete_activity(ctx, task.id),
        lambda: linking.link(ctx, [a, b], lead),
        lambda: linking.link_also(ctx, [a, b], other),
        lambda: linking.unlink(ctx, [a, b]),
        lambda: linking.split(ctx, [world.ids[2]]),
        lambda: linking.merge_conversations(ctx, a, [b]),
    ]
    before = await world.dump()
    for step in steps:
        done = await step()
        assert done.undoable, done.summary
        assert await world.dump() != before, done.summary
        undone = await triage.undo(ctx)
        assert undone is not None
        assert await world.dump() == before, done.summary
    states = []
    for step in (*steps[:4], *steps[9:13], *steps[14:]):
        states.append(await world.dump())
        await step()
    for expected in reversed(states):
        await triage.undo(ctx)
        assert await world.dump() == expected
    assert isinstance(await ctx.db.read(items.get, deal), items.Item)
    assert await ctx.db.read(activities.of_record, deal)
