"""Links between conversations and items, the candidates, and the state a conversation shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_mail.model.records import Ref
from tui_mail.store.ids import ids_json

AUTOMATION = "tui-mail"
"""Who links when no user does."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link, live or removed, with where it came from (R53)."""

    id: int
    conversation_id: int
    item: Ref
    role: str
    """`primary` or `secondary`."""
    source: str
    """`auto`, `manual`, `bcc` or `import`."""
    rule: str
    address: str
    """The address that led to it, for automatic ones."""
    evidence_at: int
    by: str
    at: int
    removed_at: int | None
    removed_by: str


_COLUMNS = (
    "id, conversation_id, kind, item_id, role, source, rule, address, evidence_at, by, at,"
    " removed_at, removed_by"
)


def _link(row: Sequence[object]) -> Link:
    return Link(row[0], row[1], Ref(row[2], row[3]), *row[4:])  # type: ignore[arg-type]


def history(conn: sqlite3.Connection, conversation_id: int) -> list[Link]:
    """Every link a conversation ever had, oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM links WHERE conversation_id = ? ORDER BY id", (conversation_id,)
    )
    return [_link(row) for row in rows]


def live(conn: sqlite3.Connection, conversation_id: int) -> list[Link]:
    """The links of a conversation, the primary one first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM links WHERE conversation_id = ? AND removed_at IS NULL"
        " ORDER BY role, id",
        (conversation_id,),
    )
    return [_link(row) for row in rows]


def primaries(conn: sqlite3.Connection, conversation_ids: Iterable[int]) -> dict[int, Link]:
    """The live primary link of each conversation that has one."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM links WHERE removed_at IS NULL AND role = 'primary'"
        " AND conversation_id IN (SELECT value FROM json_each(?))",
        (ids_json(conversation_ids),),
    )
    return {row[1]: _link(row) for row in rows}


def add(
    conn: sqlite3.Connection,
    conversation_id: int,
    item: Ref,
    *,
    source: str,
    rule: str,
    by: str,
    now: int,
    role: str = "primary",
    address: str = "",
    evidence_at: int = 0,
) -> int:
    """Link; a former primary link must have been removed or made secondary before.

    The same item linked in the other role changes its role.
    """
    conn.execute(
        "UPDATE links SET removed_at = ?, removed_by = ? WHERE conversation_id = ? AND kind = ?"
        " AND item_id = ? AND removed_at IS NULL",
        (now, by, conversation_id, item.kind, item.id),
    )
    cursor = conn.execute(
        "INSERT INTO links(conversation_id, kind, item_id, role, source, rule, address,"
        " evidence_at, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            conversation_id, item.kind, item.id, role, source, rule, address, evidence_at, by, now,
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def remove(conn: sqlite3.Connection, link_ids: Iterable[int], by: str, now: int) -> None:
    """End links; they stay as history."""
    conn.executemany(
        "UPDATE links SET removed_at = ?, removed_by = ? WHERE id = ? AND removed_at IS NULL",
        [(now, by, link_id) for link_id in link_ids],
    )


def settle(conn: sqlite3.Connection, conversation_id: int, without: str = "none") -> None:
    """Bring a conversation's state in line with its links.

    Without a primary link the oldest secondary one becomes it; without any the state is `without`.
    """
    links = live(conn, conversation_id)
    if not links:
        state, item = without, Ref("", 0)
    else:
        if links[0].role != "primary":
            conn.execute("UPDATE links SET role = 'primary' WHERE id = ?", (links[0].id,))
        state, item = "linked", links[0].item
    conn.execute(
        "UPDATE conversations SET link_state = ?1, link_kind = ?2, link_id = ?3 WHERE id = ?4"
        " AND (link_state, link_kind, link_id) <> (?1, ?2, ?3)",
        (state, item.kind, item.id, conversation_id),
    )
    if state != "ambiguous":
        conn.execute("DELETE FROM link_candidates WHERE conversation_id = ?", (conversation_id,))


def set_candidates(
    conn: sqlite3.Connection, conversation_id: int, found: Iterable[tuple[Ref, str]]
) -> None:
    """Keep what an ambiguous conversation can be linked to: (item, address)."""
    wanted = dict(found)
    for kind, item_id in conn.execute(
        "SELECT kind, item_id FROM link_candidates WHERE conversation_id = ?", (conversation_id,)
    ).fetchall():
        if Ref(kind, item_id) not in wanted:
            conn.execute(
                "DELETE FROM link_candidates WHERE conversation_id = ? AND kind = ?"
                " AND item_id = ?",
                (conversation_id, kind, item_id),
            )
    conn.executemany(
        "INSERT INTO link_candidates(conversation_id, kind, item_id, address) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET address = excluded.address",
        [(conversation_id, ref.kind, ref.id, address) for ref, address in wanted.items()],
    )


def candidates(conn: sqlite3.Connection, conversation_id: int) -> list[tuple[Ref, str]]:
    """What an ambiguous conversation can be linked to, with the address that led there."""
    rows = conn.execute(
        "SELECT kind, item_id, address FROM link_candidates WHERE conversation_id = ?"
        " ORDER BY kind, item_id",
        (conversation_id,),
    )
    return [(Ref(row[0], row[1]), row[2]) for row in rows]


def with_candidate(conn: sqlite3.Connection, item: Ref) -> list[int]:
    """Ambiguous conversations an item is a candidate of."""
    rows = conn.execute(
        "SELECT conversation_id FROM link_candidates WHERE kind = ? AND item_id = ?",
        (item.kind, item.id),
    )
    return [row[0] for row in rows]


def drop_candidate(conn: sqlite3.Connection, item: Ref) -> set[int]:
    """An item was closed: nothing is linked because of that, but it can no longer be chosen.

    Returns the conversations it was a candidate of; one with none left is no longer ambiguous.
    """
    changed = with_candidate(conn, item)
    conn.execute("DELETE FROM link_candidates WHERE kind = ? AND item_id = ?", (item.kind, item.id))
    for conversation_id in changed:
        if not candidates(conn, conversation_id):
            settle(conn, conversation_id)
    return set(changed)


def of_item(conn: sqlite3.Connection, item: Ref) -> list[Link]:
    """The live links of an item."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM links WHERE kind = ? AND item_id = ? AND removed_at IS NULL"
        " ORDER BY id",
        (item.kind, item.id),
    )
    return [_link(row) for row in rows]


def drop_item(conn: sqlite3.Connection, item: Ref, by: str, now: int) -> set[int]:
    """An item goes: its links end. Returns the conversations that had one."""
    ended = of_item(conn, item)
    remove(conn, [link.id for link in ended], by, now)
    for link in ended:
        settle(conn, link.conversation_id)
    return {link.conversation_id for link in ended}


def hand_over(conn: sqlite3.Connection, source: Ref, target: Ref, by: str, now: int) -> set[int]:
    """The links of an item that is merged go to the one that stays."""
    moved = of_item(conn, source)
    taken = {link.conversation_id for link in of_item(conn, target)}
    for link in moved:
        if link.conversation_id in taken:
            remove(conn, [link.id], by, now)
        else:
            conn.execute(
                "UPDATE links SET kind = ?, item_id = ? WHERE id = ?",
                (target.kind, target.id, link.id),
            )
        settle(conn, link.conversation_id)
    return {link.conversation_id for link in moved}


def carry(conn: sqlite3.Connection, source_id: int, target_id: int) -> None:
    """Two conversations become one: links, the user's word and the setting for sight follow.

    A primary link of the source becomes a secondary one where the target has one already.
    """
    kept = live(conn, target_id)
    primary = any(link.role == "primary" for link in kept)
    for link in live(conn, source_id):
        if any(link.item == other.item for other in kept):
            conn.execute("DELETE FROM links WHERE id = ?", (link.id,))
            continue
        role = "secondary" if primary else link.role
        primary = primary or role == "primary"
        conn.execute(
            "UPDATE links SET conversation_id = ?, role = ? WHERE id = ?",
            (target_id, role, link.id),
        )
    rows = dict(
        conn.execute(
            "SELECT id, link_state FROM conversations WHERE id IN (?, ?)", (source_id, target_id)
        ).fetchall()
    )
    states = [rows.get(target_id, "none"), rows.get(source_id, "none")]
    without = next((s for s in ("excluded", "ambiguous") if s in states), "none")
    if without == "ambiguous":
        set_candidates(conn, target_id, candidates(conn, source_id) + candidates(conn, target_id))
    settle(conn, target_id, without)
    settle(conn, source_id)
    conn.execute(
        "UPDATE conversations SET visibility = coalesce(visibility,"
        " (SELECT visibility FROM conversations WHERE id = ?1)) WHERE id = ?2"
        " AND visibility IS NULL",
        (source_id, target_id),
    )
