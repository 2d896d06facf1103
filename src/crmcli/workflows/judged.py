"""The further judgements and scores of a run, with the words that its rules have for them.

Light: the words come from what a run stored of its rules, not from their YAML. A ruleset stored by an older version lacks
them; then the codes stand for themselves.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from crmcli.errors import NotFoundError, UsageError
from crmcli.i18n import _
from crmcli.store.reads import judgements as reads
from crmcli.store.reads.base import SCORE
from crmcli.store.reads.judgements import Judgement
from crmcli.store.reads.periods import RunLine, ruleset_agenda, run_of_period
from crmcli.vocabulary import INTENT, Term, Vocabulary
from crmcli.workflows.shifts import RuleWords

_OPTION = "--segment"


class Segmented(NamedTuple):
    """One further judgement on a customer: its code and words, and those of the class."""

    judgement: str
    label: str
    segment: str
    segment_label: str


class FurtherScore(NamedTuple):
    """One more score of a customer, 0 to 100."""

    score: str
    label: str
    value: float


class ScoreTerm(NamedTuple):
    """One term of the score: the indicator's code and words, and the points it gave."""

    indicator: str
    label: str
    points: float


class Further(NamedTuple):
    """What a run found about one customer beyond the five judgements, and the reasons for these.

    Attributes:
        segments: the further judgements.
        scores: the further scores.
        grade_text: the reason for the grade in words.
        tier_text: why the score gave the tier, in words; "" where that does not follow from the score alone.
        tier_from: the least score of the tier, if it has one.
        terms: the terms of the score, most points first.
    """

    segments: tuple[Segmented, ...] = ()
    scores: tuple[FurtherScore, ...] = ()
    grade_text: str = ""
    tier_text: str = ""
    tier_from: float | None = None
    terms: tuple[ScoreTerm, ...] = ()

    @property
    def intent(self) -> Segmented | None:
        """The suggested intent stage, if the rules suggest one."""
        return next((each for each in self.segments if each.judgement == INTENT), None)


class _Words:
    """The further judgements of one stored ruleset and their classes, in the order of its files."""

    def __init__(self, program: Mapping[str, Any], found: Sequence[tuple[str, str]]) -> None:
        known = {each["name"]: each for each in program.get("judgements", ())}
        classes = {
            name: {code: Term(code, words["en"], words["zh"]) for code, words in each["classes"]}
            for name, each in known.items()
        }
        for judgement, segment in found:
            classes.setdefault(judgement, {}).setdefault(segment, Term(segment, segment, segment))
        labels = {name: each["label"] for name, each in known.items()}
        self.judgements = Vocabulary(
            "judgement",
            *(Term(n, labels[n]["en"], labels[n]["zh"]) if n in labels else Term(n, n, n) for n in classes),
        )
        self.classes = {name: Vocabulary(name, *terms.values()) for name, terms in classes.items()}


def further(connection: sqlite3.Connection, found: Judgement, number: int) -> Further:
    """Return the further judgements and scores of one customer in a run, in the order of the rules."""
    stored = ruleset_agenda(connection, found.fingerprint)
    program, rules = json.loads(stored), RuleWords(stored)
    segments = reads.segments(connection, found.run, number)
    words = _Words(program, segments)
    given = dict(segments)
    scores = reads.scores(connection, found.run, number)
    terms = (Term(name, words["en"], words["zh"]) for name, words in program.get("scores", ()))
    label = Vocabulary("score", *terms)
    return Further(
        tuple(
            Segmented(name, words.judgements.label(name), given[name], words.classes[name].label(given[name]))
            for name in words.judgements.codes
            if name in given
        ),
        tuple(
            FurtherScore(name, label.label(name), scores[name])
            for name in dict.fromkeys((*label.codes, *scores))
            if name in scores and name != SCORE
        ),
        rules.grade_reason(found.grade_reason),
        rules.tier_reason(found.tier, found.score),
        rules.tier_from(found.tier),
        _terms(connection, found, number, rules),
    )


def _terms(
    connection: sqlite3.Connection, found: Judgement, number: int, rules: RuleWords
) -> tuple[ScoreTerm, ...]:
    lines = (line for line in reads.indicators(connection, found.run, number) if line.score == SCORE)
    return tuple(
        ScoreTerm(line.indicator, rules.indicator(line.indicator) or line.indicator, line.points)
        for line in sorted(lines, key=lambda line: (-line.points, line.indicator))
    )


def wanted_segments(connection: sqlite3.Connection, asked: Sequence[tuple[str, str]], today: str) -> str:
    """Return the classes that `--segment` asks for as the read of customers takes them: [judgement, [classes]] in JSON.

    Classes of one judgement are alternatives; of several judgements each must hold.

    Raises:
        NotFoundError: nobody has been classified yet.
        UsageError: the last run knows no such judgement, or no such class of it.
    """
    run = run_of_period(connection, None, today)
    if run is None:
        raise NotFoundError(_("nobody has been classified yet"), hint=_("run 'crm classify'"))
    words = _words(connection, run)
    wanted: dict[str, list[str]] = {}
    for judgement, segment in asked:
        names = words.judgements.meant(judgement)
        if len(names) > 1:
            what = _("{name} may be any of: {names}").format(name=repr(judgement), names=", ".join(names))
            raise UsageError(what, where=_OPTION, hint=_("write its code"))
        if not names:
            raise UsageError(
                _("the rules of {period} have no further judgement {name}").format(
                    period=run.period, name=repr(judgement)
                ),
                where=_OPTION,
                hint=_known(words.judgements),
            )
        (name,) = names
        codes = words.classes[name].meant(segment)
        if not codes:
            raise UsageError(
                _("{judgement} has no class {name}").format(judgement=name, name=repr(segment)),
                where=_OPTION,
                hint=_known(words.classes[name]),
            )
        wanted.setdefault(name, []).extend(codes)
    return json.dumps(list(wanted.items()))


def _words(connection: sqlite3.Connection, run: RunLine) -> _Words:
    return _Words(json.loads(run.agenda), reads.segment_classes(connection, run.id))


def _known(vocabulary: Vocabulary) -> str:
    if not vocabulary.codes:
        return _("there are none; segments.yaml defines them")
    names = (
        code if vocabulary.label(code) == code else f"{code} ({vocabulary.label(code)})"
        for code in vocabulary.codes
    )
    return _("known are {names}").format(names=", ".join(names))
