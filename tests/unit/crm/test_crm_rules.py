"""The rules of blocking (R28 to R30), linking (R47, R50) and sight (R39 to R44) as tables."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.actions.blocking import is_public_suffix
from tui_mail.errors import ActionError
from tui_mail.model import blocking
from tui_mail.model.blocking import Blocklist, Target, parse_target, screened_by
from tui_mail.model.linking import FOREVER, Candidate, decide
from tui_mail.model.money import parse_amount, plain_amount, shown_amount
from tui_mail.model.records import Ref, checked, parse_ref, split_name
from tui_mail.model.visibility import MailSight, RecordSight, User, can_see, stamp, watchers

BLOCKED = Blocklist({"spam@shop.example": 1, "also@shop.example": 2}, {"news.example": 3})

R29 = {
    "blocked, nobody else": (["spam@shop.example"], [], True),
    "blocked, and another blocked address": (["spam@shop.example"], ["also@shop.example"], True),
    "blocked, a client who is not in Cc": (["spam@shop.example"], ["anna@fjord.example"], False),
    "blocked, a colleague": (["spam@shop.example"], ["jonas@northwind.example"], False),
    "not blocked, a blocked address in Cc": (["anna@fjord.example"], ["spam@shop.example"], False),
    "blocked, undisclosed recipients": (["spam@shop.example"], [], True),
    "blocked, a list that is not blocked": (["spam@shop.example"], ["l@lists.example"], False),
    "no sender": ([], ["spam@shop.example"], False),
    "two senders, both blocked": (["spam@shop.example", "also@shop.example"], [], True),
    "two senders, one blocked": (["spam@shop.example", "anna@fjord.example"], [], False),
    "a sub-domain of a blocked domain": (["x@mail.news.example"], [], True),
    "a name that only ends like it": (["x@fakenews.example"], [], False),
    "mine, to blocked addresses only": (["mira@northwind.example"], ["spam@shop.example"], False),
}


@pytest.mark.parametrize("case", R29)
def test_screened_exactly_when_sender_and_everyone_else_are_blocked(case: str) -> None:
    senders, others, screened = R29[case]
    external = {*senders, *others} - {"mira@northwind.example"}
    assert (screened_by(senders, external, BLOCKED) is not None) is screened


FORMS = {
    "Spam@Shop.Example": Target("address", "spam@shop.example"),
    " <spam@shop.example> ": Target("address", "spam@shop.example"),
    "example.com": Target("domain", "example.com"),
    "@example.com": Target("domain", "example.com"),
    "*@EXAMPLE.com": Target("domain", "example.com"),
    "*.example.com.": Target("domain", "example.com"),
    "bücher.example": Target("domain", "xn--bcher-kva.example"),
    "a+b@example.com": Target("address", "a+b@example.com"),
}


@pytest.mark.parametrize("typed", FORMS)
def test_one_entry_has_one_form(typed: str) -> None:
    assert parse_target(typed) == FORMS[typed]
    assert parse_target(str(FORMS[typed])) == FORMS[typed]


@pytest.mark.parametrize("typed", ["", "@", "not a domain", "a@b c", "x@", "a..b", "x@a_!"])
def test_what_is_neither_address_nor_domain_is_refused(typed: str) -> None:
    with pytest.raises(ActionError):
        parse_target(typed)


REFUSED = {
    "com": True, "co.uk": True, "github.io": True, "mira@northwind.example": True,
    "northwind.example": False, "gmail.com": False, "shop.co.uk": False, "x@com": False,
}  # fmt: skip


@pytest.mark.parametrize("typed", REFUSED)
def test_public_suffixes_and_own_addresses_are_refused(typed: str) -> None:
    refusal = blocking.refusal(parse_target(typed), {"mira@northwind.example"}, is_public_suffix)
    assert (refusal is not None) is REFUSED[typed]


@pytest.mark.parametrize("typed", ["gmail.com", "northwind.example", "example", "shop.example"])
def test_free_mail_and_the_own_domain_are_warned_of(typed: str) -> None:
    warned = blocking.warning(parse_target(typed), {"mira@northwind.example"})
    assert bool(warned) is (typed != "shop.example")


DEAL, OTHER, LEAD = Ref("deal", 1), Ref("deal", 2), Ref("lead", 1)


def one(
    ref: Ref, *, at: int = 10, since: int = 0, person: int = 1, until: int = FOREVER
) -> Candidate:
    return Candidate(at, ref, f"p{person}@x.example", person, since, until)


DECISIONS = {
    "nobody has an open item": ([], "none", None),
    "one": ([one(DEAL)], "linked", DEAL),
    "two deals": ([one(DEAL), one(OTHER)], "ambiguous", None),
    "a deal and a lead": ([one(DEAL), one(LEAD)], "ambiguous", None),
    "two people of the same deal": ([one(DEAL), one(DEAL, person=2)], "linked", DEAL),
    "a deal made after the conversation began": ([one(DEAL, since=11)], "none", None),
    "a deal made at that moment": ([one(DEAL, since=10)], "linked", DEAL),
    "an older and a younger deal": ([one(DEAL), one(OTHER, since=11)], "linked", DEAL),
    "a second person joins later": ([one(DEAL), one(OTHER, at=20, person=2)], "linked", DEAL),
    "a deal closed before the mail": ([one(DEAL, until=9)], "none", None),
    "one open, one closed before": ([one(DEAL), one(OTHER, until=9)], "linked", DEAL),
    "closed since: nothing new goes there": ([one(DEAL, until=11)], "none", None),
    "two then, one closed since: still asked": (
        [one(DEAL), one(OTHER, until=11)],
        "ambiguous",
        None,
    ),
    "two then, both closed since": ([one(DEAL, until=11), one(OTHER, until=12)], "none", None),
    "the first one has none": ([one(OTHER, at=20, person=2)], "linked", OTHER),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_exactly_one_candidate_links_whatever_the_order(case: str) -> None:
    found, state, chosen = DECISIONS[case]
    for order in permutations(found):
        decision = decide(10, order)
        assert (decision.state, decision.chosen and decision.chosen.ref) == (state, chosen)


def test_a_link_outlives_the_closing_of_its_deal() -> None:
    assert decide(10, [one(DEAL, until=9)], DEAL).state == "linked"


def test_what_came_later_is_offered() -> None:
    decision = decide(10, [one(DEAL, since=11), one(OTHER)])
    assert [c.ref for c in decision.late] == [DEAL]


@given(st.lists(st.builds(one, st.sampled_from([DEAL, OTHER, LEAD]), at=st.integers(10, 14),
                          since=st.integers(0, 14), person=st.integers(1, 3)), max_size=8),
       st.randoms())  # fmt: skip
def test_a_decision_does_not_depend_on_order(found: list[Candidate], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(10, shuffled) == decide(10, found)
    links = {c.ref for c in found if c.since <= 10}
    assert (decide(10, found).state == "none") is not links


ME, BO, ADMIN = User(1, "Me", is_self=True), User(2, "Bo"), User(3, "Root", is_admin=True)
OPEN, CLOSED = RecordSight(1), RecordSight(1, visible_to=1)
FOLLOWED = RecordSight(1, 1, frozenset({2}))

SIGHT = {
    "private": (MailSight(1, "private", (OPEN,)), {"Me"}),
    "private, an administrator asks": (MailSight(1, "private", (OPEN, CLOSED)), {"Me"}),
    "shared, but linked to nothing": (MailSight(1, "shared"), {"Me"}),
    "shared and linked": (MailSight(1, "shared", (OPEN,)), {"Me", "Bo", "Root"}),
    "shared, the deal is the owner's": (MailSight(1, "shared", (CLOSED,)), {"Me", "Root"}),
    "shared, one of two is open": (MailSight(1, "shared", (CLOSED, OPEN)), {"Me", "Bo", "Root"}),
    "shared, a follower": (MailSight(1, "shared", (FOLLOWED,)), {"Me", "Bo", "Root"}),
    "screened": (MailSight(1, "shared", (OPEN,), screened=True), {"Me"}),
    "deleted": (MailSight(1, "shared", (OPEN,), deleted=True), set()),
    "of somebody else": (MailSight(2, "private", (OPEN,)), {"Bo"}),
}


@pytest.mark.parametrize("case", SIGHT)
def test_three_conditions_decide_who_sees_a_mail(case: str) -> None:
    mail, seen_by = SIGHT[case]
    assert {user.name for user in (ME, BO, ADMIN) if can_see(user, mail)} == seen_by
    others = {user.name for user in watchers((ME, BO, ADMIN), mail)}
    assert others == {n for n in seen_by if n != {1: "Me", 2: "Bo"}[mail.owner_id]}


@given(st.booleans(), st.lists(st.sampled_from([OPEN, CLOSED, FOLLOWED])), st.booleans())
def test_no_role_opens_private_mail(
    admin: bool, records: list[RecordSight], screened: bool
) -> None:
    user = User(9, "x", is_admin=admin)
    assert not can_see(user, MailSight(1, "private", tuple(records), screened=screened))


@pytest.mark.parametrize(
    ("setting", "default", "stamped"),
    [
        (None, "private", "private"), (None, "shared", "shared"), ("private", "shared", "private"),
        ("shared", "private", "shared"), (None, "nonsense", "private"),
    ],
)  # fmt: skip
def test_the_word_for_a_conversation_beats_the_default(
    setting: str | None, default: str, stamped: str
) -> None:
    assert stamp(setting, default) == stamped


AMOUNTS = {
    ("1,234.50", "EUR"): 123450, ("1.234,50", "EUR"): 123450, ("1 234", "EUR"): 123400,
    ("1,234", "EUR"): 123400, ("1.5", "EUR"): 150, ("12,5", "EUR"): 1250, ("€ 5", "EUR"): 500,
    ("-3", "EUR"): -300, ("1,234,567", "EUR"): 123456700, ("500", "JPY"): 500,
    ("1.234", "KWD"): 1234, ("EUR 1'000", "EUR"): 100000, ("", "EUR"): 0, ("abc", "EUR"): None,
    ("1.2.3", "EUR"): None, ("--1", "EUR"): None, ("9" * 40, "EUR"): None,
}  # fmt: skip


@pytest.mark.parametrize("case", AMOUNTS)
def test_amounts_are_read_in_every_country_s_way(case: tuple[str, str]) -> None:
    assert parse_amount(*case) == AMOUNTS[case]


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_amounts_come_back_as_they_were_written(amount: int, currency: str) -> None:
    assert parse_amount(plain_amount(amount, currency), currency) == amount
    assert parse_amount(shown_amount(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("person", {}), ("person", {"name": "  "}), ("person", {"name": "A", "nonsense": 1}),
        ("person", {"name": "A", "addresses": ["nowhere"]}), ("deal", {"title": "A", "value": "x"}),
        ("deal", {"title": "A", "currency": "euro"}), ("deal", {"title": "A", "status": "maybe"}),
        ("deal", {"title": "A", "expected_close": "soon"}), ("activity", {"subject": ""}),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_by_name(kind: str, values: dict[str, object]) -> None:
    with pytest.raises(ActionError):
        checked(kind, values, new=True)


@pytest.mark.parametrize(
    ("name", "parts"),
    [("Anna Berg", ("Anna", "Berg")), ("Berg, Anna", ("Anna", "Berg")), ("Cher", ("Cher", "")),
     ("Ana de la Cruz", ("Ana de la", "Cruz")), ("", ("", ""))],
)  # fmt: skip
def test_names_fall_into_first_and_last(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("text", "ref"),
    [("deal:42", Ref("deal", 42)), ("org:3", Ref("organization", 3)), ("D:1", Ref("deal", 1)),
     ("deal:", None), ("deal:x", None), ("thing:1", None), ("42", None)],
)  # fmt: skip
def test_records_are_named_by_kind_and_number(text: str, ref: Ref | None) -> None:
    assert parse_ref(text) == ref
