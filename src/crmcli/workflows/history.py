"""How one customer came to stand where it stands: every period it was classified in, and what changed from one to the next.

Read from what the runs stored; nothing is worked out again. Light: neither YAML nor SQLAlchemy, but where rules changed.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.store.light import reading
from crmcli.store.reads import history as reads
from crmcli.store.reads import overrides as pins
from crmcli.store.reads.base import ALL
from crmcli.store.reads.judgements import ruleset_files
from crmcli.store.reads.overrides import OverrideLine
from crmcli.store.reads.periods import ruleset_agenda
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer
from crmcli.workflows.shifts import Kept, RuleWords, Shift, is_of_points, shift_of

if TYPE_CHECKING:
    from crmcli.rules.difference import Difference

NAMED = 2  #: indicators named for a period: as a rule one that rose and one that fell


class Pin(NamedTuple):
    """What a stretch of time saw of a class pinned by hand.

    Attributes:
        first: the day it was pinned, None if that was before.
        last: the last day that it counted, None if it still counts at the end.
    """

    judgement: str
    value: str
    first: date | None
    last: date | None


class Period(NamedTuple):
    """One period of a customer.

    Attributes:
        change: points of the score against the period before; None for the first.
        kept: the tier is not the one that the score alone gives.
        kept_until: the tier that was kept in the period before and is no longer.
        grade_before: None for the first.
        grade_text: the grade's reason in words.
        tier_before: the tier of the period before where the score does not tell why it is another now, else None.
        tier_label_before: its label.
        rules: the fingerprint of the rules.
        rules_changed: they are others than in the period before.
        rule_changes: what differs between the two.
        shifts: the indicators whose points changed most, the biggest change first.
        pinned: judgement → the class that was pinned by hand on that day; the others are what the rules said.
        pins: those that began or ended since the period before, oldest first, even if the run did not see them.
    """

    period: str
    as_of: date
    version: int
    score: float
    change: float | None
    tier: str
    tier_label: str
    kept: Kept | None
    kept_until: Kept | None
    grade: str
    grade_before: str | None
    grade_reason: str
    grade_reason_before: str | None
    grade_text: str
    lifecycle_stage: str
    rules: str
    tier_before: str | None
    tier_label_before: str
    rules_changed: bool
    rule_changes: "tuple[Difference, ...]"
    shifts: tuple[Shift, ...]
    pinned: Mapping[str, str]
    pins: tuple[Pin, ...]


class History(NamedTuple):
    """The periods of one customer, oldest first; `more` when a limit left older ones out.

    `since` are the pins that began or ended after the last period, up to `today`.
    """

    customer: int
    name: str
    periods: tuple[Period, ...]
    more: bool
    since: tuple[Pin, ...]
    today: date


def history(database: Path, which: str, *, limit: int = ALL) -> History:
    """Return the periods in which a customer was classified.

    Args:
        database: the file.
        which: the customer, in any of the ways to name one.
        limit: the newest so many, -1 for all.

    Raises:
        NotFoundError: the customer is unknown or was never classified.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        match = find_customer(connection, which, settings.country)
        day = clock.today(settings.time_zone)
        today = day.isoformat()
        wanted = limit + 1 if limit >= 0 else ALL
        lines = reads.history(connection, match.id, today, named=NAMED, limit=wanted)
        words = _words(connection, lines)
        pairs = {
            (line.rules_before, line.rules) for line in lines if line.rules_before not in {None, line.rules}
        }
        changes = {pair: _rule_changes(connection, str(pair[0]), pair[1]) for pair in pairs}
        pinned: dict[int, dict[str, str]] = {}
        for each in reads.pinned_then(connection, match.id):
            pinned.setdefault(each.run, {})[each.judgement] = each.value
        overrides = pins.overrides(connection, today, customer=match.id, everything=True)
    if not lines:
        raise NotFoundError(
            _("{name} has not been classified").format(name=match.name),
            hint=_("run 'crm classify'; it leaves out who was archived or not yet known on its day"),
        )
    periods: list[Period] = []
    before = date.min
    for run, group in groupby(lines, key=lambda line: line.run):
        own = tuple(group)
        period = _period(own, words, pinned.get(run, {}))
        periods.append(
            period._replace(
                pins=_pins(overrides, before, period.as_of),
                rule_changes=changes.get((own[0].rules_before or "", own[0].rules), ()),
            )
        )
        before = period.as_of
    more = 0 <= limit < len(periods)
    shown = tuple(periods[-limit:] if more else periods)
    return History(match.id, match.name, shown, more, _pins(overrides, before, day), day)


def _rule_changes(connection: sqlite3.Connection, before: str, after: str) -> "tuple[Difference, ...]":
    """Return what differs between two stored rulesets; YAML is read only where rules have changed."""
    from crmcli.rules import load
    from crmcli.workflows.whatif import told

    was, is_now = (
        load(
            ruleset_files(connection, each),
            _("rules {fingerprint}").format(fingerprint=each[:12]),
            stored=True,
        )
        for each in (before, after)
    )
    return told(was, is_now)


def _pins(overrides: Sequence[OverrideLine], before: date, until: date) -> tuple[Pin, ...]:
    """Return the overrides that began or ended after one day and up to another."""
    found = []
    for each in overrides:
        first, last = date.fromisoformat(each.from_on), _last_day(each)
        if last is not None and last < first:
            continue  # taken back on the day it was made
        began = before < first <= until
        over = last is not None and before <= last < until  # it no longer counts on the day after
        if began or over:
            found.append(Pin(each.judgement, each.value, first if began else None, last if over else None))
    return tuple(sorted(found, key=lambda pin: (pin.first or pin.last or date.min, pin.judgement)))


def _last_day(override: OverrideLine) -> date | None:
    """Return the last day on which an override counts, None if it has no end yet."""
    ends = []
    if override.until_on is not None:
        ends.append(date.fromisoformat(override.until_on))
    if override.ended_on is not None:
        ends.append(date.fromisoformat(override.ended_on) - timedelta(days=1))
    return min(ends, default=None)


def _words(connection: sqlite3.Connection, lines: Sequence[reads.HistoryLine]) -> dict[str, RuleWords]:
    """Return the words of every ruleset that the lines name, by fingerprint."""
    used = {line.rules for line in lines} | {line.rules_before for line in lines if line.rules_before}
    return {fingerprint: RuleWords(ruleset_agenda(connection, fingerprint)) for fingerprint in used}


def _period(
    lines: Sequence[reads.HistoryLine], words: dict[str, RuleWords], pinned: Mapping[str, str]
) -> Period:
    line = lines[0]
    said = [words[rules] for rules in (line.rules, line.rules_before) if rules is not None]
    shifts = (shift_of(each, *said) for each in lines)
    kept_until = None
    if line.tier_before not in {None, line.tier}:
        kept_until = said[-1].kept(str(line.tier_before), line.score_before or 0.0)
    untold = line.tier_before
    change = line.score - (line.score_before or 0.0)
    if untold is None or is_of_points(untold, line.tier, change, said[0].tiers):
        untold = None
    return Period(
        period=line.period,
        as_of=date.fromisoformat(line.as_of),
        version=line.version,
        score=line.score,
        change=None if line.score_before is None else round(line.score - line.score_before, 2),
        tier=line.tier,
        tier_label=said[0].tier(line.tier),
        kept=said[0].kept(line.tier, line.score),
        kept_until=kept_until,
        grade=line.grade,
        grade_before=line.grade_before,
        grade_reason=line.grade_reason,
        grade_reason_before=line.grade_reason_before,
        grade_text=said[0].grade_reason(line.grade_reason),
        lifecycle_stage=line.lifecycle_stage,
        rules=line.rules,
        tier_before=untold,
        tier_label_before="" if untold is None else said[-1].tier(untold),
        rules_changed=line.rules_before is not None and line.rules_before != line.rules,
        rule_changes=(),
        shifts=tuple(shift for shift in shifts if shift is not None),
        pinned=pinned,
        pins=(),
    )
