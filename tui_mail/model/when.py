"""Times as people say them: "tomorrow 9", "mon 14:30", "in 2 hours", "25 dec 8:00" (B43).

The words are data of the caller, the zone too; what comes out is a moment and what to say of it.
Wall clock times that a change of the clocks leaves out or repeats are settled openly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from tui_mail.errors import ActionError
from tui_mail.model.moments import local
from tui_mail.model.when_words import (
    EXAMPLES,
    TimeWords,
    Token,
    calendar_day,
    clock_time,
    plain,
    tokens_of,
)

AFTERNOON, EVENING = time(14), time(18)
FARTHEST = 5 * 366
"""Days that are at most planned ahead."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was said, made exact."""

    at: int
    """UTC seconds."""
    note: str = ""
    """What a change of the clocks did to it; empty for nothing."""


@dataclass(slots=True)
class _Said:
    """What has been understood so far."""

    day: date | None = None
    clock: time | None = None
    span: timedelta | None = None
    months: int = 0
    exact: datetime | None = None
    may_be_today: bool = False
    """The day is only a weekday: today counts while the time is still to come."""
    yearless: bool = False
    half: str = ""
    """Which part of the day was named."""


def parse_when(
    typed: str,
    now: int,
    words: Sequence[TimeWords],
    *,
    zone: tzinfo | None = None,
    morning: int = 9,
) -> Moment:
    """The moment a phrase means, to the minute; `zone` None is the system's.

    The languages in `words` are tried in order. `morning` is the hour of a day said without one.
    Raises ActionError for what is not understood, unclear, or not in the future.
    """
    text = plain(typed)
    if not text:
        raise ActionError("Say when.", hint=EXAMPLES)
    refusal: ActionError | None = None
    for one in words:
        try:
            return _checked(_moment(tokens_of(text, one), now, zone, time(morning)), now)
        except ActionError as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def proposals(
    now: int, *, zone: tzinfo | None = None, morning: int = 9
) -> list[tuple[str, Moment]]:
    """Times that are offered, the nearest first, each with its name."""
    here = local(now, zone)
    today, first = here.date(), time(morning)
    monday = today + timedelta(days=7 - today.weekday())
    offered: list[tuple[str, date, time]] = [
        ("this afternoon", today, AFTERNOON),
        ("this evening", today, EVENING),
        ("tomorrow morning", today + timedelta(days=1), first),
        ("tomorrow afternoon", today + timedelta(days=1), AFTERNOON),
        ("Friday morning", today + timedelta(days=(4 - today.weekday()) % 7), first),
        ("next Monday morning", monday, first),
        ("in two weeks", today + timedelta(days=14), first),
        ("in a month", _months_on(today, 1), first),
    ]
    found: dict[int, tuple[str, Moment]] = {}
    for name, day, clock in offered:
        moment = _on_clock(day, clock, zone)
        if moment.at > now + 1800:
            found.setdefault(moment.at, (name, moment))
    hour = Moment((now // 60 + 60) * 60)
    return [("in an hour", hour), *(found[at] for at in sorted(found))]


def _moment(tokens: Sequence[Token], now: int, zone: tzinfo | None, morning: time) -> Moment:
    said = _understand(tokens, local(now, zone).date(), morning)
    if said.exact is not None:
        return Moment(int(said.exact.timestamp()))
    here = local(now, zone)
    if said.span is not None and said.day is None:
        if said.clock is not None:
            raise ActionError("A length of time and a time of day do not go together.")
        return Moment(-(-(now + int(said.span.total_seconds())) // 60) * 60)
    day, clock = said.day, said.clock
    if day is None and clock is None:
        raise ActionError("No time is said.", hint=EXAMPLES)
    if day is None:
        assert clock is not None
        today = _on_clock(here.date(), clock, zone)
        return today if today.at > now else _on_clock(here.date() + timedelta(1), clock, zone)
    if said.yearless:
        day = _coming(day, here.date())
    if clock is None:
        if day == here.date() and not said.may_be_today:
            raise ActionError("Say the time of today too.", hint="Such as: today 17:00.")
        clock = morning if said.span is None else here.time().replace(second=0, microsecond=0)
    moment = _on_clock(day, clock, zone)
    if said.may_be_today and moment.at <= now:
        moment = _on_clock(day + timedelta(days=7), clock, zone)
    return moment


def _understand(tokens: Sequence[Token], today: date, morning: time) -> _Said:
    said = _Said()
    numbers: list[int] = []
    month = is_next = 0
    half = False
    for number, token in enumerate(tokens):
        kind, value = token.kind, token.value
        if kind == "number":
            assert isinstance(value, int)
            numbers.append(value)
        elif kind == "one":
            numbers.append(1)
        elif kind == "half":
            half = True
        elif kind in ("minute", "hour", "day", "week", "month") and not (kind == "month" and value):
            if is_next and not numbers:
                _next_period(said, kind, today)
            else:
                count = numbers.pop() if numbers else 1
                _add(said, kind, 0.5 if half else count, today)
            is_next, half = 0, False
        elif kind == "span":
            assert isinstance(value, tuple)
            _add(said, value[0], value[1], today)
        elif kind == "month":
            assert isinstance(value, int)
            month = value
        elif kind == "weekday":
            assert isinstance(value, int)
            _set_day(said, today + timedelta(days=(value - today.weekday()) % 7))
            said.may_be_today = True
        elif kind == "next":
            is_next = 1
        elif kind == "weekend":
            _set_day(said, today + timedelta(days=(5 - today.weekday()) % 7 or 7))
        elif kind in ("today", "tomorrow", "overmorrow"):
            _set_day(said, today + timedelta(days=("today", "tomorrow", "overmorrow").index(kind)))
        elif kind == "date":
            assert isinstance(value, tuple)
            _set_day(said, value[0])
            said.yearless = value[1]
        elif kind == "iso":
            if isinstance(value, datetime):
                said.exact = value
            else:
                assert isinstance(value, tuple)
                _set_day(said, value[0])
                _set_clock(said, value[1])
        elif kind == "clock_time":
            assert isinstance(value, time)
            _set_clock(said, value)
        elif kind == "clock":
            if number and tokens[number - 1].kind in ("number", "one"):
                _set_clock(said, clock_time(numbers.pop(), 0))
        elif kind in ("morning", "noon", "afternoon", "evening", "midnight"):
            said.half = kind
        elif kind == "now":
            raise ActionError("That is now; sending does it.", hint=EXAMPLES)
    if month:
        _month_day(said, month, numbers, today)
    if is_next and said.may_be_today and said.day is not None:
        monday = today + timedelta(days=7 - today.weekday())
        _set_day(said, monday + timedelta(days=said.day.weekday()), again=True)
        said.may_be_today = False
    for number in numbers:
        _set_clock(said, clock_time(number, 0))
    _part_of_day(said, morning)
    return said


def _part_of_day(said: _Said, morning: time) -> None:
    """Make "3 in the afternoon" 15:00; "tomorrow evening" has an hour of its own."""
    if not said.half:
        return
    if said.clock is not None:
        late = said.half in ("afternoon", "evening")
        if late and said.clock.hour < 12:
            said.clock = said.clock.replace(hour=said.clock.hour + 12)
        return
    own = {"morning": morning, "noon": time(12), "afternoon": AFTERNOON, "evening": EVENING}
    said.clock = own.get(said.half, time(0))
    if said.half == "midnight" and said.day is not None:
        said.day += timedelta(days=1)
        said.may_be_today = False


def _month_day(said: _Said, month: int, numbers: list[int], today: date) -> None:
    """The day and the year beside a month's name."""
    year = next((n for n in numbers if n > 1900), 0)
    if year:
        numbers.remove(year)
    if not numbers:
        raise ActionError("Say the day of the month too.", hint="Such as: 25 dec 8:00.")
    _set_day(said, calendar_day(year or 2024, month, numbers.pop(0)), again=said.may_be_today)
    said.yearless, said.may_be_today = not year, False


def _next_period(said: _Said, unit: str, today: date) -> None:
    """Of "next week" its Monday, of "next month" its first day."""
    if unit == "week":
        _set_day(said, today + timedelta(days=7 - today.weekday()))
    elif unit == "month":
        _set_day(said, _months_on(today.replace(day=1), 1))
    else:
        _add(said, unit, 1, today)


def _add(said: _Said, unit: str, count: float, today: date) -> None:
    if count > 50_000:
        raise ActionError("That is too far ahead.")
    span = said.span or timedelta()
    if unit in ("minute", "hour"):
        said.span = span + timedelta(**{f"{unit}s": count})
        return
    if count != int(count):
        said.span = span + timedelta(days=count * (7 if unit == "week" else 1))
        return
    day = said.day or today
    whole = int(count)
    if unit == "month":
        said.day = _months_on(day, whole)
    else:
        said.day = day + timedelta(days=whole * (7 if unit == "week" else 1))
    said.span = span


def _set_day(said: _Said, day: date, *, again: bool = False) -> None:
    if said.day is not None and said.day != day and not again and not said.may_be_today:
        raise ActionError("Two days are said.", hint=EXAMPLES)
    said.day = day


def _set_clock(said: _Said, clock: time) -> None:
    if said.clock is not None:
        raise ActionError("Two times are said.", hint=EXAMPLES)
    said.clock = clock


def _coming(day: date, today: date) -> date:
    """The next such day of a year; 29 February waits for its year."""
    for year in range(today.year, today.year + 9):
        try:
            found = day.replace(year=year)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ActionError("That day does not come.")


def _months_on(day: date, months: int) -> date:
    """As many months on; the 31st becomes the last day of a shorter month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if year > 9000:
        raise ActionError("That is too far ahead.")
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def _on_clock(day: date, clock: time, zone: tzinfo | None) -> Moment:
    """A wall clock time as a moment: what the clocks skip is an hour later, the first of two."""
    wall = datetime.combine(day, clock)
    first, second = (int((wall.replace(tzinfo=zone, fold=fold)).timestamp()) for fold in (0, 1))
    real = local(first, zone).replace(tzinfo=None)
    if real != wall:
        skipped = f"the clocks go forward: {clock:%H:%M} does not exist that day"
        return Moment(first, skipped)
    if second != first:
        return Moment(first, f"the clocks go back: the first {clock:%H:%M} of two")
    return Moment(first)


def _checked(moment: Moment, now: int) -> Moment:
    if moment.at <= now:
        raise ActionError("That time is past.")
    if moment.at > now + FARTHEST * 86_400:
        raise ActionError("That is more than five years ahead.")
    return moment
