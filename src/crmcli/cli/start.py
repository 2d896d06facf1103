"""What is settled before any command is loaded: streams, database, language. Light.

The language must be known before the commands are imported, because their help is translated as it is built:
CRM_LANG, then the database's setting, then LC_ALL and LANG.
"""

import os
from collections.abc import Sequence

from crmcli import i18n
from crmcli.store.places import database_path
from crmcli.store.settings import peek_language
from crmcli.streams import prepare_streams


def prepare(argv: Sequence[str]) -> None:
    """Make the streams UTF-8, honour `--db` for finding the settings, and put the language in force."""
    prepare_streams()
    named = _named_database(argv)
    if named:
        os.environ["CRM_DB"] = named
    i18n.setup(_language())


def _named_database(argv: Sequence[str]) -> str:
    """Return what `--db` says before the first command; Typer sees and checks the option again later."""
    words = iter(argv)
    for word in words:
        if word == "--db":
            return next(words, "")
        if word.startswith("--db="):
            return word.removeprefix("--db=")
        if word == "--today":
            next(words, "")
        elif not word.startswith("-"):
            break
    return ""


def _language() -> str:
    named = i18n.recognise(os.environ.get("CRM_LANG", ""))
    if named is None:
        named = i18n.recognise(peek_language(database_path()))
    if named is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        named = i18n.recognise(locale)
    return named or "en"
