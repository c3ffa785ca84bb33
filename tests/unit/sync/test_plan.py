"""What a pass does, decided from numbers; valves and waiting (SYN-1 … SYN-6, VAL-1, VAL-2)."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tui_mail.sync.backoff import HEALTHY, LONGEST, THROTTLED, Backoff
from tui_mail.sync.plan import FULL_FLAGS, Announced, Known, Pass, plan_pass
from tui_mail.sync.valves import (
    FOLDER_SECONDS,
    Quarantine,
    believes_list,
    is_believed,
    is_folder_gone,
    is_mass_loss,
    next_check,
)

KNOWN = Known(uidvalidity=7, uidnext=101, modseq=500, server_exists=80)
SAID = Announced(exists=80, uidvalidity=7, uidnext=101, modseq=500, qresync=False)

PASSES = {
    "nothing new with CONDSTORE": (SAID, Pass()),
    "nothing new with QRESYNC": (replace(SAID, qresync=True), Pass(flags="given")),
    "three new mails": (
        replace(SAID, uidnext=104, exists=83, modseq=510),
        Pass(fetch_from=101, flags="changed"),
    ),
    "three new, one gone: EXISTS and UIDNEXT disagree": (
        replace(SAID, uidnext=104, exists=82, modseq=510),
        Pass(fetch_from=101, flags="changed", compare=True),
    ),
    "one gone": (replace(SAID, exists=79), Pass(compare=True)),
    "flags changed": (replace(SAID, modseq=501), Pass(flags="changed")),
    "mod-sequences went back": (replace(SAID, modseq=400), Pass(flags="all", compare=True)),
    "mod-sequences went back under QRESYNC": (
        replace(SAID, modseq=400, qresync=True),
        Pass(flags="all", compare=True),
    ),
    "no mod-sequences": (replace(SAID, modseq=None), Pass(flags="all")),
    "no mod-sequences, a large folder": (
        replace(SAID, modseq=None, exists=FULL_FLAGS + 1),
        Pass(flags="newest", compare=True),
    ),
    "UIDNEXT shrank": (replace(SAID, uidnext=90), Pass(suspicious=True, flags="all", compare=True)),
    "UIDNEXT unknown": (replace(SAID, uidnext=0), Pass(fetch_from=101, compare=True)),
    "numbered anew, up": (replace(SAID, uidvalidity=8), Pass(renumbered=True)),
    "numbered anew, down": (replace(SAID, uidvalidity=6), Pass(renumbered=True)),
    "no UIDVALIDITY": (replace(SAID, uidvalidity=0), Pass(unstable=True)),
}


@pytest.mark.parametrize("case", PASSES)
def test_plan(case: str) -> None:
    said, wanted = PASSES[case]
    assert plan_pass(KNOWN, said) == wanted


def test_a_folder_seen_for_the_first_time() -> None:
    assert plan_pass(replace(KNOWN, uidvalidity=0), SAID) == Pass(first=True)


def test_an_audit_compares_everything() -> None:
    assert plan_pass(KNOWN, replace(SAID, qresync=True), audit=True) == Pass(
        flags="all", compare=True
    )


LOSSES = {
    "one of a hundred": (100, 99, 1, 0, False),
    "25 of a hundred are the floor": (100, 75, 25, 0, False),
    "26 of a hundred": (100, 74, 26, 0, True),
    "a fifth of a thousand": (1000, 800, 200, 0, False),
    "more than a fifth": (1000, 799, 201, 0, True),
    "all of ten": (10, 0, 10, 0, True),
    "all of nine": (9, 0, 9, 0, False),
    "all of thirty, moved by another program": (30, 0, 30, 30, False),
    "all of thirty, half of them moved": (30, 0, 30, 15, True),
}


@pytest.mark.parametrize("case", LOSSES)
def test_a_large_loss_is_not_believed_at_once(case: str) -> None:
    known, exists, vanished, explained, wanted = LOSSES[case]
    assert is_mass_loss(known, exists, vanished, explained) is wanted


def test_a_loss_is_believed_after_two_further_looks_five_minutes_apart() -> None:
    state = next_check(Quarantine(), 1000)
    assert not is_believed(state)
    assert next_check(state, 1100) == state, "too soon to count"
    state = next_check(state, 1300)
    assert not is_believed(state)
    assert is_believed(next_check(state, 1600))


LISTS = {
    "all there": (10, 10, True, True),
    "two of ten missing": (10, 8, True, True),
    "four of ten missing": (10, 6, True, False),
    "no inbox": (10, 10, False, False),
    "nothing at all": (10, 0, False, False),
    "first list": (0, 0, True, True),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_short_list_drops_nothing(case: str) -> None:
    known, listed, has_inbox, wanted = LISTS[case]
    assert believes_list(known, listed, has_inbox) is wanted


def test_a_folder_is_gone_after_three_lists_over_a_day() -> None:
    assert not is_folder_gone(3, 0, FOLDER_SECONDS - 1)
    assert not is_folder_gone(2, 0, FOLDER_SECONDS)
    assert is_folder_gone(3, 0, FOLDER_SECONDS)


def test_waiting_grows_with_jitter_and_has_an_end() -> None:
    backoff = Backoff(random.Random(1))
    waits = [backoff.failed() for _ in range(40)]
    assert all(1.0 <= wait <= LONGEST for wait in waits)
    assert max(waits[:3]) <= 16
    assert max(waits[20:]) > 300
    assert len(set(waits)) > 30
    backoff.healthy(HEALTHY - 1)
    assert backoff.failures == 40
    backoff.healthy(HEALTHY)
    assert backoff.failures == 0


def test_a_throttling_server_gets_five_minutes() -> None:
    assert Backoff(random.Random(1)).failed(throttled=True) >= THROTTLED
