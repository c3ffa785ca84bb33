"""Reading a client's command: tokens, strings, literals and number sets (RFC 3501 §9)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_mail.demo.imap_names import canonical, decode_name
from tui_mail.errors import ProtocolError

LITERAL_END = re.compile(rb"\{(\d{1,12})(\+?)\}\r?\n\Z")
"""A line that announces a literal; the second group is the `+` of LITERAL+ (RFC 7888)."""

_ATOM = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\\]]+")
_ASTRING_ATOM = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\]+")
_LIST_ATOM = re.compile(rb"[^\x00-\x20\x7f(){\"\\]+")
_FLAG = re.compile(rb"\\?[^\x00-\x20\x7f(){%*\"\\\]]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\.)*)"')
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n")
_SET = re.compile(rb"(?:\d+|\*)(?::(?:\d+|\*))?(?:,(?:\d+|\*)(?::(?:\d+|\*))?)*")
_NUMBER = re.compile(rb"\d+")


@dataclass(frozen=True, slots=True)
class NumberSet:
    """A set of sequence numbers or UIDs; 0 stands for `*`. Never expanded."""

    ranges: tuple[tuple[int, int], ...]

    def spans(self, top: int) -> list[tuple[int, int]]:
        """Inclusive ranges, sorted and merged, with `*` as `top`."""
        pairs = sorted(
            (min(low or top, high or top), max(low or top, high or top))
            for low, high in self.ranges
        )
        merged: list[tuple[int, int]] = []
        for low, high in pairs:
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return merged

    def positions(self, numbers: Sequence[int]) -> list[range]:
        """Index ranges of the members of `numbers`, which is sorted."""
        if not numbers:
            return []
        return [
            range(bisect_left(numbers, low), bisect_right(numbers, high))
            for low, high in self.spans(numbers[-1])
        ]

    def pick(self, numbers: Sequence[int]) -> list[int]:
        """The members of the sorted `numbers` that are in the set, in order."""
        return [numbers[i] for span in self.positions(numbers) for i in span]


def parse_set(data: bytes) -> NumberSet:
    """Read `1:5,7,9:*`. Raises ProtocolError."""
    if not _SET.fullmatch(data):
        raise ProtocolError("Invalid message set")
    ranges: list[tuple[int, int]] = []
    for item in data.split(b","):
        low, _, high = item.partition(b":")
        start = 0 if low == b"*" else int(low)
        stop = start if not high else 0 if high == b"*" else int(high)
        ranges.append((start, stop))
    return NumberSet(tuple(ranges))


def compress(numbers: Iterable[int]) -> bytes:
    """Write numbers as a set: `1:3,5`."""
    out: list[bytes] = []
    first = last = -1
    for number in sorted(numbers):
        if number == last + 1 and first >= 0:
            last = number
            continue
        if first >= 0:
            out.append(b"%d" % first if first == last else b"%d:%d" % (first, last))
        first = last = number
    if first >= 0:
        out.append(b"%d" % first if first == last else b"%d:%d" % (first, last))
    return b",".join(out)


class Args:
    """The rest of a command, read from left to right. Every reader raises ProtocolError."""

    __slots__ = ("data", "pos")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pos = 0

    def more(self) -> bool:
        """Whether anything is left."""
        return self.pos < len(self.data)

    def at(self, text: bytes) -> bool:
        """Whether `text` comes next."""
        return self.data.startswith(text, self.pos)

    def skip(self, text: bytes) -> bool:
        """Take `text` when it comes next."""
        if not self.at(text):
            return False
        self.pos += len(text)
        return True

    def expect(self, text: bytes) -> None:
        """Take `text`, which must come next."""
        if not self.skip(text):
            found = self.data[self.pos : self.pos + 12].decode("ascii", "replace").strip()
            raise ProtocolError(f"Expected {text.decode()!r} before {found!r}")

    def space(self) -> None:
        """Take one space."""
        self.expect(b" ")

    def end(self) -> None:
        """Nothing may be left."""
        if self.more():
            raise ProtocolError("Unexpected arguments")

    def take(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        """Take what `pattern` matches here."""
        match = pattern.match(self.data, self.pos)
        if not match or not match[0]:
            raise ProtocolError(f"Expected {what}")
        self.pos = match.end()
        return match[0]

    def atom(self) -> bytes:
        """An atom, as it came."""
        return self.take(_ATOM, "an atom")

    def word(self) -> str:
        """An atom in capitals."""
        return self.atom().decode("ascii", "replace").upper()

    def number(self) -> int:
        """A number without sign."""
        return int(self.take(_NUMBER, "a number"))

    def set(self) -> NumberSet:
        """A set of numbers."""
        return parse_set(self.take(_SET, "a message set"))

    def string(self) -> bytes:
        """A quoted string or a literal."""
        if match := _QUOTED.match(self.data, self.pos):
            self.pos = match.end()
            return re.sub(rb"\\(.)", rb"\1", match[1])
        if match := _LITERAL.match(self.data, self.pos):
            start = match.end()
            self.pos = start + int(match[1])
            return self.data[start : self.pos]
        raise ProtocolError("Expected a string")

    def is_string(self) -> bool:
        """Whether a quoted string or literal comes next."""
        return self.data[self.pos : self.pos + 1] in (b'"', b"{")

    def astring(self) -> bytes:
        """A string or an atom."""
        return self.string() if self.is_string() else self.take(_ASTRING_ATOM, "a string")

    def nstring(self) -> bytes | None:
        """A string, or None for NIL."""
        if self.is_string():
            return self.string()
        value = self.atom()
        if value.upper() != b"NIL":
            raise ProtocolError("Expected a string or NIL")
        return None

    def mailbox(self) -> str:
        """A folder name, decoded."""
        return canonical(decode_name(self.astring()))

    def list_mailbox(self) -> str:
        """A folder name that may hold wildcards, decoded."""
        raw = self.string() if self.is_string() else self.take(_LIST_ATOM, "a pattern")
        return decode_name(raw)

    def flags(self) -> list[str]:
        """Flags, in parentheses or bare."""
        if not self.at(b"("):
            out = [self.flag()]
            while self.skip(b" "):
                out.append(self.flag())
            return out
        return [item.decode("utf-8", "replace") for item in self.listed(_FLAG, "a flag")]

    def flag(self) -> str:
        """One flag or keyword."""
        return self.take(_FLAG, "a flag").decode("utf-8", "replace")

    def words(self) -> list[str]:
        """Atoms in parentheses, in capitals."""
        return [item.decode("ascii", "replace").upper() for item in self.listed(_FLAG, "an atom")]

    def listed(self, pattern: re.Pattern[bytes], what: str) -> list[bytes]:
        """A list in parentheses of what `pattern` matches."""
        self.expect(b"(")
        out: list[bytes] = []
        while not self.skip(b")"):
            out.append(self.take(pattern, what))
            self.skip(b" ")
        return out

    def astrings(self) -> list[bytes]:
        """A list of strings in parentheses, or one string."""
        if not self.skip(b"("):
            return [self.label()]
        out: list[bytes] = []
        while not self.skip(b")"):
            out.append(self.label())
            self.skip(b" ")
        return out

    def label(self) -> bytes:
        """A Gmail label: a string, or an atom that may start with a backslash."""
        return self.take(_FLAG, "a label") if self.at(b"\\") else self.astring()
