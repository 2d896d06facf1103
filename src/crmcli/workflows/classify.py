"""The classification run: facts as of a day, through the rules, to a stored class with its reasons for everybody.

A period is run once per ruleset. A day that is not over can be run again when something was recorded since; a closed
period stays as it is unless a new version is asked for by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select

from crmcli.errors import UsageError
from crmcli.i18n import _, ngettext
from crmcli.months import month_end, next_period, period_of
from crmcli.rules import RuleSet, agenda_program, compile_ruleset, load_folder
from crmcli.rules.catalogue import CATALOGUE, CUSTOMERS, OPPORTUNITIES
from crmcli.rules.model import Label
from crmcli.store import runs
from crmcli.store.past import as_they_stood, recorded_later
from crmcli.store.runs import Move, RunRow
from crmcli.store.schema import end_of
from crmcli.store.work import Work, unit_of_work
from crmcli.values import is_month
from crmcli.workflows.custom_rules import refuse_unfit

Labels = Mapping[str, Mapping[str, Label]]  #: tier and every segmentation → class → its words


BIGGEST = 10  #: changes of score that are shown of a trial, whether or not a class changes with them


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one period's run came to.

    Attributes:
        run: the run, new or found.
        made: False when it existed already and nothing was written.
        compared_with: the run that `moves` is against, if there is one.
        moves: who changed tier or grade.
        stale: something was recorded since a run that was left as it is.
        other_currencies: transactions in another currency, which the rules did not count.
        pinned: customers with a class that was pinned by hand on that day; the counts of the run are computed ones.
        recorded_later: customers and open deals of that day that were recorded only afterwards, where the rules look at
            what such a record holds without a date: that is today's.
        tiers_before: what the rules of `compared_with` call their tiers.
        biggest: the biggest changes of score, in a dry run with other rules than the last run's.
        too_few: (label of an indicator, how many values are known, its minimum) where everybody counted as missing.
    """

    run: RunRow
    made: bool
    compared_with: RunRow | None
    moves: tuple[Move, ...]
    stale: bool
    other_currencies: int
    pinned: int = 0
    too_few: tuple[tuple[Label, int, int], ...] = ()
    recorded_later: int = 0
    tiers_before: Mapping[str, Label] = field(default_factory=dict)
    biggest: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Classified:
    """Every run of one command, oldest period first.

    Attributes:
        outcomes: a run each.
        fingerprint: of the rules.
        labels: what the rules call classes.
        headings: what they call judgements of their own.
        last_rules: the fingerprint of the rules of the last run before, if they are others; else "".
    """

    outcomes: tuple[Outcome, ...]
    fingerprint: str
    labels: Labels
    headings: Mapping[str, Label]  #: every segmentation → its words
    last_rules: str


def classify(
    database: Path,
    rules: Path,
    *,
    month: str | None = None,
    as_of: date | None = None,
    dry_run: bool = False,
    force: bool = False,
) -> Classified:
    """Classify everybody: for one month, as of one day, or (neither given) all ended months not yet run, and today.

    A dry run with other rules than the last run's compares each period with what was found under the others.

    Raises:
        ConfigError: the rules have faults; all are listed.
        UsageError: not a month, or a day in the future.
    """
    ruleset = load_folder(rules)
    with unit_of_work(database, "classify", dry_run=dry_run) as work:
        refuse_unfit(work.connection, [ruleset])
        periods = _periods(work, month, as_of)
        last = runs.last_run(work.connection)
        last_rules = "" if last is None or last.fingerprint == ruleset.fingerprint else last.fingerprint
        whatif = dry_run and bool(last_rules)
        found = [
            _run(work, ruleset, period, day, force=force, wanted=wanted, whatif=whatif)
            for period, day, wanted in periods
        ]
        outcomes = tuple(outcome for outcome in found if outcome is not None)
        made = [outcome.run for outcome in outcomes if outcome.made]
        if made:
            count = made[-1].customers
            said = ngettext(
                "classified {customers} customer for {periods}",
                "classified {customers} customers for {periods}",
                count,
            )
            work.summary = said.format(customers=count, periods=", ".join(run.period for run in made))
    return Classified(outcomes, ruleset.fingerprint, *class_words(ruleset), last_rules)


def before_of(connection: Connection, ruleset: RuleSet, as_of: date) -> tuple[Select[Any] | None, int | None]:
    """Return what the tiers of a ruleset lean on: the statement for it, and the last run before the day."""
    if not ruleset.looks_back:
        return None, None
    before = runs.runs_before(connection, as_of, max(ruleset.tiering.periods - 1, 1))
    return runs.looked_back(before), before[0] if before else None


def class_words(ruleset: RuleSet) -> tuple[Labels, Mapping[str, Label]]:
    """Return what the rules call the classes of a judgement, and the judgements that are theirs."""
    labels = {each.name: {rule.segment: rule.label for rule in each.rules} for each in ruleset.segments}
    labels["tier"] = {tier.code: tier.label for tier in ruleset.tiers}
    return labels, {each.name: each.label for each in ruleset.segments}


def _periods(work: Work, month: str | None, as_of: date | None) -> list[tuple[str, date, bool]]:
    """Return (period, day, asked for by name) triples."""
    if month is not None:
        if not is_month(month):
            raise UsageError(
                _("not a month: {value}").format(value=repr(month)), where="--month", hint=_("write 2026-11")
            )
        return [(month, not_future(month_end(month), work.today, month), True)]
    if as_of is not None:
        return [(as_of.isoformat(), not_future(as_of, work.today, as_of.isoformat()), True)]
    ended = period_of(work.today.replace(day=1) - timedelta(days=1))
    last = runs.last_month_run(work.connection)
    period = ended if last is None else next_period(last)
    missed = []
    while period <= ended:
        missed.append((period, month_end(period), False))
        period = next_period(period)
    return [*missed, (work.today.isoformat(), work.today, True)]


def not_future(day: date, today: date, named: str) -> date:
    """Return the day to look from: a month that has not ended is run as of today; a day that has not come cannot be.

    Raises:
        UsageError: the day has not come.
    """
    if day <= today:
        return day
    if period_of(day) == period_of(today) and len(named) == len("2026-11"):
        return today
    raise UsageError(_("{period} has not come yet (today is {today})").format(period=named, today=today))


def _run(
    work: Work, ruleset: RuleSet, period: str, as_of: date, *, force: bool, wanted: bool, whatif: bool
) -> Outcome | None:
    connection = work.connection
    found = runs.find_run(connection, period, ruleset.fingerprint)
    currency = work.settings.currency
    others = runs.other_currencies(connection, currency, as_of)
    if found is not None:
        changed = runs.journal_position(connection) > found.journal_id or found.as_of != as_of
        still_open = as_of >= work.today
        if not force and not (still_open and changed):
            return Outcome(found, False, None, (), changed, others)
    runs.save_ruleset(work, ruleset.fingerprint, ruleset.files, agenda_program(ruleset))
    held, before = before_of(connection, ruleset, as_of)
    ends = end_of(as_of, work.settings.time_zone)
    savepoint = connection.begin_nested()
    with as_they_stood(connection, runs.source_tables(), as_of, ends) as tables:
        program = compile_ruleset(ruleset, tables, as_of, currency, held, ends=ends)
        run = runs.make_run(
            work, program, period=period, as_of=as_of, fingerprint=ruleset.fingerprint, previous_run=before
        )
    if run.customers == 0 and not wanted:
        savepoint.rollback()  # a month before anybody was known is not worth a run that nobody asked for
        return None
    savepoint.commit()
    work.record_run(run.id)
    compared = found or runs.run_before(connection, run, other_rules=whatif)
    moves, pinned = tuple(runs.moves(connection, compared, run)), runs.pinned_customers(connection, run)
    too_few = tuple(_too_few(connection, ruleset, run))
    later = recorded_later(connection, _undated_sources(ruleset), as_of, ends) if as_of < work.today else 0
    words = runs.stored_words(connection, compared.fingerprint, "tier") if compared is not None else {}
    labels = {code: Label(*said) for code, said in words.items()}
    biggest: tuple[Move, ...] = ()
    if whatif and compared is not None:
        judged = runs.found_by(compared.id), runs.found_by(run.id)
        biggest = runs.compare(connection, *judged, moves=0, changes=BIGGEST).changes
    return Outcome(run, True, compared, moves, False, others, pinned, too_few, later, labels, biggest)


def _undated_sources(ruleset: RuleSet) -> set[str]:
    """Return the tables of which rules look at something that has no date."""
    sources = {
        use.aggregate.source if use.aggregate else CATALOGUE[use.of].source
        for use in ruleset.features
        if not use.custom
    }
    sources |= {CUSTOMERS for use in ruleset.features if use.custom}
    return sources & {CUSTOMERS, OPPORTUNITIES}


def _too_few(connection: Connection, ruleset: RuleSet, run: RunRow) -> Iterator[tuple[Label, int, int]]:
    """Yield the indicators whose scale asks for more known values than there are."""
    labels = {(score.name, each.name): each.label for score in ruleset.scores for each in score.indicators}
    for each in ruleset.compared:
        known = runs.known_values(connection, run.id, each.score, each.indicator, each.minimum)
        if known < each.minimum:
            yield labels[each.score, each.indicator], known, each.minimum
