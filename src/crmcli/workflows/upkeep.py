"""The program's own affairs, light: settings, the day, the journal."""

import os
from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.errors import CrmError, NotFoundError
from crmcli.i18n import recognise
from crmcli.store.light import reading
from crmcli.store.reads import journal as reads
from crmcli.store.reads.journal import JournalLine
from crmcli.store.settings import Settings, read_settings

#: What a country suggests for the currency; anything else keeps the currency in force.
_CURRENCIES = {
    "CN": "CNY",
    "US": "USD",
    "GB": "GBP",
    "HK": "HKD",
    "TW": "TWD",
    "JP": "JPY",
    "SG": "SGD",
    "DE": "EUR",
}


def settings(database: Path) -> Settings:
    """Return the settings in force; those of a new database where there is none yet."""
    try:
        with reading(
            database, older=True
        ) as connection:  # 'crm init' is what brings an older file up to date
            return read_settings(connection)
    except NotFoundError:
        return suggested()


def suggested() -> Settings:
    """Return settings that fit this machine: its time zone, and language and country from the locale."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    language = recognise(os.environ.get("CRM_LANG", "")) or recognise(locale) or ""
    territory = locale.split(".")[0].partition("_")[2].upper()
    country = territory if len(territory) == 2 and territory.isalpha() else "CN"
    return Settings(language, clock.system_zone(), _CURRENCIES.get(country, "CNY"), country)


def today(database: Path) -> date:
    """Return the business day; before there is a database, that of the machine's time zone."""
    try:
        zone = settings(database).time_zone
    except CrmError:
        zone = clock.system_zone()
    return clock.today(zone)


def journal(database: Path, limit: int) -> list[JournalLine]:
    """Return what was done, newest first."""
    with reading(database) as connection:
        return reads.journal(connection, limit)
