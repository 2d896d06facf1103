"""What later commands need of a ruleset: the rhythm for the agenda, the thresholds for `why`, the words for both.

Data only; nothing is compiled to SQL here.
"""

from dataclasses import dataclass

from crmcli.rules.expression import names_in
from crmcli.rules.model import GRADES, SCORE, Label, RuleSet, Segmentation, Tier, Trigger, cap_line
from crmcli.vocabulary import LIFECYCLE_STAGE, SEVERITY


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a grade or a stage was given: its text for people and the condition as it stands in the file."""

    code: str
    label: Label
    condition: str  #: "" for the rule that takes everybody left over
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a result is explained with."""

    tiers: tuple[Tier, ...]  #: from the highest threshold down
    indicators: dict[str, Label]
    features: dict[str, Label]
    grade_reasons: dict[str, Cause]  #: by reason; `code` is the grade
    lifecycle: dict[str, tuple[Cause, ...]]  #: by stage, in the order of the rules
    months: dict[str, int]

    def around(self, score: float) -> tuple[Tier, Tier | None]:
        """Return the tier of a score and the next higher one, if there is one."""
        above: Tier | None = None
        for tier in self.tiers[:-1]:
            if score >= tier.at_least:
                return tier, above
            above = tier
        return self.tiers[-1], above


def thresholds(ruleset: RuleSet) -> Thresholds:
    """Return tier thresholds, reason texts and the conditions behind them."""
    reasons = {
        rule.reason: Cause(
            rule.grade, rule.label, rule.written, tuple(sorted(names_in(rule.when))) if rule.when else ()
        )
        for rule in ruleset.grades.rules
    }
    stages: dict[str, tuple[Cause, ...]] = {}
    for rule in ruleset.lifecycle:
        used = tuple(sorted(names_in(rule.when))) if rule.when else ()
        stages[rule.stage] = (*stages.get(rule.stage, ()), Cause(rule.stage, rule.label, rule.written, used))
    return Thresholds(
        tiers=ruleset.tiers,
        indicators={i.name: i.label for score in ruleset.scores for i in score.indicators},
        features={use.name: use.label for use in ruleset.features},
        grade_reasons=reasons,
        lifecycle=stages,
        months=dict(ruleset.grades.months),
    )


def agenda_program(ruleset: RuleSet) -> dict[str, object]:
    """Return what the light reads need, ready for JSON: the cadence written out for every combination, and words."""
    cadence = ruleset.cadence
    table: list[list[object]] = []
    for grade in GRADES:
        for tier in ruleset.tiers:
            for stage in LIFECYCLE_STAGE.codes:
                rule = cadence.find(grade, tier.code, stage)
                if rule is None:
                    raise LookupError(
                        f"no cadence for {grade}/{tier.code}/{stage}"
                    )  # the checker has seen to it
                table.append([grade, tier.code, stage, rule.days, rule.max_days, list(rule.channels)])
    return {
        "cadence": table,
        "response": _responses(ruleset),
        "unclassified": list(cadence.unclassified),
        "rest_days": ruleset.triggers.rest_days,
        "triggers": [_trigger(each) for each in ruleset.triggers.triggers],
        "urgency": {
            "tier": dict(ruleset.triggers.tier),
            "grade": dict(ruleset.triggers.grade),
            **{name: list(points) for name, points in ruleset.triggers.terms},
        },
        "thresholds": {tier.code: tier.at_least for tier in ruleset.tiers}
        if ruleset.tiering.by == SCORE
        else {},
        "judgements": [
            {
                "name": each.name,
                "label": _words(each.label),
                "classes": _classes(each),
            }
            for each in ruleset.segments
        ],
        "scores": [
            [score.name, _words(score.label)] for score in ruleset.scores if score is not ruleset.value
        ],
        "labels": {
            "tier": {tier.code: _words(tier.label) for tier in ruleset.tiers},
            "grade_reason": {rule.reason: _words(rule.label) for rule in ruleset.grades.rules},
            "indicator": {
                **{i.name: _words(i.label) for i in ruleset.value.indicators},
                **{cap_line(group.name): _words(group.label) for group in ruleset.value.groups},
            },
        },
    }


def _trigger(trigger: Trigger) -> dict[str, object]:
    return {
        "name": trigger.name, "on": trigger.on, "guarded": trigger.when is not None, "when": trigger.written,
        "lead_days": trigger.lead_days, "after_days": trigger.after_days, "for_days": trigger.for_days,
        "text": _words(trigger.label), "channel": trigger.channel, "template": trigger.template,
        "points": list(trigger.points), "festivals": list(trigger.festivals),
    }  # fmt: skip


def _responses(ruleset: RuleSet) -> list[list[object]]:
    """Return (tier, severity, days until the reply) of every combination; the tier None is who is not classified."""
    found = [
        (tier, severity, ruleset.cadence.find_response(tier, severity))
        for tier in (*(tier.code for tier in ruleset.tiers), None)
        for severity in SEVERITY.codes
    ]
    return [[tier, severity, rule.days] for tier, severity, rule in found if rule is not None]


def _classes(judgement: Segmentation) -> list[list[object]]:
    """Return (code, words) of every class in the order of the rules; the first rule of a class names it."""
    found: dict[str, dict[str, str]] = {}
    for rule in judgement.rules:
        found.setdefault(rule.segment, _words(rule.label))
    return [[code, words] for code, words in found.items()]


def _words(label: Label) -> dict[str, str]:
    return {"en": label.en, "zh": label.zh}
