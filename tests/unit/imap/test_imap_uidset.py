"""UID sets stay ranges, whatever a server writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.errors import ProtocolError
from tui_mail.imap.uidset import LAST, UidSet, parse_list

uids = st.sets(st.integers(1, 300))


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (b"1", ((1, 1),)),
        (b"1:4294967295", ((1, LAST),)),
        (b"7:*", ((7, LAST),)),
        (b"5:3,1,2", ((1, 5),)),
        (b"41,43:116", ((41, 41), (43, 116))),
    ],
)
def test_sets_are_read_without_expanding(text: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    assert UidSet.parse(text).ranges == ranges


@pytest.mark.parametrize(
    "text", [b"", b"0", b"1,,2", b"-1", b"1:2:3", b"4294967296", b"99999999999", b"a", b"1 2"]
)
def test_what_is_not_a_set_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        UidSet.parse(text)


def test_a_list_that_names_too_many_messages_is_refused() -> None:
    assert parse_list(b"304,320:319", 10) == [304, 319, 320]
    with pytest.raises(ProtocolError):
        parse_list(b"1:4294967295", 1000)


@given(uids, uids)
def test_set_algebra_is_that_of_python_sets(left: set[int], right: set[int]) -> None:
    a, b = UidSet.of(left), UidSet.of(right)
    assert set(a.union(b).expand()) == left | right
    assert set(a.intersection(b).expand()) == left & right
    assert set(a.difference(b).expand()) == left - right
    assert [uid for uid in range(1, 302) if uid in a] == sorted(left)
    assert a.count == len(left)


@given(uids, st.integers(20, 60))
def test_chunks_cover_the_set_and_fit(members: set[int], octets: int) -> None:
    parts = list(UidSet.of(members).chunks(octets))
    assert all(len(part.wire()) <= octets for part in parts)
    assert {uid for part in parts for uid in part.expand()} == members


@given(uids, st.integers(1, 40))
def test_slices_cover_the_set_and_are_small(members: set[int], count: int) -> None:
    parts = list(UidSet.of(members).slices(count))
    assert all(0 < part.count <= count for part in parts)
    assert [uid for part in parts for uid in part.expand()] == sorted(members)


@given(uids.filter(bool))
def test_what_is_written_is_read_back(members: set[int]) -> None:
    written = UidSet.of(members)
    assert UidSet.parse(written.wire()) == written


def test_an_open_range_is_written_with_a_star() -> None:
    assert UidSet.span(9).wire() == b"9:*"
    with pytest.raises(ValueError, match="too large"):
        list(UidSet.span(1).expand())
