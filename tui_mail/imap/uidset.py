"""Sets of UIDs as ranges: small in memory whatever a server writes (RFC 3501 §9 `sequence-set`)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tui_mail.errors import ProtocolError

LAST = 0xFFFFFFFF
"""The highest UID there can be; written `*`."""
MAX_RANGES = 1_000_000
_RANGE = re.compile(rb"(\d{1,10}|\*)(?::(\d{1,10}|\*))?\Z")


@dataclass(frozen=True, slots=True)
class UidSet:
    """UIDs as sorted, disjoint, not touching ranges `(low, high)`, both inclusive."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, uids: Iterable[int]) -> UidSet:
        """Fold single UIDs, in any order, into ranges. Raises ValueError outside 1…2³²-1."""
        ordered = sorted(set(uids))
        if not ordered:
            return cls()
        if ordered[0] < 1 or ordered[-1] > LAST:
            raise ValueError("UIDs are from 1 to 4294967295")
        ranges = []
        low = ordered[0]
        for uid, following in pairwise(ordered):
            if following != uid + 1:
                ranges.append((low, uid))
                low = following
        ranges.append((low, ordered[-1]))
        return cls(tuple(ranges))

    @classmethod
    def span(cls, low: int, high: int = LAST) -> UidSet:
        """Make one range; empty when `high` is below `low`."""
        if low < 1 or high > LAST:
            raise ValueError("UIDs are from 1 to 4294967295")
        return cls(((low, high),)) if low <= high else cls()

    @classmethod
    def joined(cls, ranges: Iterable[tuple[int, int]]) -> UidSet:
        """Sort and merge ranges."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(ranges):
            if merged and low <= merged[-1][1] + 1:
                if high > merged[-1][1]:
                    merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    @classmethod
    def parse(cls, text: bytes) -> UidSet:
        """Read a set as servers write it. Raises ProtocolError; never expands a range."""
        return cls.joined(parse_ranges(text))

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        index = bisect_right(self.ranges, (uid, LAST + 1)) - 1
        return index >= 0 and uid <= self.ranges[index][1]

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        """How many UIDs the ranges cover."""
        return sum(high - low + 1 for low, high in self.ranges)

    @property
    def lowest(self) -> int:
        """The lowest UID, 0 when empty."""
        return self.ranges[0][0] if self.ranges else 0

    @property
    def highest(self) -> int:
        """The highest UID, 0 when empty."""
        return self.ranges[-1][1] if self.ranges else 0

    def expand(self, limit: int = 5_000_000) -> Iterator[int]:
        """Yield each UID in rising order. Raises ValueError when there are more than `limit`."""
        if self.count > limit:
            raise ValueError("the set is too large to be listed")
        for low, high in self.ranges:
            yield from range(low, high + 1)

    def union(self, other: UidSet) -> UidSet:
        """UIDs in either set."""
        return UidSet.joined(self.ranges + other.ranges)

    def intersection(self, other: UidSet) -> UidSet:
        """UIDs in both sets; the cost depends on the number of ranges only."""
        found = []
        left, right = self.ranges, other.ranges
        i = j = 0
        while i < len(left) and j < len(right):
            low = max(left[i][0], right[j][0])
            high = min(left[i][1], right[j][1])
            if low <= high:
                found.append((low, high))
            if left[i][1] < right[j][1]:
                i += 1
            else:
                j += 1
        return UidSet(tuple(found))

    def difference(self, other: UidSet) -> UidSet:
        """UIDs in this set that are not in the other."""
        gaps = []
        low = 1
        for start, end in other.ranges:
            if low < start:
                gaps.append((low, start - 1))
            low = end + 1
        if low <= LAST:
            gaps.append((low, LAST))
        return self.intersection(UidSet(tuple(gaps)))

    def known(self, uids: Iterable[int]) -> list[int]:
        """Which of `uids` are in the set, in the order given."""
        return [uid for uid in uids if uid in self]

    def wire(self) -> bytes:
        """The whole set as one argument."""
        return b",".join(_written(low, high) for low, high in self.ranges)

    def chunks(self, octets: int = 8000) -> Iterator[UidSet]:
        """Split so that each part, written out, has at most `octets` octets."""
        part: list[tuple[int, int]] = []
        size = 0
        for low, high in self.ranges:
            length = len(_written(low, high)) + 1
            if part and size + length > octets:
                yield UidSet(tuple(part))
                part, size = [], 0
            part.append((low, high))
            size += length
        if part:
            yield UidSet(tuple(part))

    def slices(self, count: int) -> Iterator[UidSet]:
        """Split so that each part covers at most `count` UIDs, lowest first."""
        part: list[tuple[int, int]] = []
        room = count
        for low, high in self.ranges:
            while low <= high:
                end = min(high, low + room - 1)
                part.append((low, end))
                room -= end - low + 1
                low = end + 1
                if room == 0:
                    yield UidSet(tuple(part))
                    part, room = [], count
        if part:
            yield UidSet(tuple(part))


EMPTY = UidSet()
"""No UIDs."""


def _written(low: int, high: int) -> bytes:
    if high == LAST:
        return b"%d:*" % low
    return b"%d" % low if low == high else b"%d:%d" % (low, high)


def parse_ranges(text: bytes) -> list[tuple[int, int]]:
    """Read a set in the order written, each range as `(low, high)`. Raises ProtocolError."""
    ranges = []
    pieces = text.split(b",", MAX_RANGES)
    if len(pieces) > MAX_RANGES:
        raise ProtocolError("The server sent a list of messages that is too long.")
    for piece in pieces:
        match = _RANGE.match(piece)
        if match is None:
            raise ProtocolError("The server sent a list of messages that cannot be read.")
        first = LAST if match[1] == b"*" else int(match[1])
        last = first if match[2] is None else LAST if match[2] == b"*" else int(match[2])
        if not (1 <= first <= LAST and 1 <= last <= LAST):
            raise ProtocolError("The server sent a message number that cannot be.")
        ranges.append((first, last) if first <= last else (last, first))
    return ranges


def parse_list(text: bytes, limit: int) -> list[int]:
    """Read a set as single UIDs in the order written (RFC 4315 §3).

    Raises ProtocolError when there are more than `limit`.
    """
    ranges = parse_ranges(text)
    if sum(high - low + 1 for low, high in ranges) > limit:
        raise ProtocolError("The server names more messages than it was asked about.")
    return [uid for low, high in ranges for uid in range(low, high + 1)]
