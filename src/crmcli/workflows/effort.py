"""Where the time goes and where the margin comes from: per tier and per customer, and whom to give less. Light.

Money is that in the settings' currency; the rest is counted and told. Time that was not written down counts as none, and
is told too.
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from crmcli import clock
from crmcli.errors import UsageError
from crmcli.i18n import _
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store.light import reading
from crmcli.store.reads import effort as reads
from crmcli.store.reads.effort import EffortLine
from crmcli.store.reads.periods import RunLine, run_of_period
from crmcli.store.settings import read_settings
from crmcli.values import ValueFault
from crmcli.workflows.find import find_customer
from crmcli.workflows.shifts import RuleWords

JUNK = "junk"  #: the class of a further judgement that says so
_DAYS_A_MONTH = 365.25 / 12


class Sums(NamedTuple):
    """What one or several customers took and brought; money in minor units.

    Shares are of everybody, 0 to 1; None where everybody together has none, or less than none.
    """

    customers: int
    touches: int
    untimed: int  #: interactions without minutes
    minutes: int
    time_share: float | None
    cost: int
    sales: int
    uncosted: int  #: sales without a cost, so without a margin
    revenue: int
    revenue_share: float | None
    margin: int
    margin_share: float | None

    @property
    def net(self) -> int:
        """What is left of the margin after the cost of service."""
        return self.margin - self.cost


class CustomerEffort(NamedTuple):
    """One customer.

    Attributes:
        unprofitable: the service cost more than the margin brought; None where that only seems so, because a sale has no
            cost and so no known margin.
        junk: low value and much effort.
        minutes_now: a month, on average.
        minutes_suggested: a month, None where nothing is to be cut.
    """

    id: int
    name: str
    tier: str | None
    tier_label: str
    sums: Sums
    unprofitable: bool | None
    junk: bool
    minutes_now: float
    minutes_suggested: int | None


class TierEffort(NamedTuple):
    """One tier, highest first; `tier` is None for those who were not classified."""

    tier: str | None
    label: str
    sums: Sums
    unprofitable: int
    junk: int
    minutes_cut: int  #: a month, all suggestions of the tier together


class Effort(NamedTuple):
    """Where time and margin went from `first` to `last`.

    Attributes:
        customers: who took most for what they brought comes first.
        more: a limit cut the list.
        junk_by: `rules` when the last run has a class for it, `tier` when it follows from tier and time, else "".
        junk_minutes: with `tier`, the median of minutes above which somebody in the lowest tier is junk.
        elsewhere: records with money in another currency, not counted.
    """

    first: date
    last: date
    months: float
    currency: str
    classified_as_of: date | None
    tiers: tuple[TierEffort, ...]
    customers: tuple[CustomerEffort, ...]
    more: bool
    total: Sums
    junk_by: str
    lowest_tier: str
    junk_minutes: float
    elsewhere: int


class _Rules(NamedTuple):
    """What the last run says: its words, and who it calls junk (None: its rules have no such class)."""

    words: RuleWords | None
    junk: set[int] | None


def effort(
    database: Path,
    *,
    first: date | None = None,
    last: date | None = None,
    months: int | None = None,
    customer: str | None = None,
    flagged: bool = False,
    limit: int = -1,
) -> Effort:
    """Return where the time went and where the margin came from.

    Args:
        database: the file.
        first: the first day; None for `months` before the last.
        last: the last day; None for today.
        months: how many calendar months, 12 if neither this nor `first` is given.
        customer: only this one among the customers; shares stay those of everybody.
        flagged: only the unprofitable and the junk among the customers.
        limit: at most so many customers, -1 for all.

    Raises:
        UsageError: the first day comes after the last, or both it and `months` are given.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        until = last or clock.today(settings.time_zone)
        since, length = _window(first, until, months)
        run = run_of_period(connection, None, until.isoformat())
        rules = _rules(connection, run)
        wanted = None if customer is None else find_customer(connection, customer, settings.country).id
        pins = reads.pinned_tiers(connection, until)
        found = reads.effort(
            connection, since, until, currency=settings.currency, run=None if run is None else run.id
        )
    lines = [line._replace(tier=pins.get(line.id, line.tier)) for line in found]
    total = _sums(lines, None)
    junk, by, border = _junk(lines, rules)
    groups = _by_tier(lines, rules.words)
    rates = _rates(groups)
    customers = [
        _customer(line, total, rules.words, junk=line.id in junk, rate=rates[line.tier], months=length)
        for line in lines
    ]
    chosen = [
        each
        for each in customers
        if wanted in {None, each.id} and (not flagged or each.unprofitable or each.junk)
    ]
    chosen.sort(key=_order)
    return Effort(
        first=since,
        last=until,
        months=length,
        currency=settings.currency,
        classified_as_of=None if run is None else date.fromisoformat(run.as_of),
        tiers=tuple(_tier(tier, groups[tier], total, rules.words, customers) for tier in groups),
        customers=tuple(chosen if limit < 0 else chosen[:limit]),
        more=0 <= limit < len(chosen),
        total=_sums(lines, total),
        junk_by=by,
        lowest_tier=_label(rules.words.tiers[-1], rules.words) if rules.words else "",
        junk_minutes=border,
        elsewhere=sum(line.elsewhere for line in lines),
    )


def _window(first: date | None, last: date, months: int | None) -> tuple[date, float]:
    """Return the first day and how many months it is to the last."""
    if first is not None and months is not None:
        raise UsageError(_("--from and --months exclude each other"))
    if first is not None:
        if first > last:
            raise UsageError(_("{first} comes after {last}").format(first=first, last=last), where="--from")
        return first, ((last - first).days + 1) / _DAYS_A_MONTH
    count = months or 12
    try:
        return parse_spoken_day(f"-{count}m", last, Direction.PAST) + timedelta(days=1), float(count)
    except ValueFault as fault:
        raise UsageError(fault.what, where="--months", hint=fault.hint) from None


def _rules(connection: sqlite3.Connection, run: RunLine | None) -> _Rules:
    if run is None:
        return _Rules(None, None)
    judgements = json.loads(run.agenda).get("judgements", ())
    knows = any(code == JUNK for each in judgements for code, _words in each["classes"])
    return _Rules(RuleWords(run.agenda), reads.in_segment(connection, run.id, JUNK) if knows else None)


def _junk(lines: Sequence[EffortLine], rules: _Rules) -> tuple[set[int], str, float]:
    """Return who is junk, by what, and above how many minutes where that decides."""
    if rules.words is None:
        return set(), "", 0.0
    if rules.junk is not None:
        return rules.junk, "rules", 0.0
    lowest = rules.words.tiers[-1]
    border = _median([line.minutes for line in lines if line.timed])
    return {line.id for line in lines if line.tier == lowest and line.minutes > border}, "tier", border


def _median(values: Sequence[int]) -> float:
    ordered = sorted(values)
    if not ordered:
        return 0.0
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _by_tier(lines: Iterable[EffortLine], words: RuleWords | None) -> dict[str | None, list[EffortLine]]:
    """Return the customers of each tier, highest first; then tiers that the rules no longer know, then the unclassified."""
    groups: dict[str | None, list[EffortLine]] = {tier: [] for tier in (words.tiers if words else ())}
    unclassified = []
    for line in lines:
        if line.tier is None:
            unclassified.append(line)
        else:
            groups.setdefault(line.tier, []).append(line)
    if unclassified or not groups:
        groups[None] = unclassified
    return groups


def _rates(groups: Mapping[str | None, Sequence[EffortLine]]) -> dict[str | None, float | None]:
    """Return tier → minutes that a unit of margin gets in the tier above; the highest tier is measured by itself.

    Where that tier has no time or no margin, everybody together is the measure; None where they have none either.
    """
    everybody = _rate([line for lines in groups.values() for line in lines])
    rates: dict[str | None, float | None] = {}
    above: str | None = next(iter(groups), None)
    for tier, lines in groups.items():
        measure = _rate(groups[above]) if tier is not None else None
        rates[tier] = everybody if measure is None else measure
        if lines or tier is not None:
            above = tier
    return rates


def _rate(lines: Sequence[EffortLine]) -> float | None:
    minutes, margin = sum(line.minutes for line in lines), sum(line.margin for line in lines)
    return minutes / margin if minutes and margin > 0 else None


def _customer(
    line: EffortLine, total: Sums, words: RuleWords | None, *, junk: bool, rate: float | None, months: float
) -> CustomerEffort:
    sums = _sums([line], total)
    unprofitable = sums.net < 0 and (None if sums.uncosted else True)
    now = line.minutes / months
    suggested = _suggested(line, rate, months) if unprofitable or junk else None
    return CustomerEffort(
        line.id, line.name, line.tier, _label(line.tier, words), sums, unprofitable, junk, round(now, 1),
        suggested if suggested is not None and suggested < now else None,
    )  # fmt: skip


def _suggested(line: EffortLine, rate: float | None, months: float) -> int | None:
    """Return minutes a month: as many for its margin as the measure gets, at least one usual contact a longest cadence."""
    if rate is None or not line.timed:
        return None
    earned = max(line.margin, 0) * rate / months
    contact = line.minutes / line.timed
    needed = contact * _DAYS_A_MONTH / line.cadence_max_days if line.cadence_max_days else contact
    return math.ceil(round(max(earned, needed), 6))


def _tier(
    tier: str | None,
    lines: Sequence[EffortLine],
    total: Sums,
    words: RuleWords | None,
    customers: Iterable[CustomerEffort],
) -> TierEffort:
    own = [each for each in customers if each.tier == tier]
    cut = sum(each.minutes_now - each.minutes_suggested for each in own if each.minutes_suggested is not None)
    return TierEffort(
        tier, _label(tier, words), _sums(lines, total), sum(each.unprofitable is True for each in own),
        sum(each.junk for each in own), round(cut),
    )  # fmt: skip


def _sums(lines: Sequence[EffortLine], total: Sums | None) -> Sums:
    minutes, revenue = sum(line.minutes for line in lines), sum(line.revenue for line in lines)
    margin = sum(line.margin for line in lines)
    return Sums(
        customers=len(lines),
        touches=sum(line.touches for line in lines),
        untimed=sum(line.touches - line.timed for line in lines),
        minutes=minutes,
        time_share=_share(minutes, total and total.minutes),
        cost=sum(line.cost for line in lines),
        sales=sum(line.sales for line in lines),
        uncosted=sum(line.uncosted for line in lines),
        revenue=revenue,
        revenue_share=_share(revenue, total and total.revenue),
        margin=margin,
        margin_share=_share(margin, total and total.margin),
    )


def _share(part: int, whole: int | None) -> float | None:
    return round(part / whole, 6) if whole is not None and whole > 0 else None


def _order(each: CustomerEffort) -> tuple[float, int, int]:
    """Whose share of the time is furthest above the share of the margin comes first."""
    return (each.sums.margin_share or 0.0) - (each.sums.time_share or 0.0), -each.sums.minutes, each.id


def _label(tier: str | None, words: RuleWords | None) -> str:
    return "" if tier is None else tier if words is None else words.tier(tier)
