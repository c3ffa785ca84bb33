"""What is looked at before a mail goes: one table, each line with the key that mends it.

Nothing is forced but what would break the mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.model.addresses import Address
from tui_mail.model.markup import IMAGE_TYPES, images, own_words
from tui_mail.model.safe_text import one_line
from tui_mail.model.size_limits import SizeLimits
from tui_mail.model.smart_fields import Gap, parse


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the review before sending."""

    text: str
    """Safe text."""
    blocks: bool
    """Sending is not possible while this stands."""
    mend: str = "edit"
    """What mends it: `edit`, `attach`, `images`, `sender`, `item`, `reply`."""
    rule: str = ""
    """Id of the rule that says it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of all languages, in lower case."""

    attached: frozenset[str] = frozenset()
    greetings: frozenset[str] = frozenset()
    everyone: frozenset[str] = frozenset()


NO_LIMITS = SizeLimits(0, 0)
NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules look at; texts have their fields filled in."""

    subject: str
    body: str
    markdown: str
    """The text as it was typed: what is an image there is one, what a value says is not."""
    recipients: tuple[Address, ...]
    """To, Cc and Bcc."""
    greeted: tuple[Address, ...] = ()
    """To, with the names of contacts where they are known."""
    files: tuple[tuple[str, str], ...] = ()
    """(name, type) of what is attached."""
    gaps: tuple[Gap, ...] = ()
    own: frozenset[str] = frozenset()
    """Own addresses as comparison keys."""
    kind: str = "new"
    """new, reply, reply_all, forward or adopted."""
    many: int = 20
    received_by: str = ""
    """The own address that received the mail that is answered; empty for none."""
    sender: str = ""
    """The address it goes from."""
    item_title: str = ""
    item_people: frozenset[str] = frozenset()
    """Addresses of the linked item's people and their organization's domain as `@domain`."""
    content_size: int = 0
    encoded_size: int = 0
    limits: SizeLimits = NO_LIMITS
    words: Words = NO_WORDS
    failure: str = ""
    """Why no mail can be made of it; empty when one can."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look at."""

    id: str
    look: Callable[[Facts], list[str]]
    blocks: bool = False
    mend: str = "edit"


def check(facts: Facts) -> list[Check]:
    """Every line there is, what blocks first."""
    found = [
        Check(one_line(text, 300), rule.blocks, rule.mend, rule.id)
        for rule in RULES
        for text in rule.look(facts)
    ]
    return sorted(found, key=lambda line: not line.blocks)


def _said(condition: bool, text: str) -> list[str]:
    return [text] if condition else []


def _shown(people: list[Address]) -> str:
    names = [one_line(one.address, 80) for one in people[:3]]
    return ", ".join(names) + (f" and {len(people) - 3} more" if len(people) > 3 else "")


def _failure(facts: Facts) -> list[str]:
    return _said(bool(facts.failure), facts.failure)


def _gaps(facts: Facts) -> list[str]:
    return [gap.problem for gap in facts.gaps[:5]]


def _size(facts: Facts) -> list[str]:
    problem = facts.limits.content_problem(facts.content_size)
    problem = problem or facts.limits.encoded_problem(facts.encoded_size)
    return _said(bool(problem), problem)


def _missing_images(facts: Facts) -> list[str]:
    attached = {name for name, kind in facts.files if kind in IMAGE_TYPES}
    missing = [one.target for one in images(facts.markdown) if one.is_file
               and one.target not in attached]  # fmt: skip
    return [f"The image {name} is not attached." for name in dict.fromkeys(missing)]


def _remote_images(facts: Facts) -> list[str]:
    hosts = [one.target for one in images(facts.markdown) if one.is_remote]
    text = "An image is loaded from elsewhere when the mail is read; most programs refuse that."
    return _said(bool(hosts), f"{text} ({hosts[0]})" if hosts else "")


def _field_in_name(facts: Facts) -> list[str]:
    named = [one.name for one in facts.recipients if parse(one.name)]
    text = "is part of a receiver's name and is sent as it is; fields work in the text."
    return [f"{one_line(name, 80)} {text}" for name in named[:1]]


def _no_subject(facts: Facts) -> list[str]:
    return _said(not facts.subject.strip(), "There is no subject.")


def _empty(facts: Facts) -> list[str]:
    blank = not own_words(facts.body).strip() and facts.kind != "forward"
    return _said(blank and not facts.files, "There is no text.")


def _forgotten_file(facts: Facts) -> list[str]:
    if facts.files:
        return []
    typed = own_words(facts.body).casefold()
    speaks = any(re.search(rf"(?<!\w){re.escape(word)}", typed) for word in facts.words.attached)
    return _said(speaks, "The text speaks of an attachment, but there is none.")


def _only_own(facts: Facts) -> list[str]:
    mine = bool(facts.recipients) and all(one.key in facts.own for one in facts.recipients)
    return _said(mine, "This goes to nobody but you.")


def _many(facts: Facts) -> list[str]:
    number = len({one.key for one in facts.recipients})
    if number <= facts.many:
        return []
    text = f"This goes to {number} people."
    return [f"{text} Everyone of the mail you answer gets it." if facts.kind == "reply_all"
            else text]  # fmt: skip


def _wrong_account(facts: Facts) -> list[str]:
    other = facts.received_by and facts.sender.casefold() != facts.received_by.casefold()
    text = f"The mail came to {facts.received_by}; the answer goes from {facts.sender}."
    return _said(bool(other), text)


def _outside_item(facts: Facts) -> list[str]:
    if not facts.item_people:
        return []
    outside = [
        one
        for one in facts.recipients
        if one.address
        and one.key not in facts.own
        and one.key not in facts.item_people
        and f"@{one.key.rpartition('@')[2]}" not in facts.item_people
    ]
    title = one_line(facts.item_title, 60)
    return _said(bool(outside), f"Not part of {title}: {_shown(outside)}.")


def _greeting(facts: Facts) -> list[str]:
    name = greeted_name(facts.body, facts.words)
    if not name or not facts.greeted:
        return []
    known = {
        part
        for one in facts.greeted
        for part in re.findall(r"\w+", f"{one.name} {one.address.partition('@')[0]}".casefold())
    }
    same = any(_same_name(name, part) for part in known)
    people = _shown(list(facts.greeted))
    return _said(not same, f"The greeting says {name.title()}, but this goes to {people}.")


def _same_name(name: str, part: str) -> bool:
    """Whether a greeted name is, or shortens, one of the receiver's."""
    return name == part or (min(len(name), len(part)) > 2 and (name in part or part in name))


def greeted_name(body: str, words: Words) -> str:
    """The name in the first line of the text, folded; empty when nobody is greeted by name."""
    first = next((line for line in own_words(body).split("\n") if line.strip()), "").strip()
    if len(first) > 80:
        return ""
    text = first.casefold()
    for greeting in sorted(words.greetings, key=len, reverse=True):
        match = re.match(rf"{re.escape(greeting)}[\s,]+", text)
        if match is None:
            continue
        rest = re.split(r"[,!.:;–—-]|\s(?:and|und|et|y|e|en|och|og|i|&)\s", first[match.end() :])[0]
        found = [word for word in re.findall(r"[^\W\d_]+", rest) if len(word) > 1]
        if not found or set(re.findall(r"\w+", rest.casefold())) & words.everyone:
            return ""
        named = [word for word in found if word[0].isupper() or not word[0].islower()]
        return named[0].casefold() if named and len(found) <= 3 else ""
    return ""


RULES: tuple[Rule, ...] = (
    Rule("failure", _failure, blocks=True),
    Rule("field", _gaps, blocks=True),
    Rule("size", _size, blocks=True, mend="attach"),
    Rule("image", _missing_images, blocks=True, mend="images"),
    Rule("subject", _no_subject),
    Rule("empty", _empty),
    Rule("attachment", _forgotten_file, mend="attach"),
    Rule("greeting", _greeting),
    Rule("outside", _outside_item, mend="item"),
    Rule("many", _many),
    Rule("own", _only_own),
    Rule("name", _field_in_name),
    Rule("account", _wrong_account, mend="sender"),
    Rule("remote", _remote_images),
)
"""In the order of the review."""
