"""No method of the interface has a name that Textual calls by itself when a key comes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TUI = Path(__file__).resolve().parents[2] / "tui_mail" / "tui"
BY_KEY = ("key_", "_key_")
"""`key_at` would be called with the event of the key `@`."""


def called_by_keys(source: str) -> list[str]:
    """Methods that a key would call."""
    return [
        method.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        and method.name.startswith(BY_KEY)
    ]


@pytest.mark.parametrize("path", sorted(TUI.rglob("*.py")), ids=lambda p: str(p.relative_to(TUI)))
def test_a_key_calls_no_method_by_its_name(path: Path) -> None:
    assert called_by_keys(path.read_text()) == []


def test_the_rule_finds_such_names() -> None:
    assert called_by_keys("class A:\n    async def _key_at(self, n): ...\n") == ["_key_at"]
