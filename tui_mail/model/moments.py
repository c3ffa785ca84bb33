"""Moments in words: with day, hour and zone, and how far off they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def shown(at: int, now: int, *, zone: tzinfo | None = None) -> str:
    """A moment in full: `Tue 1 Dec 2026 09:00 UTC+1, in 8 days`."""
    then = local(at, zone)
    offset = then.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    zone_words = f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")
    return f"{brief(at, zone=zone)} {zone_words if minutes else 'UTC'}, {_distance(at - now)}"


def brief(at: int, *, zone: tzinfo | None = None) -> str:
    """A moment in a few letters: `Tue 1 Dec 2026 09:00`."""
    then = local(at, zone)
    return f"{_DAYS[then.weekday()]} {then.day} {_MONTHS[then.month - 1]} {then.year} {then:%H:%M}"


def _distance(seconds: int) -> str:
    size = abs(seconds)
    for least, unit, name in ((172_800, 86_400, "days"), (5400, 3600, "h"), (0, 60, "min")):
        if size >= least:
            count = round(size / unit)
            return f"in {count} {name}" if seconds >= 0 else f"{count} {name} ago"
    raise AssertionError


def local(at: int, zone: tzinfo | None) -> datetime:
    """A moment on the clocks of a zone; None is the system's."""
    moment = datetime.fromtimestamp(at, UTC)
    return moment.astimezone(zone)
