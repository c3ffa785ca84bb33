"""What people type for a time, and what it means (B43): a table for every language."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tui_mail.config.times import time_languages, time_words
from tui_mail.errors import ActionError
from tui_mail.model.moments import shown
from tui_mail.model.when import parse_when, proposals

BERLIN = ZoneInfo("Europe/Berlin")
NOW = int(datetime(2026, 11, 25, 10, 20, 30, tzinfo=BERLIN).timestamp())
"""A Wednesday."""

CASES = [
    ("en", "tomorrow 9", "2026-11-26 09:00"),
    ("en", "Tomorrow at 9:15 pm", "2026-11-26 21:15"),
    ("en", "tomorrow", "2026-11-26 09:00"),
    ("en", "tomorrow evening", "2026-11-26 18:00"),
    ("en", "the day after tomorrow 8", "2026-11-27 08:00"),
    ("en", "mon 14:30", "2026-11-30 14:30"),
    ("en", "wed 14:30", "2026-11-25 14:30"),
    ("en", "wed 8:00", "2026-12-02 08:00"),
    ("en", "friday", "2026-11-27 09:00"),
    ("en", "next friday", "2026-12-04 09:00"),
    ("en", "next week", "2026-11-30 09:00"),
    ("en", "next month", "2026-12-01 09:00"),
    ("en", "in 2 hours", "2026-11-25 12:21"),
    ("en", "in an hour", "2026-11-25 11:21"),
    ("en", "in half an hour", "2026-11-25 10:51"),
    ("en", "in 2 days", "2026-11-27 10:20"),
    ("en", "in 2 days 7:00", "2026-11-27 07:00"),
    ("en", "in a month", "2026-12-25 10:20"),
    ("en", "90m", "2026-11-25 11:51"),
    ("en", "2h", "2026-11-25 12:21"),
    ("en", "3d", "2026-11-28 10:20"),
    ("en", "25 dec 8:00", "2026-12-25 08:00"),
    ("en", "dec 25th at 8am", "2026-12-25 08:00"),
    ("en", "3 march", "2027-03-03 09:00"),
    ("en", "25 december 2027 noon", "2027-12-25 12:00"),
    ("en", "2026-12-01 09:00", "2026-12-01 09:00"),
    ("en", "2026-12-01T09:00Z", "2026-12-01 10:00"),
    ("en", "2026-12-01 09:00+05:30", "2026-12-01 04:30"),
    ("en", "2026-12-01", "2026-12-01 09:00"),
    ("en", "25/12", "2026-12-25 09:00"),
    ("en", "17:00", "2026-11-25 17:00"),
    ("en", "9", "2026-11-26 09:00"),
    ("en", "tonight", "2026-11-25 18:00"),
    ("en", "3 in the afternoon", "2026-11-25 15:00"),
    ("en", "29 feb 2028", "2028-02-29 09:00"),
    ("de", "morgen 9 Uhr", "2026-11-26 09:00"),
    ("de", "übermorgen", "2026-11-27 09:00"),
    ("de", "morgen früh", "2026-11-26 09:00"),
    ("de", "Mo 14:30", "2026-11-30 14:30"),
    ("de", "am Freitag um 8 Uhr", "2026-11-27 08:00"),
    ("de", "nächsten Freitag", "2026-12-04 09:00"),
    ("de", "nächste Woche", "2026-11-30 09:00"),
    ("de", "in 2 Stunden", "2026-11-25 12:21"),
    ("de", "in einer Woche", "2026-12-02 10:20"),
    ("de", "25. Dezember 8:00", "2026-12-25 08:00"),
    ("de", "25.12. 8:00", "2026-12-25 08:00"),
    ("de", "25.12.2027", "2027-12-25 09:00"),
    ("de", "heute Abend", "2026-11-25 18:00"),
    ("de", "tomorrow 9", "2026-11-26 09:00"),
    ("fr", "demain 9h", "2026-11-26 09:00"),
    ("fr", "demain à 14h30", "2026-11-26 14:30"),
    ("fr", "après-demain", "2026-11-27 09:00"),
    ("fr", "mar 8:00", "2026-12-01 08:00"),
    ("fr", "vendredi prochain", "2026-12-04 09:00"),
    ("fr", "dans 2 heures", "2026-11-25 12:21"),
    ("fr", "le 25 décembre à 8 heures", "2026-12-25 08:00"),
    ("fr", "ce soir", "2026-11-25 18:00"),
    ("es", "mañana a las 9", "2026-11-26 09:00"),
    ("es", "mañana por la mañana", "2026-11-26 09:00"),
    ("es", "pasado mañana", "2026-11-27 09:00"),
    ("es", "lunes 14:30", "2026-11-30 14:30"),
    ("es", "dentro de 2 horas", "2026-11-25 12:21"),
    ("es", "el 25 de diciembre a las 8", "2026-12-25 08:00"),
    ("it", "domani alle 9", "2026-11-26 09:00"),
    ("it", "dopodomani", "2026-11-27 09:00"),
    ("it", "lunedì 14:30", "2026-11-30 14:30"),
    ("it", "tra 2 ore", "2026-11-25 12:21"),
    ("it", "25 dicembre ore 8", "2026-12-25 08:00"),
    ("it", "stasera", "2026-11-25 18:00"),
    ("nl", "morgen om 9 uur", "2026-11-26 09:00"),
    ("nl", "overmorgen", "2026-11-27 09:00"),
    ("nl", "ma 14:30", "2026-11-30 14:30"),
    ("nl", "over 2 uur", "2026-11-25 12:21"),
    ("nl", "volgende week", "2026-11-30 09:00"),
    ("nl", "25 december 8:00", "2026-12-25 08:00"),
    ("nl", "vanavond", "2026-11-25 18:00"),
]


def local(at: int) -> str:
    return datetime.fromtimestamp(at, BERLIN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(("code", "typed", "expected"), CASES)
def test_a_phrase_means(code: str, typed: str, expected: str) -> None:
    assert local(parse_when(typed, NOW, time_words(code), zone=BERLIN).at) == expected


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Say when"),
        ("gestern", "not understood"),
        ("soon", "not understood"),
        ("today", "time of today"),
        ("today 9:00", "past"),
        ("2020-01-01 09:00", "past"),
        ("2026-02-30", "no day"),
        ("25:00", "no time"),
        ("tomorrow 13pm", "no time"),
        ("3/4", "two days"),
        ("tomorrow 9 10", "Two times"),
        ("today tomorrow", "Two days"),
        ("in 2 hours 9:00", "do not go together"),
        ("dec", "day of the month"),
        ("in 900 months", "five years"),
        ("in 9999 w", "five years"),
        ("now", "is now"),
    ],
)
def test_what_is_unclear_or_past_is_refused(typed: str, why: str) -> None:
    with pytest.raises(ActionError, match=why):
        parse_when(typed, NOW, time_words("en"), zone=BERLIN)


@pytest.mark.parametrize(
    ("typed", "utc", "note"),
    [
        ("2027-03-28 02:30", "2027-03-28 01:30", "forward"),
        ("2027-03-28 01:59", "2027-03-28 00:59", ""),
        ("2027-10-31 02:30", "2027-10-31 00:30", "back"),
        ("2027-10-31 03:00", "2027-10-31 02:00", ""),
    ],
)
def test_changes_of_the_clocks_are_settled_openly(typed: str, utc: str, note: str) -> None:
    moment = parse_when(typed, NOW, time_words("en"), zone=BERLIN)
    assert datetime.fromtimestamp(moment.at, UTC).strftime("%Y-%m-%d %H:%M") == utc
    assert (note in moment.note) if note else not moment.note


def test_a_day_on_is_the_same_wall_clock_but_hours_are_hours() -> None:
    before = int(datetime(2027, 3, 27, 12, 0, tzinfo=BERLIN).timestamp())
    words = time_words("en")
    assert local(parse_when("in 1 day", before, words, zone=BERLIN).at) == "2027-03-28 12:00"
    assert local(parse_when("in 24 hours", before, words, zone=BERLIN).at) == "2027-03-28 13:00"


def test_the_systems_zone_is_taken_where_none_is_given() -> None:
    moment = parse_when("tomorrow 9", NOW, time_words("en"))
    here = datetime.fromtimestamp(moment.at)
    assert (here.hour, here.minute) == (9, 0)


def test_what_is_offered_lies_ahead_in_order() -> None:
    offered = [moment.at for _, moment in proposals(NOW, zone=BERLIN)]
    assert offered == sorted(offered)
    assert all(at > NOW for at in offered)
    assert len(set(offered)) == len(offered)


def test_a_moment_is_shown_in_full() -> None:
    at = int(datetime(2026, 12, 1, 9, 0, tzinfo=BERLIN).timestamp())
    assert shown(at, NOW, zone=BERLIN) == "Tue 1 Dec 2026 09:00 UTC+1, in 6 days"
    assert shown(NOW - 7200, NOW, zone=UTC) == "Wed 25 Nov 2026 07:20 UTC, 2 h ago"


def test_every_language_knows_every_word() -> None:
    assert {"en", "de", "fr", "es", "it", "nl"} <= set(time_languages())
    for code in time_languages():
        kinds = {kind for found in time_words(code)[0].phrases.values() for kind, _ in found}
        assert {"weekday", "month", "tomorrow", "hour", "in", "next", "evening"} <= kinds, code


@pytest.mark.parametrize("typed", ["\x00", "9" * 300, "in in in", "+", "..", "::", "🕘"])
def test_nonsense_is_a_refusal_and_never_a_crash(typed: str) -> None:
    with pytest.raises(ActionError):
        parse_when(typed, NOW, time_words("de"), zone=BERLIN)
