"""`tui-mail install-desktop`: the program among the desktop's, and its handler of mail links."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.config.load import write_text

NAME = "tui-mail.desktop"
_SCHEME = "x-scheme-handler/mailto"
_TEXT = """\
[Desktop Entry]
Type=Application
Name=tui_mail
Comment=A CRM inbox in the terminal
Exec={command}
Terminal=true
Categories=Network;Email;ConsoleOnly;
MimeType=x-scheme-handler/mailto;
NoDisplay=false
X-Tui-Mail-Before={before}
"""
_BEFORE = re.compile(r"^X-Tui-Mail-Before=([A-Za-z0-9._-]{1,200}\.desktop)$", re.MULTILINE)


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Install or remove."""
    parser.add_argument("--remove", action="store_true", help="take it away again")
    parser.add_argument(
        "--no-default", action="store_true", help="offer to open mail links, but not by default"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="only say what would be done")


def desktop_file() -> Path:
    """Where desktops look for a user's programs."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "applications" / NAME


def desktop_text(home: Path | None, before: str) -> str:
    """The entry; `home` is the profile's folder when it is not the usual one."""
    words = [sys.executable, "-m", "tui_mail", *(["--home", str(home)] if home else []), "compose"]
    return _TEXT.format(command=" ".join([*map(quoted, words), "%u"]), before=before)


def quoted(word: str) -> str:
    """One argument as the Desktop Entry Specification reads it."""
    plain = re.sub(r'(["`$\\])', r"\\\1", word)
    return '"' + plain.replace("\\", "\\\\").replace("%", "%%") + '"'


def run(call: Call) -> int:
    """Write or remove the entry, and say who opens mail links."""
    path = desktop_file()
    if call.args.remove:
        return _remove(call, path)
    home = call.paths.config_dir if call.paths.data_dir.parent == call.paths.config_dir else None
    before = _default()
    if not before.endswith(".desktop") or before == NAME:
        before = _kept(path)
    text = desktop_text(home, before)
    call.out.document({"file": str(path), "before": before, "dry_run": bool(call.args.dry_run)})
    if call.args.dry_run:
        call.out.line(f"Would write {path}:")
        call.out.block(text)
        return Code.OK
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    _tell_desktop(path.parent)
    call.out.line(f"Wrote {path}.")
    if call.args.no_default:
        return Code.OK
    if not _set_default(NAME):
        call.out.note("xdg-mime is not here: choose tui_mail for mail links in your desktop.")
        return Code.OK
    call.out.line("Mail links of other programs open tui_mail now; --remove takes it back.")
    return Code.OK


def _remove(call: Call, path: Path) -> int:
    before = _kept(path)
    call.out.document({"file": str(path), "before": before, "dry_run": bool(call.args.dry_run)})
    if not path.exists():
        return call.out.refuse(Code.NOT_FOUND, f"{path} is not there.")
    if call.args.dry_run:
        call.out.line(f"Would remove {path}.")
        return Code.OK
    path.unlink()
    _tell_desktop(path.parent)
    if before:
        _set_default(before)
    call.out.line(f"Removed {path}." + (f" Mail links open {before} again." if before else ""))
    return Code.OK


def _kept(path: Path) -> str:
    """What opened mail links before, as the entry remembers it."""
    try:
        found = _BEFORE.search(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""


def _default() -> str:
    return _said(["xdg-mime", "query", "default", _SCHEME])


def _set_default(name: str) -> bool:
    if shutil.which("xdg-mime") is None:
        return False
    _said(["xdg-mime", "default", name, _SCHEME])
    return True


def _tell_desktop(folder: Path) -> None:
    _said(["update-desktop-database", str(folder)])


def _said(argv: list[str]) -> str:
    """What a small program prints; empty when it is not here or fails."""
    if shutil.which(argv[0]) is None:
        return ""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=15, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
