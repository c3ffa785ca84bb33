"""Records, links, blocks and sharing over the real store, each with its undo."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.records_world import NOW, World, open_world
from tui_mail.actions import crm, labelling, linking, sharing, triage, undoing
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref
from tui_mail.model.views import View
from tui_mail.store import activities, items, labels, links, people, record_mail, sight


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "home") as found:
        yield found


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
    assert await undoing.undo(world.ctx) is not None
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
        await undoing.undo(world.ctx)
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
    world.clock.at += 1
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
    await undoing.undo(world.ctx)
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
    await undoing.undo(world.ctx)
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
        lambda: labelling.set_labels(ctx, deal, ["hot", "Nordic"]),
        lambda: labelling.label_conversations(ctx, [a, b], ["later"]),
        lambda: labelling.add_custom_field(ctx, "deal", "Size", type_="choice", choices=["S", "L"]),
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
        undone = await undoing.undo(ctx)
        assert undone is not None
        assert await world.dump() == before, done.summary
    states = []
    for step in (*steps[:4], *steps[9:13], *steps[14:22]):
        states.append(await world.dump())
        await step()
    for expected in reversed(states):
        await undoing.undo(ctx)
        assert await world.dump() == expected
    await labelling.set_labels(ctx, deal, ["hot", "Nordic"])
    await labelling.set_labels(ctx, deal, ["Nordic"])
    found = await ctx.db.read(labels.of_record, "deal", deal.id)
    assert [label.name for label in found] == ["Nordic"]
    assert isinstance(await ctx.db.read(items.get, deal), items.Item)
    assert await ctx.db.read(activities.of_record, deal)


async def test_who_follows_a_record_sees_its_shared_mail_though_it_is_the_owners_alone(
    world: World,
) -> None:
    cid = await world.mail("anna@fjord.example")
    deal = await world.deal("Crane")
    await linking.link(world.ctx, [cid], deal)
    await sharing.share(world.ctx, [cid], True)

    def colleague(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO users(id, name) VALUES (2, 'Bo')")
        conn.execute("UPDATE deals SET visible_to = 1")

    await world.ctx.db.write(colleague)
    assert (await sharing.audience(world.ctx, [cid])).names == ()
    done = await sharing.follow(world.ctx, deal, 2)
    assert done.summary == "Bo follows Crane"
    assert (await sharing.audience(world.ctx, [cid])).names == ("Bo",)
    await sharing.share(world.ctx, [cid], False)
    mail = await world.ctx.db.read(sight.mail, world.ids[0])
    users = await world.ctx.db.read(sight.users)
    assert mail is not None and sight.watchers(users, mail) == (), "private stays private"
    await undoing.undo(world.ctx)
    await undoing.undo(world.ctx)
    assert (await sharing.audience(world.ctx, [cid])).names == ()
    with pytest.raises(ActionError, match="no user 9"):
        await sharing.follow(world.ctx, deal, 9)
