"""Did it come true? The classes that rules would have given on past days, against what the customers did next.

Each figure is defined in docs/backtest.md. Only facts up to a day lead to its classes; only facts after it are held
against them. Nothing is stored. A figure that too few customers stand behind is None, never a number.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, Table

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.months import add_months
from crmcli.rules import Program, RuleSet, compile_ruleset, load_folder
from crmcli.rules.model import GRADES
from crmcli.store import trial
from crmcli.store.engine import looking
from crmcli.store.past import as_they_stood
from crmcli.store.runs import source_tables
from crmcli.store.schema import end_of
from crmcli.store.settings import Settings
from crmcli.store.trial import Placed, Sold
from crmcli.store.work import settings_of
from crmcli.workflows import measures
from crmcli.workflows.custom_rules import refuse_unfit
from crmcli.workflows.periods import NOBODY, Horizon, LeftOut, Period, months_between

MINIMUM = 20  #: customers that a share, a rate or a coefficient stands on, unless another number is asked for
_NOTHING = Sold(0, 0)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of one ruleset. Revenue is in minor units; shares are 0 to 1, None below the minimum sample.

    Attributes:
        customers: who was known and not archived on the day.
        buyers: those of them with a revenue above 0 afterwards.
        top_tier_share: of what the buyers brought, the part of the first tier of the rules.
        top_decile_share: the part that the tenth with the highest scores brought.
        gini: of the score against the revenue; gini_best what a perfect order would have reached.
        lift: top_decile_share divided by a tenth.
    """

    period: str
    as_of: date
    until: date
    customers: int
    buyers: int
    orders: int
    revenue: int
    top_tier_share: float | None
    top_decile_share: float | None
    gini: float | None
    gini_best: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class TierLine:
    """One tier over all months: customers are counted once a month, `people` once. `lift` is revenue share by customer share."""

    tier: str
    label_en: str
    label_zh: str
    customers: int
    people: int
    orders: int
    revenue: int
    customer_share: float | None
    revenue_share: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class GradeLine:
    """One grade over the months whose own stretch is over: how many won a deal within `months` calendar months."""

    grade: str
    months: int
    periods: int
    customers: int
    people: int
    won: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All months together: sums of counts, shares of the sums, means of the months' coefficients."""

    months: int
    customers: int
    people: int
    buyers: int
    orders: int
    revenue: int
    top_tier_share: float | None
    top_decile_share: float | None
    gini: float | None
    gini_best: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One ruleset against what came next."""

    folder: str
    fingerprint: str
    total: Summary
    tiers: tuple[TierLine, ...]
    grades: tuple[GradeLine, ...]
    months: tuple[MonthLine, ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    """One or two rulesets over the same months.

    Attributes:
        judged: the ruleset asked about, then the one it is held against, if any.
        left_out: months that could not be used.
        other_currencies: transactions after the first day that were not counted.
        last_sale: the day of the last transaction that is recorded at all.
    """

    horizon: Horizon
    today: date
    minimum: int
    currency: str
    judged: tuple[Verdict, ...]
    left_out: tuple[LeftOut, ...]
    other_currencies: int
    last_sale: date | None


@dataclass(frozen=True, slots=True)
class Follow:
    """What came after a month's end: what each customer bought in the stretch, and the day of the first deal won."""

    period: Period
    sold: Mapping[int, Sold]
    won: Mapping[int, date]


def backtest(
    database: Path,
    rules: Path,
    first: str,
    last: str,
    *,
    horizon: Horizon,
    against: Path | None = None,
    minimum: int = MINIMUM,
) -> Backtest:
    """Hold the classes of each month's end against what came next.

    Raises:
        ConfigError: the rules have faults; all are listed.
        UsageError: not months.
        NotFoundError: there is no database, or no month that can be used.
    """
    folders = (rules,) if against is None else (rules, against)
    rulesets = [load_folder(folder) for folder in folders]
    with looking(database) as connection:
        settings = settings_of(connection)
        today = clock.today(settings.time_zone)
        periods, left_out = months_between(first, last, horizon, today)
        if not periods:
            raise nothing_to_look_at(left_out, horizon)
        tables = copy_for(connection, rulesets, settings, today)
        tallies = [Tally(ruleset, today, minimum) for ruleset in rulesets]
        used = []
        for period in periods:
            follow = what_followed(connection, period, settings)
            if try_month(connection, tables, settings, tallies, follow):
                used.append(period)
            else:
                left_out.append(LeftOut(period.name, NOBODY, period.until))
        others = (
            trial.other_currencies(connection, used[0].as_of, used[-1].until, settings.currency)
            if used
            else 0
        )
        last_sale = trial.last_day(connection, tables)
    if not used:
        raise nothing_to_look_at(left_out, horizon)
    judged = tuple(tally.judged(str(folder)) for tally, folder in zip(tallies, folders, strict=True))
    ordered = tuple(sorted(left_out, key=lambda month: month.period))
    return Backtest(horizon, today, minimum, settings.currency, judged, ordered, others, last_sale)


def nothing_to_look_at(left_out: Sequence[LeftOut], horizon: Horizon) -> NotFoundError:
    """Return the error for months of which none can be used."""
    waiting = [month for month in left_out if month.reason != NOBODY]
    if waiting:
        month = min(waiting, key=lambda month: month.period)
        hint = _(
            "the horizon of {period} ends on {until}; ask for earlier months or a shorter --horizon than {horizon}"
        ).format(horizon=horizon, period=month.period, until=month.until)
    else:
        hint = _("nobody was known then; ask for later months")
    return NotFoundError(_("there is no month to look at"), hint=hint)


def copy_for(
    connection: Connection, rulesets: Sequence[RuleSet], settings: Settings, today: date
) -> Mapping[str, Table]:
    """Copy what the rulesets look at once, for all months."""
    refuse_unfit(connection, rulesets)
    programs = [compile_ruleset(ruleset, source_tables(), today, settings.currency) for ruleset in rulesets]
    return trial.copy_sources(connection, programs)


def what_followed(connection: Connection, period: Period, settings: Settings) -> Follow:
    """Read what the customers did after a month's end."""
    bought = trial.sold(connection, period.as_of, period.until, settings.currency)
    return Follow(period, bought, trial.won(connection, period.as_of))


def as_of(
    connection: Connection, tables: Mapping[str, Table], period: Period, settings: Settings
) -> AbstractContextManager[Mapping[str, Table]]:
    """Hold the copied tables as they stood at a month's end."""
    return as_they_stood(connection, tables, period.as_of, end_of(period.as_of, settings.time_zone))


def program_for(
    ruleset: RuleSet,
    tables: Mapping[str, Table],
    period: Period,
    settings: Settings,
    held: Select[Any] | None = None,
) -> Program:
    """Compile a ruleset for a month's end over the copied tables; `held` is what the months before found."""
    return compile_ruleset(
        ruleset, tables, period.as_of, settings.currency, held, ends=end_of(period.as_of, settings.time_zone)
    )


def try_month(
    connection: Connection,
    tables: Mapping[str, Table],
    settings: Settings,
    tallies: "Sequence[Tally]",
    follow: Follow,
) -> bool:
    """Classify everybody as of a month's end by each ruleset and count what came next; False when nobody was known."""
    known = False
    with as_of(connection, tables, follow.period, settings) as then:
        for number, tally in enumerate(tallies):
            program = program_for(tally.ruleset, then, follow.period, settings, tally.held)
            with trial.ran(connection, program):
                everybody = trial.placed(connection, program)
            tally.look_back(connection, number, everybody)
            if everybody:
                tally.count(everybody, follow)
                known = True
    return known


# --- counting ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Heap:
    """Customers put together, month after month."""

    customers: int = 0
    people: set[int] = field(default_factory=set)
    buyers: set[int] = field(default_factory=set)
    orders: int = 0
    revenue: int = 0
    brought: int = 0  #: the revenue of those who did not give back more than they bought

    def add(self, customer: int, sold: Sold) -> None:
        self.customers += 1
        self.people.add(customer)
        self.orders += sold.orders
        self.revenue += sold.revenue
        self.brought += max(sold.revenue, 0)
        if sold.revenue > 0:
            self.buyers.add(customer)


@dataclass(slots=True)
class _Checked:
    """Customers of one grade whose stretch is over."""

    periods: int = 0
    customers: int = 0
    people: set[int] = field(default_factory=set)
    won: int = 0


class Tally:
    """Counts, month after month, what came of the classes of one ruleset."""

    def __init__(self, ruleset: RuleSet, today: date, minimum: int) -> None:
        self.ruleset = ruleset
        self.today = today
        self.minimum = minimum
        self.held: Select[Any] | None = None  # what the months before found, for rules that lean on it
        self._before: list[Sequence[Placed]] = []
        self.months: list[MonthLine] = []
        self._tiers = {tier.code: _Heap() for tier in ruleset.tiers}
        self._grades = {grade: _Checked() for grade in GRADES}
        self._caught = 0.0  #: minor units that the top tenths brought
        self._buyers = 0

    def look_back(self, connection: Connection, number: int, everybody: Sequence[Placed]) -> None:
        """Keep what a month's tiers will be needed for, if the rules lean on the months before."""
        if not self.ruleset.looks_back:
            return
        self._before = [everybody, *self._before][: max(self.ruleset.tiering.periods - 1, 1)]
        self.held = trial.hold(connection, number, self._before)

    def count(self, everybody: Sequence[Placed], follow: Follow) -> None:
        """Add a month."""
        for customer, _score, tier, _grade in everybody:
            self._tiers[tier].add(customer, follow.sold.get(customer, _NOTHING))
        for grade in GRADES:
            self._check_grade(grade, everybody, follow)
        self.months.append(self._month(everybody, follow))

    def _check_grade(self, grade: str, everybody: Sequence[Placed], follow: Follow) -> None:
        limit = add_months(follow.period.as_of, self._months_of(grade))
        if limit >= self.today:
            return
        checked = self._grades[grade]
        checked.periods += 1
        for customer in (each.customer for each in everybody if each.grade == grade):
            checked.customers += 1
            checked.people.add(customer)
            day = follow.won.get(customer)
            checked.won += day is not None and day <= limit

    def _months_of(self, grade: str) -> int:
        """The calendar months a grade speaks of; D says that not even those of C will do."""
        months = dict(self.ruleset.grades.months)
        return months.get(grade, months["C"])

    def _month(self, everybody: Sequence[Placed], follow: Follow) -> MonthLine:
        sold = [follow.sold.get(each.customer, _NOTHING) for each in everybody]
        values = [max(each.revenue, 0) for each in sold]
        scores = [each.score for each in everybody]
        revenue, buyers = sum(each.revenue for each in sold), sum(value > 0 for value in values)
        top = self.ruleset.tiers[0].code
        first = sum(value for value, who in zip(values, everybody, strict=True) if who.tier == top)
        enough = buyers >= self.minimum
        share = measures.caught(scores, values)
        self._caught += (share or 0.0) * sum(values)
        self._buyers += buyers
        return MonthLine(
            follow.period.name, follow.period.as_of, follow.period.until,
            customers=len(everybody),
            buyers=buyers,
            orders=sum(each.orders for each in sold),
            revenue=revenue,
            top_tier_share=measures.ratio(first, sum(values)) if enough else None,
            top_decile_share=share if enough else None,
            gini=measures.gini(scores, values) if enough else None,
            gini_best=measures.gini_best(values) if enough else None,
            lift=_lift(share) if enough else None,
        )  # fmt: skip

    def judged(self, folder: str) -> Verdict:
        """Return what all months came to."""
        return Verdict(
            folder, self.ruleset.fingerprint, self._total(), tuple(self._tier_lines()), tuple(self._grade_lines()),
            tuple(self.months),
        )  # fmt: skip

    def _together(self) -> _Heap:
        """Everybody, whatever the tier."""
        together = _Heap()
        for heap in self._tiers.values():
            together.customers += heap.customers
            together.people |= heap.people
            together.buyers |= heap.buyers
            together.orders += heap.orders
            together.revenue += heap.revenue
            together.brought += heap.brought
        return together

    def _total(self) -> Summary:
        everybody = self._together()
        enough = len(everybody.buyers) >= self.minimum
        top = self._tiers[self.ruleset.tiers[0].code].brought
        share = measures.ratio(self._caught, everybody.brought) if enough else None
        return Summary(
            months=len(self.months),
            customers=everybody.customers,
            people=len(everybody.people),
            buyers=self._buyers,
            orders=everybody.orders,
            revenue=everybody.revenue,
            top_tier_share=measures.ratio(top, everybody.brought) if enough else None,
            top_decile_share=share,
            gini=measures.mean([month.gini for month in self.months]),
            gini_best=measures.mean([month.gini_best for month in self.months]),
            lift=_lift(share),
        )

    def _tier_lines(self) -> list[TierLine]:
        everybody = self._together()
        enough = len(everybody.buyers) >= self.minimum
        lines = []
        for tier in self.ruleset.tiers:
            heap = self._tiers[tier.code]
            part = measures.ratio(heap.customers, everybody.customers)
            share = measures.ratio(heap.brought, everybody.brought) if enough else None
            lift = measures.ratio(share, part) if share is not None and part else None
            lines.append(
                TierLine(
                    tier.code, tier.label.en, tier.label.zh, heap.customers, len(heap.people), heap.orders, heap.revenue,
                    part, share, lift,
                )
            )  # fmt: skip
        return lines

    def _grade_lines(self) -> list[GradeLine]:
        lines = []
        for grade, checked in self._grades.items():
            enough = len(checked.people) >= self.minimum
            rate = measures.ratio(checked.won, checked.customers) if enough else None
            lines.append(
                GradeLine(
                    grade, self._months_of(grade), checked.periods, checked.customers, len(checked.people), checked.won,
                    rate,
                )
            )  # fmt: skip
        return lines


def _lift(share: float | None) -> float | None:
    return None if share is None else share * float(1 / measures.DECILE)
