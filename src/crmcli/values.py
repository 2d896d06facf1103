"""Money and dates as people and files write them, and as the database holds them.

Money is an integer of minor units with an ISO 4217 code (never a float: a thousand times 0.10 must be 100.00).
Days are ISO `YYYY-MM-DD` text. Reading is strict: what is unclear is refused with a reason, never guessed. Days as people
type them are in `crmcli.spoken`.
"""

import re
import unicodedata
from datetime import date

from crmcli.i18n import _

# Decimal places that differ from 2: ISO 4217, list one (active codes).
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {**dict.fromkeys(_NO_DECIMALS.split(), 0), **dict.fromkeys(_THREE_DECIMALS.split(), 3)}
# Patterns are texts, compiled by `re` when first used: compiling them all would cost every command its start-up.
_CURRENCY = r"[A-Z]{3}"
_SYMBOLS = "¥￥$€£₩元"
_PLAIN_AMOUNT = r"(-?)(\d+)(?:\.(\d*))?"
_GROUPED = r"-?\d{1,3}(,\d{3})+(\.\d*)?"
_ISO_DATE = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\d{1,2}:\d{2}.*)?"
_COMPACT_DATE = r"(\d{4})(\d{2})(\d{2})"
CUSTOM_NAME = r"[a-z][a-z0-9_]{0,39}"
_MONTH = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])"
MAX_MINOR = 10**15  #: ten trillion in a two-decimal currency; far below SQLite's 2**63
_MAX_DIGITS = len(str(MAX_MINOR))


class ValueFault(ValueError):  # noqa: N818 - a fault is data here as often as it is raised
    """A text that cannot be read as the value it should be; the message is translated, `hint` says what to write."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def exponent(currency: str) -> int:
    """Return the number of decimal places of a currency (2 unless ISO 4217 says otherwise)."""
    return _EXPONENTS.get(currency, 2)


def parse_currency(text: str) -> str:
    """Return an ISO 4217 code in capitals.

    Raises:
        ValueFault: the text is not three letters.
    """
    code = text.strip().upper()
    if not re.fullmatch(_CURRENCY, code):
        raise ValueFault(
            _("not a currency code: {value}").format(value=repr(text)), _("write CNY, USD, EUR …")
        )
    return code


def parse_amount(text: str, currency: str = "CNY") -> int:
    """Read an amount of money and return minor units: `1,234.50` → 123450, `¥1.2万` → 1200000.

    Full-width digits, a currency sign, thousands separators, brackets or a leading minus for a negative amount and
    the unit 万 are understood. A decimal comma is not: `0,3` could be 3.

    Raises:
        ValueFault: not an amount, or more decimals than the currency has.
    """
    match = re.fullmatch(_PLAIN_AMOUNT, text)
    scale = 0
    if match is None:
        match, scale = _unusual_amount(text)
    sign, whole, fraction = match.group(1), match.group(2), (match.group(3) or "")
    places = exponent(currency) + scale
    if len(fraction) > places:
        if fraction[places:].strip("0"):
            what = _("{value} has more decimals than {currency} has").format(
                value=repr(text), currency=currency
            )
            raise ValueFault(what, _("round it to {places} decimals").format(places=exponent(currency)))
        fraction = fraction[:places]
    digits = whole.lstrip("0") + fraction.ljust(places, "0")
    minor = int(digits or "0") if len(digits) <= _MAX_DIGITS else MAX_MINOR + 1
    if minor > MAX_MINOR:
        raise ValueFault(_("amount too large: {value}").format(value=repr(text[:40])))
    return -minor if sign else minor


def _unusual_amount(text: str) -> tuple[re.Match[str], int]:
    plain = unicodedata.normalize("NFKC", text).strip().replace("\u00a0", "").replace("−", "-")
    scale = 0
    if plain.endswith(("万", "万元")):
        plain, scale = plain.removesuffix("元").removesuffix("万"), 4
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    plain = plain.removeprefix("+")
    for symbol in _SYMBOLS:
        plain = plain.replace(symbol, "", 1)
    plain = plain.strip().replace("- ", "-")
    if re.fullmatch(_GROUPED, plain):
        plain = plain.replace(",", "")
    if plain.startswith("."):
        plain = "0" + plain
    match = re.fullmatch(_PLAIN_AMOUNT, plain)
    if match is None:
        hint = _("write 1234.50") if "," not in plain else _("use a point for decimals: 1234.50")
        raise ValueFault(_("not an amount: {value}").format(value=repr(text[:40])), hint)
    return match, scale


def format_amount(minor: int, currency: str = "CNY") -> str:
    """Write minor units as plain decimal text, `123450` → `1234.50`: what files and scripts get."""
    places = exponent(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor))
    if places == 0:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def group_amount(minor: int, currency: str = "CNY") -> str:
    """Write minor units for a reader, `123450` → `1,234.50`."""
    sign, _dot, fraction = format_amount(abs(minor), currency).partition(".")
    grouped = f"{int(sign):,}" + (f".{fraction}" if fraction else "")
    return f"-{grouped}" if minor < 0 else grouped


def plain_number(number: float) -> str:
    """Write a finite number without an exponent: 2, 2.5, 0.00001."""
    digits, _e, exponent = repr(number).partition("e")
    if not exponent:
        return digits.removesuffix(".0")
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _dot, fraction = digits.partition(".")  # one digit before the point
    if int(exponent) < 0:
        return f"{sign}0.{'0' * (-int(exponent) - 1)}{whole}{fraction}"
    return sign + (whole + fraction).ljust(int(exponent) + 1, "0")


def parse_day(text: str) -> date:
    """Read a calendar day as files write it: 2026-11-22, 2026/11/22, 20261122, 2026年11月22日, with or without a time.

    Raises:
        ValueFault: unclear (`03/04/2026`) or impossible (`2026-02-30`).
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    match = re.fullmatch(_ISO_DATE, plain) or re.fullmatch(_COMPACT_DATE, plain)
    if match is None:
        raise ValueFault(_("not a date: {value}").format(value=repr(text[:40])), _("write 2026-11-22"))
    try:
        return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
    except ValueError:
        raise ValueFault(_("no such day: {value}").format(value=repr(text[:40]))) from None


_MASK = "****"  #: stands for what is not shown
_SHOWN_END = 4  #: characters of a masked text that tell one from another


def masked(text: str | None) -> str | None:
    """Return a number that identifies a person as it is shown: its last four characters, of a short one none."""
    if text is None:
        return None
    return _MASK + (text[-_SHOWN_END:] if len(text) >= 2 * _SHOWN_END else "")


def parse_secret(text: str) -> str:
    """Return a number that identifies a person as it was given.

    Raises:
        ValueFault: it is what `masked` makes of one.
    """
    if is_masked(text):
        raise ValueFault(
            _("that number is masked"), _("write all of it; 'crm show CUSTOMER --reveal' shows it")
        )
    return text


def is_masked(text: str) -> bool:
    """Tell whether a text is one that `masked` made."""
    return text.strip().startswith(_MASK)


def is_custom_name(text: str) -> bool:
    """Tell whether a text can be the name of a custom field: small letters, digits, `_`, at most 40, a letter first."""
    return re.fullmatch(CUSTOM_NAME, text) is not None


def custom_path(name: str) -> str:
    """Return the JSON path of a custom field's value in `customers.custom`, to be bound.

    Raises:
        ValueError: it is no such name; nothing else may become part of a path.
    """
    if not is_custom_name(name):
        raise ValueError(name)
    return f'$."{name}"'


def is_month(text: str) -> bool:
    """Tell whether a text is a calendar month, `2026-11`."""
    return re.fullmatch(_MONTH, text) is not None
