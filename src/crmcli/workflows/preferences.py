"""偏好: what customers like, as they said or as their purchases suggest. What was inferred is the user's to confirm."""

import sqlite3
from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.i18n import _, ngettext
from crmcli.months import add_months
from crmcli.store.light import reading
from crmcli.store.reads import preferences as reads
from crmcli.store.reads.preferences import BoughtLine, PreferenceLine
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer

MONTHS = 12  #: how far back purchases count: a year, so that what is bought in one season counts, and old habits do not
MIN_ORDERS = 3  #: with fewer orders one chance purchase would be half of them
MIN_SHARE = 50  #: percent of the orders: what is bought less than every other time is no habit


def preferences(database: Path, which: str | None, limit: int) -> tuple[PreferenceLine, ...]:
    """Return preferences, of one customer or of all."""
    with reading(database) as connection:
        number = (
            None if which is None else find_customer(connection, which, read_settings(connection).country).id
        )
        return tuple(reads.preferences(connection, number, limit))


def infer(database: Path, which: str | None) -> tuple[BoughtLine, ...]:
    """Return what the purchases of a customer, or of everybody, suggest and is not noted yet; changes nothing."""
    with reading(database) as connection:
        settings = read_settings(connection)
        number = None if which is None else find_customer(connection, which, settings.country).id
        return _suggested(connection, number, clock.today(settings.time_zone))


def save_inferred(database: Path, which: str | None) -> tuple[BoughtLine, ...]:
    """Note what the purchases suggest, as inferred; return what was noted."""
    from crmcli.store import schema
    from crmcli.store.work import unit_of_work
    from crmcli.workflows.record import customer_named

    with unit_of_work(database, "preference infer") as work:
        number = None if which is None else customer_named(work, which).id
        found = _suggested(work.driver, number, work.today)
        for line in found:
            given = {"customer_id": line.customer_id, "topic": line.topic, "value": line.value}
            checked = schema.PreferenceIn.model_validate(
                {**given, "origin": "inferred", "noted_on": work.today, "notes": evidence(line)}
            )
            work.session.add(schema.Preference.model_validate({**checked.model_dump(), **work.stamps()}))
        work.session.flush()
        text = ngettext("inferred {count} preference", "inferred {count} preferences", len(found))
        work.summary = text.format(count=len(found))
        return found


def evidence(line: BoughtLine) -> str:
    """Say what a suggestion stands on."""
    return _("{times} of {orders} orders in {months} months").format(
        times=line.times, orders=line.orders, months=MONTHS
    )


def _suggested(connection: sqlite3.Connection, customer: int | None, today: date) -> tuple[BoughtLine, ...]:
    since = add_months(today, -MONTHS).isoformat()
    found = reads.bought(
        connection, customer, since=since, today=today.isoformat(), orders=MIN_ORDERS, share=MIN_SHARE
    )
    return tuple(found)
