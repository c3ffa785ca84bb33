"""Imports point down only (DESIGN §2), and little is imported before the first paint (§6)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.factory import make_mailbox

REPO = Path(__file__).resolve().parents[2]
PACKAGE = REPO / "tui_mail"

MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "config": {"model"},
    "store": {"model", "config"},
    "mime": {"model", "config"},
    "imap": {"model", "config"},
    "smtp": {"model", "config", "imap"},  # the verified TLS link is the same
    "accounts": {"model", "config", "imap", "smtp"},  # a sign-in is tried before it is kept
    "filing": {"model", "config", "store", "mime", "imap", "smtp", "accounts"},
    "sync": {"model", "config", "store", "mime", "imap", "smtp", "accounts", "filing"},
    "actions": {"model", "config", "store", "mime", "imap", "smtp", "accounts", "filing"},
    "tui": {"model", "config", "store", "filing", "sync", "actions"},
    "cli": {"model", "config", "store", "mime", "imap", "smtp", "accounts", "filing", "sync",
            "actions", "tui", "demo"},
}  # fmt: skip
MAY_IMPORT["demo"] = set(MAY_IMPORT) - {"demo"} | {"cli"}
EVERYWHERE = {"errors", ""}

ONLY_IN: dict[str, set[str]] = {
    "imapclient": {"imap"},
    "textual": {"tui"},
    "rich": {"tui"},
    "aiosqlite": {"store"},
}
NO_IO = {"os", "io", "pathlib", "socket", "sqlite3", "subprocess", "asyncio", "shutil", "tempfile",
         "urllib.request", "http"}  # fmt: skip
MODEL_EXCEPTIONS = {"faults.py", "clock.py"}
BEFORE_FIRST_PAINT = (
    "email", "imaplib", "imapclient", "markdownify", "bs4", "nh3", "icalendar", "keyring",
    "cryptography", "tomlkit", "charset_normalizer", "markdown_it", "fast_mail_parser",
    "httpx2", "dns", "publicsuffixlist", "textual.widgets._text_area", "hashlib",
    "tui_mail.actions.status", "tui_mail.filing", "tui_mail.mime", "tui_mail.model.messages",
    "tui_mail.model.moments", "tui_mail.model.records", "tui_mail.model.visibility",
    "tui_mail.store.journal", "tui_mail.store.lanes", "tui_mail.store.mailings",
    "tui_mail.store.messages", "tui_mail.store.news", "tui_mail.store.operations",
    "tui_mail.store.outbox", "tui_mail.sync", "tui_mail.tui.dialogs.picker",
    "tui_mail.tui.sending", "tui_mail.tui.standing",
)  # fmt: skip
"""What other screens need, or this one later: a start does not wait for it."""


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Every imported module with its line, also inside functions, but not for types only."""
    tree = ast.parse(source)
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            skipped |= {inner for child in node.body for inner in ast.walk(child)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.lineno, node.module or ""
            if node.module == "tui_mail":
                rooms = [alias.name for alias in node.names if alias.name in MAY_IMPORT]
                yield from ((node.lineno, f"tui_mail.{room}") for room in rooms)


def wrong_imports(room: str, source: str) -> list[str]:
    """What a file of a room may not import."""
    wrong = []
    for line, module in imports(source):
        top, _, rest = module.partition(".")
        if top == "tui_mail":
            target = rest.partition(".")[0]
            if target not in EVERYWHERE and target != room and target not in MAY_IMPORT[room]:
                wrong.append(f"{line}: {room} imports {target}")
        elif room not in ONLY_IN.get(top, {room}):
            wrong.append(f"{line}: {top} belongs to {', '.join(sorted(ONLY_IN[top]))}")
        elif room == "model" and (top not in sys.stdlib_module_names or module in NO_IO):
            wrong.append(f"{line}: model is pure, without {module}")
    return wrong


def test_imports_point_down_only() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if len(inside.parts) == 1 or (inside.parts[0], inside.name) in {
            ("model", name) for name in MODEL_EXCEPTIONS
        }:
            continue
        found += [
            f"{inside}:{what}" for what in wrong_imports(inside.parts[0], path.read_text("utf-8"))
        ]
    assert found == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("store", "from tui_mail.tui import app"),
        ("model", "import sqlite3"),
        ("model", "import msgspec"),
        ("sync", "def f():\n    from tui_mail.actions import triage"),
        ("sync", "import imapclient"),
        ("actions", "from rich.text import Text"),
        ("tui", "from tui_mail.imap import session"),
        ("cli", "import textual.app"),
        ("filing", "from tui_mail import demo"),
    ],
)
def test_a_planted_import_is_found(room: str, source: str) -> None:
    assert wrong_imports(room, source)


def drawn(package: str = "tui_mail.tui") -> dict[str, set[str]]:
    """Which module of the interface imports which, for types and inside functions too."""
    root = PACKAGE / "tui"
    paths = {
        ".".join(("tui_mail", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in root.rglob("*.py")
        if path.name != "__init__.py"
    }
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(paths)
                graph[name] |= inner or {node.module} & set(paths)
    return graph


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Modules of a circle of imports, or nothing."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := visit(other, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def test_the_interface_imports_in_no_circle() -> None:
    assert circle_in(drawn()) == []
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]


def test_screens_stand_above_what_they_share_and_the_app_on_top() -> None:
    above = ("tui_mail.tui.app", "tui_mail.tui.pictures")
    wrong = [
        f"{name} imports {other}"
        for name, others in drawn().items()
        for other in others
        if (other in above and name not in above)
        or (other.startswith("tui_mail.tui.screens.")
            and not name.startswith("tui_mail.tui.screens.") and name not in above)
    ]  # fmt: skip
    assert wrong == []


def loaded_after(code: str) -> set[str]:
    """Modules loaded by a fresh interpreter."""
    out = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        cwd=REPO, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    return set(out.split())


FIRST_PAINT = """
import asyncio, sys, tempfile
from pathlib import Path
from tui_mail.config.paths import profile_paths
from tui_mail.actions.context import open_context
from tui_mail.tui.app import TuiMail
async def main():
    ctx = await open_context(profile_paths(Path(tempfile.mkdtemp()) / "home"))
    seen = []
    class Probe(TuiMail):
        def on_ready(self):
            seen.extend(sys.modules)
            self.exit(0)
    app = Probe(ctx, engine=False)
    await app.run_async(headless=True)
    await ctx.close()
    loaded = [n for n in {names!r} if n in seen or any(s.startswith(n + ".") for s in seen)]
    assert "textual.app" in seen
    assert not loaded, loaded
asyncio.run(main())
"""


def test_the_first_paint_loads_nothing_it_does_not_show() -> None:
    code = FIRST_PAINT.replace("{names!r}", repr(BEFORE_FIRST_PAINT))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-2000:]


WARM = """
import asyncio, sys, threading
from pathlib import Path
from tui_mail.config.paths import profile_paths
from tui_mail.actions.context import open_context
from tui_mail.tui import warming
from tui_mail.tui.app import TuiMail

asked, looked, warm = [], threading.Event(), threading.Event()

class Asked:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            asked.append(name)

class Probe(TuiMail):
    def on_ready(self):
        sys.meta_path.insert(0, Asked())

    async def look(self):
        await super().look()
        looked.set()

    async def _warm(self):
        await super()._warm()
        warm.set()

async def until(event):
    async with asyncio.timeout(30):
        while not event.is_set():
            await asyncio.sleep(0.01)

async def main():
    ctx = await open_context(profile_paths(Path(sys.argv[1])))
    interval = sys.getswitchinterval()
    app = Probe(ctx, engine=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(warm)
        await until(looked)
        assert sys.getswitchinterval() == interval
        for key in sys.argv[2:]:
            await pilot.press(key)
            await pilot.pause()
    await ctx.close()
    missing = set(warming.FIRST_LOOKS + warming.USUAL_KEYS) - set(sys.modules)
    assert not missing, missing
    assert not [n for n in asked if n.startswith("tui_mail.")], asked
    assert len(asked) < 5, asked
asyncio.run(main())
"""


def test_behind_the_first_frame_nothing_loads_on_the_loop(tmp_path: Path) -> None:
    make_mailbox(tmp_path / "home", 3)
    keys = ("enter", "escape", "v", "escape", "s", "escape", "a", "z", "ctrl+p", "escape", "c")
    done = subprocess.run(
        [sys.executable, "-c", WARM, tmp_path / "home", *keys],
        cwd=REPO, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_below_the_screens_nothing_loads_textual() -> None:
    loaded = loaded_after(
        "import tui_mail.actions.triage, tui_mail.actions.status, tui_mail.filing.arrivals"
    )
    assert not {name for name in loaded if name.split(".")[0] in ("textual", "rich")}


WITHOUT_WORK = (
    "tui_mail.accounts.oauth", "tui_mail.accounts.providers", "tui_mail.filing.drafting",
    "tui_mail.filing.linking", "tui_mail.filing.outgoing", "tui_mail.mime.reading",
    "tui_mail.model.records", "tui_mail.smtp.submission", "markdownify", "nh3", "tomlkit",
)  # fmt: skip
"""What a sync that finds nothing new, and has nothing to send, does not wait for."""


def test_a_sync_without_work_loads_little() -> None:
    loaded = loaded_after("import tui_mail.cli.sync, tui_mail.sync.engine")
    assert sorted(loaded.intersection(WITHOUT_WORK)) == []
