"""One cell of a file to one value in database form, or a fault with a hint; no cell is ever guessed.

The field decides how its cells are read, never the look of a cell: a phone stays text, `1e5` in a name is a
name. Knows nothing about rows, columns or files.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from difflib import get_close_matches

from crmcli.birthdays import lunar_of, lunar_text, parse_birthday
from crmcli.exchange.fields import FieldKind, FieldSpec
from crmcli.i18n import _
from crmcli.values import ValueFault, is_masked, parse_amount, parse_currency, parse_day

MAX_TEXT = 20_000  #: characters in one text field, as the tables have it
Value = str | int | float | None
Converter = Callable[[str], Value]

_WHOLE = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{0,15})?|[+-]?\.\d{1,15}")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_EXCEL_DAY = re.compile(r"[1-5]\d{4}(?:\.\d+)?")
_CURRENCY_WORDS = {
    **dict.fromkeys(("RMB", "CNH", "人民币", "¥", "元"), "CNY"),
    **dict.fromkeys(("美元", "$", "US$"), "USD"),
    **dict.fromkeys(("欧元", "€"), "EUR"),
    **dict.fromkeys(("英镑", "£"), "GBP"),
    **dict.fromkeys(("港币", "港元", "HK$"), "HKD"),
    **dict.fromkeys(("新台币", "台币", "NT$"), "TWD"),
    "日元": "JPY",
    "韩元": "KRW",
    "新加坡元": "SGD",
}
_FLAGS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "是", "有", "√", "✓", "✔", "对", "真"), 1),
    **dict.fromkeys(("0", "false", "f", "no", "n", "否", "无", "没有", "×", "✗", "不是", "假"), 0),
}


def converter(spec: FieldSpec, *, currency: str = "CNY", zone: tzinfo = UTC) -> Converter:
    """Return the function that reads one cell of a field; an empty cell is None, a bad one raises ValueFault.

    Args:
        spec: the field.
        currency: of an amount, which fixes how many decimals it may have.
        zone: where an instant without an offset was written down.
    """
    kind = spec.kind
    if kind is FieldKind.AMOUNT:
        return lambda cell: parse_amount(text, currency) if (text := cell.strip()) else None
    if kind is FieldKind.CODE:
        return lambda cell: _code(spec, text) if (text := cell.strip()) else None
    if kind is FieldKind.CODES:
        return lambda cell: _codes(spec, text) if (text := cell.strip()) else None
    if kind in {FieldKind.INTEGER, FieldKind.PERCENT}:
        return lambda cell: _whole(spec, text) if (text := cell.strip()) else None
    if kind is FieldKind.INSTANT:
        return lambda cell: _instant(text, zone) if (text := cell.strip()) else None
    plain = _PLAIN[kind]
    return lambda cell: plain(text) if (text := cell.strip()) else None


def clean_text(text: str) -> str:
    """Return the text as it is.

    Raises:
        ValueFault: it cannot be stored: too long, a NUL character, half of a character.
    """
    if len(text) > MAX_TEXT:
        raise ValueFault(_("longer than {limit} characters").format(limit=MAX_TEXT), _("shorten it"))
    if "\0" in text:
        raise ValueFault(_("holds a NUL character"), _("remove it: the file may be damaged"))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueFault(
            _("holds half of a character (a lone surrogate)"), _("remove it: the file may be damaged")
        ) from None
    return text


def _day(text: str) -> str:
    try:
        return parse_day(text).isoformat()
    except ValueFault as fault:
        if _EXCEL_DAY.fullmatch(text):
            hint = _("a spreadsheet's day number? format the column as a date, 2026-11-22, and save again")
            raise ValueFault(fault.what, hint) from None
        raise ValueFault(fault.what, fault.hint or _("write 2026-11-22")) from None


def _birthday(text: str) -> str:
    """Read a day of birth: a solar day as ISO text; a lunar date, where the cell says so itself, as files have it."""
    found = parse_birthday(text, solar=lambda plain: date.fromisoformat(_day(plain)))
    return lunar_text(lunar_of(found.born)) if found.calendar == "lunar" else found.born.isoformat()


def _secret(text: str) -> str | None:
    """Read an identity number; a masked one, which a file has that was exported without them, is as good as none."""
    return None if is_masked(text) else clean_text(text)


def _time(text: str) -> str:
    """Read a time of day of the business time zone: 9:05 → 09:05."""
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        raise ValueFault(_("not a time of day: {value}").format(value=repr(text[:20])), _("write 15:30"))
    return f"{int(match[1]):02}:{match[2]}"


def _codes(spec: FieldSpec, text: str) -> str | None:
    """Read words of a closed list between commas, and return their codes in the order of the list."""
    found = {_code(spec, word.strip()) for word in re.split(r"[,，、;；]", text) if word.strip()}
    codes = spec.vocabulary.codes if spec.vocabulary is not None else ()
    return ",".join(code for code in codes if code in found) or None


def _whole(spec: FieldSpec, text: str) -> int:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    percent = spec.kind is FieldKind.PERCENT
    match = _WHOLE.fullmatch(plain.removesuffix("%") if percent else plain)
    if match is None:
        hint = _("write a whole number of percent, 0 to 100") if percent else _("write a whole number")
        raise ValueFault(_("not a whole number: {value}").format(value=repr(text[:40])), hint)
    number = int(match.group(1) + match.group(2).replace(",", ""))
    low, high = spec.minimum, spec.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        hint = _("write a number from {low} to {high}").format(low=low, high=high)
        raise ValueFault(_("out of range: {value}").format(value=repr(text[:40])), hint)
    return number


def _decimal(text: str) -> float:
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _DECIMAL.fullmatch(plain):
        raise ValueFault(_("not a number: {value}").format(value=repr(text[:40])), _("write 2 or 2.5"))
    return float(plain.replace(",", ""))


def _flag(text: str) -> int:
    flag = _FLAGS.get(unicodedata.normalize("NFKC", text).casefold())
    if flag is None:
        raise ValueFault(
            _("neither yes nor no: {value}").format(value=repr(text[:40])), _("write yes or no (是 or 否)")
        )
    return flag


def _code(spec: FieldSpec, text: str) -> str:
    words = spec.vocabulary
    if words is None:
        raise AssertionError(spec.name)
    code = words.parse(text) or words.parse(unicodedata.normalize("NFKC", text))
    if code is not None:
        return code
    near = get_close_matches(
        text.casefold(), [w.casefold() for t in words.terms for w in (t.code, t.en, t.zh)], n=1
    )
    meant = words.parse(near[0]) if near else None
    known = ", ".join(words.codes)
    hint = (
        _("did you mean {code}? known: {codes}").format(code=meant, codes=known)
        if meant
        else _("write one of: {codes}").format(codes=known)
    )
    raise ValueFault(_("unknown {field}: {value}").format(field=spec.label(), value=repr(text[:40])), hint)


def _currency(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).upper()
    return _CURRENCY_WORDS.get(plain) or parse_currency(plain)


def _instant(text: str, zone: tzinfo) -> str:
    """Read an instant and return UTC text; a day alone is its midnight, without an offset it is in `zone`."""
    plain = unicodedata.normalize("NFKC", text)
    try:
        moment = datetime.fromisoformat(plain.replace("/", "-"))
    except ValueError:
        try:
            moment = datetime.fromisoformat(parse_day(plain).isoformat())
        except ValueFault:
            what = _("not a point in time: {value}").format(value=repr(text[:40]))
            raise ValueFault(what, _("write 2026-11-22T09:30:00+08:00 or 2026-11-22")) from None
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueFault(_("no such day: {value}").format(value=repr(text[:40]))) from None
    return f"{moment.year:04}" + moment.strftime("-%m-%dT%H:%M:%S.%fZ")


_PLAIN: dict[FieldKind, Callable[[str], Value]] = {
    FieldKind.TEXT: clean_text,
    FieldKind.REFERENCE: clean_text,
    FieldKind.DAY: _day,
    FieldKind.BIRTHDAY: _birthday,
    FieldKind.MASKED: _secret,
    FieldKind.TIME: _time,
    FieldKind.DECIMAL: _decimal,
    FieldKind.FLAG: _flag,
    FieldKind.CURRENCY: _currency,
}
