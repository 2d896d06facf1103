"""Who moved between two periods, and how many went from which tier to which.

Read from what the two runs stored; nothing is worked out again. Light: neither YAML nor SQLAlchemy.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from crmcli import clock
from crmcli.errors import NotFoundError, UsageError
from crmcli.i18n import _
from crmcli.store.light import reading
from crmcli.store.reads import movers as reads
from crmcli.store.reads import periods
from crmcli.store.reads.base import ALL
from crmcli.store.reads.periods import RunLine
from crmcli.store.settings import read_settings
from crmcli.workflows.find import named_run
from crmcli.workflows.shifts import Kept, RuleWords, Shift, is_of_points, shift_of

UP, DOWN, BOTH = 1, -1, 0  #: directions: by tier, and by grade where the tier stayed


class Mover(NamedTuple):
    """One customer whose tier or grade changed.

    Attributes:
        change: points of the score.
        grade_text: the reason for the grade after, in words.
        shift: the indicator whose points changed most, None when none did.
        kept: the tier after is not the one that the score alone gives.
        kept_until: the tier before was kept, and is no longer.
        by_points: the tier is the same, or moved the way that the score did.
    """

    customer: int
    name: str
    tier_before: str
    tier: str
    tier_label_before: str
    tier_label: str
    grade_before: str
    grade: str
    grade_reason_before: str
    grade_reason: str
    grade_text: str
    score_before: float
    score: float
    change: float
    shift: Shift | None
    kept: Kept | None
    kept_until: Kept | None
    by_points: bool


class Movers(NamedTuple):
    """Who moved from one period to another, the biggest change of score first.

    Attributes:
        more: a limit cut the list.
        rules_changed: the two periods were run with different rules.
    """

    before: str
    after: str
    movers: tuple[Mover, ...]
    more: bool
    rules_changed: bool


class Matrix(NamedTuple):
    """How many customers went from which tier to which.

    Attributes:
        rows: tiers before with their labels, highest first.
        columns: tiers after with their labels, highest first.
        counts: customers by (tier before, tier after); None before is new, None after is gone.
    """

    before: str
    after: str
    rows: Mapping[str, str]
    columns: Mapping[str, str]
    counts: Mapping[tuple[str | None, str | None], int]
    rules_changed: bool


def movers(
    database: Path, before: str | None, after: str | None, *, direction: int = BOTH, limit: int = ALL
) -> Movers:
    """Return who has another tier or grade in the period `after` than in the period `before`.

    Args:
        database: the file.
        before: a period, or a version of one (`2026-10@1`); None for the period before `after`.
        after: a period; None for the last run.
        direction: UP, DOWN or BOTH.
        limit: at most so many, -1 for all.

    Raises:
        NotFoundError: a period was not classified, or there is nothing to compare with.
        UsageError: not a period, or twice the same.
    """
    with reading(database) as connection:
        old, new = _runs(connection, before, after)
        words_before, words = RuleWords(old.agenda), RuleWords(new.agenda)
        lines = reads.movers(
            connection,
            old.id,
            new.id,
            old_tiers=words_before.tiers,
            new_tiers=words.tiers,
            direction=direction,
            limit=limit + 1 if limit >= 0 else ALL,
        )
    more = 0 <= limit < len(lines)
    found = tuple(_mover(line, words_before, words) for line in (lines[:limit] if more else lines))
    return Movers(*_named(old, new), found, more, old.fingerprint != new.fingerprint)


def matrix(database: Path, before: str | None, after: str | None) -> Matrix:
    """Return how many customers went from which tier to which; everybody of either period is counted once.

    Raises:
        NotFoundError, UsageError: as for `movers`.
    """
    with reading(database) as connection:
        old, new = _runs(connection, before, after)
        counts = reads.migration_matrix(connection, old.id, new.id)
    words_before, words = RuleWords(old.agenda), RuleWords(new.agenda)
    return Matrix(
        *_named(old, new),
        {tier: words_before.tier(tier) for tier in words_before.tiers},
        {tier: words.tier(tier) for tier in words.tiers},
        counts,
        old.fingerprint != new.fingerprint,
    )


def _mover(line: reads.MoverLine, words_before: RuleWords, words: RuleWords) -> Mover:
    return Mover(
        customer=line.customer,
        name=line.name,
        tier_before=line.tier_before,
        tier=line.tier,
        tier_label_before=words_before.tier(line.tier_before),
        tier_label=words.tier(line.tier),
        grade_before=line.grade_before,
        grade=line.grade,
        grade_reason_before=line.grade_reason_before,
        grade_reason=line.grade_reason,
        grade_text=words.grade_reason(line.grade_reason),
        score_before=line.score_before,
        score=line.score,
        change=round(line.score - line.score_before, 2),
        shift=shift_of(line, words, words_before),
        kept=words.kept(line.tier, line.score),
        kept_until=words_before.kept(line.tier_before, line.score_before)
        if line.tier != line.tier_before
        else None,
        by_points=is_of_points(line.tier_before, line.tier, line.score - line.score_before, words.tiers),
    )


def _named(old: RunLine, new: RunLine) -> tuple[str, str]:
    """Return what two runs are called: their periods, or the versions of the one period that both are of."""
    if old.period != new.period:
        return old.period, new.period
    return f"{old.period}@{old.version}", f"{new.period}@{new.version}"


def _runs(connection: sqlite3.Connection, before: str | None, after: str | None) -> tuple[RunLine, RunLine]:
    """Return the runs of two periods."""
    today = clock.today(read_settings(connection).time_zone)
    new = named_run(connection, after, today, "--to")
    if before is not None:
        old = named_run(connection, before, today, "--from")
        if old.id == new.id:
            raise UsageError(
                _("{period} cannot be compared with itself").format(period=old.period), where="--from"
            )
        return old, new
    compared_with = periods.run_before(connection, new.id)
    if compared_with is None:
        raise NotFoundError(
            _("nothing before {period} was classified that it could be compared with").format(
                period=new.period
            ),
            hint=_("'crm classify --month YYYY-MM' classifies a month of the past"),
        )
    return compared_with, new
