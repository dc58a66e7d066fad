"""Dates as sites, feeds and editors write them, in Russian and English: each read in one way.

A table of our own: libraries that read any date guess, and take 05/09/2024 for one day or another.
Here every part of the text must be known, and a date that can be read in two ways is refused.
What stands without a zone is in the zone that the caller gives. tests/golden/dates has examples.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

AMBIGUOUS = "ambiguous date: the first number may be the day or the month"


class Ambiguous(ValueError):
    """A date that can be read in two ways: 05/09/2024."""

    def __init__(self) -> None:
        super().__init__(AMBIGUOUS)


_ISO = re.compile(r"(?=.*-|\d{8}[Tt ])[\dW-]{7,10}(?:[Tt ].*)?", re.ASCII)
_SECONDS = re.compile(r"-?\d{9,10}(?:\.\d{1,9})?|-?\d{13}", re.ASCII)
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan январь января янв",
            "february feb февраль февраля фев февр",
            "march mar март марта мар",
            "april apr апрель апреля апр",
            "may май мая",
            "june jun июнь июня июн",
            "july jul июль июля июл",
            "august aug август августа авг",
            "september sep sept сентябрь сентября сен сент",
            "october oct октябрь октября окт",
            "november nov ноябрь ноября ноя нояб",
            "december dec декабрь декабря дек",
        ),
        1,
    )
    for name in names.split()
}
_WEEKDAYS = frozenset(
    one
    for names in (
        "monday mon понедельник пн",
        "tuesday tue tues вторник вт",
        "wednesday wed среда ср",
        "thursday thu thur thurs четверг чт",
        "friday fri пятница пт",
        "saturday sat суббота сб",
        "sunday sun воскресенье вс",
    )
    for one in names.split()
)
_FILLERS = frozenset({"t", "at", "of", "on", "the", "в", "г", "год", "года", "от"})
_HOURS: Mapping[str, float] = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Zones that RFC 2822 names, in hours; other names have more than one meaning (IST, BST)."""
_MOSCOW = frozenset({"msk", "мск"})

_PART = re.compile(
    r"(?P<ymd>\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))"
    r"|(?P<dmy>\d{1,2}(?P<sign>[-/.])\d{1,2}(?P=sign)(?:\d{4}|\d{2})(?!\d))"
    r"|(?P<compact>\d{8}(?!\d))"
    r"|(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?!\d))"
    r"|(?P<twelve>(?P<hour>\d{1,2})\s*(?P<half>[ap])\.?m\b\.?)"
    r"|(?P<half_alone>[ap]\.?m\b\.?)"
    r"|(?P<zone>(?:utc|gmt)?[+-](?:\d{2}:?\d{2}|\d{1,2})(?![\d:]))"
    r"|(?P<number>\d{1,4}(?!\d))(?:st|nd|rd|th|-го)?(?![^\W\d_])"
    r"|(?P<word>[^\W\d_]+)\.?"
    r"|(?P<space>[\s,;]+)"
    r"|(?P<comment>\([^()]*\))",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Parts:
    """What was read so far; each part stands once."""

    day: tuple[int, int, int] | None = None
    month: int | None = None
    numbers: tuple[str, ...] = ()
    clock: str | None = None
    half: str | None = None
    zone: tzinfo | None = None


def read_moment(text: str, zone: tzinfo = UTC) -> datetime:
    """The moment, with a fixed offset; without a time it is midnight, without a zone in `zone`.

    Takes ISO 8601, RFC 2822, unix time in seconds or milliseconds, numbers and written months:
    9 мая 2024 г., 10:00; May 9, 2024; 09.05.2024. Raises Ambiguous, ValueError.
    """
    text = text.strip()
    if len(text) > 100:
        raise ValueError("too long for a date")
    if _SECONDS.fullmatch(text):
        return of_unix(float(text))
    try:
        moment = datetime.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        moment = None
    return fixed(moment if moment is not None else _written(text), zone)


def of_unix(number: float) -> datetime:
    """The moment of unix seconds, or of milliseconds where it is too large. Raises ValueError."""
    try:
        return datetime.fromtimestamp(number / 1000 if abs(number) > 1e11 else number, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("out of range") from error


def fixed(moment: datetime, zone: tzinfo) -> datetime:
    """The moment with the offset from UTC that it has there. Raises ValueError.

    A fixed offset goes through JSON as it is; one with seconds, as before 1920, would not.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        offset = aware.utcoffset() or timedelta()
        in_utc = (aware.replace(tzinfo=None) - offset).replace(tzinfo=UTC)
    except OverflowError as error:  # 0001-01-01T00:00+03:00 is before year 1 in UTC
        raise ValueError("out of range") from error
    if offset % timedelta(minutes=1):
        return in_utc
    return aware if isinstance(aware.tzinfo, timezone) else in_utc.astimezone(timezone(offset))


def _written(text: str) -> datetime:
    parts, place = _Parts(), 0
    while place < len(text):
        found = _PART.match(text, place)
        if not found:
            raise ValueError("no date")
        _take(parts, found)
        place = found.end()
    if parts.day and (parts.numbers or parts.month is not None):
        raise ValueError("two dates")
    year, month, day = parts.day or _by_month(parts)
    hour, minute, second, fraction = _clock(parts)
    return datetime(year, month, day, hour, minute, second, fraction, parts.zone)


def _take(parts: _Parts, found: re.Match[str]) -> None:
    """Keeps one part of the text. Raises ValueError where it stands twice or is unknown."""
    kind, part = found.lastgroup or "", found[0].lower()
    match kind:
        case "ymd" | "compact":
            digits = re.split("[-/.]", part) if kind == "ymd" else [part[:4], part[4:6], part[6:]]
            _once(parts, "day", (int(digits[0]), int(digits[1]), int(digits[2])))
        case "dmy":
            _once(parts, "day", _day_month_year(part, found["sign"]))
        case "time":
            _once(parts, "clock", part)
        case "twelve":
            _once(parts, "clock", f"{found['hour']}:00")
            _once(parts, "half", found["half"].lower())
        case "half_alone":
            _once(parts, "half", part[0])
        case "zone":
            _once(parts, "zone", _offset(part))
        case "number":
            parts.numbers += (found["number"],)
        case "word":
            _take_word(parts, part.rstrip("."))


def _take_word(parts: _Parts, word: str) -> None:
    if word in _MONTHS:
        _once(parts, "month", _MONTHS[word])
    elif word in _HOURS:
        _once(parts, "zone", timezone(timedelta(hours=_HOURS[word])))
    elif word in _MOSCOW:
        _once(parts, "zone", ZoneInfo("Europe/Moscow"))
    elif word not in _WEEKDAYS and word not in _FILLERS:
        raise ValueError("an unknown word")


def _once(parts: _Parts, name: str, value: object) -> None:
    if getattr(parts, name) is not None:
        raise ValueError(f"{name} twice")
    setattr(parts, name, value)


def _day_month_year(text: str, sign: str) -> tuple[int, int, int]:
    """09.05.2024 is 9 May; with - or / some put the month first, and only 25/05/2024 is sure."""
    first, second, year = text.split(sign)
    day, month = int(first), int(second)
    if sign != ".":
        if len(year) == 2:
            raise Ambiguous
        if max(day, month) <= 12 and day != month:
            raise Ambiguous
        day, month = (day, month) if month <= 12 else (month, day)
    return _year(year), month, day


def _by_month(parts: _Parts) -> tuple[int, int, int]:
    """Of 9 мая 2024, May 9, 2024, 2024 May 9: the number of four digits is the year."""
    if parts.month is None or len(parts.numbers) != 2:
        raise ValueError("no date")
    day, year = sorted(parts.numbers, key=lambda number: len(number) > 2)
    if len(day) > 2:
        raise ValueError("no day")
    return _year(year), parts.month, int(day)


def _year(digits: str) -> int:
    """24 is 2024 and 85 is 1985, as RFC 2822 has it."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)


def _clock(parts: _Parts) -> tuple[int, int, int, int]:
    """Hour, minute, second, microsecond."""
    if parts.clock is None:
        if parts.half:
            raise ValueError("no hour")
        return 0, 0, 0, 0
    whole, _, fraction = parts.clock.replace(",", ".").partition(".")
    hour, minute, second = (*map(int, whole.split(":")), 0)[:3]
    if parts.half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + (12 if parts.half == "p" else 0)
    return hour, minute, second, int(f"{fraction:0<6}"[:6]) if fraction else 0


def _offset(text: str) -> timezone:
    """+03:00, +0300, +3, UTC+3."""
    sign = -1 if "-" in text else 1
    digits = re.sub(r"\D", "", text)
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    if int(minutes) > 59:
        raise ValueError("no offset")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
