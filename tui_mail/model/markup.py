"""Parts of a mail's Markdown: inline images, quotes, the signature. Pure text work."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.model.bidi import direction_of
from tui_mail.model.smart_fields import escaped

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What mail programs show inside a text."""

_IMAGE = re.compile(
    r"(?<!\\)!\[((?:[^\[\]\\\n]|\\.){0,500})\]\((?:<([^<>\n]{1,1000})>|([^()\s]{1,1000}))\)"
)
_REMOTE = re.compile(r"(?:https?:|//)", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_DASHES = "-- "
_CUT = "> […]"
_SENT_ON = "---------- "
"""Begins the line over a mail that is sent on."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One `![alt](target)` of a text."""

    alt: str
    target: str
    line: int

    @property
    def is_remote(self) -> bool:
        """It would be loaded from somewhere else when the mail is read."""
        return bool(_REMOTE.match(self.target))

    @property
    def is_file(self) -> bool:
        """It names a file that has to be attached."""
        return not self.is_remote and not self.target.lower().startswith(("cid:", "data:"))


def images(body: str) -> list[ImageRef]:
    """The images of a text, outside code blocks, in order."""
    found: list[ImageRef] = []
    fenced = False
    for number, line in enumerate(body.split("\n"), start=1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and "![" in line:
            found += [ImageRef(m[1], m[2] or m[3], number) for m in _IMAGE.finditer(line)]
    return found


def as_text(text: str) -> str:
    """Another's words as they may begin a text of ours: no fields, and no images of our files."""
    return escaped(re.sub(r"!(?=\[)", r"\\!", text))


def image_markup(filename: str, alt: str = "") -> str:
    """How an attached image is written into a text."""
    shown = alt or filename.rpartition(".")[0] or filename
    shown = re.sub(r"[\[\]\\\n]", "", shown)
    plain = re.fullmatch(r"[^()\s<>]+", filename) is not None
    return f"![{shown}]({filename if plain else f'<{filename}>'})"


def with_content_ids(body: str, content_id: Callable[[str], str]) -> str:
    """The text with attached images by their Content-ID; `content_id` gives "" for other names."""

    def put(match: re.Match[str]) -> str:
        found = content_id(match[2] or match[3])
        return f"![{match[1]}](cid:{found})" if found else match[0]

    return _IMAGE.sub(put, body)


def own_words(body: str) -> str:
    """What the writer typed: without quoted lines, what is sent on, and the signature."""
    lines: list[str] = []
    for line in body.split("\n"):
        if line == _DASHES or line.startswith(_SENT_ON):
            break
        if not line.startswith(">"):
            lines.append(line)
    return "\n".join(lines)


def trimmed(body: str) -> str:
    """The text without quotes that nothing was written under, and without quotes of quotes.

    What is cut inside leaves a mark; the line that says who wrote goes with the last of its quote.
    """
    lines = [line for line in body.split("\n") if not re.match(r">[> ]*>", line)]
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        quoted = line.startswith(">")
        if not runs or runs[-1][0] != quoted:
            runs.append((quoted, []))
        runs[-1][1].append(line)
    out: list[str] = []
    for number, (quoted, run) in enumerate(runs):
        if not quoted:
            out += run
            continue
        answered = any(
            not later_quoted and _is_answer(later) for later_quoted, later in runs[number + 1 :]
        )
        if answered:
            out += _last_paragraph(run)
        else:
            _drop_attribution(out)
            out += [line for later_quoted, later in runs[number + 1 :] if not later_quoted
                    for line in later]  # fmt: skip
            break
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).rstrip("\n") + "\n"


def _is_answer(lines: list[str]) -> bool:
    for line in lines:
        if line == _DASHES:
            return False
        if line.strip():
            return True
    return False


def _last_paragraph(run: list[str]) -> list[str]:
    """The end of a quote, which is what the words below it answer."""
    while run and not run[-1].strip("> "):
        run = run[:-1]
    start = len(run)
    while start and run[start - 1].strip("> "):
        start -= 1
    kept = run[start:]
    return [*([_CUT] if start else []), *kept]


def _drop_attribution(out: list[str]) -> None:
    while out and not out[-1].strip():
        out.pop()
    if out and out[-1].rstrip().endswith((":", "：")):
        out.pop()
    while out and not out[-1].strip():
        out.pop()


def signed(body: str, new: str, old: str = "", *, had: bool = False) -> str:
    """The text with another signature: the former goes, else it stands above the quote or last.

    `old` is the former as it was put in; with `had` it is also found by its dashes when it was
    changed by hand since. An empty `new` takes the signature out.
    """
    block = f"{_DASHES}\n{new.strip()}" if new.strip() else ""
    former = signature_of(body, old, had=had)
    if former:
        before, _, after = body.rpartition(former)
        if not block:
            return before.rstrip("\n") + ("\n\n" if after.strip() else "\n") + after.lstrip("\n")
        return before + block + after
    if not block:
        return body
    lines = body.split("\n")
    cut = _quote_start(lines, 0)
    above = "\n".join(lines[:cut]).rstrip("\n")
    below = "\n".join(lines[cut:]).strip("\n")
    return f"{above}\n\n{block}\n" + (f"\n{below}\n" if below else "")


def signature_of(body: str, old: str, *, had: bool) -> str:
    """The signature that stands in a text, its dashes included; empty when there is none.

    It ends before a quote, and with as many paragraphs as `old` has: what is written below stays.
    """
    lines = body.split("\n")
    end = next((n for n, line in enumerate(lines) if line.startswith(_SENT_ON)), len(lines))
    known = old.strip().split("\n") if old.strip() else []
    dashes = [
        n
        for n, line in enumerate(lines[:end])
        if (had and line.rstrip() == _DASHES.rstrip())
        or (known and line == _DASHES and lines[n + 1 : n + 1 + len(known)] == known)
    ]
    if not dashes:
        return ""
    first, last = dashes[-1], _quote_start(lines, dashes[-1])
    more = len(re.findall(r"\n\s*\n", old.strip()))
    for number in range(first + 1, last):
        if not lines[number].strip() and lines[number - 1].strip():
            if not more:
                last = number
                break
            more -= 1
    return "\n".join(lines[first:last]).rstrip("\n")


def _quote_start(lines: list[str], first: int) -> int:
    """The line at which the quote or the mail that is sent on begins, with who wrote it."""
    cut = next(
        (n for n in range(first, len(lines)) if lines[n].startswith((">", _SENT_ON))), len(lines)
    )
    if cut < len(lines) and lines[cut].startswith(">"):
        while cut > first and (
            not lines[cut - 1].strip() or lines[cut - 1].rstrip().endswith((":", "："))
        ):
            cut -= 1
            if lines[cut].strip():
                break
    return cut


def paragraph_directions(lines: list[str]) -> list[bool]:
    """For each line of a text whether its paragraph reads from right to left (R8).

    A line without a letter of its own, such as a number, is as the line above it in its paragraph.
    """
    found: list[bool] = []
    rtl = False
    for line in lines:
        direction = direction_of(line)
        if direction:
            rtl = direction == "rtl"
        elif not line.strip():
            rtl = False
        found.append(rtl)
    return found
