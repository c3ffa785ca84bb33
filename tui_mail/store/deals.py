"""Pipelines and stages, what stands in them, and boards and phases of projects."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline, or a phase of a board."""

    id: int
    group_id: int
    group: str
    """Name of the pipeline or board."""
    name: str
    position: int
    probability: int
    rotten_days: int | None


@dataclass(frozen=True, slots=True)
class Total:
    """What stands in one stage in one currency; `value` in minor units."""

    stage_id: int
    currency: str
    deals: int
    value: int


def stages(conn: sqlite3.Connection) -> list[Stage]:
    """Every stage in the order of the board."""
    rows = conn.execute(
        "SELECT s.id, p.id, p.name, s.name, s.position, s.probability, s.rotten_days FROM stages s"
        " JOIN pipelines p ON p.id = s.pipeline_id ORDER BY p.position, p.id, s.position, s.id"
    )
    return [Stage(*row) for row in rows]


def phases(conn: sqlite3.Connection) -> list[Stage]:
    """Every phase of every project board in order."""
    rows = conn.execute(
        "SELECT f.id, b.id, b.name, f.name, f.position, 100, NULL FROM phases f"
        " JOIN boards b ON b.id = f.board_id ORDER BY b.position, b.id, f.position, f.id"
    )
    return [Stage(*row) for row in rows]


def totals(conn: sqlite3.Connection) -> list[Total]:
    """Number and value of the open deals of each stage, by currency."""
    rows = conn.execute(
        "SELECT stage_id, currency, count(*), sum(value) FROM deals WHERE status = 'open'"
        " GROUP BY stage_id, currency ORDER BY stage_id, sum(value) DESC"
    )
    return [Total(*row) for row in rows]


def stage_named(conn: sqlite3.Connection, name: str) -> int | None:
    """The stage of this name, whatever the case."""
    row = conn.execute(
        "SELECT id FROM stages WHERE name = ? COLLATE NOCASE ORDER BY id LIMIT 1", (name,)
    ).fetchone()
    return int(row[0]) if row else None


def phase_named(conn: sqlite3.Connection, name: str) -> int | None:
    """The phase of this name, whatever the case."""
    row = conn.execute(
        "SELECT id FROM phases WHERE name = ? COLLATE NOCASE ORDER BY id LIMIT 1", (name,)
    ).fetchone()
    return int(row[0]) if row else None


def add_phase(conn: sqlite3.Connection, name: str, *, board_id: int = 1) -> int:
    """Append a phase to a board and return its id."""
    cursor = conn.execute(
        "INSERT INTO phases(board_id, name, position) VALUES (?1, ?2,"
        " (SELECT coalesce(max(position), -1) + 1 FROM phases WHERE board_id = ?1))",
        (board_id, name),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def add_stage(
    conn: sqlite3.Connection, name: str, *, pipeline_id: int = 1, rotten_days: int | None = None
) -> int:
    """Append a stage to a pipeline and return its id."""
    cursor = conn.execute(
        "INSERT INTO stages(pipeline_id, name, position, rotten_days) VALUES (?1, ?2,"
        " (SELECT coalesce(max(position), -1) + 1 FROM stages WHERE pipeline_id = ?1), ?3)",
        (pipeline_id, name, rotten_days),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid
