"""The Date header, read tolerantly (RFC 5322 §3.3, §4.3)."""

from __future__ import annotations

import re
from calendar import timegm

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES = {
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "est": -18000,
    "edt": -14400,
    "cst": -21600,
    "cdt": -18000,
    "mst": -25200,
    "mdt": -21600,
    "pst": -28800,
    "pdt": -25200,
    "bst": 3600,
    "wet": 0,
    "west": 3600,
    "cet": 3600,
    "met": 3600,
    "cest": 7200,
    "mest": 7200,
    "eet": 7200,
    "eest": 10800,
    "msk": 10800,
    "ist": 19800,
    "jst": 32400,
    "kst": 32400,
}
_TIME = (
    r"([0-9]{1,2})[:.]([0-9]{1,2})(?:[:.]([0-9]{1,2}))?(?:\.[0-9]{1,9})?(?:[ ]?([AaPp][Mm])\b)?"
    r"(?:[ ]{0,9}([+-][0-9]{1,2}:?[0-9]{2}|[A-Za-z]{1,5}\b))?"
)
_USUAL = re.compile(
    rf"(?:[^\W\d]{{2,12}}\.?,?[ ]{{0,9}})?([0-9]{{1,2}})[ -]{{1,9}}"
    rf"([A-Za-z]{{3,9}})\.?,?[ -]{{1,9}}"
    rf"([0-9]{{2,4}}),?[ ]{{1,9}}(?:at[ ])?{_TIME}"
)
_ASCTIME = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?[ ]{{1,9}})?([A-Za-z]{{3,9}})\.?[ ]{{1,9}}([0-9]{{1,2}}),?[ ]{{1,9}}"
    rf"(?:([0-9]{{4}}),?[ ]{{1,9}})?{_TIME}(?:[ ]{{1,9}}([0-9]{{4}}))?"
)
_ISO = re.compile(rf"([0-9]{{4}})[-/]([0-9]{{1,2}})[-/]([0-9]{{1,2}})(?:[T ]{{1,9}}{_TIME})?")
_COMMENT = re.compile(r"\([^()]*\)")
_MAX = 200
_LATEST = 32503680000
"""The year 3000: later dates are rubbish and would stay on top of every list."""


def parse_date(value: str) -> int | None:
    """UTC seconds of a Date header, or None when it cannot be read or is out of 1970..3000."""
    value = value[:_MAX]
    if "(" in value:
        value = _COMMENT.sub(" ", value)
    value = " ".join(value.split())
    match = _USUAL.match(value)
    if match:
        day, month, year, hour, minute, second, half, zone = match.groups()
        return _seconds(
            year, _MONTHS.get(month[:3].lower(), 0), day, hour, minute, second, half, zone
        )
    match = _ISO.match(value)
    if match:
        year, number, day, hour, minute, second, half, zone = match.groups()
        return _seconds(year, int(number), day, hour or "0", minute or "0", second, half, zone)
    match = _ASCTIME.match(value)
    if match:
        month, day, year, hour, minute, second, half, zone, last_year = match.groups()
        year = year or last_year
        if year:
            number_ = _MONTHS.get(month[:3].lower(), 0)
            return _seconds(year, number_, day, hour, minute, second, half, zone)
    return None


def _seconds(
    year: str,
    month: int,
    day: str,
    hour: str,
    minute: str,
    second: str | None,
    half: str | None,
    zone: str | None,
) -> int | None:
    y = int(year)
    if len(year) == 2:
        y += 2000 if y < 50 else 1900
    elif len(year) == 3:
        y += 1900
    d, h, m, s = int(day), int(hour), int(minute), int(second or 0)
    if half:
        h = h % 12 + (12 if half.lower() == "pm" else 0)
    if not (1 <= month <= 12 and 1 <= d <= 31 and h <= 24 and m <= 59 and s <= 60):
        return None
    try:
        at = timegm((y, month, d, h, m, s)) - _offset(zone)
    except (ValueError, OverflowError):
        return None
    return at if 0 <= at <= _LATEST else None


def _offset(zone: str | None) -> int:
    if not zone:
        return 0
    if zone[0] not in "+-":
        return _ZONES.get(zone.lower(), 0)
    digits = zone[1:].replace(":", "").zfill(4)
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    if seconds > 15 * 3600:
        return 0
    return -seconds if zone[0] == "-" else seconds
