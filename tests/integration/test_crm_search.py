"""Searching mail by records, and the views over mail and records together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.records_world import NOW, OWN, World, open_world
from tui_mail.actions import blocking, crm, linking, sharing
from tui_mail.actions.searching import search
from tui_mail.model.records import Ref
from tui_mail.store import activities, deals, lanes

ANNA, BO, DAN = "anna@fjord.example", "bo@dock.example", "dan@shop.example"
DAY = 86_400


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "home") as found:
        yield found


async def test_mail_is_found_by_its_records(world: World) -> None:
    org = (await crm.create(world.ctx, "organization", {"name": "Fjord Lines"})).records[0]
    anna = await world.person("Anna Berg", ANNA, organization_id=org.id)
    bo = await world.person("Bo Lund", BO)
    ferry = await world.deal("Ferry terminal", anna, stage_id=3)
    await world.deal("Lamp", bo, kind="lead")
    await world.deal("Post", bo, kind="project")
    a = await world.mail(ANNA)
    b = await world.mail(BO)
    c = await world.mail(DAN)
    own = await world.mail(OWN, to=[ANNA])
    assert own != a
    await sharing.share(world.ctx, [b], True)
    hidden = await world.mail("x@spam.example")
    await blocking.block(world.ctx, "spam.example")
    cases = {
        "person:anna": {a, own},
        'person:"Anna Berg"': {a, own},
        f"person:{bo}": {b},
        "org:fjord": {a, own},
        f"org:{org.id}": {a, own},
        "deal:ferry": {a, own},
        f"deal:{ferry.id}": {a, own},
        "deal:anna": {a, own},
        "stage:prop": {a, own},
        "lead:lamp": set(),
        "is:linked": {a, own},
        "is:ambiguous": {b},
        "is:unlinked": {b, c},
        "is:unlinked from:known": {b},
        "from:known": {a, b},
        "is:shared": {b},
        "is:private -is:linked": {c},
        "is:screened": {hidden},
        "in:screened": {hidden},
        "deal:ferry OR is:shared": {a, own, b},
        "-deal:ferry": {b, c},
        "deal:nothing": set(),
        'deal:"*"': {a, b, c, own},
    }
    for query, expected in cases.items():
        found = await search(world.ctx, query)
        if query == 'deal:"*"':
            assert "not understood" in found.error
            continue
        assert (set(found.conversation_ids), found.error) == (expected, ""), query


HOSTILE = ['deal:"', "deal:a'b", 'org:"a" OR', "person:(", "stage:%", "deal:"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_names_in_a_query_find_nothing_and_break_nothing(
    world: World, text: str
) -> None:
    await world.mail(ANNA)
    assert (await search(world.ctx, text)).more is False


async def test_who_waits_with_an_open_deal_the_most_valuable_first(world: World) -> None:
    small, big, won = [
        await world.deal(title, value=value) for title, value in (("S", 10), ("B", 99), ("W", 500))
    ]
    old = {ref: await world.mail(ANNA, at=NOW - 2 * DAY) for ref in (small, big, won)}
    fresh = await world.mail(ANNA, at=NOW - 3600)
    answered = await world.mail(ANNA, name="q", at=NOW - 3 * DAY)
    await world.mail(OWN, to=[ANNA], refs=["<q@x.example>"], at=NOW - 2 * DAY)
    for ref, cid in old.items():
        await linking.link(world.ctx, [cid], ref)
    await linking.link(world.ctx, [fresh, answered], big)
    await crm.set_status(world.ctx, won, "won")
    found = await world.ctx.db.read(lanes.waiting, NOW)
    assert [(one.conversation_id, one.deal) for one in found] == [
        (old[big], big), (old[small], small),
    ]  # fmt: skip


async def test_what_has_gone_quiet_and_what_has_no_next_activity(world: World) -> None:
    quiet, loud = await world.deal("Quiet", stage_id=4), await world.deal("Loud", stage_id=4)
    world.clock.at += 8 * DAY
    cid = await world.mail(ANNA)
    await linking.link(world.ctx, [cid], loud)
    found = await world.ctx.db.read(lanes.quiet, world.clock.at)
    assert [(one.deal, one.days) for one in found] == [(quiet, 7)]
    await crm.create_activity(
        world.ctx,
        {"subject": "Call", "kind": "deal", "item_id": quiet.id, "due_date": "2026-12-01"},
    )
    assert await world.ctx.db.read(lanes.without_next_activity) == [loud]
    upcoming = await world.ctx.db.read(activities.next_of, [quiet, loud])
    assert {ref: one.subject for ref, one in upcoming.items()} == {quiet: "Call"}


async def test_totals_per_stage_follow_the_deals(world: World) -> None:
    first = await world.deal("A", value=100, stage_id=1)
    await world.deal("B", value=50, stage_id=1)
    await world.deal("C", value=7, stage_id=1, currency="JPY")
    await crm.set_stage(world.ctx, first, 2)
    found = await world.ctx.db.read(deals.totals)
    assert [(t.stage_id, t.currency, t.deals, t.value) for t in found] == [
        (1, "EUR", 1, 50), (1, "JPY", 1, 7), (2, "EUR", 1, 100),
    ]  # fmt: skip
    assert first == Ref("deal", first.id)
