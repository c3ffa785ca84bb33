"""Text reaches a widget only through `tui.text`: read from the syntax tree (SEC-3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TUI = Path(__file__).resolve().parents[2] / "tui_mail" / "tui"
MAKERS = {"text.py", "safety.py"}
"""Only these may build what widgets show."""

CONSTRUCTORS = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Tab", "TabPane", "Collapsible",
    "Select", "Tree", "OptionList", "Option", "Selection", "Placeholder", "Digits", "Link", "Input",
    "Markdown", "SelectionList", "Pretty", "Rule", "Header",
}  # fmt: skip
METHODS = {
    "update", "notify", "add_row", "add_rows", "add_column", "add_columns", "add_option",
    "add_options", "set_options", "replace_option_prompt", "update_cell", "add_leaf", "set_label",
}  # fmt: skip
ATTRIBUTES = {
    "border_title", "border_subtitle", "tooltip", "title", "sub_title", "label", "renderable",
    "placeholder", "prompt", "value",
}  # fmt: skip
RAW = {"Content", "Text", "Segment", "Visual"}
NOT_TEXT = {
    "id", "classes", "name", "disabled", "compact", "markup", "variant", "expand", "shrink",
    "select_on_focus", "password", "restrict", "type", "max_length", "valid_empty", "suggester",
    "validators", "validate_on", "layout", "key",
}  # fmt: skip
SAFE_STRINGS = {"safe_line", "safe_block", "one_line", "fit"}


def name_of(node: ast.expr) -> str:
    """The last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def producers(trees: dict[Path, ast.Module]) -> set[str]:
    """Functions that return what the door made: by their annotation."""
    return {
        node.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.returns is not None
        and ast.unparse(node.returns) in ("Content", "Strip")
    }


def is_safe(node: ast.expr, doors: set[str], names: set[str]) -> bool:
    """Whether an expression is a literal or came through the door."""
    match node:
        case ast.Constant():
            return True
        case ast.JoinedStr(values=values):
            return all(isinstance(value, ast.Constant) for value in values)
        case ast.Await(value=value) | ast.Starred(value=value):
            return is_safe(value, doors, names)
        case ast.IfExp(body=body, orelse=orelse):
            return is_safe(body, doors, names) and is_safe(orelse, doors, names)
        case ast.BoolOp(values=values):
            return all(is_safe(value, doors, names) for value in values)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return all(is_safe(element, doors, names) for element in elements)
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}" in names
        case ast.Call(func=func):
            return name_of(func) in doors | SAFE_STRINGS
    return False


def assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each target of an assignment with its value; tuples are taken apart."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if (
                isinstance(target, ast.Tuple)
                and isinstance(node.value, ast.Tuple)
                and len(target.elts) == len(node.value.elts)
            ):
                yield from zip(target.elts, node.value.elts, strict=True)
            else:
                yield target, node.value
    elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
        yield node.target, node.value


def safe_names(function: ast.AST, doors: set[str]) -> set[str]:
    """Local names that only ever hold what came through the door."""
    good: set[str] = set()
    bad: set[str] = set()
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        for argument in (*function.args.args, *function.args.kwonlyargs):
            if argument.annotation and ast.unparse(argument.annotation) in ("Content", "Strip"):
                good.add(argument.arg)
    for node in ast.walk(function):
        for target, value in assigned(node):
            if isinstance(target, ast.Name):
                (good if is_safe(value, doors, good) else bad).add(target.id)
    return good - bad


def safe_attributes(tree: ast.Module, doors: set[str]) -> set[str]:
    """Attributes of self that only ever hold what came through the door."""
    good: set[str] = set()
    bad: set[str] = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        known = safe_names(function, doors)
        for node in ast.walk(function):
            for target, value in assigned(node):
                if isinstance(target, ast.Attribute) and name_of(target.value) == "self":
                    (good if is_safe(value, doors, known) else bad).add(target.attr)
    return {f"self.{name}" for name in good - bad}


def violations(tree: ast.Module, doors: set[str]) -> Iterator[tuple[int, str]]:
    """Lines where something else than the door's work could reach a widget."""
    functions: list[ast.AST] = [tree, *(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )]  # fmt: skip
    names_at: dict[ast.AST, set[str]] = {}
    attributes = safe_attributes(tree, doors)
    for function in functions:
        known = safe_names(function, doors) if function is not tree else set()
        for node in ast.walk(function):
            names_at[node] = known | attributes
    for node in ast.walk(tree):
        names = names_at.get(node, set())
        if isinstance(node, ast.Call):
            called = name_of(node.func)
            base = name_of(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            if called in RAW or base in ("Content", "Text"):
                yield node.lineno, f"{ast.unparse(node.func)} outside the door"
            elif called in CONSTRUCTORS or (
                called in METHODS and isinstance(node.func, ast.Attribute)
            ):
                values = [*node.args, *(
                    k.value for k in node.keywords if k.arg not in NOT_TEXT
                )]  # fmt: skip
                for value in values:
                    if not is_safe(value, doors, names):
                        yield node.lineno, f"{called}({ast.unparse(value)})"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target, value in assigned(node):
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr in ATTRIBUTES
                    and not is_safe(value, doors, names)
                ):
                    yield node.lineno, f".{target.attr} = {ast.unparse(value)}"


def parsed() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(TUI.rglob("*.py"))}


def test_every_text_of_the_screens_comes_through_the_door() -> None:
    trees = parsed()
    doors = producers(trees)
    found = [
        f"{path.relative_to(TUI)}:{line}: {what}"
        for path, tree in trees.items()
        if path.name not in MAKERS
        for line, what in violations(tree, doors)
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "Static(subject)",
        "Static(f'{subject}')",
        "Static(row.subject)",
        "Label('From ' + name)",
        "widget.update(subject)",
        "widget.update(str(plain(subject)))",
        "app.notify(subject)",
        "app.notify('fine', title=subject)",
        "table.add_row(plain('a'), subject)",
        "widget.border_title = subject",
        "widget.tooltip = f'{name}'",
        "app.sub_title = name",
        "Input(value=draft)",
        "field.value = draft",
        "Content(subject)",
        "Content.from_markup(subject)",
        "Text(subject)",
        "Segment(subject)",
        "def f():\n    shown = plain('a')\n    shown = subject\n    widget.update(shown)",
        "Button(plain('a') if x else subject)",
        "class A:\n    def f(self, body: str):\n        self.b = body\n"
        "    def g(self):\n        Static(self.b)",
        "OptionList(*subjects)",
        "Select(options)",
    ],
)
def test_a_planted_string_is_found(planted: str) -> None:
    assert list(violations(ast.parse(planted), {"plain", "parts"}))


@pytest.mark.parametrize(
    "allowed",
    [
        "Static('Inbox', id='head')",
        "Static(text.plain(subject))",
        "widget.update(parts((name, 'bold'), subject))",
        "widget.border_title = plain(name)",
        "field.value = safe_line(draft)",
        "def f():\n    shown = plain(subject)\n    widget.update(shown)",
        "def f(shown: Content):\n    widget.update(shown)",
        "class A:\n    def f(self, body: Content):\n        self.b = body\n"
        "    def g(self):\n        Static(self.b)",
    ],
)
def test_what_went_through_the_door_is_allowed(allowed: str) -> None:
    assert not list(violations(ast.parse(allowed), {"plain", "parts"}))
