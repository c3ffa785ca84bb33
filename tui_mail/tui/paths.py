"""Paths as they are typed."""

from __future__ import annotations

import os
from pathlib import Path

from tui_mail.tui.paragraphs import size_words

_MOST = 200


def path_of(typed: str) -> Path:
    """The path that was typed; `~`, quotes and spaces of a dropped file are understood."""
    typed = typed.strip()
    if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "'\"":
        typed = typed[1:-1]
    path = Path(typed).expanduser()
    if not path.exists() and "\\ " in typed:
        path = Path(typed.replace("\\ ", " ")).expanduser()
    return path


def complete_path(typed: str) -> list[str]:
    """Paths that begin as typed, folders with a slash; hidden ones only when asked for."""
    head, _, tail = typed.rpartition("/")
    folder = Path(f"{head}/" if head or typed.startswith("/") else ".").expanduser()
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(tail) and (tail or not entry.name.startswith(".")):
                    shown = f"{head}/{entry.name}" if "/" in typed else entry.name
                    found.append(shown + "/" * entry.is_dir())
                if len(found) >= _MOST:
                    break
    except OSError:
        return []
    return sorted(found)


def describe_path(typed: str) -> str:
    """Type and size of the file a path names; empty for anything else."""
    import mimetypes

    path = path_of(typed)
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError:
        return ""
    if size < 0:
        return ""
    kind = mimetypes.guess_type(path.name)[0] or "unknown type"
    return f"{kind}, {size_words(size)}"
