"""Calendar invitations in words (RFC 5545, RFC 5546). A broken one never raises."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tui_mail.model.messages import Invite
from tui_mail.model.safe_text import one_line

MAX_SOURCE = 200_000
"""Octets of a calendar that are read."""

MAX_ATTENDEES = 100
"""Attendees shown."""

_METHODS = {"REQUEST", "REPLY", "CANCEL", "PUBLISH", "COUNTER", "DECLINECOUNTER", "REFRESH", "ADD"}
_EVERY = {
    "SECONDLY": ("second", "seconds"),
    "MINUTELY": ("minute", "minutes"),
    "HOURLY": ("hour", "hours"),
    "DAILY": ("day", "days"),
    "WEEKLY": ("week", "weeks"),
    "MONTHLY": ("month", "months"),
    "YEARLY": ("year", "years"),
}
_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_WHICH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}


def read_invite(data: bytes, method: str = "") -> Invite | None:
    """The first event of a calendar, or None when there is none that can be read.

    `method` is the parameter of the Content-Type, used when the calendar names none. Times are
    shown in the zone the sender gave.
    """
    if len(data) > MAX_SOURCE:
        return None
    try:
        from icalendar import Calendar

        calendars: list[Any] = Calendar.from_ical(data, multiple=True)
        for calendar in calendars[:10]:
            for event in calendar.walk("VEVENT")[:1]:
                return _invite(calendar, event, method)
    except Exception:
        return None
    return None


def _invite(calendar: Any, event: Any, method: str) -> Invite:
    named = one_line(str(calendar.get("METHOD", "") or method), 40).upper()
    start, end = _when(event, "DTSTART"), _when(event, "DTEND")
    if not end:
        duration = _value(event, "DURATION")
        began = _value(event, "DTSTART")
        try:
            end = _shown(began + duration) if duration is not None and began is not None else ""
        except (TypeError, OverflowError):
            end = ""
    attendees = event.get("ATTENDEE", [])
    people = attendees if isinstance(attendees, list) else [attendees]
    return Invite(
        method=named if named in _METHODS else "",
        summary=_text(event, "SUMMARY", 300),
        start=start,
        end=end,
        location=_text(event, "LOCATION", 300),
        organizer=_person(event.get("ORGANIZER")),
        attendees=tuple(filter(None, (_person(one) for one in people[:MAX_ATTENDEES]))),
        rule=_rule(event),
        status=_text(event, "STATUS", 40),
        uid=_text(event, "UID", 300),
    )


def _text(event: Any, name: str, limit: int) -> str:
    value = event.get(name, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return one_line(str(value or ""), limit)


def _value(event: Any, name: str) -> Any:
    try:
        found = event.get(name)
        return getattr(found, "dt", None)
    except Exception:
        return None


def _when(event: Any, name: str) -> str:
    return _shown(_value(event, name))


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        zone = value.tzinfo
        name = getattr(zone, "key", None) or (value.tzname() if zone is not None else "") or ""
        text = value.replace(tzinfo=None).isoformat(timespec="minutes")
        return one_line(f"{text} {name}".strip(), 80)
    if isinstance(value, date):
        return value.isoformat()
    return ""


def _person(value: Any) -> str:
    if value is None:
        return ""
    address = str(value)
    if address.lower().startswith("mailto:"):
        address = address[7:]
    params = getattr(value, "params", {})
    name = one_line(str(params.get("CN", "") or ""), 100)
    state = one_line(str(params.get("PARTSTAT", "") or ""), 30).lower()
    shown = one_line(address, 200)
    if name and name.lower() != shown.lower():
        shown = f"{name} <{shown}>"
    return f"{shown} ({state})" if state and state != "needs-action" else shown


def _rule(event: Any) -> str:
    rule = event.get("RRULE")
    if isinstance(rule, list):
        rule = rule[0] if rule else None
    if not hasattr(rule, "get"):
        return ""
    try:
        return one_line(_rule_in_words(rule), 200)
    except Exception:
        return "repeats"


def _rule_in_words(rule: Any) -> str:
    one, many = _EVERY[str(rule.get("FREQ", [""])[0]).upper()]
    interval = int(rule.get("INTERVAL", [1])[0])
    words = f"every {one}" if interval == 1 else f"every {interval} {many}"
    days = [_day(str(day)) for day in rule.get("BYDAY", [])][:7]
    if days:
        words += " on " + ", ".join(days)
    month_days = [str(day) for day in rule.get("BYMONTHDAY", [])][:5]
    if month_days:
        words += " on day " + ", ".join(month_days)
    if rule.get("COUNT"):
        words += f", {int(rule['COUNT'][0])} times"
    elif rule.get("UNTIL"):
        words += f", until {_shown(rule['UNTIL'][0])}"
    return words


def _day(text: str) -> str:
    which, name = text[:-2].lstrip("+"), _DAYS.get(text[-2:].upper(), text[-2:])
    return f"the {_WHICH.get(which, which)} {name}" if which else name
