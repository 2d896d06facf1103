"""Starting a database and taking commands back: the upkeep that writes."""

from dataclasses import dataclass
from pathlib import Path

from crmcli import clock
from crmcli.birthdays import LEAP_BIRTHDAYS
from crmcli.errors import DataError
from crmcli.i18n import _, recognise
from crmcli.store import undo as undoing
from crmcli.store.settings import Settings
from crmcli.store.undo import Undone
from crmcli.store.work import save_settings, unit_of_work
from crmcli.values import ValueFault, parse_currency
from crmcli.workflows.ledger import settle_all
from crmcli.workflows.upkeep import settings


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `crm init` left behind."""

    settings: Settings
    created: bool


def initialise(database: Path, wanted: Settings) -> Initialised:
    """Make the database if there is none, and write the settings.

    Raises:
        DataError: a setting that cannot be used.
        ConfigError: an unknown time zone, or a file that is not ours.
    """
    checked = _checked(wanted, settings(database))
    created = not database.exists()
    with unit_of_work(database, "init") as work:
        save_settings(work, checked)
        if work.wrote:
            work.summary = _("settings: {language}, {zone}, {currency}, {country}").format(
                language=checked.language or "-",
                zone=checked.time_zone,
                currency=checked.currency,
                country=checked.country,
            )
    return Initialised(checked, created)


def undo(database: Path, number: int | None) -> Undone:
    """Take back the last command, or the one numbered.

    Raises:
        NotFoundError: there is none.
        RefusedError: a later change stands in the way.
        DataError: more would be paid for a sale than was owed.
    """
    with unit_of_work(database, "undo") as work:
        undone = undoing.undo(work, number)
        settle_all(work)  # payments may have come after the one that was taken back
        return undone


def _checked(wanted: Settings, now: Settings) -> Settings:
    clock.zone(wanted.time_zone)
    try:
        currency = parse_currency(wanted.currency)
    except ValueFault as fault:
        raise DataError(fault.what, where="--currency", hint=fault.hint) from None
    language = recognise(wanted.language) if wanted.language else ""
    if language is None:
        raise DataError(
            _("no such language: {value}").format(value=repr(wanted.language)),
            where="--language",
            hint=_("en or zh_CN"),
        )
    country = wanted.country.strip().upper()
    if country != now.country and not _is_country(country):
        raise DataError(
            _("not a country code: {value}").format(value=repr(wanted.country)),
            where="--country",
            hint=_("write CN, US, DE …"),
        )
    leap_birthday = wanted.leap_birthday.strip().lower()
    if leap_birthday not in LEAP_BIRTHDAYS:
        raise DataError(
            _("not a day for birthdays of 29 February: {value}").format(value=repr(wanted.leap_birthday)),
            where="--leap-birthday",
            hint=_("write {names}").format(names=", ".join(LEAP_BIRTHDAYS)),
        )
    return wanted._replace(language=language, currency=currency, country=country, leap_birthday=leap_birthday)


def _is_country(code: str) -> bool:
    from crmcli.exchange.phones import is_region  # the country of most needs no look at the library

    return is_region(code)
