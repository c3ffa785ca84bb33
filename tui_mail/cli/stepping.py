"""Questions one after the other at a terminal, where `<` goes back to the one before."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui_mail.cli.call import Call
from tui_mail.errors import ConfigError

if TYPE_CHECKING:
    from tui_mail.accounts.archiving import ArchiveChoice
    from tui_mail.accounts.probe import TestLine
    from tui_mail.config.settings import AccountSettings

_BACK = ("<", "back")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a new account so far; in memory only."""

    account: AccountSettings
    secret: str | None = field(default=None, repr=False)
    lines: tuple[TestLine, ...] = ()
    archive: ArchiveChoice | None = None
    insists: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """Ask again: the question before, or the step that is named."""

    to: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Take the same step once more, with what is known now."""

    draft: Draft


class Talk:
    """The person at the terminal, if there is one."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.person = sys.stdin.isatty() and not call.out.as_json and not call.args.password_stdin
        self.asked = 0
        """Questions so far."""
        self.ended = False
        """Nothing more comes from standard input."""

    def say(self, text: str) -> None:
        """A line for the person."""
        self.call.out.note(text)

    def ask(self, what: str, default: str) -> str | None:
        """What was typed, or the default; None to go back."""
        self.asked += 1
        self.say(f"{what} [{default}]:")
        line = sys.stdin.readline()
        self.ended = not line
        typed = line.strip()
        return None if typed.lower() in _BACK else typed or default

    def ask_secret(self, slug: str) -> str | None:
        """The password, without echo where there is a terminal; None to go back."""
        from tui_mail.cli.account_secret import read_password

        self.asked += 1
        typed = read_password(self.call, slug)
        return None if self.person and typed == _BACK[0] else typed


Answer = Draft | Back | Again | int
"""What a step came to: go on, go back, or end with an exit code."""
Step = Callable[[Talk, Draft], Awaitable[Answer]]


async def walk(talk: Talk, steps: Mapping[str, Step], draft: Draft) -> Draft | int:
    """Take the steps in order. What a person typed wrong is asked again (ConfigError)."""
    names = list(steps)
    past: list[tuple[int, Draft]] = []
    index = 0
    while index < len(names):
        before = talk.asked
        try:
            answer = await steps[names[index]](talk, draft)
        except ConfigError as error:
            if not talk.person or talk.ended or talk.asked == before:
                raise
            talk.say(str(error))
            continue
        if isinstance(answer, int):
            return answer
        if isinstance(answer, Again):
            draft = answer.draft
            continue
        if isinstance(answer, Back):
            wanted = names.index(answer.to) if answer.to else index
            if not past:
                talk.say("This is the first question; Ctrl-c leaves, and nothing is kept.")
            while past:
                index, draft = past.pop()
                if not answer.to or index <= wanted:
                    break
            continue
        if talk.asked > before:
            past.append((index, draft))
        index, draft = index + 1, answer
    return draft
