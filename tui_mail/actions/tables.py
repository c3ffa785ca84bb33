"""Reading CSV files of any make: encoding and delimiter are guessed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from tui_mail.errors import ActionError
from tui_mail.model import mapping

MAX_ROWS = 200_000
MAX_OCTETS = 64 * 1024 * 1024
_GUESS_MIN = 24
_ENCODINGS = (
    *(f"cp{number}" for number in range(1250, 1259)),
    "cp932", "gb18030", "big5", "cp949",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of text, and how it was read."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """The line of the file each row ends on, for messages."""
    delimiter: str
    encoding: str


def read_csv(data: bytes) -> Table:
    """Read a CSV file, guessing encoding and delimiter. Raises ActionError when it is no table."""
    if len(data) > MAX_OCTETS:
        raise ActionError(f"The file is larger than {MAX_OCTETS >> 20} MB.")
    text, encoding = _decode(data)
    delimiter = _delimiter(text)
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(tuple(row[: mapping.MANY]))
                lines.append(reader.line_num)
            if len(rows) > MAX_ROWS:
                raise ActionError(f"The file has more than {MAX_ROWS:,} rows.")
    except csv.Error as error:
        raise ActionError(f"Line {reader.line_num} cannot be read: {error}.") from error
    if not rows:
        raise ActionError("The file is empty.")
    return Table(rows[0], tuple(rows[1:]), tuple(lines[1:]), delimiter, encoding)


def _decode(data: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"),
                           (b"\xfe\xff", "utf-16")):  # fmt: skip
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _guessed(data)


def _guessed(data: bytes) -> tuple[str, str]:
    """Few letters beyond ASCII say too little: then what spreadsheets of the West write."""
    from charset_normalizer import from_bytes

    sample = data[:200_000]
    best = None
    if sum(byte > 0x7F for byte in sample) >= _GUESS_MIN:
        best = from_bytes(sample, cp_isolation=list(_ENCODINGS)).best()
    encoding = best.encoding if best is not None else "cp1252"
    return data.decode(encoding, "replace"), encoding


def _delimiter(text: str) -> str:
    """The character that cuts the first rows into the most columns, alike in all of them."""
    best, score = ",", 0
    for candidate in ",;\t|":
        sample = io.StringIO(text[:20_000], newline="")
        try:
            rows = [row for _, row in zip(range(12), csv.reader(sample, delimiter=candidate))]  # noqa: B905
        except csv.Error:
            continue
        counts = [len(row) for row in rows if row][:10]
        if counts and counts[0] > 1:
            alike = sum(count == counts[0] for count in counts)
            if alike * 100 + counts[0] > score:
                best, score = candidate, alike * 100 + counts[0]
    return best
