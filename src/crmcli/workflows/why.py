"""Why a customer stands where it stands: read from what the run stored, with the words of the rules it ran by."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.rules import load, thresholds
from crmcli.store.light import reading
from crmcli.store.reads import judgements as reads
from crmcli.store.reads.base import SCORE
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer


@dataclass(frozen=True, slots=True)
class Term:
    """One indicator: its raw value, where that lies from 0 to 1, its share of the weights, and the points it gave."""

    indicator: str
    label: str
    raw: float | None
    normalised: float | None
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class Why:
    """The judgements on one customer with their reasons.

    Attributes:
        total: the sum of the points; it is the score.
        thresholds: (tier, its label, the least score for it), highest first.
        grade_text: the reason in words; `grade_rule` is the condition that matched, as the rules have it.
        facts: (feature, its label, its value) for the features that grade and lifecycle rest on.
    """

    customer: int
    name: str
    period: str
    as_of: date
    version: int
    fingerprint: str
    terms: tuple[Term, ...]
    total: float
    score: float
    tier: str
    tier_label: str
    thresholds: tuple[tuple[str, str, float], ...]
    grade: str
    grade_reason: str
    grade_text: str
    grade_rule: str
    lifecycle_stage: str
    facts: tuple[tuple[str, str, Any], ...]


def why(database: Path, which: str, period: str | None = None) -> Why:
    """Return the reasons of the last run up to today, or of one period.

    Raises:
        NotFoundError: the customer is unknown or was never classified.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        match = find_customer(connection, which, settings.country)
        today = clock.today(settings.time_zone).isoformat()
        found = reads.judgement(connection, match.id, today, period)
        if found is None:
            raise NotFoundError(
                _("{name} has not been classified").format(name=match.name),
                hint=_("run 'crm classify'; it leaves out who was archived or not yet known on its day"),
            )
        lines = reads.indicators(connection, found.run, match.id, SCORE)
        files = reads.ruleset_files(connection, found.fingerprint)
    ruleset = load(files, _("the rules of {period}").format(period=found.period))
    words = thresholds(ruleset)
    flags = {use.name for use in ruleset.features if use.type == "bool"}
    terms = tuple(Term(line.indicator, words.indicators[line.indicator].text(), *line[1:]) for line in lines)
    cause = words.grade_reasons[found.grade_reason]
    return Why(
        customer=match.id,
        name=match.name,
        period=found.period,
        as_of=date.fromisoformat(found.as_of),
        version=found.version,
        fingerprint=found.fingerprint,
        terms=terms,
        total=round(sum(term.points for term in terms), 2),
        score=found.score,
        tier=found.tier,
        tier_label=next((tier.label.text() for tier in words.tiers if tier.code == found.tier), found.tier),
        thresholds=tuple((tier.code, tier.label.text(), tier.at_least) for tier in words.tiers),
        grade=found.grade,
        grade_reason=found.grade_reason,
        grade_text=cause.label.text(),
        grade_rule=cause.condition,
        lifecycle_stage=found.lifecycle_stage,
        facts=tuple(
            (
                name,
                words.features[name].text() if name in words.features else name,
                _typed(value, name in flags),
            )
            for name, value in json.loads(found.facts).items()
        ),
    )


def _typed(value: Any, flag: bool) -> Any:
    """SQL has no yes and no: a flag comes back as 1 or 0."""
    return bool(value) if flag and value is not None else value
