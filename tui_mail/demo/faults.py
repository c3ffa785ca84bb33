"""What a server does wrong on demand: cut lines, lost replies, delays, refusals, rubbish.

A rule names commands by a pattern, matched without regard to case against the start of the line
after the tag (`UID MOVE`, `UID FETCH .*BODY`), and says from which match on and how often it acts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

How = Literal["fin", "rst", "stall"]
"""The end of a connection: closed in order, reset, or silent with the socket open."""

Rewrite = Callable[[bytes], bytes | list[bytes] | None]
"""Gets one response without its line end; answers what is sent instead, None for nothing."""


@dataclass(slots=True)
class Rule:
    """One fault bound to commands."""

    kind: str
    pattern: re.Pattern[bytes]
    nth: int = 1
    times: int | None = 1
    """How many matches from the nth on; None for all."""
    seconds: float = 0.0
    lines: tuple[bytes, ...] = ()
    reply: bytes = b""
    then: str = ""
    seen: int = 0

    def applies(self, line: bytes) -> bool:
        """Count a match and say whether it is one that counts."""
        if not self.pattern.match(line):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


@dataclass(slots=True)
class Cut:
    """The end of a connection after so many lines."""

    after: int
    """Lines that still pass, counted over all connections since the fault was set."""
    direction: str
    how: How
    once: bool
    passed: int = 0
    spent: bool = False


@dataclass(slots=True)
class Plan:
    """What is to happen with one command."""

    delay: float = 0.0
    refuse: bytes = b""
    """The reply without tag, instead of executing the command."""
    pretend: bool = False
    """Say OK and do nothing."""
    stall: bool = False
    """Neither execute nor answer."""
    lost: str = ""
    """Execute, lose every line of the reply, then `fin`, `rst`, `stall` or `go on`."""
    early: list[bytes] = field(default_factory=list)
    """Untagged lines before the command's own."""
    late: list[bytes] = field(default_factory=list)
    """Untagged lines before the tagged one."""
    raw: bytes = b""
    """Octets sent as they are before the tagged reply."""
    raw_then: str = ""


def _first_lines(data: bytes, count: int) -> bytes:
    end = 0
    for _ in range(count):
        end = data.index(b"\n", end) + 1
    return data[:end]


class Faults:
    """All faults of a server. Empty means a server without faults."""

    def __init__(self) -> None:
        self.lines_in = 0
        """Lines received since the last `reset_counts`."""
        self.lines_out = 0
        """Physical lines sent since then, those inside literals included."""
        self._rules: list[Rule] = []
        self._cuts: list[Cut] = []
        self._rewrites: list[Rewrite] = []
        self._greeting: list[bytes] = []
        self._greeting_forever = False

    def clear(self) -> None:
        """Behave again."""
        self._rules.clear()
        self._cuts.clear()
        self._rewrites.clear()
        self._greeting.clear()
        self._greeting_forever = False

    def reset_counts(self) -> None:
        """Count lines from here."""
        self.lines_in = self.lines_out = 0

    def cut(
        self,
        after: int,
        *,
        direction: Literal["in", "out", "both"] = "out",
        how: How = "fin",
        once: bool = True,
    ) -> None:
        """End the connection that carries the line after the next `after` ones.

        Outgoing lines are physical ones, so a literal can be cut in its middle. With `once` false
        every later line ends its connection too.
        """
        self._cuts.append(Cut(after, direction, how, once))

    def swallow(
        self,
        command: str,
        *,
        nth: int = 1,
        times: int | None = 1,
        then: Literal["fin", "rst", "stall", "go on"] = "fin",
    ) -> None:
        """Execute the command but lose its reply, then end the connection, or not."""
        self._add("swallow", command, nth, times, then=then)

    def delay(
        self, command: str, seconds: float, *, nth: int = 1, times: int | None = None
    ) -> None:
        """Wait before executing."""
        self._add("delay", command, nth, times, seconds=seconds)

    def insert(
        self,
        command: str,
        lines: Iterable[bytes],
        *,
        nth: int = 1,
        times: int | None = 1,
        early: bool = False,
    ) -> None:
        """Send untagged lines (without line end) before the tagged reply, or before all replies."""
        self._add("early" if early else "late", command, nth, times, lines=tuple(lines))

    def refuse(
        self,
        command: str,
        status: Literal["NO", "BAD"] = "NO",
        *,
        code: str = "",
        text: str = "Refused",
        nth: int = 1,
        times: int | None = 1,
    ) -> None:
        """Do not execute; answer NO or BAD, with a response code such as `OVERQUOTA`."""
        reply = f"{status} [{code}] {text}" if code else f"{status} {text}"
        self._add("refuse", command, nth, times, reply=reply.encode())

    def refuse_login(
        self,
        *,
        code: str = "AUTHENTICATIONFAILED",
        text: str = "Invalid credentials",
        times: int | None = None,
    ) -> None:
        """Refuse every LOGIN and AUTHENTICATE."""
        self.refuse("LOGIN |AUTHENTICATE ", code=code, text=text, times=times)

    def pretend(self, command: str, *, nth: int = 1, times: int | None = 1) -> None:
        """Say OK without doing anything."""
        self._add("pretend", command, nth, times)

    def stall(self, command: str, *, nth: int = 1, times: int | None = 1) -> None:
        """Never answer, and leave the connection open."""
        self._add("stall", command, nth, times)

    def garbage(
        self,
        command: str,
        data: bytes,
        *,
        nth: int = 1,
        times: int | None = 1,
        then: Literal["fin", "rst", "stall", "go on"] = "go on",
    ) -> None:
        """Send octets that are no protocol before the tagged reply."""
        self._add("garbage", command, nth, times, reply=data, then=then)

    def huge_literal(self, command: str, announced: int, *, sent: int = 4096, nth: int = 1) -> None:
        """Announce a literal of that size, send a part of it, and fall silent."""
        data = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % announced + b"x" * sent
        self._add("garbage", command, nth, 1, reply=data, then="stall")

    def bye_at_greeting(
        self, text: str = "Too many connections", *, code: str = "", times: int | None = 1
    ) -> None:
        """Greet with BYE and close, for the next `times` connections (None: all)."""
        line = f"* BYE [{code}] {text}" if code else f"* BYE {text}"
        self._greeting = [line.encode()] * (times or 1)
        self._greeting_forever = times is None

    def greeting(self, line: bytes, *, times: int = 1) -> None:
        """Greet with that line instead; a PREAUTH or a banner of another protocol."""
        self._greeting = [line] * times
        self._greeting_forever = False

    def rewrite(self, function: Rewrite) -> None:
        """Pass every response through a function."""
        self._rewrites.append(function)

    # What the server asks.

    def next_greeting(self) -> bytes | None:
        """The greeting to give instead of the usual one, or None."""
        if not self._greeting:
            return None
        return self._greeting[0] if self._greeting_forever else self._greeting.pop(0)

    def plan(self, line: bytes) -> Plan | None:
        """What to do with a command (its line without tag), or None for nothing special."""
        hits = [rule for rule in self._rules if rule.applies(line)]
        if not hits:
            return None
        plan = Plan()
        for rule in hits:
            if rule.kind == "delay":
                plan.delay += rule.seconds
            elif rule.kind == "refuse":
                plan.refuse = rule.reply
            elif rule.kind == "pretend":
                plan.pretend = True
            elif rule.kind == "stall":
                plan.stall = True
            elif rule.kind == "swallow":
                plan.lost = rule.then
            elif rule.kind == "garbage":
                plan.raw, plan.raw_then = rule.reply, rule.then
            elif rule.kind == "early":
                plan.early += rule.lines
            else:
                plan.late += rule.lines
        return plan

    def rewritten(self, response: bytes) -> list[bytes]:
        """One response after all rewriting functions."""
        out = [response]
        for function in self._rewrites:
            step: list[bytes] = []
            for item in out:
                changed = function(item)
                if isinstance(changed, list):
                    step += changed
                elif changed is not None:
                    step.append(changed)
            out = step
        return out

    def received(self) -> How | None:
        """Count an incoming line; answers how the connection ends at it, if it does."""
        self.lines_in += 1
        for cut in self._cuts:
            if cut.direction != "out" and not cut.spent:
                if cut.passed >= cut.after:
                    cut.spent = cut.once
                    return cut.how
                cut.passed += 1
        return None

    def sending(self, data: bytes) -> tuple[bytes, How | None]:
        """Count outgoing lines; answers what still passes and how the connection then ends."""
        count = data.count(b"\n")
        for cut in self._cuts:
            if cut.direction == "in" or cut.spent:
                continue
            left = cut.after - cut.passed
            if count > left:
                cut.spent = cut.once
                cut.passed = cut.after
                self.lines_out += max(left, 0)
                return _first_lines(data, left), cut.how
            cut.passed += count
        self.lines_out += count
        return data, None

    def _add(
        self,
        kind: str,
        command: str,
        nth: int,
        times: int | None,
        *,
        seconds: float = 0.0,
        lines: tuple[bytes, ...] = (),
        reply: bytes = b"",
        then: str = "",
    ) -> None:
        pattern = re.compile(command.encode(), re.I | re.S)
        self._rules.append(Rule(kind, pattern, nth, times, seconds, lines, reply, then))
