"""The rows at hand follow the store, and the row under the cursor keeps its place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_mail.store.pages import Row
from tui_mail.tui.lists import Around, Key, Slice
from tui_mail.tui.window import Window


def row(number: int, at: int) -> Row:
    return Row(number, at, str(number), "", "", 1, 0, 0, 0, 0, 0, False, 1)


class Store:
    """A sorted list that answers as the database does."""

    def __init__(self, keys: dict[int, int]) -> None:
        self.at = dict(keys)

    def rows(self) -> list[Row]:
        order = sorted(((at, cid) for cid, at in self.at.items()), reverse=True)
        return [row(cid, at) for at, cid in order]

    def slice(self, start: int, size: int) -> Slice:
        rows = self.rows()
        return Slice(len(rows), start, tuple(rows[start : start + size]))

    def around(self, key: Key | None, before: int, size: int) -> Around:
        rows = self.rows()
        position = sum((r.at, r.id) > key for r in rows) if key else 0
        start = max(0, min(position - before, len(rows) - 1))
        found = next((r for r in rows if key and r.id == key[1]), None)
        return Around(self.slice(start, size), position, found, 0)


def shown(window: Window) -> list[int]:
    return [found.id for found in window.rows]


def test_rows_that_were_acted_on_are_gone_before_the_store_knows() -> None:
    store, window = Store({n: 100 - n for n in range(10)}), Window()
    window.load(store.slice(0, 10))
    window.take_out([2, 3])
    assert (shown(window), window.total) == ([0, 1, 4, 5, 6, 7, 8, 9], 8)
    assert window.follow(store.around((96, 4), 5, 10), (96, 4)) == 2
    assert (shown(window), window.total) == ([0, 1, 4, 5, 6, 7, 8, 9], 8)


def test_a_row_that_rose_stays_where_the_cursor_is() -> None:
    store, window = Store({n: 100 - n for n in range(20)}), Window()
    window.load(store.slice(0, 20))
    store.at[7] = 500
    assert window.follow(store.around((93, 7), 5, 20), (93, 7)) == 7
    assert shown(window)[:10] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert window.start == 2


def test_a_page_joins_only_a_list_that_did_not_change() -> None:
    store, window = Store({n: 100 - n for n in range(50)}), Window()
    window.load(store.slice(10, 10))
    assert window.extend(store.slice(20, 10))
    assert window.extend(store.slice(5, 5))
    assert (window.start, window.end) == (5, 30)
    store.at[99] = 1000
    assert not window.extend(store.slice(30, 5))


@given(
    keys=st.dictionaries(st.integers(0, 60), st.integers(0, 20), min_size=1, max_size=60),
    changes=st.lists(
        st.tuples(st.integers(0, 80), st.one_of(st.none(), st.integers(0, 40))), max_size=12
    ),
    cursor=st.integers(0, 59),
)
def test_whatever_changes_the_cursor_stays_between_its_neighbours(
    keys: dict[int, int], changes: list[tuple[int, int | None]], cursor: int
) -> None:
    store, window = Store(keys), Window()
    window.load(store.slice(0, 100))
    at = window.row(min(cursor, window.total - 1))
    assert at is not None
    key = (at.at, at.id)
    for cid, when in changes:
        if when is None:
            store.at.pop(cid, None)
        else:
            store.at[cid] = when
    position = window.follow(store.around(key, 100, 200), key)
    ids = shown(window)
    assert len(set(ids)) == len(ids), "no row twice"
    assert window.total == len(store.at) == len(ids)
    if at.id in store.at:
        assert ids[position] == at.id
        above = {cid for cid, when in store.at.items() if cid != at.id and (when, cid) > key}
        assert set(ids[:position]) == above
