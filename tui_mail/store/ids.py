"""Ids as the argument of a query."""

from __future__ import annotations

from collections.abc import Iterable


def ids_json(ids: Iterable[int]) -> str:
    """Ids as the argument of `json_each`."""
    return "[" + ",".join(map(str, ids)) + "]"
