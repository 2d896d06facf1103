"""What would a change of rules do? Everybody is judged under both, as of one day, and nothing is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.errors import ConfigError, NotFoundError, UsageError
from crmcli.i18n import _
from crmcli.rules import RuleSet, compile_ruleset, load, load_folder
from crmcli.rules.difference import Difference, differences
from crmcli.rules.model import Label, Scale, Window
from crmcli.store.engine import looking
from crmcli.store.light import reading
from crmcli.store.past import as_they_stood
from crmcli.store.program import rehearse
from crmcli.store.reads.judgements import rulesets
from crmcli.store.runs import Comparison, compare, source_tables
from crmcli.store.schema import end_of
from crmcli.store.settings import read_settings
from crmcli.workflows.classify import BIGGEST, Labels, before_of, class_words, not_future
from crmcli.workflows.custom_rules import refuse_unfit
from crmcli.workflows.rule_folder import rules_folder
from crmcli.workflows.ruleset import scale_text

_FINGERPRINT = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two rulesets: the folder it was read from, or "" for a stored one; and its fingerprint."""

    folder: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Two rulesets compared, and what they make of everybody.

    Attributes:
        old: the rules that are compared with.
        new: the rules that are asked about.
        same: whether both mean the same.
        as_of: the day everybody was judged on.
        differences: what differs in the rules, values as the files write them; nothing when they mean the same.
        comparison: everybody under both.
        labels: what the rules call classes, the new ones first.
        headings: what they call judgements of their own.
    """

    old: Side
    new: Side
    same: bool
    as_of: date
    differences: tuple[Difference, ...]
    comparison: Comparison
    labels: Labels
    headings: Mapping[str, Label]


def compare_rules(database: Path, old: str | None, new: str, *, as_of: date | None, limit: int) -> WhatIf:
    """Judge everybody under two rulesets and compare.

    Args:
        database: the file; it is only read.
        old: a folder or the beginning of a stored fingerprint; None for the rules in force.
        new: the same.
        as_of: the day; None for today.
        limit: at most so many customers with another class, -1 for all.

    Raises:
        ConfigError: rules have faults.
        NotFoundError: there is no database, or no such folder or ruleset.
        UsageError: a fingerprint that fits several rulesets, or a day that has not come.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        stored = {which: rulesets(connection, which) for which in (old, new) if which and _is_stored(which)}
    before, was = _ruleset(str(rules_folder()) if old is None else old, stored)
    after, would_be = _ruleset(new, stored)
    today = clock.today(settings.time_zone)
    day = today if as_of is None else not_future(as_of, today, as_of.isoformat())
    with looking(database) as connection:
        refuse_unfit(connection, [was, would_be])
        ends = end_of(day, settings.time_zone)
        with as_they_stood(connection, source_tables(), day, ends) as tables:
            old_program, new_program = (
                compile_ruleset(
                    each, tables, day, settings.currency, before_of(connection, each, day)[0], ends=ends
                )
                for each in (was, would_be)
            )
            judged = rehearse(connection, old_program, "before"), rehearse(connection, new_program, "after")
            comparison = compare(connection, *judged, moves=limit, changes=BIGGEST)
    labels, headings = _both(*class_words(was), *class_words(would_be))
    said = told(was, would_be)
    same = was.fingerprint == would_be.fingerprint
    return WhatIf(before, after, same, day, said, comparison, labels, headings)


def told(was: RuleSet, would_be: RuleSet) -> tuple[Difference, ...]:
    """Return what differs between two rulesets, with values written the way the rule files do."""
    return tuple(
        replace(each, before=_said(each.before), after=_said(each.after))
        for each in differences(was, would_be)
    )


def _both(
    old_labels: Labels, old_headings: Mapping[str, Label], labels: Labels, headings: Mapping[str, Label]
) -> tuple[Labels, Mapping[str, Label]]:
    kinds = {**old_labels, **labels}
    merged = {kind: {**old_labels.get(kind, {}), **labels.get(kind, {})} for kind in kinds}
    return merged, {**old_headings, **headings}


def _said(value: object) -> str | float | None:
    """Write a value the way the rule files do."""
    if isinstance(value, Window):
        return f"{value.count} {value.unit}"
    if isinstance(value, Scale):
        return scale_text(value)
    if isinstance(value, tuple):
        return ", ".join(f"{name} {_said(each)}" for name, each in value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _is_stored(which: str) -> bool:
    """A folder of that name wins over a fingerprint."""
    return bool(_FINGERPRINT.fullmatch(which)) and not Path(which).is_dir()


def _ruleset(which: str, stored: dict[str, dict[str, dict[str, str]]]) -> tuple[Side, RuleSet]:
    if which not in stored:
        return _from_folder(which)
    found = stored[which]
    if not found:
        raise NotFoundError(
            _("no classification was run with rules {fingerprint}").format(fingerprint=which),
            hint=_("name a folder with rules, or a fingerprint that 'crm classify' has printed"),
        )
    if len(found) > 1:
        raise UsageError(
            _("{fingerprint} is the beginning of several fingerprints").format(fingerprint=which),
            hint=_("the fingerprints are {names}").format(names=", ".join(found)),
        )
    ((fingerprint, files),) = found.items()
    return Side("", fingerprint), load(
        files, _("rules {fingerprint}").format(fingerprint=fingerprint[:12]), stored=True
    )


def _from_folder(which: str) -> tuple[Side, RuleSet]:
    folder = Path(which)
    if not folder.is_dir():
        raise ConfigError(
            _("no such folder of rules"),
            where=which,
            hint=_("name a folder with rules, or 6 or more characters of a fingerprint"),
        )
    ruleset = load_folder(folder)
    return Side(which, ruleset.fingerprint), ruleset
