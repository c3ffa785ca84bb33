"""Views over mail and records: what is in them, in which order, and how they follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.records_world import NOW, OWN, World, open_world
from tui_mail.actions import crm, labelling, linking, triage
from tui_mail.actions.lanes import refresh
from tui_mail.actions.searching import search
from tui_mail.model.records import Ref
from tui_mail.model.views import LANES, View
from tui_mail.store import folds, pages

DAY = 86_400
ANNA = "anna@fjord.example"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "home") as found:
        yield found


async def linked_deal(world: World, title: str, *, at: int, **values: object) -> tuple[int, Ref]:
    cid = await world.mail(ANNA, at=at, name=title)
    deal = await world.deal(title, **values)
    await linking.link(world.ctx, [cid], deal)
    return cid, deal


async def test_the_most_valuable_waits_first_and_an_answer_ends_it_at_once(world: World) -> None:
    small, _ = await linked_deal(world, "small", at=NOW - 3 * DAY, value="10")
    big, _ = await linked_deal(world, "big", at=NOW - 2 * DAY, value="990")
    await linked_deal(world, "fresh", at=NOW - 3600, value="5000")
    assert await refresh(world.ctx)
    assert await world.view(View.WAITING) == [big, small]
    assert await world.ctx.db.read(pages.count, View.WAITING) == (2, 2)
    assert not await refresh(world.ctx), "nothing is written when nothing changed"
    await world.mail(OWN, to=[ANNA], refs=["<big@x.example>"], own=True)
    assert await world.view(View.WAITING) == [small]
    world.clock.at += DAY
    await refresh(world.ctx)
    assert (await world.view(View.WAITING))[-1] == small
    assert len(await world.view(View.WAITING)) == 2, "time alone brings what waits a day by now"


async def test_what_is_silent_past_its_days_and_what_has_no_next_step(world: World) -> None:
    late, quiet = await linked_deal(world, "late", at=NOW, stage_id=4)
    later, other = await linked_deal(world, "later", at=NOW - DAY, stage_id=4)
    await refresh(world.ctx)
    assert await world.view(View.QUIET) == []
    assert set(await world.view(View.UNPLANNED)) == {late, later}
    world.clock.at += 9 * DAY
    await crm.create_activity(world.ctx, {"subject": "Call", "kind": "deal", "item_id": quiet.id})
    await refresh(world.ctx)
    assert set(await world.view(View.QUIET)) == {late, later}
    assert await world.view(View.UNPLANNED) == [later]
    await crm.set_status(world.ctx, other, "won")
    await refresh(world.ctx)
    assert await world.view(View.QUIET) == [late]
    assert await world.view(View.UNPLANNED) == []


async def test_counters_agree_with_the_rows_whatever_happens(world: World) -> None:
    made = [await linked_deal(world, f"d{n}", at=NOW - n * DAY, value=str(n)) for n in range(2, 6)]
    await refresh(world.ctx)
    for cid, _ in made[:2]:
        await triage.set_read(world.ctx, [cid], True)
    await triage.mute(world.ctx, [made[2][0]], True)
    await triage.delete(world.ctx, [made[3][0]])
    for again in (False, True):
        if again:
            await refresh(world.ctx)
        for view in LANES:
            ids = await world.view(view)
            unread = await world.ctx.db.read(pages.unread_ids, view)
            assert await world.ctx.db.read(pages.count, view) == (len(ids), len(unread))
    assert set(await world.view(View.WAITING)) == {made[0][0], made[1][0]}


async def test_a_rebuild_and_one_look_bring_the_same_lanes(world: World) -> None:
    for n in range(2, 5):
        await linked_deal(world, f"d{n}", at=NOW - n * DAY, value=str(n))
    await refresh(world.ctx)
    before = [await world.view(view) for view in sorted(LANES)]
    await world.ctx.db.write(folds.rebuild)
    await refresh(world.ctx)
    assert [await world.view(view) for view in sorted(LANES)] == before


async def test_pages_of_a_lane_stand_by_their_key(world: World) -> None:
    for n in range(2, 9):
        await linked_deal(world, f"d{n}", at=NOW - 2 * DAY, value=str(n))
    await refresh(world.ctx)
    ids = await world.view(View.WAITING)
    first = await world.ctx.db.read(pages.page, View.WAITING, 0, 3)
    last = first[-1]
    rest = await world.ctx.db.read(pages.page_after, View.WAITING, last.at, last.id, 10)
    assert [row.id for row in (*first, *rest)] == ids


@pytest.mark.parametrize("query", ["label:later", "label:hot", 'label:"big fish"', "label:HOT"])
async def test_labels_of_mail_and_of_what_it_is_linked_to_are_found(
    world: World, query: str
) -> None:
    cid, deal = await linked_deal(world, "deal", at=NOW)
    other = await world.mail("bo@x.example")
    await labelling.label_conversations(world.ctx, [cid], ["later", "big fish"])
    await labelling.set_labels(world.ctx, deal, ["hot"])
    await labelling.label_conversations(world.ctx, [other], ["else"])
    assert (await search(world.ctx, query)).conversation_ids == (cid,)
    assert (await search(world.ctx, "-" + query)).conversation_ids == (other,)
    assert not (await search(world.ctx, "label:nothing")).conversation_ids
    assert not (await search(world.ctx, "label:%")).conversation_ids
