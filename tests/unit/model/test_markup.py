"""Images, quotes and signatures in the Markdown of a mail."""

from __future__ import annotations

import pytest

from tui_mail.model.markup import as_text, image_markup, images, own_words, signed, trimmed

QUOTED = "On D, Bo wrote:\n\n> One.\n>\n> Two?\n> still two\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Yes.\n\n" + QUOTED, "Yes.\n"),
        ("\n\n" + QUOTED + "\nTwo it is.\n",
         "\n\nOn D, Bo wrote:\n\n> […]\n> Two?\n> still two\n\nTwo it is.\n"),
        ("Yes.\n\nOn D, Bo wrote:\n\n> a\n\nb\n\n> c\n",
         "Yes.\n\nOn D, Bo wrote:\n\n> a\n\nb\n"),
        ("Yes.\n\n-- \nAda\n\n" + QUOTED, "Yes.\n\n-- \nAda\n"),
        ("Yes.\n\nA:\n\n> x\n>> y\n> > z\n\nSo.\n", "Yes.\n\nA:\n\n> x\n\nSo.\n"),
        ("No quote.\n", "No quote.\n"),
    ],
)  # fmt: skip
def test_a_quote_is_cut_to_what_is_answered(before: str, after: str) -> None:
    assert trimmed(before).strip() == after.strip()
    assert trimmed(trimmed(before)) == trimmed(before)


@pytest.mark.parametrize(
    ("body", "new", "old", "expected"),
    [
        ("", "Ada", "", "\n\n-- \nAda\n"),
        ("Hi.\n", "Ada", "", "Hi.\n\n-- \nAda\n"),
        ("\n\n" + QUOTED, "Ada", "", f"\n\n-- \nAda\n\n{QUOTED.strip()}\n"),
        ("Hi.\n\n---------- Forwarded message ----------\nFrom: x\n", "Ada", "",
         "Hi.\n\n-- \nAda\n\n---------- Forwarded message ----------\nFrom: x\n"),
        ("Hi.\n\n-- \nAda\n", "Bo", "Ada", "Hi.\n\n-- \nBo\n"),
        ("Hi.\n\n-- \nAda\n\n> q\n", "", "Ada", "Hi.\n\n> q\n"),
        ("Hi.\n\n-- \nAda\n", "", "Ada", "Hi.\n"),
        ("Hi.\n\n-- \nMine\n", "Bo", "Ada", "Hi.\n\n-- \nMine\n\n-- \nBo\n"),
    ],
)  # fmt: skip
def test_a_signature_is_put_replaced_and_taken_out(
    body: str, new: str, old: str, expected: str
) -> None:
    assert signed(body, new, old) == expected


@pytest.mark.parametrize(
    ("body", "new", "old", "expected"),
    [
        ("Hi.\n\n-- \nMine\n", "Bo", "Ada", "Hi.\n\n-- \nBo\n"),
        ("Hi.\n\n-- \nAda\n+47 12\n", "Bo", "Ada", "Hi.\n\n-- \nBo\n"),
        ("Hi.\n\n--\nAda L\n", "Bo", "Ada", "Hi.\n\n-- \nBo\n"),
        ("Hi.\n\n-- \nMine\n\nPS: words of mine\n", "Bo", "Ada",
         "Hi.\n\n-- \nBo\n\nPS: words of mine\n"),
        ("Hi.\n\n-- \nMine\n\nLtd\n\nPS: x\n", "Bo", "Ada\n\nLtd",
         "Hi.\n\n-- \nBo\n\nPS: x\n"),
        ("Hi.\n\n-- \nMine\n\n" + QUOTED, "Bo", "Ada\n\nLtd", "Hi.\n\n-- \nBo\n\n" + QUOTED),
        ("Hi.\n\n-- \nMine\n\n" + QUOTED, "", "Ada", "Hi.\n\n" + QUOTED),
        ("Hi.\n\n---------- Sent on ----------\n-- \nTheirs\n", "Bo", "Ada",
         "Hi.\n\n-- \nBo\n\n---------- Sent on ----------\n-- \nTheirs\n"),
        ("Hi.\n\n> -- \n> Theirs\n", "", "Ada", "Hi.\n\n> -- \n> Theirs\n"),
    ],
)  # fmt: skip
def test_a_signature_that_was_changed_by_hand_is_known_by_its_dashes(
    body: str, new: str, old: str, expected: str
) -> None:
    assert signed(body, new, old, had=True) == expected


def test_images_are_found_by_name_and_written_so_that_they_are_found() -> None:
    for name in ("logo.png", "my logo (2).png", "Prüfung.png"):
        assert [one.target for one in images(f"a {image_markup(name)} b")] == [name]
    (remote,) = images("![x](https://a.example/x.png)")
    assert remote.is_remote and not remote.is_file


def test_anothers_text_names_no_image_and_no_field() -> None:
    assert images(as_text("![x](/etc/passwd)")) == []


def test_own_words_are_neither_quote_nor_signature() -> None:
    assert own_words("a\n> b\nc\n-- \nd") == "a\nc"
