"""The written conversations of the demo: a small format that is pleasant to write mails in.

    == key | subject | option=value …
    -- sender > to,to ; cc=a,b | when | marks | option=value …
    text, up to the next line that starts with == or --
    +pdf name | line | line …

`when` is `3d 09:14` (that many days ago, at this time), `4h`, `35m` or `now`. Marks: `n` unread,
`f` flagged, `q` quotes the mail before, `h` has an HTML alternative, `w` is a forward. `{{+3}}` is
the weekday in three days, `{{+3:%d %B}}` the date in that form; `\\x1b` is that octet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import resources

_WHEN = re.compile(r"(?:(\d+)d (\d\d):(\d\d)|(\d+)h|(\d+)m|now)\Z")
_DATE = re.compile(r"\{\{([+-]\d+)(?::([^}]*))?\}\}")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_ATTACHMENT = re.compile(r"\+(pdf|csv|png) ([^|]+)(?:\|(.*))?\Z")


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """An attachment as written: its kind, name and lines."""

    kind: str
    name: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class ScriptMail:
    """One mail as written."""

    sender: str
    to: tuple[str, ...]
    """Keys of people; empty for the obvious one."""
    cc: tuple[str, ...]
    when: str
    marks: str
    options: dict[str, str]
    lines: list[str] = field(default_factory=list)
    files: list[ScriptFile] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The body without empty lines around it."""
        return "\n".join(self.lines).strip()


@dataclass(slots=True)
class ScriptThread:
    """One conversation as written."""

    key: str
    subject: str
    options: dict[str, str]
    mails: list[ScriptMail] = field(default_factory=list)


def load(*names: str) -> list[ScriptThread]:
    """Read conversations from the demo's data files."""
    data = resources.files("tui_mail.demo") / "data"
    texts = ((data / f"{name}.mails").read_text("utf-8") for name in names)
    return [thread for text in texts for thread in parse(text)]


def parse(text: str) -> list[ScriptThread]:
    """Read conversations. Raises ValueError for a line that does not fit."""
    threads: list[ScriptThread] = []
    for line in text.splitlines():
        if line.startswith("== "):
            key, subject, options = _columns(line[3:], 3)
            threads.append(ScriptThread(key, _unescaped(subject), _options(options)))
        elif line.startswith("-- "):
            threads[-1].mails.append(_mail(line[3:]))
        elif match := _ATTACHMENT.match(line):
            lines = tuple(part.strip() for part in (match[3] or "").split("|") if part.strip())
            threads[-1].mails[-1].files.append(ScriptFile(match[1], match[2].strip(), lines))
        elif threads and threads[-1].mails:
            threads[-1].mails[-1].lines.append(_unescaped(line))
        elif line:
            raise ValueError(f"a line outside of a mail: {line!r}")
    return threads


def _mail(line: str) -> ScriptMail:
    people, when, marks, options = _columns(line, 4)
    if not _WHEN.match(when):
        raise ValueError(f"not a time: {when!r}")
    route, _, copies = people.partition(";")
    sender, _, to = route.partition(">")
    cc = copies.strip().removeprefix("cc=")
    return ScriptMail(sender.strip(), _keys(to), _keys(cc), when, marks, _options(options))


def _columns(line: str, count: int) -> list[str]:
    columns = [column.strip() for column in line.split("|")]
    if len(columns) == count and count == 4 and "=" in columns[2]:
        raise ValueError(f"marks expected: {line!r}")
    return (columns + [""] * count)[:count]


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _options(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split())
    return {key: value.replace("_", " ") for key, _, value in pairs}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def moment(when: str, now: datetime) -> datetime:
    """The time that `when` means, never after `now`."""
    match = _WHEN.match(when)
    if match is None:
        raise ValueError(f"not a time: {when!r}")
    if match[1]:
        day = now - timedelta(days=int(match[1]))
        return day.replace(hour=int(match[2]), minute=int(match[3]), second=0, microsecond=0)
    ago = timedelta(hours=int(match[4] or 0), minutes=int(match[5] or 0))
    return (now - ago).replace(microsecond=0)


def dated(text: str, now: datetime) -> str:
    """The text with its dates filled in."""

    def shown(match: re.Match[str]) -> str:
        day = now + timedelta(days=int(match[1]))
        form = (match[2] or "%A").replace("%-d", str(day.day))
        return day.strftime(form)

    return _DATE.sub(shown, text)
