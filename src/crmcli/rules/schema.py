"""The shape of the rule files as JSON Schema (draft 2020-12), for editors that complete and check while one types.

Built from the lists and limits that the checker goes by. A schema knows one file and only its shape; what needs the
other files or an order (is this feature declared? do the thresholds fall?) is left to the checker. So everything that the
checker accepts fits the schema, and not the other way round; tests hold both together.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crmcli.calendars import FESTIVALS
from crmcli.i18n import _
from crmcli.rules.aggregates import FUNCTIONS as AGGREGATES
from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.checker import (
    _NAME,
    _PERIODS,
    _WINDOW,
    FILES,
    MAX_DAYS,
    MAX_FEATURES,
    MAX_INDICATORS,
    MAX_RULES,
    MAX_SCORES,
    MAX_STICKY,
    REPLY_DAYS,
)
from crmcli.rules.conditions import OPERATORS
from crmcli.rules.expression import BOOL, DATE, NUMBER
from crmcli.rules.facts import (
    COUNT,
    CUSTOMER,
    DAY,
    FACTS,
    MAX_COUNT,
    MAX_MONEY,
    MAX_ROWS,
    MONEY,
    FactField,
)
from crmcli.rules.matrix import MAX_BOUNDS
from crmcli.rules.model import ANY, GRADES, MISSING, VALUE
from crmcli.rules.occasions import CUSTOMER_TERMS, OCCASIONS
from crmcli.rules.scales import _DAYS, _FADING, BETTER, MAX_CLASSES, MAX_MINIMUM, MAX_STEPS
from crmcli.rules.sources import SOURCES
from crmcli.rules.triggers import MAX_TRIGGERS
from crmcli.values import CUSTOM_NAME
from crmcli.vocabulary import CHANNEL, FIELD_KIND, LIFECYCLE_STAGE, SEVERITY, TIER, Vocabulary

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ANY = ("any", ANY)
_MOST_MONTHS = 24  #: of a grade
_MOST = 1_000_000  #: of a weight and of points of urgency
_SHARE = (0.01, 99.99)  #: of a tier, in percent
_CAP = (0.01, 100)  #: of a group, in points
_SCALAR = ["string", "number", "boolean", "null"]


def file_schema(file: str) -> Schema:
    """Return the schema of one rule file, its texts in the language in force."""
    body = _FILES[file]()
    return {"$schema": DIALECT, "title": file, **body, "$defs": _needed(body, _shared())}


def all_schemas() -> Schema:
    """Return one schema for every rule file, each under its name in `$defs`."""
    return {
        "$schema": DIALECT,
        "title": _("rule files of crm"),
        "anyOf": [{"$ref": f"#/$defs/{file}"} for file in FILES],
        "$defs": {**{file: {"title": file, **_FILES[file]()} for file in FILES}, **_shared()},
    }


def _needed(body: object, shared: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the shared parts that a schema names, and those that they name."""
    found: dict[str, Schema] = {}
    left = list(_names(body))
    while left:
        name = left.pop()
        if name not in found:
            found[name] = shared[name]
            left += _names(shared[name])
    return {name: shared[name] for name in shared if name in found}


def _names(node: object) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/$defs/")
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)


# --- the pieces that files are made of ----------------------------------------------------------------------


def _object(
    text: str, required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, **more: Any
) -> Schema:
    schema: Schema = {"type": "object", "description": text} if text else {"type": "object"}
    if required:
        schema["required"] = list(required)
    return {
        **schema,
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
        **more,
    }


def _list(text: str, items: Schema, *, least: int = 0, most: int | None = None) -> Schema:
    schema: Schema = {"type": "array", "description": text, "items": items}
    if least:
        schema["minItems"] = least
    return schema if most is None else {**schema, "maxItems": most}


def _number(text: str, least: float | None = None, most: float | None = None) -> Schema:
    schema: Schema = {"type": "number", "description": text}
    bounds = {"minimum": least, "maximum": most}
    return {**schema, **{key: bound for key, bound in bounds.items() if bound is not None}}


def _whole(text: str, least: int, most: int) -> Schema:
    return {"type": "integer", "description": text, "minimum": least, "maximum": most}


def _words(text: str) -> Schema:
    return {"type": "string", "description": text, "pattern": r"\S"}


def _choice(text: str, codes: Iterable[str]) -> Schema:
    return {"description": text, "enum": list(codes)}


def _term(text: str, vocabulary: Vocabulary, *also: str) -> Schema:
    """A word of a closed list; the description says what those mean that do not say so themselves."""
    labels = {code: vocabulary.label(code) for code in vocabulary.codes}
    meanings = ", ".join(f"{code} = {label}" for code, label in labels.items() if label != code)
    return _choice(f"{text}: {meanings}" if meanings else text, (*vocabulary.codes, *also))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _named(pattern: str, text: str, value: Schema, *, most: int | None = None) -> Schema:
    """A mapping whose keys the file chooses."""
    limit = {} if most is None else {"maxProperties": most}
    return {
        "type": "object",
        "description": text,
        "patternProperties": {f"^{pattern}$": value},
        "additionalProperties": False,
        **limit,
    }


def _tests(given: Schema, expect: Mapping[str, Schema]) -> dict[str, Schema]:
    one = _object(
        "",
        {"given": given, "expect": _object(_("what must come out"), {}, expect, minProperties=1)},
        {
            "name": _words(_("what the example shows")),
            "others": _list(_("the rest of the customers, for percentiles"), _ref("features")),
        },
    )
    return {"tests": _list(_("examples that must stay true; 'crm rules test' runs them"), one)}


def _alone(tests: dict[str, Schema]) -> dict[str, Schema]:
    """Examples about one thing: there are no others."""
    del tests["tests"]["items"]["properties"]["others"]
    return tests


def _free_tests(expected: Schema) -> dict[str, Schema]:
    """Examples that expect something under names that the file chooses."""
    tests = _tests(_ref("features"), {})
    expect = tests["tests"]["items"]["properties"]["expect"]
    expect |= {"patternProperties": {f"^{_NAME.pattern}$": expected}}
    return tests


def _policy() -> Schema:
    return _choice(_("the first that fits wins"), ("first",))


def _shared() -> dict[str, Schema]:
    return {
        "label": _object(
            _("what people read, in both languages"),
            {"en": _words(_("English text")), "zh": _words(_("Chinese text"))},
        ),
        "condition": _condition("condition", _ref("feature")),
        "fact_condition": _condition("fact_condition", _field()),
        "feature": {
            "description": _("a feature: one of features.yaml or of 'crm rules features'"),
            "anyOf": [
                {"enum": [name for each in CATALOGUE.values() for name in (each.name, each.zh)]},
                {"type": "string", "pattern": r"\S"},
            ],
        },
        "features": {
            "type": "object",
            "description": _("features and their values; null is a missing one"),
            "properties": {
                each.name: _feature_value(each.type, each.codes, each.text.text())
                for each in CATALOGUE.values()
            },
            "additionalProperties": {"type": _SCALAR},
        },
        "parameters": _named(_NAME.pattern, _("numbers that conditions name"), {"type": "number"}),
        "tier": _term(_("value tier"), TIER),
        "stage": _term(_("lifecycle stage"), LIFECYCLE_STAGE),
        "grade": _choice(_("ABCD: how soon the next deal can close"), GRADES),
        "reason": {
            "type": "string",
            "description": _("a code for scripts: small letters, digits and _"),
            "pattern": f"^{_NAME.pattern}$",
        },
        "days": _whole(_("after so many days without contact a customer is due"), 1, MAX_DAYS),
        "max_days": _whole(_("after so many days a customer is overdue"), 1, MAX_DAYS),
        "points": _number(_("points of urgency"), 0, _MOST),
    }


def _condition(own: str, field: Schema) -> Schema:
    """A condition on features or on the fields of facts, as `own` in the shared parts."""
    value = {"type": ["string", "number", "boolean"]}
    several = _list(_("conditions"), _ref(own), least=1)
    comparison: dict[str, Schema] = {
        "op": {"enum": list(OPERATORS)},
        "value": {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]},
    }
    return {
        "description": _("a condition, e.g. orders > 0 and not waiting"),
        "anyOf": [
            {"type": "string", "pattern": r"\S"},
            {"type": "boolean"},
            _object("", {"all": several}),
            _object("", {"any": several}),
            _object("", {"not": _ref(own)}),
            _object("", {"feature": field, **comparison}),
            _object("", {"field": field, **comparison}),
        ],
    }


def _feature_value(kind: str, codes: tuple[str, ...], text: str) -> Schema:
    if kind == NUMBER:
        return {"description": text, "type": ["number", "null"]}
    if kind == BOOL:
        return {"description": text, "type": ["boolean", "null"]}
    if kind == DATE:
        return {"description": text, "type": ["string", "null"], "pattern": _DAY}
    if codes:
        return {"description": text, "enum": [*codes, None]}
    return {"description": text, "type": ["string", "null"], "pattern": r"\S"}


# --- the files ----------------------------------------------------------------------------------------------


def _features() -> Schema:
    windowable = [name for each in CATALOGUE.values() if each.windowable for name in (each.name, each.zh)]
    window = {
        "type": "string",
        "description": _("how far back: 12 months (calendar months) or 90 days"),
        "pattern": rf"^\s*(?:{_WINDOW.pattern})\s*$",
    }
    limited = _object(
        "",
        {
            "of": {
                "description": _("the feature that is limited to a stretch of time"),
                "anyOf": [{"enum": windowable}, {"type": "string", "pattern": r"\S"}],
            },
            "window": window,
            "text": _ref("label"),
        },
    )
    own = _object(
        "",
        {
            "from": _choice(_("the facts it is worked out from"), SOURCES),
            "take": _choice(_("how: count, sum, avg, median …"), AGGREGATES),
            "text": _ref("label"),
        },
        {
            "field": _field(),
            "where": {**_ref("fact_condition"), "description": _("which facts count; all if not given")},
            "window": window,
        },
    )
    custom = _object(
        "",
        {
            "custom": {
                "description": _("the name of a custom field; 'crm field list' shows them"),
                "type": "string",
                "pattern": f"^{CUSTOM_NAME}$",
            },
            "type": _choice(_("what the custom field holds"), FIELD_KIND.codes),
            "text": _ref("label"),
        },
        {"choices": _list(_("the words of a choice"), {"type": "string", "pattern": r"\S"}, least=1)},
    )
    one = {"anyOf": [limited, own, custom]}
    test = _object(
        "",
        {
            "as_of": {"type": "string", "description": _("the day looked from"), "pattern": _DAY},
            "facts": _facts(),
            "expect": {**_ref("features"), "minProperties": 1},
        },
        {"name": _words(_("what the example shows"))},
    )
    return _object(
        _("features with a window of time"),
        {"features": _named(_NAME.pattern, _("what the other files call it"), one, most=MAX_FEATURES)},
        {"tests": _list(_("examples that must stay true; 'crm rules test' runs them"), test)},
    )


def _field() -> Schema:
    """A field of the facts; which of them goes with which source is left to the checker."""
    names = dict.fromkeys(name for fields in SOURCES.values() for name in fields)
    return {
        "description": _("the field of the facts that is taken"),
        "anyOf": [{"enum": list(names)}, {"type": "string", "pattern": r"\S"}],
    }


def _facts() -> Schema:
    tables = {
        name: _record(words)
        if name == CUSTOMER
        else {"type": "array", "items": _record(words), "maxItems": MAX_ROWS}
        for name, words in FACTS.items()
    }
    return _object(_("what is written down about the customer"), {}, tables)


def _record(words: Mapping[str, FactField]) -> Schema:
    return _object(
        "",
        {name: _fact(word) for name, word in words.items() if word.required},
        {
            name: {"anyOf": [_fact(word), {"type": "null"}]}
            for name, word in words.items()
            if not word.required
        },
    )


def _fact(word: FactField) -> Schema:
    if word.kind == DAY:
        return {"type": "string", "pattern": _DAY}
    if word.kind == COUNT:
        return {"type": "integer", "minimum": 0, "maximum": MAX_COUNT}
    if word.kind == MONEY:
        return {"type": "number", "minimum": -MAX_MONEY, "maximum": MAX_MONEY}
    return {"enum": list(word.codes)} if word.codes else {"type": "string", "pattern": r"\S"}


def _value() -> Schema:
    ways = {
        "at_least": _number(_("the least score for it; the last tier takes everybody else"), 0, 100),
        "share": _number(_("how many percent of the customers it takes, or of the sum of share_of"), *_SHARE),
        "when": _ref("condition"),
    }
    two = [{"required": [one, other]} for one in ways for other in ways if one < other]
    tier = _object("", {"tier": _ref("tier"), "text": _ref("label")}, ways, **{"not": {"anyOf": two}})
    score = _score()
    return _object(
        _("what a customer is worth"),
        {
            "score": _choice(_("the score"), (VALUE,)),
            **score["required"],
            "policy": _policy(),
            "tiers": _list(
                _("value groups, from the top; all told apart by at_least, or by share, or by when"),
                tier,
                least=1,
            ),
        },
        {
            **score["optional"],
            "sticky": {
                "description": _(
                    "how a tier is kept: while the score is within so many points of it, or for so many periods"
                ),
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": MAX_STICKY},
                    {"type": "string", "pattern": rf"^\s*(?:{_PERIODS.pattern})\s*$"},
                ],
            },
            "share_of": _ref("feature"),
            **_tests(_ref("features"), {"score": _number(_("the score"), 0, 100), "tier": _ref("tier")}),
        },
    )


def _scores() -> Schema:
    score = _score()
    one = _object("", score["required"], score["optional"])
    return _object(
        _("further scores, which other rules may look at by name"),
        {"scores": _named(_NAME.pattern, _("a score under its name"), one, most=MAX_SCORES)},
        _free_tests(_number(_("the score"), 0, 100)),
    )


def _score() -> dict[str, dict[str, Schema]]:
    """The keys that every score has."""
    indicator = _object(
        "",
        {
            "feature": _ref("feature"),
            "weight": {
                "type": "number",
                "description": _("how much it counts beside the others"),
                "exclusiveMinimum": 0,
                "maximum": _MOST,
            },
            "scale": _scale(),
            "missing": _choice(
                _(
                    "if the value is not known: zero points, neutral (half), or leave_out (the others share the weight)"
                ),
                MISSING,
            ),
        },
        {
            "name": {
                "type": "string",
                "description": _("its code, if the feature's name is not enough"),
                "pattern": f"^{_NAME.pattern}$",
            },
            "group": _words(_("the group it belongs to")),
            "text": _ref("label"),
        },
    )
    group = _object(
        "", {"cap": _number(_("at most so many points for all of the group"), *_CAP), "text": _ref("label")}
    )
    terms = _list(
        _("the terms of the score; their weights are shares of one another"),
        indicator,
        least=1,
        most=MAX_INDICATORS,
    )
    return {
        "required": {"text": _ref("label"), "indicators": terms},
        "optional": {"groups": _named(_NAME.pattern, _("indicators that together are limited"), group)},
    }


def _scale() -> Schema:
    band = _object(
        "",
        {"points": _number(_("points of 100"), 0, 100)},
        {"below": _number(_("for values below this")), "up_to": _number(_("for values up to this one"))},
    )
    ends = {"from": _number(_("the value that is worth 0")), "to": _number(_("the value that is worth 1"))}
    above = {name: {**end, "exclusiveMinimum": 0} for name, end in ends.items()}
    better = _choice(_("which is better?"), BETTER)
    kinds = {
        "linear": _object(_("0 at from, 1 at to, straight in between"), ends),
        "bands": _list(
            _("a staircase: the first line that holds the value wins"),
            {**band, "not": {"required": ["below", "up_to"]}},
            least=1,
        ),
        "percentile": {
            "description": _("compared with everybody else; which is better?"),
            "anyOf": [
                _choice(_("which is better?"), BETTER),
                _object(
                    _("compared only where there are enough customers"),
                    {"better": better},
                    {"minimum": _whole(_("with fewer known values there are no ranks"), 2, MAX_MINIMUM)},
                ),
            ],
        },
        "quantile": _object(
            _("classes of equal size among everybody"),
            {"classes": _whole(_("how many classes"), 2, MAX_CLASSES), "better": better},
            {
                "shift": _number(_("added to every cut between classes")),
                "minimum": _whole(_("with fewer known values there are no classes"), 2, MAX_MINIMUM),
            },
        ),
        "log": _object(_("0 at from, 1 at to, each doubling counts the same"), above),
        "decay": _object(
            _("1 at zero days; half of it after each half-life, or nothing after a window"),
            {},
            {
                key: {
                    "type": "string",
                    "description": _("a number of days: 90 days"),
                    "pattern": rf"^\s*(?:{_DAYS.pattern})\s*$",
                }
                for key in _FADING
            },
            minProperties=1,
            maxProperties=1,
        ),
        "steps": {
            "type": "object",
            "description": _("points of 100 for each word; otherwise is for every other"),
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 100},
            "maxProperties": MAX_STEPS,
        },
    }
    text = _("how the value becomes a mark from 0 to 1: one of these")
    return _object(text, {}, kinds, minProperties=1, maxProperties=1)


def _first_match(key: str, said: Schema) -> Schema:
    """Rules from the top, each with a condition and what it says, and who is left over."""
    rule = _object("", {**said, "when": _ref("condition")})
    rules = _list(_("the rules, from the top"), rule, least=1, most=MAX_RULES)
    return {key: rules, "otherwise": _object(_("whoever is left over"), said)}


def _grades() -> Schema:
    months = {grade: _whole(_("within so many calendar months"), 1, _MOST_MONTHS) for grade in GRADES[:3]}
    said = {"grade": _ref("grade"), "reason": _ref("reason"), "text": _ref("label")}
    return _object(
        _("ABCD: how soon the next deal can close"),
        {
            "policy": _policy(),
            "months": _object(_("how far away A, B and C are"), months),
            **_first_match("grades", said),
        },
        {
            "parameters": _ref("parameters"),
            **_tests(_ref("features"), {"grade": _ref("grade"), "reason": _words(_("the reason"))}),
        },
    )


def _lifecycle() -> Schema:
    said = {"stage": _ref("stage"), "text": _ref("label")}
    return _object(
        _("where in the relationship a customer is"),
        {
            "policy": _policy(),
            **_first_match("stages", said),
        },
        {
            "parameters": _ref("parameters"),
            **_tests(_ref("features"), {"lifecycle": _ref("stage")}),
        },
    )


def _segments() -> Schema:
    said = {
        "segment": {
            "type": "string",
            "description": _("its code: small letters, digits and _"),
            "pattern": f"^{_NAME.pattern}$",
        },
        "text": _ref("label"),
    }
    one = _object(
        "",
        {
            "text": _ref("label"),
            "policy": _policy(),
            **_first_match("rules", said),
        },
        {"parameters": _ref("parameters")},
    )
    bounds = _list(
        _("the least value of each but the last, falling"), {"type": "number"}, least=1, most=MAX_BOUNDS
    )
    side = {"of": _ref("feature"), "at_least": bounds}
    cell = {"type": "string", "pattern": f"^{_NAME.pattern}$"}
    most = MAX_BOUNDS + 1
    table = _object(
        _("a table of two numbers: for each row and column a segment"),
        {
            "rows": _object(_("what the rows go by"), side),
            "columns": _object(_("what the columns go by"), side),
            "cells": _list(
                _("the rows, the highest first"),
                _list(_("its segments, that of the highest column first"), cell, least=2, most=most),
                least=2,
                most=most,
            ),
        },
    )
    texts = _named(_NAME.pattern, _("what people read for each segment"), _ref("label"))
    tabled = _object("", {"text": _ref("label"), "matrix": table, "texts": texts})
    one = {"anyOf": [one, tabled]}
    return _object(
        _("further judgements, which may look at scores, tier, grade and lifecycle"),
        {"segments": _named(_NAME.pattern, _("a judgement under its name"), one)},
        _free_tests(_words(_("the segment"))),
    )


def _cadence() -> Schema:
    rhythm = {"days": _ref("days"), "max_days": _ref("max_days")}
    line = _object(
        "",
        rhythm,
        {
            "grade": _choice(_("only for this grade"), (*GRADES, *_ANY)),
            "tier": _term(_("only for this tier"), TIER, *_ANY),
            "lifecycle": _term(_("only for this stage"), LIFECYCLE_STAGE, *_ANY),
            "channels": _list(
                _("preferred channels, the best first"), _term("", CHANNEL), least=0, most=len(CHANNEL.codes)
            ),
        },
    )
    reply_days = _whole(_("days from the day it was received"), 0, MAX_DAYS)
    response = _object(
        "",
        {"days": reply_days},
        {
            "tier": _term(_("only for this tier"), TIER, *_ANY),
            "severity": _term(_("only for this severity"), SEVERITY, *_ANY),
        },
    )
    given = _object(
        _("where somebody stands"),
        {"grade": _ref("grade"), "tier": _ref("tier")},
        {"lifecycle": _ref("stage")},
    )
    complaint = _object(
        _("a complaint"),
        {"severity": _choice(_("how grave it is"), SEVERITY.codes)},
        {"tier": _ref("tier")},
    )
    return _object(
        _("how often to be in touch"),
        {
            "policy": _policy(),
            "cadence": _list(_("the first line that fits wins"), line, least=1, most=MAX_RULES),
            "unclassified": _object(_("for somebody who has not been classified yet"), rhythm),
        },
        {
            "response": _list(
                _("within how many days a complaint is replied to; the first line that fits wins"),
                response,
                least=1,
                most=MAX_RULES,
            ),
            **_tests(
                {"description": _("where somebody stands, or a complaint"), "anyOf": [given, complaint]},
                {**rhythm, REPLY_DAYS: reply_days},
            ),
        },
    )


def _triggers() -> Schema:
    days = _whole(_("days before or after its day"), 0, MAX_DAYS)
    points = _ref("points")
    quantities = sorted({each for occasion in OCCASIONS.values() for each in occasion.quantities})
    ends = {"from": _number(_("where it is 0")), "to": _number(_("where it is 1"))}
    ramp = _object(
        _("from 0 to 1, cut off at both ends"), {"of": _choice(_("the quantity"), quantities), **ends}
    )
    line = _object(
        "",
        {"name": {**_words(_("its own name")), "pattern": f"^{_NAME.pattern}$"}, "text": _ref("label")},
        {
            "occasion": _choice(_("what it waits for"), [each for each in OCCASIONS if each]),
            "festivals": _list(
                _("of the occasion holiday: which festivals; without it, the holidays of the country"),
                _choice(_("a festival"), FESTIVALS),
                least=1,
            ),
            "when": _ref("condition"),
            "lead_days": days,
            "after_days": days,
            "for_days": days,
            "channel": _term(_("the suggested channel"), CHANNEL),
            "template": _words(_("the name of a template")),
            "urgency": _object(
                _("what it adds to the urgency"), {}, {"base": points, "points": points, "ramp": ramp}
            ),
        },
    )
    names = {*quantities, *CUSTOMER_TERMS}
    given = _object(
        _("a trigger or a term, and a quantity"),
        {"trigger": _words(_("its name"))},
        {name: _number(_("a quantity")) for name in sorted(names)},
    )
    term = _object(
        _("points that follow a quantity"),
        {"points": points, "ramp": _object(_("from 0 to 1, cut off at both ends"), ends)},
    )
    return _object(
        _("what brings somebody onto the agenda, and what makes it urgent"),
        {
            "rest_days": _whole(
                _("a state names nobody again within so many days of a contact"), 0, MAX_DAYS
            ),
            "triggers": _list(_("in any order"), line, least=0, most=MAX_TRIGGERS),
            "urgency": _object(
                _("what a customer brings along"),
                {
                    "tier": _object(_("points for the tier"), {}, dict.fromkeys(TIER.codes, points)),
                    "grade": _object(_("points for the grade"), dict.fromkeys(GRADES, points)),
                },
                dict.fromkeys(CUSTOMER_TERMS, term),
            ),
        },
        _alone(_tests(given, {"points": _number(_("what it gives, to two decimals"), 0, _MOST)})),
    )


_FILES: Mapping[str, Callable[[], Schema]] = {
    "features.yaml": _features,
    "value.yaml": _value,
    "scores.yaml": _scores,
    "grades.yaml": _grades,
    "lifecycle.yaml": _lifecycle,
    "segments.yaml": _segments,
    "cadence.yaml": _cadence,
    "triggers.yaml": _triggers,
}
