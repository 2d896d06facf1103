"""Telephone numbers as people write them, to E.164: the one place that loads the phone-number library.

The result is for matching and dialling only; the caller keeps the text as it was written. What cannot be read
as a valid number is None, never a guess.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

# An extension is not part of E.164; several numbers in one cell are tried from the left.
_EXTENSION = re.compile(r"转|分机|内线|(?<=\d)\s*(?:ext|extension|x|#)\.?\s*\d{1,6}\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"[/|,;、\n\r\t]|:::|或| or ", re.IGNORECASE)
_LONGEST = 250


def _chinese_mobile() -> re.Pattern[str]:
    china = phonenumbers.PhoneMetadata.metadata_for_region("CN")
    pattern = china.mobile.national_number_pattern if china and china.mobile else None
    return re.compile(pattern or "(?!)")


# Most numbers in most files: the library's own pattern, without its parser, which takes far longer.
_CHINESE_MOBILE = _chinese_mobile()


def is_region(country: str) -> bool:
    """Tell whether a code, such as CN, is that of a country with telephone numbers of its own."""
    return country in phonenumbers.SUPPORTED_REGIONS


@lru_cache(maxsize=65_536)
def to_e164(text: str, country: str) -> str | None:
    """Return the first number in `text` that is valid, as `+8613800138000`, or None.

    Args:
        text: as written: `138-0013-8000`, `010-62345678转8001`, `13800138000/010-62345678`, full-width …
        country: ISO 3166 code of the country whose numbers are written without `+`, such as CN.
    """
    if len(text) == 11 and text.isascii() and country == "CN" and _CHINESE_MOBILE.fullmatch(text):
        return f"+86{text}"
    plain = unicodedata.normalize("NFKC", text[:_LONGEST])
    region = country.strip().upper() or None
    for part in _BETWEEN.split(plain):
        number = _EXTENSION.split(part, maxsplit=1)[0].strip()
        if not any(character.isdigit() for character in number):
            continue
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return None
