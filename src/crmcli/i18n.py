"""The language of everything a person reads: one catalogue, chosen once at the start of a command.

English text in the code is the key; the Simplified Chinese catalogue is in locale/. Typer's own words come from
the same catalogue, through the standard library's text domain. Never used for data, option names or JSON keys.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gettext

DOMAIN = "crmcli"
LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES = ("en", "zh_CN")


class _State:
    """The catalogue in force; a class attribute so that `setup` needs no global statement."""

    language = "en"
    catalogue: "gettext.NullTranslations | None" = None  #: None for English, which is what stands in the code


def recognise(name: str) -> str | None:
    """Return the supported language that a locale or language name stands for, or None.

    `zh_CN.UTF-8`, `zh-Hans`, `zh` and `Chinese (Simplified)` style names all mean zh_CN; `C` and `POSIX` mean English.
    """
    plain = name.strip().replace("-", "_").split(".")[0].split("@")[0].lower()
    if plain.startswith(("zh", "chinese", "cn")) or plain in {"中文", "简体中文"}:
        return "zh_CN"
    if plain.startswith(("en", "english")) or plain in {"c", "posix", "英文", "英语"}:
        return "en"
    return None


def setup(language: str) -> None:
    """Put a language in force for this process, for our words and for Typer's."""
    _State.language = language
    os.environ["LANGUAGE"] = language
    if language == "en":
        _State.catalogue = None
        return
    import gettext  # English needs it not

    _State.catalogue = gettext.translation(DOMAIN, LOCALE_DIR, [language], fallback=True)
    gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    gettext.textdomain(DOMAIN)


def language() -> str:
    """Return the language in force: `en` or `zh_CN`."""
    return _State.language


def _(message: str) -> str:
    """Translate one message (a full sentence or label, with `{name}` places filled in afterwards)."""
    if _State.catalogue is None:
        return message
    return _State.catalogue.gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a message that counts something; `count` chooses the form."""
    if _State.catalogue is None:
        return one if count == 1 else many
    return _State.catalogue.ngettext(one, many, count)
