"""Which customer a word means: an id, an external id, a phone, an e-mail, or part of a name that fits only one.

Several that fit are listed, never guessed at. And which run a period means. Light: both lanes use it.
"""

import re
import sqlite3
from datetime import date
from difflib import get_close_matches

from crmcli.errors import AmbiguousError, NotFoundError, UsageError
from crmcli.i18n import _
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store.reads import customers as reads
from crmcli.store.reads import periods
from crmcli.store.reads.customers import Match
from crmcli.store.reads.periods import RunLine
from crmcli.values import ValueFault, is_month

_VERSION = re.compile(r"(.*\S)\s*@\s*([1-9][0-9]{0,8})")
_ID = re.compile(r"#?([1-9]\d{0,17})")
_PHONE_LIKE = re.compile(r"[+(（]?[\d０-９][\d０-９\s()（）./-]{4,}")
_SHOWN = 20
_NEAREST = 3  #: known periods that an error about an unknown one names


def find_customer(connection: sqlite3.Connection, text: str, country: str) -> Match:
    """Return the one customer that `text` names.

    Args:
        connection: an open database.
        text: what the user wrote; `#12` is always the id 12.
        country: for telephone numbers without a country code.

    Raises:
        NotFoundError: nobody fits; the nearest names are in the hint.
        AmbiguousError: several fit; they are the candidates.
    """
    word = text.strip()
    if not word:
        raise NotFoundError(_("no customer named: the name is empty"))
    number = _ID.fullmatch(word)
    only_id = word.startswith("#") and number is not None
    exact = reads.match_exactly(
        connection,
        number=int(number.group(1)) if number else None,
        word="" if only_id else word,
        e164="" if only_id else _e164(word, country),
    )
    found = exact if exact or only_id else reads.match_by_name(connection, word)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFoundError(
            _("no customer fits {text}").format(text=repr(text)), hint=_nearest(connection, word)
        )
    what = _("{text} fits {count} customers").format(text=repr(text), count=_count(len(found)))
    candidates = [(match.id, describe(match)) for match in found[:_SHOWN]]
    raise AmbiguousError(
        what, candidates, hint=_("name one by its id, for example #{id}").format(id=found[0].id)
    )


def named_run(connection: sqlite3.Connection, text: str | None, today: date, option: str) -> RunLine:
    """Return the newest run of the period that `text` names, or its version; without one, the last run up to today.

    Args:
        connection: an open database.
        text: a month or a day as the user wrote it, with `@2` the second version of it.
        today: the business day.
        option: where the user wrote it, for errors.

    Raises:
        UsageError: it is not a period.
        NotFoundError: it was not classified; the nearest that were are in the hint.
    """
    plain, version = (None, None) if text is None else named_version(text)
    period = None if plain is None else _period(plain, today, option)
    found = periods.run_of_period(connection, period, today.isoformat(), version)
    if found is not None:
        return found
    newest = None if version is None else periods.run_of_period(connection, period, today.isoformat())
    if newest is not None:
        raise NotFoundError(
            _("{period} has no version {version}").format(period=period, version=version),
            where=option,
            hint=_("the newest is {version}").format(version=f"{period}@{newest.version}"),
        )
    near = periods.periods_near(connection, period or "", today.isoformat(), _NEAREST)
    if period is None or not near:
        raise NotFoundError(_("nobody has been classified yet"), hint=_("run 'crm classify'"))
    raise NotFoundError(
        _("{period} was not classified").format(period=period),
        where=option,
        hint=_("the nearest that were are {periods}").format(periods=", ".join(near)),
    )


def named_version(text: str) -> tuple[str, int | None]:
    """Split `2026-10@1` into the period as it was written and the version, None where none is named."""
    match = _VERSION.fullmatch(text.strip())
    return (text, None) if match is None else (match[1], int(match[2]))


def _period(text: str, today: date, option: str) -> str:
    """Return a period as runs have it: a month as it is, a day as ISO text however it was written."""
    plain = text.strip()
    if is_month(plain):
        return plain
    try:
        return parse_spoken_day(plain, today, Direction.PAST).isoformat()
    except ValueFault:
        raise UsageError(
            _("not a period: {value}").format(value=repr(text)),
            where=option,
            hint=_("write a month such as 2026-11 or a day such as 2026-11-22"),
        ) from None


def describe(match: Match) -> str:
    """Return a customer in a few words: name, company, phone."""
    return " · ".join(part for part in (match.name, match.company, match.phone) if part)


def _count(found: int) -> str:
    return f"{_SHOWN}+" if found > _SHOWN else str(found)


def _e164(word: str, country: str) -> str:
    if not _PHONE_LIKE.fullmatch(word):
        return ""
    from crmcli.exchange.phones import to_e164  # only what looks like a telephone number pays for the library

    return to_e164(word, country) or ""


def _nearest(connection: sqlite3.Connection, word: str) -> str:
    names = {line.name for line in reads.customers(connection, **reads.EVERYBODY, limit=5_000)}
    near = get_close_matches(word, sorted(names), n=3, cutoff=0.6)
    if near:
        return _("did you mean {names}?").format(names=", ".join(near))
    return _("'crm list' shows everybody, 'crm add NAME' makes a new customer")
