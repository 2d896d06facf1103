"""Days and times as people type them, in Chinese and in English: 下周三, 11月20号下午三点, next fri, +3d, eom.

A week begins on Monday: 下周三 and `next wed` are the Wednesday of the calendar week after this one. A day that comes
again and again (周三, 15号, 11月20日, 月底, 中秋) is the nearest one in the direction that the question has, today
included: forward for what is planned, back for what happened. What may mean two days is refused, with examples.
Strict forms, as files have them, are in `crmcli.values`.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import NamedTuple

from crmcli import calendars
from crmcli.i18n import _
from crmcli.values import ValueFault, parse_day
from crmcli.vocabulary import FESTIVAL


class Direction(Enum):
    """Which of many days is meant by one that comes again and again."""

    FUTURE = 1  #: the next one, for what is planned
    PAST = -1  #: the last one, for what happened
    EITHER = 0  #: cannot be told: such a day is refused


class SpokenTime(NamedTuple):
    """A day, and the time of day as HH:MM where one was named."""

    day: date
    time: str | None = None

    @property
    def moment(self) -> date:
        """The day, as a datetime where there is a time."""
        return self.day if self.time is None else datetime.combine(self.day, time.fromisoformat(self.time))


_DIGITS = "零一二三四五六七八九"
#: Numbers as whole_number reads them: any, and those of a day or a month.
NUMBER = r"\d{1,4}|[零〇一二两三四五六七八九十]{1,3}"
SMALL = r"\d{1,2}|[零〇一二三四五六七八九十]{1,3}"
_HOUR = r"\d{1,2}|[零〇一二两三四五六七八九十]{1,3}"  #: two o'clock is 两点
_WEEK = r"(?:周|星期|礼拜)"
_MONTH_END = r"(?:底|末)"
_DAYS_OF_WEEK = {
    word: number
    for number, words in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天7"))
    for word in words
}
_ENGLISH_DAYS = {
    word: number
    for number, words in enumerate(
        (
            "monday mon", "tuesday tue tues", "wednesday wed weds", "thursday thu thur thurs", "friday fri", "saturday sat",
            "sunday sun",
        )
    )
    for word in words.split()
}  # fmt: skip
_ENGLISH_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sep sept", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_ENGLISH_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_MOST_YEARS = 100
_SIMPLIFIED = str.maketrans(
    "後週禮點號個農曆歷陰閏兩鐘鍾時過這內裡裏慶節臘國婦勞動兒師雙聖誕陽戰勝紀幾盡頭",
    "后周礼点号个农历历阴闰两钟钟时过这内里里庆节腊国妇劳动儿师双圣诞阳战胜纪几尽头",
)
_NAMED = {
    "today": 0, "今天": 0, "今日": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1, "明天": 1, "明日": 1, "后天": 2,
    "day after tomorrow": 2, "the day after tomorrow": 2, "大后天": 3, "yesterday": -1, "昨天": -1, "昨日": -1, "前天": -2,
    "day before yesterday": -2,
    "the day before yesterday": -2, "大前天": -3, "tonight": 0, "今晚": 0, "今早": 0, "明早": 1, "明晚": 1, "昨晚": -1,
}  # fmt: skip
_PARTS = "凌晨|早上|早晨|上午|今早|中午|下午|傍晚|晚上|夜里|晚|早"
#: Part of the day → the hours on a clock that it may go with, and what is added to them.
_HOURS = {
    "凌晨": {hour: hour for hour in range(6)},
    "早": {hour: hour for hour in range(5, 12)},
    "上午": {hour: hour for hour in range(6, 12)},
    "中午": {11: 11, 12: 12, 1: 13, 2: 14},
    "下午": {**{hour: hour + 12 for hour in range(1, 8)}, **{hour: hour for hour in range(13, 20)}},
    "傍晚": {**{hour: hour + 12 for hour in range(4, 9)}, **{hour: hour for hour in range(16, 21)}},
    "晚": {**{hour: hour + 12 for hour in range(5, 12)}, **{hour: hour for hour in range(17, 24)}},
}
_SAME_PART = {"早上": "早", "早晨": "早", "今早": "早", "晚上": "晚", "夜里": "晚"}
_CHINESE_TIME = (
    rf"(?P<part>{_PARTS})?(?<!\d)(?P<hour>{_HOUR})(?:点钟?|时)"
    rf"(?P<rest>半|一刻|三刻|整|(?:零|过)?(?:{SMALL})分?)?"
)
_CLOCK_TIME = rf"(?P<part>{_PARTS})?(?<!\d)(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::\d{{2}})?"
_ENGLISH_TIME = r"(?<!\d)(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<half>am|pm|a\.m\.|p\.m\.)"
_UNCLEAR = (
    r"(下+个?|上+个?|本|这个?)?(周|星期|礼拜|月|季度)", r".*(周末|月中|年中)",
    r"(next|this|last) (week|month|quarter|year|weekend)",
    r"soon|later|asap|weekend|eow|改天|过几天|有空|回头|尽快",
)  # fmt: skip


def parse_spoken_day(text: str, today: date, direction: Direction) -> date:
    """Read a day where no time of day can be kept.

    Raises:
        ValueFault: as parse_spoken, or a time was named.
    """
    found = parse_spoken(text, today, direction)
    if found.time is not None:
        raise ValueFault(
            _("a day is wanted here, without a time: {value}").format(value=_short(text)),
            _("write {day}").format(day=found.day.isoformat()),
        )
    return found.day


def parse_spoken(text: str, today: date, direction: Direction) -> SpokenTime:
    """Read a day, with a time of day or without.

    Args:
        text: as it was typed.
        today: the business day.
        direction: which one is meant of days that come again and again.

    Raises:
        ValueFault: anything unclear or impossible, with examples of what is understood.
    """
    plain = fold(text)
    faults: list[ValueFault] = []
    found = set()
    for day_text, clock in _splits(plain):
        try:
            time_of_day = None if clock is None else clock()
            day = today if clock is not None and not day_text else _day(day_text, today, direction)
        except ValueFault as fault:
            faults.append(fault)
        else:
            found.add(SpokenTime(day, time_of_day))
    if len(found) == 1:
        return found.pop()
    known = [fault for fault in faults if fault.what]
    if known and not found:
        raise ValueFault(known[-1].what.format(value=_short(text)), known[-1].hint or _examples())
    raise ValueFault(_("not a date: {value}").format(value=_short(text)), _examples())


def _examples() -> str:
    return _(
        "write 2026-11-22, today, tomorrow, next fri, +3d, 2w, eom, 明天, 3天后, 下周三, 月底 or 11月20号下午三点"
    )


def _short(text: str) -> str:
    return repr(text[:40]).replace("{", "(").replace("}", ")")


def fold(text: str) -> str:
    """Fold widths, case and traditional characters; blanks stay only where they part English words or digits."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLIFIED)
    plain = " ".join(folded.replace("’", "'").replace(",", " ").split())
    return re.sub(r"(?<=[\u3007\u4e00-\u9fff]) | (?=[\u3007\u4e00-\u9fff])", "", plain[:80])


# --- times of day ----------------------------------------------------------------------------------------------------


def _splits(plain: str) -> Iterable[tuple[str, Callable[[], str] | None]]:
    """Yield the ways to part a text into a day and a time; several may fit 周二十点, and one of them will be a day."""
    yield _without_part(plain), None
    at = len(plain)
    for start in range(at):
        head, tail = plain[:start], plain[start:]
        for pattern in (_CHINESE_TIME, _CLOCK_TIME, _ENGLISH_TIME):
            # Compiled, so that what stands before the tail counts for the look behind.
            match = re.compile(pattern).fullmatch(plain, start)
            if match and (
                head == "" or pattern is _CHINESE_TIME or head[-1] in " t" or not head[-1].isascii()
            ):
                yield _day_part(head), _clock(match)
        if tail in {"noon", "中午", "正午"}:
            yield _day_part(head), lambda: "12:00"
    first = re.match(rf"(?:at )?(?:{_ENGLISH_TIME}|(?P<noon>noon)) ", plain)
    if first:
        yield plain[first.end() :], (lambda: "12:00") if first["noon"] else _clock(first)


def _without_part(plain: str) -> str:
    """A part of the day is no time: 明天下午 and `tomorrow afternoon` are the day."""
    short = re.sub(r"(?<=.)(?:上午|下午|早上|早晨|晚上|傍晚)| (?:morning|afternoon|evening)", "", plain)
    return short if re.fullmatch(rf"{re.escape(short)}.+", plain) else plain


def _day_part(head: str) -> str:
    short = re.sub(r"(?:^| )at$", "", head.strip()).removesuffix("的")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}t", short):
        return short[:-1]
    return {"今晚上": "今晚", "今": "今天", "明": "明天", "昨": "昨天"}.get(short, short)


def _clock(match: re.Match[str]) -> Callable[[], str]:
    def read() -> str:
        named = match.groupdict()
        hour = whole_number(named["hour"])
        minute = _minutes(named.get("rest")) if "rest" in named else int(named.get("minute") or 0)
        part, half = named.get("part"), named.get("half")
        if hour is None or minute is None or hour > 23 or minute > 59:
            raise ValueFault(_("no such time of day: {value}"))
        if half:
            return _of_half(hour, minute, half)
        if part is None:
            part = _part_before(match)
        if part is not None:
            hours = _HOURS[_SAME_PART.get(part, part)]
            if hour not in hours:
                raise ValueFault(_("no such time of day: {value}"), _("write it as 15:00"))
            return f"{hours[hour]:02}:{minute:02}"
        if 1 <= hour <= 6 and not named["hour"].startswith("0"):
            raise ValueFault(
                _("morning or afternoon: {value}?"), _("write it as 15:00, 3pm or 下午3点; 03:00 is at night")
            )
        return f"{hour:02}:{minute:02}"

    return read


def _part_before(match: re.Match[str]) -> str | None:
    """今晚8点: the part of the day that the word for the day names."""
    before = match.string[: match.start()]
    if before.endswith(("晚", "tonight", "tonight at ")):
        return "晚"
    return "早" if before.endswith("早") else None


def _of_half(hour: int, minute: int, half: str) -> str:
    if not 1 <= hour <= 12:
        raise ValueFault(_("no such time of day: {value}"))
    return f"{hour % 12 + (12 if half.startswith('p') else 0):02}:{minute:02}"


def _minutes(rest: str | None) -> int | None:
    if rest in {None, "整"}:
        return 0
    named = {"半": 30, "一刻": 15, "三刻": 45}
    return (
        named[str(rest)] if rest in named else whole_number(str(rest).removesuffix("分").removeprefix("过"))
    )


# --- days ------------------------------------------------------------------------------------------------------------


def _day(plain: str, today: date, direction: Direction) -> date:
    """Return the day that a text without a time names."""
    plain = re.sub(r"^(?:on |by |the (?=\d))+", "", plain)
    if plain in _NAMED:
        return _add_days(today, _NAMED[plain])
    for pattern, read in _FORMS:
        match = re.fullmatch(pattern, plain)
        if match:
            return read(match, today, direction)
    named = _festival(plain, today, direction)
    if named is not None:
        return named
    if any(re.fullmatch(pattern, plain) for pattern in _UNCLEAR):
        raise ValueFault(_("not clear which day: {value}"))
    return _strict(plain)


def _strict(plain: str) -> date:
    if not re.fullmatch(r"\d{8}|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?", plain):
        raise ValueFault("")
    try:
        return parse_day(plain.replace("号", "日"))
    except ValueFault:
        raise ValueFault(_("no such day: {value}")) from None


def _nearest(today: date, direction: Direction, days: Iterable[date | None]) -> date:
    """Return the nearest of some days in a direction, today included."""
    found = [day for day in days if day is not None]
    if not found:
        raise ValueFault(_("no such day: {value}"))
    if direction is Direction.EITHER:
        raise ValueFault(_("not clear which day: {value}"), _("write it in full: 2026-11-22"))
    if direction is Direction.FUTURE:
        near = min((day for day in found if day >= today), default=None)
    else:
        near = max((day for day in found if day <= today), default=None)
    if near is None:
        raise ValueFault(_("no such day: {value}"))
    return near


def _around(today: date, months: int, day: int) -> list[date | None]:
    """A day of the months around today's: None where a month is too short. 0 is the last day."""
    return [_in_month(today, offset, day) for offset in range(-months, months + 1)]


def _in_month(today: date, offset: int, day: int) -> date | None:
    """A day of the month that is `offset` months from today's; 0 is the last one, None where there is none."""
    year, month0 = divmod(today.year * 12 + today.month - 1 + offset, 12)
    return _date(year, month0 + 1, day)


def _date(year: int, month: int, day: int) -> date | None:
    if not (date.min.year <= year <= date.max.year and 1 <= month <= 12):
        return None
    last = calendar.monthrange(year, month)[1]
    return date(year, month, day or last) if day <= last else None


def _must(day: date | None) -> date:
    if day is None:
        raise ValueFault(_("no such day: {value}"))
    return day


def _add_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise ValueFault(_("no such day: {value}")) from None


def _add_months(day: date, months: int) -> date:
    """The same day of another month, the last one where that month is shorter."""
    return _in_month(day, months, day.day) or _must(_in_month(day, months, 0))


def whole_number(text: str) -> int | None:
    """Read a whole number in digits or in Chinese up to ninety-nine; None for anything else."""
    if text.isdecimal() and text.isascii():
        return int(text)
    plain = text.replace("〇", "零").replace("两", "二")
    tens, ten, ones = plain.rpartition("十")
    if not ten:
        plain = plain.removeprefix("零") or plain
        return _DIGITS.index(plain) if len(plain) == 1 and plain in _DIGITS else None
    if any(len(part) > 1 or (part and part not in _DIGITS[1:]) for part in (tens, ones)):
        return None
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)


def _read_number(text: str) -> int:
    found = _ENGLISH_NUMBERS.get(text) or whole_number(text)
    if found is None:
        raise ValueFault("")
    return found


def _offset(match: re.Match[str], today: date, _direction: Direction) -> date:
    """3天后, 两周前, +3d, in two weeks: so long from today."""
    named = match.groupdict()
    back = named.get("sign") == "-" or (named.get("way") or "").endswith(("前", "ago"))
    if named.get("sign") and named.get("way"):
        raise ValueFault("")
    number = _read_number(match["number"]) * (-1 if back else 1)
    return _moved(today, number, match["unit"])


def _moved(today: date, number: int, unit: str) -> date:
    unit = unit.removesuffix("s").removeprefix("个")
    if unit in {"y", "year", "年"}:
        if abs(number) >= _MOST_YEARS:  # 2027年后 is no number of years
            raise ValueFault(_("not clear which day: {value}"))
        return _add_months(today, 12 * number)
    if unit in {"m", "month", "月"}:
        return _add_months(today, number)
    return _add_days(today, number * (7 if unit in {"w", "week", "周", "星期", "礼拜"} else 1))


def _half(match: re.Match[str], today: date, _direction: Direction) -> date:
    """半个月 is fifteen days, 半年 six months."""
    sign = -1 if match["way"].endswith("前") else 1
    return _add_months(today, 6 * sign) if match["unit"] == "年" else _add_days(today, 15 * sign)


def _weeks(which: str) -> int:
    """下下 → 2, 上 → -1, 本 and 这 → 0, and the English words."""
    return {"next": 1, "last": -1}.get(which, which.count("下") - which.count("上"))


def _week_day(match: re.Match[str], today: date, direction: Direction) -> date:
    named = match.groupdict()
    word = named.get("zh") or named.get("en") or ""
    number = _DAYS_OF_WEEK.get(word, _ENGLISH_DAYS.get(word))
    if number is None:
        raise ValueFault("")
    monday = _add_days(today, -today.weekday())
    if named.get("which"):
        return _add_days(monday, 7 * _weeks(named["which"]) + number)
    return _nearest(today, direction, [_add_days(monday, 7 * week + number) for week in (-1, 0, 1)])


def _month_edge(match: re.Match[str], today: date, direction: Direction) -> date:
    """月底, 下月初, 下个月15号, end of next month, eom."""
    named = match.groupdict()
    day = _edge_day(named)
    which = named.get("which") or ("" if named.get("day") else _own(direction))
    if which:
        return _must(_in_month(today, _weeks(which), day))
    return _nearest(today, direction, _around(today, 2, day))


def _own(direction: Direction) -> str:
    """Without a direction, 月底 and eom are the end of the month that it is."""
    return "this" if direction is Direction.EITHER else ""


def _edge_day(named: dict[str, str | None]) -> int:
    if named.get("day"):
        number = whole_number(str(named["day"]))
        if number is None or not 1 <= number <= 31:
            raise ValueFault(_("no such day: {value}"))
        return number
    return 1 if named.get("edge") in {"初", "start", "beginning"} else 0


def _quarter_edge(match: re.Match[str], today: date, direction: Direction) -> date:
    first = -((today.month - 1) % 3)
    ends = {offset: _in_month(today, first + 2 + 3 * offset, 0) for offset in (-1, 0, 1)}
    which = match.groupdict().get("which") or _own(direction)
    return _must(ends[_weeks(which)]) if which else _nearest(today, direction, ends.values())


def _year_edge(match: re.Match[str], today: date, direction: Direction) -> date:
    named = match.groupdict()
    start = named.get("edge") in {"初", "start", "beginning"}
    month, day = (1, 1) if start else (12, 31)
    which = named.get("which") or _own(direction)
    if which:
        return _must(_date(_year(which, today), month, day))
    return _nearest(today, direction, (_date(today.year + offset, month, day) for offset in (-1, 0, 1)))


def _year(word: str, today: date) -> int:
    relative = {
        "今": 0,
        "本": 0,
        "this": 0,
        "the": 0,
        "明": 1,
        "next": 1,
        "后": 2,
        "去": -1,
        "last": -1,
        "前": -2,
    }
    key = word.removesuffix("年")
    return today.year + relative[key] if key in relative else int(key)


def _month_day(match: re.Match[str], today: date, direction: Direction) -> date:
    """11月20号, 明年3月1日, 12月底, nov 20, 20 nov 2026, 12-01."""
    named = match.groupdict()
    month = _ENGLISH_MONTHS.get(named["month"]) or whole_number(named["month"])
    if month is None or not 1 <= month <= 12:
        raise ValueFault(_("no such day: {value}"))
    day = _edge_day(named)
    if named.get("year"):
        return _must(_date(_year(named["year"], today), month, day))
    years = range(today.year - 8, today.year + 9)  # 29 February may be eight years away
    return _nearest(today, direction, (_date(year, month, day) for year in years))


def _slashes(match: re.Match[str], today: date, direction: Direction) -> date:
    """11/20 can only be November; 3/4 may be March or April."""
    first, second = int(match[1]), int(match[2])
    if first != second and max(first, second) <= 12:
        what = _("not clear which day: {value}")
        raise ValueFault(what, _("write the month first, in two digits, with a hyphen: 03-04"))
    month, day = (first, second) if first <= 12 else (second, first)
    if not (1 <= month <= 12 and day >= 1):
        raise ValueFault(_("no such day: {value}"))
    years = range(today.year - 8, today.year + 9)
    return _nearest(today, direction, (_date(year, month, day) for year in years))


def _slashes_and_year(match: re.Match[str], _today: date, _direction: Direction) -> date:
    """31/12/2026 and 12/31/2026 can only be New Year's Eve; 3/4/2026 may be March or April."""
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    if first != second and max(first, second) <= 12:
        raise ValueFault(_("not clear which day: {value}"), _("write it in full: 2026-11-22"))
    month, day = (first, second) if first <= 12 else (second, first)
    return _must(_date(year, month, day) if day else None)


def _lunar(match: re.Match[str], today: date, direction: Direction) -> date:
    """农历八月十五, 正月初一, 农历闰六月初一; a lunar year is called by the solar one in which it begins."""
    named = match.groupdict()
    month = {"正": 1, "冬": 11, "腊": 12}.get(named["month"]) or whole_number(named["month"])
    day = whole_number(named["day"].removeprefix("初").replace("廿", "二十"))
    if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 30):
        raise ValueFault(_("no such day: {value}"))
    leap = named["leap"] is not None
    if named.get("year"):
        return _must(calendars.lunar_day(_year(named["year"], today), month, day, leap=leap))
    on = (calendars.lunar_day(year, month, day, leap=leap) for year in calendars.LUNAR_YEARS)
    return _nearest(today, direction, on)


def _festival(plain: str, today: date, direction: Direction) -> date | None:
    """国庆节, 明年春节, christmas 2027; None when it is no festival."""
    match = re.fullmatch(
        r"(?P<year>今年|明年|后年|去年|前年|\d{4}年)?(?P<name>.+?)(?: (?P<after>\d{4}))?", plain
    )
    if match is None:
        return None
    code = FESTIVAL.parse(match["name"])
    if code is None and plain == "new year's eve":
        return _month_day_of(12, 31, today, direction)
    if code not in calendars.FESTIVALS:
        return None
    year = match["year"] or match["after"]
    if (year and match["year"] and match["after"]) or (year and code == "chuxi"):
        raise ValueFault(_("not clear which day: {value}"), _("write it in full: 2026-11-22"))
    if year:
        return _must(calendars.festival(code, _year(year, today)))
    years = range(today.year - 2, today.year + 3)
    return _nearest(today, direction, (calendars.festival(code, each) for each in years))


def _month_day_of(month: int, day: int, today: date, direction: Direction) -> date:
    return _nearest(today, direction, (_date(today.year + more, month, day) for more in (-1, 0, 1)))


def _two_calendars(match: re.Match[str], _today: date, _direction: Direction) -> date:
    raise ValueFault(
        _("by the moon or by the sun: {value}?"),
        _("write 农历{month}月{day} or {month}月{day}日").format(**match.groupdict()),
    )


_YEAR_WORD = r"(?P<year>今年|明年|后年|去年|前年|\d{4}年)?"
_CHINESE_MONTH = r"(?P<which>下{1,2}个?|上{1,2}个?|本|这个?)?"
_ENGLISH_WHICH = r"(?P<which>this|next|last)"
_COUNT = "|".join(_ENGLISH_NUMBERS)
_SPAN = "days?|weeks?|months?|years?"
_EN_MONTH = "|".join(_ENGLISH_MONTHS)
_ORDINAL = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_LUNAR_DAYS = r"初[一二三四五六七八九十]|[一二]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十"
_LUNAR_DAY = rf"(?P<day>{_LUNAR_DAYS})"
#: Form of a day → what reads it; the first that fits decides.
_FORMS: tuple[tuple[str, Callable[[re.Match[str], date, Direction], date]], ...] = (
    (rf"(?P<sign>[+-]?)(?P<number>\d{{1,4}}) ?(?P<unit>d|w|m|y|{_SPAN})", _offset),
    (
        rf"(?P<sign>[+-]?)(?P<number>{NUMBER})(?P<unit>天|日|个?周|个?星期|个?礼拜|个月|年)(?P<way>之?以?后|之?以?前)",
        _offset,
    ),
    (rf"(?P<sign>[+-]?)(?P<number>{NUMBER})(?P<unit>天|周|个星期|个月)", _offset),
    (rf"过(?P<number>{NUMBER})(?P<unit>天|个?周|个?星期|个?礼拜|个月|年)", _offset),
    (r"半(?P<unit>个?月|年)(?P<way>之?以?后|之?以?前)", _half),
    (rf"in (?P<number>\d{{1,4}}|{_COUNT}) (?P<unit>{_SPAN})", _offset),
    (r"in (?P<number>\d{1,4}) ?(?P<unit>d|w|m|y)", _offset),
    (
        rf"(?P<number>\d{{1,4}}|{_COUNT}) (?P<unit>{_SPAN}) (?P<way>ago|later|from now|from today)",
        _offset,
    ),
    (rf"(?P<which>下{{1,2}}个?|上{{1,2}}个?|本|这个?)?{_WEEK}(?P<zh>[一二三四五六日天1-7])", _week_day),
    (rf"(?:(?P<which>this|next|last) )?(?P<en>{'|'.join(_ENGLISH_DAYS)})", _week_day),
    (rf"(?P<en>{'|'.join(_ENGLISH_DAYS)}) (?P<which>this|next|last) week", _week_day),
    (rf"{_CHINESE_MONTH}月(?P<edge>初|{_MONTH_END})", _month_edge),
    (rf"(?P<which>下{{1,2}}个?|上{{1,2}}个?|本|这个?)月(?P<day>{SMALL})[号日]?", _month_edge),
    (rf"(?P<day>{SMALL})[号日]", _month_edge),
    (r"(?P<day>\d{1,2})(?:st|nd|rd|th)", _month_edge),
    (rf"{_ORDINAL} of {_ENGLISH_WHICH} month", _month_edge),
    (r"eom|(?:the )?end of (?:the )?month|month end", _month_edge),
    (rf"(?:the )?(?P<edge>end|start|beginning) of (?:the )?(?:{_ENGLISH_WHICH} )?month", _month_edge),
    (r"(?P<which>下个?|上个?|本|这个?)?季度?(?:底|末)", _quarter_edge),
    (rf"eoq|(?:the )?end of (?:the )?(?:{_ENGLISH_WHICH} )?quarter", _quarter_edge),
    (r"(?P<which>今|明|后|去|前|\d{4})?年年?(?P<edge>初|底|末)", _year_edge),
    (rf"eoy|(?:the )?(?P<edge>end|start|beginning) of (?:the )?(?:{_ENGLISH_WHICH} )?year", _year_edge),
    (rf"{_YEAR_WORD}(?P<month>{SMALL})月(?:份)?(?P<edge>初|底|末)", _month_day),
    (rf"{_YEAR_WORD}(?P<month>{SMALL})月(?P<day>{SMALL})[号日]", _month_day),
    (r"(?P<month>\d{1,2})月(?P<day>\d{1,2})", _month_day),
    (rf"(?P<month>{_EN_MONTH})[ -]?{_ORDINAL}(?: (?P<year>\d{{4}}))?", _month_day),
    (rf"{_ORDINAL}[ -]?(?:of )?(?P<month>{_EN_MONTH})(?: (?P<year>\d{{4}}))?", _month_day),
    (r"(?P<month>\d{2})-(?P<day>\d{2})", _month_day),
    (
        rf"(?:the )?(?P<edge>end|start|beginning) of (?P<month>{_EN_MONTH})(?: (?P<year>\d{{4}}))?",
        _month_day,
    ),
    (r"(\d{1,2})/(\d{1,2})", _slashes),
    (r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", _slashes_and_year),
    (
        rf"(?:农历|阴历){_YEAR_WORD}(?P<leap>闰)?(?P<month>[正冬腊]|{SMALL})月(?P<day>{_LUNAR_DAYS}|\d{{1,2}})[日号]?",
        _lunar,
    ),
    (rf"{_YEAR_WORD}(?P<leap>闰)?(?P<month>[正冬腊])月{_LUNAR_DAY}", _lunar),
    (rf"{_YEAR_WORD}(?P<leap>闰)(?P<month>{SMALL})月{_LUNAR_DAY}", _lunar),
    (rf"{_YEAR_WORD}(?P<leap>闰)?(?P<month>{SMALL})月(?P<day>初[一二三四五六七八九十])", _lunar),
    (r"(?P<month>[一二三四五六七八九十]{1,2})月(?P<day>[一二三四五六七八九十]{1,3})", _two_calendars),
)
