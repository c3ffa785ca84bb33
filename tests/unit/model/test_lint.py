"""The checks before sending: one table, each row with the key that mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_mail.config.languages import languages, words
from tui_mail.config.settings import GENERAL
from tui_mail.model.addresses import Address
from tui_mail.model.lint import RULES, Facts, Words, check, greeted_name
from tui_mail.model.size_limits import MB, SizeLimits, limits
from tui_mail.model.smart_fields import Gap

ANNA = Address("Anna Berg", "anna@fjord.example")
BO = Address("", "bo.dahl@else.example")
WORDS = Words(words("attached"), words("greetings"), words("everyone"))
GOOD = Facts(
    subject="Offer",
    body="Hi Anna,\n\nhere it is.\n\nAda",
    markdown="Hi Anna,\n\nhere it is.\n\nAda",
    recipients=(ANNA,),
    greeted=(ANNA,),
    own=frozenset({"ada@example.com"}),
    sender="ada@example.com",
    words=WORDS,
)


def rules(**changes: object) -> list[str]:
    return [one.rule for one in check(replace(GOOD, **changes))]  # type: ignore[arg-type]


def test_a_good_mail_has_no_line() -> None:
    assert rules() == []


@pytest.mark.parametrize(
    ("rule", "blocks", "mend", "changes"),
    [
        ("failure", True, "edit", {"failure": "The mail has no recipient."}),
        ("field", True, "edit", {"gaps": (Gap("deal.title", "subject", True),)}),
        ("size", True, "attach", {"content_size": 2 * MB + 1, "limits": SizeLimits(2 * MB, 0)}),
        ("size", True, "attach", {"encoded_size": 2 * MB + 1, "limits": SizeLimits(0, 2 * MB)}),
        ("image", True, "images", {"markdown": "![x](a.png)"}),
        ("image", True, "images", {"markdown": "![x](a.png)", "files": (("a.png", "text/x"),)}),
        ("subject", False, "edit", {"subject": "  "}),
        ("empty", False, "edit", {"body": "\n\n> quoted"}),
        ("attachment", False, "attach", {"body": "See the Anhang."}),
        ("attachment", False, "attach", {"body": "Adjunto la oferta."}),
        ("attachment", False, "attach", {"body": "המסמך מצורף כאן"}),
        ("greeting", False, "edit", {"body": "Dear Bob,\nyes."}),
        ("greeting", False, "edit", {"body": "Liebe Greta!\nja."}),
        ("outside", False, "item", {"item_people": frozenset({"x@y.example"})}),
        ("many", False, "edit", {"recipients": tuple(Address("", f"{n}@x.example")
                                                     for n in range(21))}),
        ("own", False, "edit", {"recipients": (Address("", "ADA@example.com"),), "greeted": ()}),
        ("name", False, "edit", {"recipients": (Address("{{user.email}}", "a@x.example"),),
                                 "greeted": ()}),
        ("account", False, "sender", {"received_by": "sales@example.com"}),
        ("remote", False, "edit", {"markdown": "![x](https://t.example/p.png)"}),
    ],
)  # fmt: skip
def test_each_rule_says_its_line(
    rule: str, blocks: bool, mend: str, changes: dict[str, object]
) -> None:
    found = [one for one in check(replace(GOOD, **changes)) if one.rule == rule]  # type: ignore[arg-type]
    assert [(one.blocks, one.mend) for one in found] == [(blocks, mend)]


def test_every_rule_is_in_the_table_once() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))


def test_what_blocks_comes_first() -> None:
    found = check(replace(GOOD, subject="", failure="No recipient."))
    assert [one.blocks for one in found] == [True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "No problem.\n\n> see the attachment"},
        {"body": "See the attachment.", "files": (("a.pdf", "application/pdf"),)},
        {"body": "Yes.\n\n---------- Forwarded message ----------\nattached"},
        {"body": "Hi Annie,\nyes.", "greeted": (Address("Annie", "x@y.example"),)},
        {"body": "Hi Bo,\nyes.", "greeted": (BO,)},
        {"body": "Hi all,\nyes."},
        {"body": "Hello there,\nyes."},
        {"body": "Dear Sir or Madam,\nyes."},
        {"body": "Sehr geehrte Damen und Herren,\nja."},
        {"body": "Hi Anna and Bo,\nyes."},
        {"body": "Hi,\nyes."},
        {"body": "I met Bob."},
        {"recipients": tuple(Address("", f"{n}@x.example") for n in range(20))},
        {"item_people": frozenset({"anna@fjord.example"})},
        {"item_people": frozenset({"@fjord.example"})},
        {"received_by": "ADA@example.com"},
        {"markdown": "![x](a.png)", "files": (("a.png", "image/png"),)},
        {"markdown": "```\n![x](a.png)\n```"},
        {"markdown": "\\![x](a.png)"},
        {"content_size": 2 * MB, "limits": SizeLimits(2 * MB, 0)},
    ],
)
def test_no_rule_cries_without_a_reason(changes: dict[str, object]) -> None:
    assert rules(**changes) == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("Hi Anna,", "anna"), ("hello Anna Berg!", "anna"), ("Hola José:", "josé"),
        ("Hi everyone,", ""), ("High prices", ""), ("", ""), ("Hi " + "x" * 90, ""),
        ("> Hi Bob", ""), ("שלום דנה,", "דנה"),
    ],
)  # fmt: skip
def test_who_is_greeted(body: str, name: str) -> None:
    assert greeted_name(body, WORDS) == name


@pytest.mark.parametrize(
    ("user", "provider", "server", "content", "encoded", "shown"),
    [
        (0, 25, 0, 25 * MB, 0, 25 * MB),
        (10, 25, 0, 10 * MB, 0, 10 * MB),
        (0, 0, 35_882_577, 0, 35_882_577, 26_191_662),
        (0, 25, 20 * MB, 25 * MB, 20 * MB, 15_307_678),
        (0, 0, 0, 0, 0, 0),
    ],
)
def test_limits(
    user: int, provider: int, server: int, content: int, encoded: int, shown: int
) -> None:
    found = limits(user, provider, server)
    assert (found.content, found.encoded, found.shown) == (content, encoded, shown)


def test_a_refusal_has_numbers() -> None:
    found = SizeLimits(25 * MB, 0)
    assert found.content_problem(25 * MB) == ""
    assert "26,214,401 bytes, limit 26,214,400 bytes" in found.content_problem(25 * MB + 1)
    assert "27.4 MB, limit 25.0 MB" in found.content_problem(int(27.4 * MB))


def test_the_languages_of_the_setting_are_those_of_the_file() -> None:
    (setting,) = [one for one in GENERAL if one.key == "writing.language"]
    assert set(setting.choices) == set(languages())
    for one in languages().values():
        assert one.wrote_on.format(date="D", name="N").count("D") >= 1
        assert "N" in one.wrote.format(name="N") and one.attached and one.greetings
