"""YAML files → a RuleSet, or every fault in them at once. Only here is known what a rule file looks like.

Each section is one function that takes the tree and returns frozen data; what it cannot make sense of it
notes and leaves out. A RuleSet exists only when there is no fault at all.
"""

import functools
import hashlib
import json
import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from crmcli.errors import ConfigError, Fault
from crmcli.i18n import _, ngettext
from crmcli.rules import source
from crmcli.rules.aggregates import CUSTOM_TYPES, IN_ORDER, NO_FIELD, NUMBERS, result_type
from crmcli.rules.aggregates import FUNCTIONS as AGGREGATES
from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.conditions import read_condition
from crmcli.rules.expression import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    WORDS,
    Expression,
    Known,
    Scope,
    canonical,
    fold,
    kind_words,
    names_in,
    nearest,
    size,
)
from crmcli.rules.facts import (
    COUNT,
    CUSTOMER,
    DAY,
    FACTS,
    MAX_COUNT,
    MAX_MONEY,
    MAX_ROWS,
    MONEY,
    MONEY_DECIMALS,
    FactField,
)
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.matrix import Table, read_matrix
from crmcli.rules.model import (
    ANY,
    BEFORE,
    CONDITION,
    CUSTOMERS,
    GRADES,
    MISSING,
    SCORE,
    SUM,
    VALUE,
    Aggregate,
    Cadence,
    CadenceTable,
    Case,
    Compared,
    Custom,
    FactCase,
    FeatureUse,
    Given,
    GradeRule,
    Grades,
    Group,
    Indicator,
    Label,
    Percentile,
    Quantile,
    Response,
    RuleSet,
    Score,
    Segmentation,
    SegmentRule,
    StageRule,
    Tier,
    Tiers,
    Triggers,
    Window,
)
from crmcli.rules.reader import MAX_GUESSES, Reader
from crmcli.rules.scales import read_scale
from crmcli.rules.source import Fields, Items, Node, Place, Scalar
from crmcli.rules.sources import DATED, SOURCES, known_fields
from crmcli.rules.triggers import TriggerReader
from crmcli.rules.truth import always_true, hidden, never_true
from crmcli.values import is_custom_name
from crmcli.vocabulary import CHANNEL, FIELD_KIND, LIFECYCLE_STAGE, SEVERITY
from crmcli.vocabulary import TIER as TIER_WORDS

FILES = (
    "features.yaml",
    "value.yaml",
    "scores.yaml",
    "grades.yaml",
    "lifecycle.yaml",
    "segments.yaml",
    "cadence.yaml",
    "triggers.yaml",
)
OPTIONAL = ("scores.yaml", "segments.yaml", "triggers.yaml")  #: rules can do without these
REPLY_DAYS = "reply_days"  #: what an example of `response:` expects
MAX_MONTHS = 120
MAX_DAYS = 3_660
MAX_INDICATORS = 50
Above = tuple[Expression, ...]  #: the conditions of the rules above one
MAX_RULES = 50
MAX_SCORES = 50  #: further ones; each is a table in one join, and SQLite takes 64
MAX_FEATURES = 200  #: each is a column or two of one table, and SQLite takes 2,000
MAX_STICKY = 50  #: points
MIN_PERIODS, MAX_PERIODS = 2, 24  #: that a tier is kept for
MAX_NODES_IN_ALL = 5_000  #: SQLite takes 32,766 values in one statement; a condition may stand in it twice
_MOVED = ("opportunity", "task", "urgency")  #: keys of cadence.yaml that triggers.yaml took over
_TIER_KEYS = ("at_least", "share", "when")  #: the ways to tell tiers apart
_CLASS_NAMES = ("tier", "grade", "lifecycle")
#: The keys that 'crm why' has beside the scores.
_WHY = (
    "as_of", "classes", "computed_grade", "computed_lifecycle_stage", "computed_tier", "facts", "fingerprint", "grade_rule", "id",
    "indicators", "name", "next_tier", "next_tier_code", "next_tier_conditions", "next_tier_from",
    "next_tier_from_later", "next_tier_status", "overrides", "period", "place", "place_above_percent", "place_of",
    "place_reached_percent", "segments", "thresholds", "tier_kept_from",
)  # fmt: skip
_RESERVED = (*BEFORE, "customer_id", "grade_reason", "lifecycle_stage", "reason", "score")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_WINDOW = re.compile(r"([1-9][0-9]{0,4}) ?(days?|months?|天|日|个?月)")
_NO_LABEL = Label("", "")  #: stands for one with a fault
_PERIODS = re.compile(r"([0-9]{1,3}) ?(?:periods?|期)")
_MONTHS_WITH_UNIT = re.compile(r"[0-9]+ ?(?:d|days?|m|months?|w|weeks?|天|日|周|个?月)")
_AMBIGUOUS_WINDOW = re.compile(r"([0-9]+) ?(m|d|y|years?|w|weeks?|年|周)?")


#: What is written in vain and does no harm: rules that a run stored are read without asking for it, because a later
#: version may find more of it.
_IN_VAIN = frozenset({"moved", "always-true", "never-true", "unreachable", "unused-group"})


def load(files: Mapping[str, str], folder: str = "", *, stored: bool = False) -> RuleSet:
    """Return the ruleset that the files are; those that a run stored need only be understood.

    Raises:
        ConfigError: the rules have faults; all of them are in `faults`.
    """
    ruleset, faults = check(files, folder, let_pass=_IN_VAIN if stored else frozenset())
    if ruleset is None:
        what = ngettext("the rules have {count} fault", "the rules have {count} faults", len(faults))
        what = what.format(count=len(faults))
        hint = _("crm rules check shows each with its place")
        raise ConfigError(what, where=folder, hint=hint, faults=faults)
    return ruleset


def load_folder(folder: Path) -> RuleSet:
    """Return the ruleset that the files of a folder are.

    Raises:
        ConfigError: it cannot be read, or the rules have faults; all of them are in `faults`.
    """
    return load(read_files(folder), str(folder))


def check(
    files: Mapping[str, str], folder: str = "", *, let_pass: frozenset[str] = frozenset()
) -> tuple[RuleSet | None, tuple[Fault, ...]]:
    """Return the ruleset, or None and every fault but those let pass, in the order of files, lines and columns."""
    paths = {name: f"{folder.rstrip('/')}/{name}" if folder else name for name in (*FILES, *files)}
    reader = Reader({paths[name]: source.lines_of(text) for name, text in files.items()}, let_pass)
    roots: dict[str, Node | None] = {}
    for name in files:
        if name not in FILES:
            hint = nearest(name, FILES) or _("known: {names}").format(names=", ".join(FILES))
            reader.fault(
                Place(paths[name]), _("not a rule file this version knows"), "unknown-file", hint=hint
            )
    for name in FILES:
        if name not in files:
            if name in OPTIONAL:
                continue
            hint = _("'crm rules init DIR' writes the shipped ones to another folder: copy it from there")
            reader.fault(Place(paths[name]), _("this rule file is missing"), "missing-file", hint=hint)
            continue
        root, faults = source.parse(files[name], paths[name], reader.lines[paths[name]])
        reader.faults.extend(faults)
        if root is None and not faults:
            reader.fault(Place(paths[name], 1, 1), _("the file is empty"), "empty-file")
        roots[name] = root
    ruleset = _Sections(reader, roots, {name: Place(paths[name], 1, 1) for name in FILES}).read(files)
    order = {path: at for at, path in enumerate(paths.values())}
    found = _first_at_each_place(reader.faults)
    found.sort(key=lambda fault: (order.get(fault.file, len(order)), fault.line, int(fault.column or 0)))
    return (None if found else ruleset), tuple(found)


def _first_at_each_place(faults: Iterable[Fault]) -> list[Fault]:
    """Leave out what the rules say about a place that YAML has already refused."""
    refused: set[str] = set()
    kept: list[Fault] = []
    for fault in faults:
        if fault.code.startswith(("yaml-", "decimal-", "number-")):
            refused.add(fault.where)
        elif fault.where in refused:
            continue
        kept.append(fault)
    return kept


@dataclass
class _Sections:
    """Reads the rule files; `used` collects which feature each rule needs.

    A fault is said once, where it stands. So what is used elsewhere and not known is no fault when it may be what could
    not be read: one of the names in `faulty`, or any name that begins with what `unread` holds ("" for plain names).
    """

    reader: Reader
    roots: Mapping[str, Node | None]
    places: Mapping[str, Place]
    declared: dict[str, FeatureUse] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    scores: dict[str, Score | None] = field(default_factory=dict)
    tier_codes: tuple[str, ...] = TIER_WORDS.codes
    segmentations: tuple[Segmentation, ...] = ()
    #: (file, name) of judgements with a fault and refused scores: what an example may expect of them is not known.
    unsure: set[tuple[str, str]] = field(default_factory=set)
    nodes: int = 0
    cases: list[Case] = field(default_factory=list)
    fact_cases: list[FactCase] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    looks: dict[tuple[str, str], Place] = field(default_factory=dict)
    """Score and feature → where an indicator of that score looks at it."""

    def read(self, files: Mapping[str, str]) -> RuleSet | None:
        self._features()
        self._score_names()
        value, _further = self._value(), self._scores()
        scores = self._no_cycles()
        root = self.roots.get("value.yaml")
        tiers: tuple[Tier, ...] = ()
        tiering = Tiers()
        if isinstance(root, Fields):
            certain = _codes_in(root.get("tiers"))
            self.tier_codes = certain or TIER_WORDS.codes
            tiers, tiering = self._tiers(root, self._scope({}, before=True))
            tiers = tiers if certain else ()
        grades = self._grades()
        lifecycle = self._lifecycle()
        self.segmentations = self._segments()
        cadence = self._cadence(self.tier_codes, complete=bool(tiers))
        triggers = self._triggers(self.tier_codes if tiers else ())
        self._fact_cases("features.yaml")
        for name in self._EXPECTS:
            self._cases(name, self.tier_codes)
        if self.reader.faults or value is None or grades is None or cadence is None:
            return None
        features = tuple(self._use(name) for name in sorted(self.used))
        ruleset = RuleSet(
            files=dict(files),
            fingerprint="",
            features=features,
            scores=scores,
            tiers=tiers,
            grades=grades,
            lifecycle=lifecycle,
            cadence=cadence,
            cases=tuple(self.cases),
            fact_cases=tuple(self.fact_cases),
            tiering=tiering,
            segments=self.segmentations,
            compared=tuple(self.compared),
            declared=tuple(self.declared.values()),
            triggers=triggers,
        )
        return replace(ruleset, fingerprint=hashlib.sha256(_meaning(ruleset).encode()).hexdigest())

    # --- what the sections share ----------------------------------------------------------------------------

    def _root(self, name: str, required: Iterable[str], optional: Iterable[str] = ()) -> Fields | None:
        node = self.roots.get(name)
        if node is None:
            return None
        return self.reader.fields(node, self.places[name], required=required, optional=(*optional, "tests"))

    def _policy(self, root: Fields, what: str) -> None:
        """Ask the file to say aloud that the first match wins."""
        node = root.get("policy")
        if node is not None and self.reader.text(node) not in {"first", None}:
            self.reader.fault(
                node.place, _("the only policy is: first"), "unknown-policy", hint="policy: first"
            )
        elif node is None and not _is_misspelt(root, "policy"):
            # `fields` has noted the missing key; say what it is for.
            last = self.reader.faults[-1] if self.reader.faults else None
            if last is not None and last.code == "missing-key" and last.value == "policy":
                self.reader.faults.pop()
            hint = _("write policy: first — the first of the {what} that fits wins").format(what=what)
            self.reader.fault(
                root.place, _("the key {name} is missing").format(name="policy"), "missing-policy", hint=hint
            )

    def _scope(
        self,
        parameters: Mapping[str, float],
        *,
        without: str = "",
        before: bool = False,
        classes: bool = False,
        segments: bool = False,
    ) -> Scope:
        """Return the names that a rule may use.

        Args:
            parameters: numbers of the file, by name.
            without: the score that is being read; it cannot look at itself.
            before: whether it may look at what the run before found.
            classes: whether tier, grade and lifecycle are known already.
            segments: whether the judgements of segments.yaml are known already.
        """
        fields = dict(_names_of_catalogue())
        for name, use in self.declared.items():
            known = Known(name, use.type, _codes_of(use))
            fields[fold(name)] = known
            if fold(use.label.zh) not in fields:
                fields[fold(use.label.zh)] = known
        for name, score in self.scores.items():
            if name == without:
                continue
            fields[name] = Known(name, NUMBER)
            for indicator in score.indicators if score is not None else ():
                if isinstance(indicator.scale, Quantile):
                    fields[f"rank.{indicator.name}"] = Known(f"rank.{indicator.name}", NUMBER)
        if before:
            types = ((TEXT, self.tier_codes), (NUMBER, ()))
            fields |= {name: Known(name, *of) for name, of in zip(BEFORE, types, strict=True)}
        if classes:
            fields |= {name: Known(name, TEXT, codes) for name, codes in self._class_codes().items()}
        scope = Scope(fields, parameters, frozenset(self.faulty), frozenset(self.unread))
        return self._with_segments(scope) if segments else scope

    def _with_segments(self, scope: Scope) -> Scope:
        """Return the names with those of the further judgements; what has a fault is not unknown as well."""
        found = {
            each.name: Known(each.name, TEXT, tuple(dict.fromkeys(rule.segment for rule in each.rules)))
            for each in self.segmentations
        }
        faulty = {fold(name) for file, name in self.unsure if file == "segments.yaml"}
        known = {**scope.fields, **{name: each for name, each in found.items() if fold(name) not in faulty}}
        readable = self.roots.get("segments.yaml")
        unread = {""} if "segments.yaml" in self.roots and not isinstance(readable, Fields) else set()
        return replace(scope, fields=known, faulty=scope.faulty | faulty, unread=scope.unread | unread)

    def _class_codes(self) -> dict[str, tuple[str, ...]]:
        return dict(zip(_CLASS_NAMES, (self.tier_codes, GRADES, LIFECYCLE_STAGE.codes), strict=True))

    def _use(self, name: str) -> FeatureUse:
        if name in self.declared:
            return self.declared[name]
        feature = CATALOGUE[name]
        return FeatureUse(
            name, name, None, Label(feature.text.en, feature.text.zh), feature.type, declared=False
        )

    def _condition(self, node: Node | None, place: Place, scope: Scope) -> Expression | None:
        found = read_condition(self.reader, node, place, scope)
        if found is None:
            return None
        self._note_used(names_in(found))
        self._count(found, node.place if node is not None else place)
        return found

    def _count(self, condition: Expression | None, place: Place) -> None:
        """Count the parts of a condition; where those of all rules become too many is a fault."""
        before, self.nodes = self.nodes, self.nodes + (0 if condition is None else size(condition))
        if before <= MAX_NODES_IN_ALL < self.nodes:
            what = _("the conditions of all rules have more than {limit} parts").format(
                limit=MAX_NODES_IN_ALL
            )
            self.reader.fault(place, what, "too-many")

    def _parameters(self, node: Node | None, place: Place) -> dict[str, float]:
        found: dict[str, float] = {}
        scope = self._scope({})
        for key, value in self.reader.mapping(node, place):
            number = self.reader.number(value)
            if not self._is_name(key):
                pass
            elif fold(key.text) in scope.fields:
                what = _("{name} is already the name of a feature").format(name=key.text)
                self.reader.fault(key.place, what, "name-taken", value=key.text)
            elif number is not None:
                found[key.text] = number
            if key.text not in found:
                self.faulty.add(fold(key.text))
        return found

    def _rules_scope(
        self, body: Fields, months: Mapping[str, float] | None = None, *, classes: bool = False
    ) -> Scope:
        """Return the names that the conditions of a body may use: with its parameters, and the months of the grades."""
        node = body.get("parameters")
        parameters = self._parameters(node, body.place)
        scope = self._scope({**parameters, **(months or {})}, before=True, classes=classes)
        if isinstance(node, Fields) or (node is None and not _is_misspelt(body, "parameters")):
            return scope
        return replace(scope, unread=scope.unread | {""})

    def _is_name(self, key: Scalar, meant: Container[str] = WORDS) -> bool:
        """Tell whether a text can be a name; if not, it is a fault.

        Args:
            key: the text.
            meant: words that mean something where the name will stand; nothing for a code that stands in quotes.
        """
        if _NAME.fullmatch(key.text) and key.text not in meant:
            return True
        what = _("not a name: {name}").format(name=repr(key.text[:80]))
        hint = _("small letters, digits and _, a letter first")
        if key.text in meant:
            hint = _("{name} means something in conditions").format(name=key.text)
        self.reader.fault(key.place, what, "bad-name", hint=hint, value=key.text)
        return False

    # --- features.yaml --------------------------------------------------------------------------------------

    def _features(self) -> None:
        name = "features.yaml"
        root = self._root(name, required=("features",))
        if root is None or not isinstance(root.get("features"), Fields):
            self.unread.add("")
        if root is None:
            return
        declared = self.reader.mapping(root.get("features"), root.place)
        if len(declared) > MAX_FEATURES:
            what = _("more than {limit} features").format(limit=MAX_FEATURES)
            self.reader.fault(declared[MAX_FEATURES][0].place, what, "too-many")
            self.unread.add("")
        for key, node in declared[:MAX_FEATURES]:
            use = self._feature(key, node)
            if use is not None:
                self._refuse_taken_label(key, use)
                self.declared[key.text] = use
            else:
                self.faulty |= {fold(name) for name in _called(key, node)}

    def _refuse_taken_label(self, key: Scalar, use: FeatureUse) -> None:
        """The Chinese text is a name in conditions, too: there it must not stand for another feature."""
        taken = ((name, each.zh) for name, each in CATALOGUE.items())
        declared = ((name, each.label.zh) for name, each in self.declared.items())
        zh = fold(use.label.zh)
        name = next(
            (name for name, text in (*taken, *declared) if fold(text) == zh and name != key.text), None
        )
        if name is not None:
            what = _("{text} is already what {name} is called in conditions").format(
                text=use.label.zh, name=name
            )
            self.reader.fault(
                key.place, what, "name-taken", hint=_("give it another zh text"), value=use.label.zh
            )

    def _feature(self, key: Scalar, node: Node) -> FeatureUse | None:
        reader = self.reader
        if not self._is_name(key):
            pass
        elif key.text in CATALOGUE:
            what = _("{name} is already the name of a feature").format(name=key.text)
            reader.fault(key.place, what, "name-taken", value=key.text)
        if isinstance(node, Fields) and node.get("from") is not None:
            return self._own_feature(key, node)
        if isinstance(node, Fields) and node.get("custom") is not None:
            return self._custom_feature(key, node)
        body = reader.fields(node, key.place, required=("of", "window"), optional=("text",))
        if body is None:
            return None
        of_node = body.get("of")
        of = reader.text(of_node)
        if of is not None and of_node is not None:
            of = self._catalogue_name(of, of_node.place)
        window = self._window(body.get("window"))
        label = reader.label(body.get("text"), key.place)
        if of is None or window is None or label is None:
            return None
        if not CATALOGUE[of].windowable and of_node is not None:
            names = ", ".join(sorted(name for name, feature in CATALOGUE.items() if feature.windowable))
            what = _("{name} cannot be limited to a window").format(name=of)
            reader.fault(
                of_node.place, what, "no-window", hint=_("these can: {names}").format(names=names), value=of
            )
            return None
        return FeatureUse(key.text, of, window, label, CATALOGUE[of].type)

    def _own_feature(self, key: Scalar, node: Node) -> FeatureUse | None:
        """Read a feature that takes an aggregate of its own over the facts of a table."""
        reader = self.reader
        body = reader.fields(
            node, key.place, required=("from", "take"), optional=("field", "where", "window", "text")
        )
        if body is None:
            return None
        source = reader.choice(body.get("from"), tuple(SOURCES), "unknown-source")
        function = reader.choice(body.get("take"), AGGREGATES, "unknown-function")
        label = reader.label(body.get("text"), key.place)
        window_node = body.get("window")
        window = self._window(window_node)
        if (
            source is None
            or function is None
            or label is None
            or (window is None and window_node is not None)
        ):
            return None
        if source not in DATED and (window is not None or function in IN_ORDER):
            what = _("{source} have no day to go by").format(source=source)
            hint = _("these have: {names}").format(names=", ".join(DATED))
            reader.fault(body.place, what, "no-day", hint=hint)
            return None
        name = self._own_field(body, source, function)
        where_node = body.get("where")
        where = (
            read_condition(reader, where_node, key.place, Scope(known_fields(source), {}))
            if where_node is not None
            else None
        )
        if (
            where is not None
            and where_node is not None
            and always_true(where, dict.fromkeys(names_in(where), ""))
        ):
            what = _("this condition holds for every one of the {source}").format(source=source)
            reader.fault(where_node.place, what, "always-true", hint=_("without where, all of them count"))
        if name is None or (where is None and where_node is not None):
            return None
        self._count(where, where_node.place if where_node is not None else key.place)
        kind = result_type(function, SOURCES[source][name].type) if name else NUMBER
        own = Aggregate(source, function, name, where, _as_written(where_node, where))
        return FeatureUse(key.text, "", window, label, kind, aggregate=own)

    def _custom_feature(self, key: Scalar, node: Node) -> FeatureUse | None:
        """Read a feature that is a custom field of the customer; whether there is one, only the database knows."""
        reader = self.reader
        body = reader.fields(node, key.place, required=("custom", "type"), optional=("choices", "text"))
        if body is None:
            return None
        name_node, name = body.get("custom"), reader.text(body.get("custom"))
        kind = reader.choice(body.get("type"), FIELD_KIND.codes, "unknown-type")
        label = reader.label(body.get("text"), key.place)
        if name is not None and name_node is not None and not is_custom_name(name):
            what = _("not the name of a custom field: {name}").format(name=repr(name[:80]))
            hint = _("small letters, digits and _, a letter first")
            reader.fault(name_node.place, what, "bad-name", hint=hint, value=name)
            return None
        choices = self._custom_choices(body, kind)
        if name is None or kind is None or label is None or choices is None:
            return None
        own = Custom(name, kind, choices)
        return FeatureUse(key.text, "", None, label, CUSTOM_TYPES[kind], custom=own)

    def _custom_choices(self, body: Fields, kind: str | None) -> tuple[str, ...] | None:
        """Return the words of a choice: none where the type is another, None with a fault."""
        node = body.get("choices")
        if kind is None:
            return None
        if (kind == "choice") is (node is None):
            what = (
                _("the key {name} is missing").format(name="choices")
                if node is None
                else _("only a choice has choices")
            )
            place = body.place if node is None else node.place
            self.reader.fault(place, what, "choices-and-type", hint=_("type: choice and choices: [a, b]"))
            return None
        if node is None:
            return ()
        words = [self.reader.text(item) for item in self.reader.items(node, body.place, at_least=1)]
        known = tuple(word for word in words if word is not None)
        if any(separator in word for word in known for separator in ",，、") or len(set(known)) < len(known):
            what = _("a choice is one word or phrase without a comma, and stands once")
            self.reader.fault(node.place, what, "bad-choices", hint=_("type: choice and choices: [a, b]"))
            return None
        return known if known and len(known) == len(words) else None

    def _own_field(self, body: Fields, source: str, function: str) -> str | None:
        """Return the field that a function takes: "" where it takes none, None with a fault."""
        reader = self.reader
        node = body.get("field")
        if function in NO_FIELD:
            if node is not None:
                reader.fault(node.place, _("{name} takes no field").format(name=function), "no-field")
                return None
            return ""
        if node is None:
            what = _("the key {name} is missing").format(name="field")
            hint = _("{name} of what?").format(name=function)
            reader.fault(body.place, what, "missing-key", hint=hint, value="field")
            return None
        written = reader.text(node)
        known = known_fields(source).get(fold(written or ""))
        if written is None:
            return None
        if known is None:
            what = _("{source} have no field {name}").format(source=source, name=repr(written[:80]))
            hint = reader.nearest(written, list(SOURCES[source])) or _("known: {names}").format(
                names=", ".join(SOURCES[source])
            )
            reader.fault(node.place, what, "unknown-field", hint=hint, value=written)
            return None
        if function in NUMBERS and known.type not in {NUMBER, BOOL}:
            what = _("{name} is a {type}; {function} needs numbers").format(
                name=known.name, type=kind_words(known.type), function=function
            )
            reader.fault(node.place, what, "wrong-type", value=written)
            return None
        return known.name

    def _catalogue_name(self, written: str, place: Place) -> str | None:
        for feature in CATALOGUE.values():
            if fold(written) in {feature.name, fold(feature.zh)}:
                return feature.name
        what = _("unknown feature {name}").format(name=repr(written[:80]))
        hint = self.reader.nearest(written, list(CATALOGUE)) or _("crm rules features lists them")
        self.reader.fault(place, what, "unknown-feature", hint=hint, value=written)
        return None

    def _window(self, node: Node | None) -> Window | None:
        if node is None:
            return None
        written = node.text.strip() if isinstance(node, Scalar) else ""
        match = _WINDOW.fullmatch(written)
        if match is None:
            bare = _AMBIGUOUS_WINDOW.fullmatch(written)
            hint = _("write 12 months or 365 days")
            if bare and (bare.group(2) or "").startswith(("y", "年")):
                hint = _("write {count} months").format(count=12 * int(bare.group(1)))
            elif bare and (bare.group(2) or "").startswith(("w", "周")):
                hint = _("write {count} days").format(count=7 * int(bare.group(1)))
            elif bare:
                hint = _("write {count} months or {count} days").format(count=bare.group(1))
            what = _("a window needs a number and a unit, got {value}").format(value=repr(written[:80]))
            self.reader.fault(node.place, what, "months-or-days", hint=hint, value=written)
            return None
        count, unit = (
            int(match.group(1)),
            "days" if match.group(2) in {"day", "days", "天", "日"} else "months",
        )
        if count > (MAX_DAYS if unit == "days" else MAX_MONTHS):
            what = _("a window of {value} is too long").format(value=written)
            hint = _("did you mean {count} days?").format(count=count) if unit == "months" else ""
            self.reader.fault(node.place, what, "months-or-days", hint=hint, value=written)
            return None
        return Window(count, unit)

    # --- value.yaml -----------------------------------------------------------------------------------------

    def _value(self) -> Score | None:
        """Read the value score; its tiers are read when every score is known."""
        root = self._root(
            "value.yaml",
            required=("score", "indicators", "policy", "tiers"),
            optional=("text", "groups", "sticky", "share_of"),
        )
        if root is None:
            self.unread.add("rank.")
            return None
        self._policy(root, _("tiers"))
        name = self.reader.choice(root.get("score"), (VALUE,), "unknown-score")
        score = self._score(VALUE, root, root.place)
        return score if name is not None else None

    def _scores(self) -> tuple[Score, ...]:
        """Read the further scores of scores.yaml, which need not exist."""
        root = self._root("scores.yaml", required=("scores",))
        if root is None:
            return ()
        found: list[Score] = []
        for key, node in self.reader.mapping(root.get("scores"), root.place):
            body = self.reader.fields(node, key.place, required=("indicators",), optional=("text", "groups"))
            score = self._score(key.text, body, key.place) if body is not None else None
            if body is None:
                self.unread.add("rank.")
            found.extend([score] if score is not None else [])
        return tuple(found)

    def _score_nodes(self) -> tuple[tuple[Scalar, Node], ...]:
        root = self.roots.get("scores.yaml")
        node = root.get("scores") if isinstance(root, Fields) else None
        if "scores.yaml" in self.roots and not isinstance(node, Fields):
            self.unread |= {"", "rank."}
        return node.entries if isinstance(node, Fields) else ()

    def _score_names(self) -> None:
        """Note the names of all scores, before the first is read: they may look at one another."""
        taken = self._scope({})
        self.scores[VALUE] = None
        nodes = self._score_nodes()
        if len(nodes) > MAX_SCORES:
            what = _("more than {limit} scores").format(limit=MAX_SCORES)
            self.reader.fault(nodes[MAX_SCORES][0].place, what, "too-many")
        for key, _node in nodes:
            if not self._is_name(key):
                pass
            elif fold(key.text) in taken.fields or key.text in {VALUE, *_CLASS_NAMES, *_RESERVED, *_WHY}:
                what = _("{name} is already the name of a feature").format(name=key.text)
                self.reader.fault(key.place, what, "name-taken", value=key.text)
            else:
                self.scores[key.text] = None
            if key.text not in self.scores:
                self.faulty.add(fold(key.text))
                self.unsure.add(("scores.yaml", key.text))

    def _score(self, name: str, body: Fields, place: Place) -> Score | None:
        reader = self.reader
        label = reader.label(body.get("text"), place)
        nodes = reader.items(body.get("indicators"), place, at_least=1)
        if len(nodes) > MAX_INDICATORS:
            what = _("more than {limit} indicators").format(limit=MAX_INDICATORS)
            reader.fault(nodes[MAX_INDICATORS].place, what, "too-many")
            nodes = nodes[:MAX_INDICATORS]
        members = (node.get("group") for node in nodes if isinstance(node, Fields))
        groups = self._groups(
            body.get("groups"), place, {each.text for each in members if isinstance(each, Scalar)}
        )
        scope = self._scope({}, without=name)
        named = self._group_names(body, nodes)
        if not nodes:
            self.unread.add("rank.")
        found = [self._indicator(node, scope, named) for node in nodes]
        indicators = [indicator for indicator in found if indicator is not None]
        for indicator, node in zip(found, nodes, strict=True):
            if indicator is None or label is None or name not in self.scores:
                self._note_unread_rank(node, scope)
        self._no_twins(
            [(i.name, node.place) for i, node in zip(found, nodes, strict=True) if i is not None], "indicator"
        )
        for indicator, node in zip(found, nodes, strict=True):
            self._note_compared(name, indicator, node)
            if indicator is not None and isinstance(node, Fields):
                looked_at = node.get("feature")
                self.looks[name, indicator.feature] = node.place if looked_at is None else looked_at.place
        if label is None or not indicators:
            return None
        total = math.fsum(indicator.weight for indicator in indicators)
        shared = tuple(replace(i, share=i.weight / total) for i in indicators)
        score = Score(name, label, shared, tuple(g for g in groups if any(i.group == g.name for i in shared)))
        if name in self.scores:  # and not refused
            self.scores[name] = score
        return score

    def _note_unread_rank(self, node: Node, scope: Scope) -> None:
        """Note what the class by quantile of an indicator with a fault would be called, if it has one."""
        named = (node.get("name") or node.get("feature")) if isinstance(node, Fields) else None
        if not isinstance(named, Scalar):
            self.unread.add("rank.")
            return
        known = scope.fields.get(fold(named.text))
        self.faulty |= {f"rank.{called}" for called in (named.text, *([known.name] if known else []))}

    def _note_compared(self, score: str, indicator: Indicator | None, node: Node) -> None:
        if indicator is None or not isinstance(indicator.scale, Percentile | Quantile):
            return
        scale = node.get("scale") if isinstance(node, Fields) else None
        place = node.place if scale is None else scale.place
        self.compared.append(
            Compared(
                score, indicator.name, indicator.scale.minimum, place.file, place.line, int(place.column or 0)
            )
        )

    def _group_names(self, body: Fields, nodes: Iterable[Node]) -> list[str]:
        """Return the names that may stand behind `group:`, also of groups with a fault; any, if they cannot be read."""
        node = body.get("groups")
        if isinstance(node, Fields):
            return [key.text for key, _value in node.entries]
        if node is None and not _is_misspelt(body, "groups"):
            return []
        members = (each.get("group") for each in nodes if isinstance(each, Fields))
        return [each.text for each in members if isinstance(each, Scalar)]

    def _groups(self, node: Node | None, place: Place, used: Container[str]) -> tuple[Group, ...]:
        found: list[Group] = []
        for key, value in self.reader.mapping(node, place):
            if key.text not in used:
                what = _("no indicator is in the group {name}").format(name=key.text)
                self.reader.fault(key.place, what, "unused-group", hint="group: " + key.text, value=key.text)
            body = self.reader.fields(value, key.place, required=("cap",), optional=("text",))
            cap = None if body is None else self.reader.number(body.get("cap"), least=0.01, most=100)
            label = None if body is None else self.reader.label(body.get("text"), key.place)
            if self._is_name(key) and cap is not None and label is not None:
                found.append(Group(key.text, float(cap), label))
        return tuple(found)

    def _no_cycles(self) -> tuple[Score, ...]:
        """Return the scores, those that others look at before those that do; also through a class by quantile."""
        owners = self._rank_owners()
        known = {name: score for name, score in self.scores.items() if score is not None}
        order: list[str] = []
        reported: set[str] = set()

        def visit(name: str, above: tuple[str, ...], place: Place | None = None) -> None:
            if name in order or name in reported:
                return
            if name in above:
                cycle = (*above[above.index(name) :], name)
                reported.update(cycle)
                what = _("these scores look at one another: {names}").format(names=" → ".join(cycle))
                self.reader.fault(place or self.places["scores.yaml"], what, "score-cycle")
                return
            for indicator in known[name].indicators:
                looked_at = owners.get(indicator.feature, indicator.feature)
                if looked_at in known:
                    visit(looked_at, (*above, name), self.looks[name, indicator.feature])
            order.append(name)

        for name in known:
            visit(name, ())
        return tuple(known[name] for name in order)

    def _rank_owners(self) -> dict[str, str]:
        """Return which score each class by quantile comes from; two under one name are a fault."""
        owners: dict[str, str] = {}
        for score in self.scores.values():
            for indicator in score.indicators if score is not None else ():
                if score is None or not isinstance(indicator.scale, Quantile):
                    continue
                name = f"rank.{indicator.name}"
                if name in owners:
                    what = _("two scores have a quantile indicator called {name}").format(name=indicator.name)
                    hint = _("give one of them another name")
                    self.reader.fault(self.places["scores.yaml"], what, "duplicate-indicator", hint=hint)
                owners[name] = score.name
        return owners

    def _no_twins(self, names: Iterable[tuple[str, Place]], kind: str) -> None:
        seen: set[str] = set()
        for name, place in names:
            if name in seen:
                what = _("{name} stands here twice").format(name=name)
                self.reader.fault(place, what, f"duplicate-{kind}", value=name)
            seen.add(name)

    def _indicator(self, node: Node, scope: Scope, groups: Sequence[str]) -> Indicator | None:
        reader = self.reader
        body = reader.fields(
            node,
            node.place,
            required=("feature", "weight", "scale", "missing"),
            optional=("name", "text", "group"),
        )
        if body is None:
            return None
        feature = self._feature_named(body.get("feature"), scope)
        known = None if feature is None else feature.name
        name_node = body.get("name")
        name = reader.text(name_node) if name_node is not None else known
        if isinstance(name_node, Scalar) and name:
            self._is_name(name_node)
        weight = self._weight(body.get("weight"))
        scale = read_scale(reader, body.get("scale"), feature, body.get("feature"))
        missing = reader.choice(body.get("missing"), MISSING)
        group = reader.choice(body.get("group"), groups, "unknown-group")
        label_node = body.get("text")
        label = reader.label(label_node, node.place) if label_node is not None else None
        meant = None
        if label is None and known is not None and name is not None:
            label, meant = self._words_for(name, known, node.place)
        if (
            known is None
            or name is None
            or weight is None
            or scale is None
            or missing is None
            or label is None
        ):
            return None
        self._note_used({known})
        return Indicator(name, known, weight, 0.0, scale, missing, label, group or "", meant)

    def _words_for(self, name: str, known: str, place: Place) -> tuple[Label | None, Label | None]:
        """Return the words of an indicator that brings none, and the sentence of its feature that fingerprints hold.

        They are the feature's short name, behind the indicator's own name where it has one.
        """
        if known in self.scores:
            return self.reader.label(None, place), None
        sentence = self._use(known).label
        words = sentence
        if known not in self.declared:
            words = Label(known.replace("_", " "), CATALOGUE[known].zh)
        if name != known:
            words = Label(f"{name} ({words.en})", f"{name}（{words.zh}）")
        return words, None if words == sentence else sentence

    def _note_used(self, names: Iterable[str]) -> None:
        """Note which features must be worked out; what is not a feature (a score, a class) comes by itself."""
        self.used |= {name for name in names if name in self.declared or name in CATALOGUE}

    def _numeric_feature(
        self, node: Node | None, scope: Scope, kinds: Container[str] = (NUMBER, BOOL)
    ) -> str | None:
        known = self._feature_named(node, scope)
        if known is None or node is None:
            return None
        if known.type not in kinds:
            what = _("{name} is a {type}; a number is needed here").format(
                name=known.name, type=kind_words(known.type)
            )
            self.reader.fault(node.place, what, "wrong-type")
            return None
        self._note_used({known.name})
        return known.name

    def _feature_named(self, node: Node | None, scope: Scope) -> Known | None:
        written = self.reader.text(node)
        if written is None or node is None:
            return None
        known = scope.fields.get(fold(written))
        if known is None and not scope.excuses(fold(written)):
            what = _("unknown feature {name}").format(name=repr(written[:80]))
            hint = self.reader.nearest(written, list(scope.fields)) or _("crm rules features lists them")
            self.reader.fault(node.place, what, "unknown-feature", hint=hint, value=written)
        return known

    def _weight(self, node: Node | None) -> float | None:
        weight = self.reader.number(node)
        if weight is None or node is None:
            return None
        if not 0 < weight <= 1_000_000:
            hint = _("take the indicator out to ignore it") if weight == 0 else ""
            what = _("a weight must be above 0, got {value}").format(value=weight)
            self.reader.fault(node.place, what, "bad-weight", hint=hint, value=str(weight))
            return None
        return weight

    def _tiers(self, root: Fields, scope: Scope) -> tuple[tuple[Tier, ...], Tiers]:
        """Read the tiers: all by threshold, all by share, or all by condition; the last takes everybody left over."""
        reader = self.reader
        nodes = reader.items(root.get("tiers"), root.place, at_least=1)
        kinds = [key for key in _TIER_KEYS if any(isinstance(n, Fields) and n.get(key) for n in nodes[:-1])]
        if len(kinds) > 1:
            self._mixed_tiers(root, nodes, kinds, scope)
            return (), Tiers()
        kind = kinds[0] if kinds else _TIER_KEYS[0]
        found = [self._tier(node, kind, scope, last=at + 1 == len(nodes)) for at, node in enumerate(nodes)]
        placed = [(tier, node.place) for tier, node in zip(found, nodes, strict=True) if tier is not None]
        self._ordered_tiers(placed, kind)
        known = [(tier, place) for tier, place in placed if tier.code]
        self._no_twins([(tier.code, place) for tier, place in known], "tier")
        return tuple(tier for tier, _place in known), self._tiering(root, kind, scope)

    def _mixed_tiers(self, root: Fields, nodes: Sequence[Node], kinds: Sequence[str], scope: Scope) -> None:
        """Note that tiers are told apart in several ways, and judge those of each way by themselves."""
        ways = [[key for key in kinds if isinstance(node, Fields) and node.get(key)] for node in nodes]
        used = next(found[0] for found in ways if found)
        at = next(at for at, found in enumerate(ways) if set(found) - {used})
        what = _("tiers are told apart in one way: {names}").format(names=", ".join(_TIER_KEYS))
        self.reader.fault(
            nodes[at].place, what, "mixed-tiers", hint=_("the first has {key}").format(key=used)
        )
        by_kind: dict[str, list[tuple[Tier, Place]]] = {key: [] for key in kinds}
        named: list[tuple[str, Place]] = []
        for node, found in zip(nodes, ways, strict=True):
            if len(found) > 1:
                continue  # which of its ways is meant is not known
            kind = found[0] if found else used
            tier = self._tier(node, kind, scope, last=node is nodes[-1])
            if tier is not None:
                for key in kinds if node is nodes[-1] else (kind,):
                    by_kind[key].append((tier, node.place))
                named.extend([(tier.code, node.place)] if tier.code else [])
        for kind, known in by_kind.items():
            self._ordered_tiers(known, kind)
        self._no_twins(named, "tier")
        self._tiering(root, "", scope)

    def _tier(self, node: Node, kind: str, scope: Scope, *, last: bool) -> Tier | None:
        """Read a tier; one with a fault beside its bound keeps the bound, so that the order can still be judged."""
        reader = self.reader
        required = ("tier",) if last else ("tier", kind)
        optional = ("at_least", "text") if last else ("text",)
        body = reader.fields(node, node.place, required=required, optional=optional)
        if body is None:
            return None
        code = reader.choice(body.get("tier"), TIER_WORDS.codes)
        label = reader.label(body.get("text"), node.place)
        bound = reader.number(body.get("at_least"), least=0, most=100)
        if last:
            if bound is not None and bound > 0:
                what = _("no tier for scores below {value}").format(value=bound)
                reader.fault(node.place, what, "tiers-gap", hint=_("leave at_least out on the last line"))
            return Tier(code or "", 0.0, label or _NO_LABEL)
        share = reader.number(body.get("share"), least=0.01, most=99.99)
        condition = body.get("when")
        when = self._condition(condition, node.place, scope) if condition is not None else None
        if (bound, share, when) == (None, None, None):
            return None
        written = _as_written(condition, when)
        return Tier(code or "", float(bound or 0), label or _NO_LABEL, float(share or 0), when, written)

    def _ordered_tiers(self, known: list[tuple[Tier, Place]], kind: str) -> None:
        """Thresholds fall; shares, which are counted up here, stay below 100; no tier hides the ones after it."""
        total = 0.0
        for at, (tier, place) in enumerate(known[:-1]):
            if kind == "share":
                total += tier.share
                known[at] = (replace(tier, share=total), place)
                if total >= 100:
                    what = _("the shares add up to {value} %; nobody is left for the last tier").format(
                        value=f"{total:g}"
                    )
                    self.reader.fault(place, what, "unreachable")
                    return
            elif kind == "when":
                above = tuple(before.when for before, _place in known[:at] if before.when is not None)
                self._reached_tier(tier, place, above)
            else:
                if at and tier.at_least >= known[at - 1][0].at_least:
                    what = _("the thresholds must fall: {value} comes after {before}").format(
                        value=f"{tier.at_least:.15g}", before=f"{known[at - 1][0].at_least:.15g}"
                    )
                    self.reader.fault(place, what, "unordered-tiers")
                if tier.at_least <= 0:
                    what = _("this tier takes everybody; the ones after it are never reached")
                    self.reader.fault(place, what, "unreachable")

    def _reached_tier(self, tier: Tier, place: Place, above: Above) -> None:
        """Note that the condition of a tier takes everybody, or nobody, or nobody whom the ones above leave."""
        if tier.when is None:
            return
        of = {name: use.of for name, use in self.declared.items() if use.of}
        if always_true(tier.when, of):
            what = _("this tier takes everybody; the ones after it are never reached")
            self.reader.fault(place, what, "unreachable")
        elif never_true(tier.when, of):
            self.reader.fault(place, _("this holds for nobody"), "never-true")
        elif hidden(tier.when, above, of):
            what = _("this is never reached: the rules before take everybody for whom it holds")
            self.reader.fault(place, what, "unreachable")

    def _tiering(self, root: Fields, kind: str, scope: Scope) -> Tiers:
        """Read what holds for all tiers; with "" for the kind, what it would have to be is not judged."""
        reader = self.reader
        sticky_node, of_node = root.get("sticky"), root.get("share_of")
        periods = self._periods(sticky_node)
        sticky: float | None = 0.0
        if isinstance(sticky_node, Scalar) and isinstance(sticky_node.value, str) and periods is None:
            what = _("expected points or periods, got {value}").format(value=repr(sticky_node.text[:80]))
            reader.fault(sticky_node.place, what, "wrong-type", hint=_("write 3, or 2 periods"))
        elif sticky_node is not None and not periods:
            sticky = reader.number(sticky_node, least=0, most=MAX_STICKY)
        if sticky_node is not None and (kind == "when" or (periods and kind == "share")):
            what = (
                _("sticky for periods needs tiers with at_least")
                if periods
                else _("sticky needs tiers with at_least or share")
            )
            hint = _("ask for previous_tier in the conditions") if kind == "when" else ""
            reader.fault(sticky_node.place, what, "bad-sticky", hint=hint)
        if of_node is None:
            by = {"share": CUSTOMERS, "when": CONDITION}.get(kind, SCORE)
            return Tiers(by, "", float(sticky or 0), periods or 0)
        of = self._numeric_feature(of_node, scope)
        if kind not in {"", "share"}:
            reader.fault(of_node.place, _("share_of needs tiers with share"), "bad-share")
        return Tiers(SUM, of or "", float(sticky or 0))

    def _periods(self, node: Node | None) -> int | None:
        """Read `2 periods`; None for what is not a number of periods."""
        match = _PERIODS.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
        if match is None or node is None:
            return None
        count = int(match.group(1))
        if not MIN_PERIODS <= count <= MAX_PERIODS:
            bounds = f"{MIN_PERIODS} … {MAX_PERIODS}"
            what = _("expected a number {bounds}, got {value}").format(bounds=bounds, value=count)
            self.reader.fault(node.place, what, "out-of-range", value=match.group(0))
            return MIN_PERIODS
        return count

    # --- grades.yaml and lifecycle.yaml ---------------------------------------------------------------------

    def _grades(self) -> Grades | None:
        reader = self.reader
        root = self._root(
            "grades.yaml", required=("policy", "months", "grades", "otherwise"), optional=("parameters",)
        )
        if root is None:
            return None
        self._policy(root, _("grades"))
        months = self._months(root.get("months"), root.place)
        scope = self._rules_scope(root, {f"months.{grade}": float(count) for grade, count in months})
        rules: list[GradeRule] = []
        places: list[tuple[str, Place]] = []
        reached: Above = ()
        nodes = self._limited(reader.items(root.get("grades"), root.place, at_least=1))
        for node in nodes:
            body = reader.fields(node, node.place, required=("grade", "reason", "when"), optional=("text",))
            if body is None:
                continue
            rule, reached = self._grade_rule(body, scope, reached=reached)
            if rule is not None:
                rules.append(rule)
                places.append((rule.reason, node.place))
        last = reader.fields(
            root.get("otherwise"), root.place, required=("grade", "reason"), optional=("text",)
        )
        if last is not None:
            rule, _reached = self._grade_rule(last, scope, reached=reached)
            if rule is not None:
                rules.append(rule)
                places.append((rule.reason, last.place))
        self._no_twins(places, "reason")
        return Grades(months, tuple(rules))

    def _limited(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        if len(nodes) > MAX_RULES:
            what = _("more than {limit} rules").format(limit=MAX_RULES)
            self.reader.fault(nodes[MAX_RULES].place, what, "too-many")
        return nodes[:MAX_RULES]

    def _grade_rule(self, body: Fields, scope: Scope, *, reached: Above) -> tuple[GradeRule | None, Above]:
        reader = self.reader
        grade = reader.choice(body.get("grade"), GRADES)
        reason_node = body.get("reason")
        reason = reader.text(reason_node)
        if reason is not None and isinstance(reason_node, Scalar):
            self._is_name(reason_node, meant=())
        label = reader.label(body.get("text"), body.place)
        when, written, still = self._when(body, scope, reached=reached)
        if grade is None or reason is None or label is None:
            return None, still
        return GradeRule(grade, reason, when, written, label), still

    def _when(self, body: Fields, scope: Scope, *, reached: Above) -> tuple[Expression | None, str, Above]:
        """Read the condition of one rule; one that takes everybody, or that nobody is left for, is a fault."""
        reader, node = self.reader, body.get("when")
        if node is None:
            return None, "", reached
        when = self._condition(node, body.place, scope)
        if when is None:
            return None, "", reached
        of = {name: use.of for name, use in self.declared.items() if use.of}
        if always_true(when, of):
            what = _("this holds for everybody; the rules after it are never reached")
            reader.fault(node.place, what, "always-true", hint=_("write it as otherwise"))
            return when, _as_written(node, when), reached
        if never_true(when, of):
            reader.fault(node.place, _("this holds for nobody"), "never-true")
        elif hidden(when, reached, of):
            what = _("this is never reached: the rules before take everybody for whom it holds")
            reader.fault(node.place, what, "unreachable")
        return when, _as_written(node, when), (*reached, when)

    def _months(self, node: Node | None, place: Place) -> tuple[tuple[str, int], ...]:
        body = self.reader.fields(node, place, required=GRADES[:3]) if node is not None else None
        found: list[tuple[str, int]] = []
        if body is None:
            self.faulty |= {f"months.{grade}" for grade in GRADES[:3]}
            return ()
        for grade in GRADES[:3]:
            value_node = body.get(grade)
            self.faulty.add(f"months.{grade}")  # until it is read
            if value_node is None:
                continue
            value = value_node.value if isinstance(value_node, Scalar) else None
            hint = _("these are calendar months, not days")
            if isinstance(value, str) and _MONTHS_WITH_UNIT.fullmatch(value):
                what = _("expected a number, got {value}").format(value=repr(value))
                self.reader.fault(value_node.place, what, "months-or-days", hint=hint, value=value)
                continue
            if isinstance(value, int) and not isinstance(value, bool) and value > 24:
                what = _("{value} months is too far ahead").format(value=value)
                self.reader.fault(value_node.place, what, "months-or-days", hint=hint, value=str(value))
                continue
            count = self.reader.whole(value_node, least=1, most=24)
            if count is None:
                continue
            if found and count <= found[-1][1]:
                what = _("the months must rise from A to C: {value} comes after {before}").format(
                    value=count, before=found[-1][1]
                )
                self.reader.fault(value_node.place, what, "unordered-months")
            found.append((grade, count))
            self.faulty.discard(f"months.{grade}")
        return tuple(found)

    def _lifecycle(self) -> tuple[StageRule, ...]:
        reader = self.reader
        root = self._root(
            "lifecycle.yaml", required=("policy", "stages", "otherwise"), optional=("parameters",)
        )
        if root is None:
            return ()
        self._policy(root, _("stages"))
        scope = self._rules_scope(root)
        rules: list[StageRule] = []
        reached: Above = ()
        for node in self._limited(reader.items(root.get("stages"), root.place, at_least=1)):
            body = reader.fields(node, node.place, required=("stage", "when"), optional=("text",))
            if body is not None:
                rule, reached = self._stage_rule(body, scope, reached=reached)
                rules.extend([rule] if rule else [])
        last = reader.fields(root.get("otherwise"), root.place, required=("stage",), optional=("text",))
        if last is not None:
            rule, _reached = self._stage_rule(last, scope, reached=reached)
            rules.extend([rule] if rule else [])
        return tuple(rules)

    def _stage_rule(self, body: Fields, scope: Scope, *, reached: Above) -> tuple[StageRule | None, Above]:
        stage = self.reader.choice(body.get("stage"), LIFECYCLE_STAGE.codes)
        label = self.reader.label(body.get("text"), body.place)
        when, written, still = self._when(body, scope, reached=reached)
        if stage is None or label is None:
            return None, still
        return StageRule(stage, when, written, label), still

    # --- segments.yaml --------------------------------------------------------------------------------------

    def _segments(self) -> tuple[Segmentation, ...]:
        """Read the further judgements, which may look at everything found so far, and need not exist."""
        root = self._root("segments.yaml", required=("segments",))
        if root is None:
            return ()
        found: list[Segmentation] = []
        for key, node in self.reader.mapping(root.get("segments"), root.place):
            taken = self._scope({}, before=True, classes=True).fields
            before = len(self.reader.faults)
            segmentation = self._segmentation(key, node) if self._is_segmentation_name(key, taken) else None
            found.extend([segmentation] if segmentation is not None else [])
            if len(self.reader.faults) > before:
                self.unsure.add(("segments.yaml", key.text))
        return tuple(found)

    def _is_segmentation_name(self, key: Scalar, taken: Container[str]) -> bool:
        if not self._is_name(key):
            return False
        if fold(key.text) in taken or key.text in _RESERVED:
            what = _("{name} has a meaning already").format(name=key.text)
            self.reader.fault(key.place, what, "name-taken", value=key.text)
            return False
        return True

    def _segmentation(self, key: Scalar, node: Node) -> Segmentation | None:
        reader = self.reader
        if isinstance(node, Fields) and node.get("matrix") is not None:
            return self._matrix(key, node)
        body = reader.fields(
            node, key.place, required=("policy", "rules", "otherwise"), optional=("text", "parameters")
        )
        if body is None:
            return None
        self._policy(body, _("rules"))
        label = reader.label(body.get("text"), key.place)
        scope = self._rules_scope(body, classes=True)
        rules: list[SegmentRule] = []
        reached: Above = ()
        for item in self._limited(reader.items(body.get("rules"), body.place, at_least=1)):
            fields = reader.fields(item, item.place, required=("segment", "when"), optional=("text",))
            if fields is not None:
                rule, reached = self._segment_rule(fields, scope, reached=reached)
                rules.extend([rule] if rule else [])
        last = reader.fields(body.get("otherwise"), body.place, required=("segment",), optional=("text",))
        if last is not None:
            rule, _reached = self._segment_rule(last, scope, reached=reached)
            rules.extend([rule] if rule else [])
        return None if label is None else Segmentation(key.text, label, tuple(rules))

    def _matrix(self, key: Scalar, node: Node) -> Segmentation | None:
        """Read a table of two numbers; its cells are rules from the top."""
        reader = self.reader
        body = reader.fields(node, key.place, required=("matrix", "texts"), optional=("text",))
        table = None if body is None else body.get("matrix")
        if body is None or table is None:
            return None
        label = reader.label(body.get("text"), key.place)
        scope = self._scope({}, classes=True)
        read = read_matrix(reader, table, lambda named: self._numeric_feature(named, scope, (NUMBER,)))
        texts = {each.text: reader.label(text, each.place) for each, text in self._texts(body, read)}
        rules: list[SegmentRule] = []
        for cell in read.cells:
            is_name = self._is_name(cell.segment, meant=())
            self._count(cell.when, cell.segment.place)
            text = texts.get(cell.segment.text)
            if cell.segment.text not in texts and is_name:
                what = _("{value} has no text").format(value=cell.segment.text)
                hint = _("texts: {{{value}: {{en: …, zh: …}}}}").format(value=cell.segment.text)
                reader.fault(cell.segment.place, what, "missing-label", hint=hint, value=cell.segment.text)
                texts[cell.segment.text] = None
            elif text is not None:
                rules.append(SegmentRule(cell.segment.text, cell.when, cell.written, text))
        return None if label is None or not read.whole else Segmentation(key.text, label, tuple(rules))

    def _texts(self, body: Fields, table: Table) -> Iterator[tuple[Scalar, Node]]:
        """Yield the texts of a table; one that no cell needs is a fault, unless a cell could not be read."""
        known = list(dict.fromkeys(cell.segment.text for cell in table.cells))
        for each, text in self.reader.mapping(body.get("texts"), body.place):
            if table.whole and each.text not in known:
                what = _("no cell is called {value}").format(value=repr(each.text[:80]))
                hint = self.reader.nearest(each.text, known) or _("known: {names}").format(
                    names=", ".join(known)
                )
                self.reader.fault(each.place, what, "unknown-value", hint=hint, value=each.text)
                continue
            yield each, text

    def _segment_rule(
        self, body: Fields, scope: Scope, *, reached: Above
    ) -> tuple[SegmentRule | None, Above]:
        node = body.get("segment")
        segment = self.reader.text(node)
        if segment is not None and isinstance(node, Scalar):
            self._is_name(node, meant=())
        label = self.reader.label(body.get("text"), body.place)
        when, written, still = self._when(body, scope, reached=reached)
        if segment is None or label is None:
            return None, still
        return SegmentRule(segment, when, written, label), still

    # --- cadence.yaml ---------------------------------------------------------------------------------------

    def _cadence(self, tiers: tuple[str, ...], *, complete: bool) -> CadenceTable | None:
        reader = self.reader
        self._moved()
        root = self._root(
            "cadence.yaml", required=("policy", "cadence", "unclassified"), optional=("response",)
        )
        if root is None:
            return None
        self._policy(root, _("lines"))
        rules: list[Cadence] = []
        places: list[Place] = []
        for node in reader.items(root.get("cadence"), root.place, at_least=1):
            rule = self._cadence_rule(node, tiers)
            if rule is not None:
                rules.append(rule)
                places.append(node.place)
        unclassified = self._days(root.get("unclassified"), root.place)
        if unclassified is None:
            return None
        response, response_places = self._responses(root, tiers)
        table = CadenceTable(tuple(rules), unclassified, response)
        if complete and not reader.faults:
            self._covered(table, tiers, places, root.get("cadence"), root.place)
            self._answered(table, tiers, response_places)
        return table

    def _responses(self, root: Fields, tiers: tuple[str, ...]) -> tuple[tuple[Response, ...], list[Place]]:
        """Read within how many days complaints are replied to; rules may do without."""
        node = root.get("response")
        rules: list[Response] = []
        places: list[Place] = []
        for line in self.reader.items(node, root.place, at_least=1) if node is not None else ():
            rule = self._response(line, tiers)
            if rule is not None:
                rules.append(rule)
                places.append(line.place)
        return tuple(rules), places

    def _response(self, node: Node, tiers: tuple[str, ...]) -> Response | None:
        body = self.reader.fields(node, node.place, required=("days",), optional=("tier", "severity"))
        if body is None:
            return None
        chosen = [
            self._word_or_any(body.get(key), known)
            for key, known in (("tier", tiers), ("severity", SEVERITY.codes))
        ]
        days = self._day_count(body.get("days"), least=0)
        return None if None in chosen or days is None else Response(str(chosen[0]), str(chosen[1]), days)

    def _word_or_any(self, node: Node | None, known: tuple[str, ...]) -> str | None:
        """Read one of some words, or that it may be any; nothing written is any."""
        if node is None or not known:
            return ANY
        word = self.reader.choice(node, (*known, "any", ANY))
        return ANY if word == "any" else word

    def _answered(self, table: CadenceTable, tiers: tuple[str, ...], places: list[Place]) -> None:
        """Every complaint has a line, whoever it is from, and every line takes some."""
        taken: set[int] = set()
        for tier in (*tiers, None):
            for severity in SEVERITY.codes:
                rule = table.find_response(tier, severity)
                if rule is None and places:
                    who = (
                        _("no tier (not classified)") if tier is None else _("tier {tier}").format(tier=tier)
                    )
                    what = _("no line for {who}, severity {severity}").format(who=who, severity=severity)
                    self.reader.fault(
                        places[-1], what, "response-gap", hint=_("add a line with tier: any at the end")
                    )
                    return
                taken.update(at for at, own in enumerate(table.response) if own is rule)
        for at, place in enumerate(places):
            if at not in taken:
                what = _("this line is never reached: the ones before it take everybody")
                self.reader.fault(place, what, "unreachable")

    def _covered(
        self,
        table: CadenceTable,
        tiers: tuple[str, ...],
        places: list[Place],
        node: Node | None,
        place: Place,
    ) -> None:
        """Every grade, tier and stage has a line, and every line takes somebody."""
        taken: set[int] = set()
        for grade in GRADES:
            for tier in tiers:
                for stage in LIFECYCLE_STAGE.codes:
                    rule = table.find(grade, tier, stage)
                    if rule is None:
                        what = _("no line for grade {grade}, tier {tier}, lifecycle {stage}").format(
                            grade=grade, tier=tier, stage=stage
                        )
                        hint = _("add a line with tier: any at the end")
                        where = node.place if node is not None else place
                        self.reader.fault(where, what, "cadence-gap", hint=hint)
                        return
                    taken.add(next(at for at, own in enumerate(table.rules) if own is rule))
        for at, rule_place in enumerate(places):
            if at not in taken:
                what = _("this line is never reached: the ones before it take everybody")
                self.reader.fault(rule_place, what, "unreachable")

    def _cadence_rule(self, node: Node, tiers: tuple[str, ...]) -> Cadence | None:
        reader = self.reader
        body = reader.fields(
            node,
            node.place,
            required=("days", "max_days"),
            optional=("grade", "tier", "lifecycle", "channels"),
        )
        if body is None:
            return None
        chosen: list[str] = []
        for key, known in (("grade", GRADES), ("tier", tiers), ("lifecycle", LIFECYCLE_STAGE.codes)):
            word = self._word_or_any(body.get(key), known)
            if word is None:
                return None
            chosen.append(word)
        days = self._days(node, node.place, checked=True)
        if days is None:
            return None
        grade, tier, stage = chosen
        channels = [
            reader.choice(each, CHANNEL.codes) for each in reader.items(body.get("channels"), body.place)
        ]
        return Cadence(grade, tier, stage, *days, tuple(each for each in channels if each is not None))

    def _days(self, node: Node | None, place: Place, *, checked: bool = False) -> tuple[int, int] | None:
        body = node if checked else self.reader.fields(node, place, required=("days", "max_days"))
        if not isinstance(body, Fields):
            return None
        days, most = self._day_count(body.get("days")), self._day_count(body.get("max_days"))
        if days is None or most is None:
            return None
        if most < days:
            what = _("max_days ({most}) is below days ({days})").format(most=most, days=days)
            self.reader.fault(body.place, what, "unordered-days")
            return None
        return days, most

    def _day_count(self, node: Node | None, *, least: int = 1) -> int | None:
        if isinstance(node, Scalar) and isinstance(node.value, str) and _WINDOW.fullmatch(node.value.strip()):
            hint = _("a plain number of days: days: 30")
            what = _("expected a number of days, got {value}").format(value=repr(node.value))
            self.reader.fault(node.place, what, "months-or-days", hint=hint, value=node.value)
            return None
        return self.reader.whole(node, least=least, most=MAX_DAYS)

    # --- triggers.yaml --------------------------------------------------------------------------------------

    def _triggers(self, tiers: tuple[str, ...]) -> Triggers:
        """Read what brings somebody onto the agenda; rules without the file have the shipped one."""
        root = self._root("triggers.yaml", required=("rest_days", "triggers", "urgency"))
        scope = self._scope({}, classes=True, segments=True)

        def condition(body: Fields) -> tuple[Expression | None, str]:
            node = body.get("when")
            when = None if node is None else self._condition(node, body.place, scope)
            return when, _as_written(node, when) if when is not None else ""

        if root is not None:
            own = TriggerReader(self.reader, condition, tiers, shipped=False)
            found = own.read(root)
            self.cases += own.cases(root, found)
            return found
        if "triggers.yaml" in self.roots:
            return Triggers()  # it could not be read, and that is a fault already
        shipped, _faults = source.parse(*_shipped_triggers())
        return (
            TriggerReader(self.reader, condition, tiers, shipped=True).read(shipped)
            if isinstance(shipped, Fields)
            else Triggers()
        )

    def _moved(self) -> None:
        """Say of what stood in cadence.yaml once where it is now, and leave it out."""
        root = self.roots.get("cadence.yaml")
        if not isinstance(root, Fields):
            return
        for key, _node in root.entries:
            if key.text in _MOVED:
                what = _("{name} has moved to triggers.yaml").format(name=key.text)
                hint = _("take it out here; 'crm rules init' writes a triggers.yaml to change")
                self.reader.fault(key.place, what, "moved", hint=hint, value=key.text)
        kept = tuple(entry for entry in root.entries if entry[0].text not in _MOVED)
        self.roots = {**self.roots, "cadence.yaml": replace(root, entries=kept)}

    # --- tests: ---------------------------------------------------------------------------------------------

    _EXPECTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "value.yaml": ("score", "tier"),
        "scores.yaml": (),
        "grades.yaml": ("grade", "reason"),
        "lifecycle.yaml": ("lifecycle",),
        "segments.yaml": (),
        "cadence.yaml": ("days", "max_days", REPLY_DAYS),
    }

    def _cases(self, file: str, tiers: tuple[str, ...]) -> None:
        root = self.roots.get(file)
        if not isinstance(root, Fields):
            return
        for node in self.reader.items(root.get("tests"), root.place):
            body = self.reader.fields(
                node, node.place, required=("given", "expect"), optional=("name", "others")
            )
            if body is not None:
                self._case(file, node.place, body, tiers)

    def _case(self, file: str, place: Place, body: Fields, tiers: tuple[str, ...]) -> None:
        reader = self.reader
        name = reader.text(body.get("name")) if body.get("name") is not None else ""
        words, values = file == "cadence.yaml", body.get("given")
        given = self._words(values, place, tiers) if words else self._given(values, place)
        others = tuple(self._given(node, node.place) for node in reader.items(body.get("others"), place))
        expected = reader.fields(
            body.get("expect"), place, optional=self._expectable(file, body.get("expect"))
        )
        if given is None or expected is None or None in others:
            return
        for key, _node in expected.entries if words else ():
            if (key.text == REPLY_DAYS) != _of_complaint(values):
                what = _("{name} needs a severity in given; days and max_days need a grade").format(
                    name=REPLY_DAYS
                )
                reader.fault(key.place, what, "other-example")
                return
        wanted = [
            (key.text, None if (file, key.text) in self.unsure else self._expected(key.text, node, tiers))
            for key, node in expected.entries
        ]
        known = tuple(other for other in others if other is not None)
        if not wanted:
            self._expects_nothing(expected)
        elif all(value is not None for _name, value in wanted):
            self.cases.append(
                Case(place.file, place.line, place.column, name or "", given, known, tuple(wanted))
            )

    def _expectable(self, file: str, expected: Node | None) -> tuple[str, ...]:
        """Return what an example of a file may expect; also what could not be read and the example names."""
        if file not in OPTIONAL:
            return self._EXPECTS[file]
        root = self.roots.get(file)
        section = root.get(file.removesuffix(".yaml")) if isinstance(root, Fields) else None
        named = section if isinstance(section, Fields) else expected
        return tuple(key.text for key, _value in named.entries) if isinstance(named, Fields) else ()

    def _expected(self, key: str, node: Node, tiers: tuple[str, ...]) -> str | float | None:
        reader = self.reader
        if key in self.scores:
            return reader.number(node, least=0, most=100)
        for segmentation in self.segmentations:
            if key == segmentation.name:
                return reader.choice(node, [rule.segment for rule in segmentation.rules])
        if key in {"days", "max_days", REPLY_DAYS}:
            return self._day_count(node, least=0 if key == REPLY_DAYS else 1)
        if key == "score":
            return reader.number(node, least=0, most=100)
        if key == "reason":
            return reader.text(node)
        known = {"tier": tiers, "grade": GRADES, "lifecycle": LIFECYCLE_STAGE.codes}.get(key)
        return reader.choice(node, known) if known else None

    def _words(self, node: Node | None, place: Place, tiers: tuple[str, ...]) -> Given | None:
        body = (
            self.reader.fields(node, place, required=("severity",), optional=("tier",))
            if _of_complaint(node)
            else self.reader.fields(node, place, required=("grade", "tier"), optional=("lifecycle",))
        )
        if body is None:
            return None
        known = {
            "grade": GRADES, "tier": tiers, "lifecycle": LIFECYCLE_STAGE.codes, "severity": SEVERITY.codes,
        }  # fmt: skip
        found = [
            (key.text, self.reader.choice(value, known[key.text]))
            for key, value in body.entries
            if key.text in known
        ]
        return tuple(found) if all(value is not None for _name, value in found) else None

    def _given(self, node: Node | None, place: Place) -> Given | None:
        """Read feature values; each must be of the feature's type, `null` stands for missing."""
        scope = self._scope({})
        found: dict[str, float | str | bool | None] = {}
        before = len(self.reader.faults)
        if not isinstance(node, Fields):
            self.reader.fields(node, place)
            return None
        for key, value in node.entries:
            known = scope.fields.get(fold(key.text))
            if known is None and scope.excuses(fold(key.text)):
                continue
            if known is None:
                what = _("unknown feature {name}").format(name=repr(key.text[:80]))
                hint = self.reader.nearest(key.text, list(scope.fields)) or _("crm rules features lists them")
                self.reader.fault(key.place, what, "unknown-feature", hint=hint, value=key.text)
                continue
            if isinstance(value, Scalar) and value.value is None:
                found[known.name] = None
            else:
                found[known.name] = self._feature_value(known, value)
        return tuple(found.items()) if len(self.reader.faults) == before else None

    def _feature_value(self, known: Known, node: Node) -> float | str | bool | None:
        if known.type == NUMBER:
            return self.reader.number(node)
        if known.type == BOOL:
            if isinstance(node, Scalar) and isinstance(node.value, bool):
                return node.value
            self.reader.fault(node.place, _("expected true or false"), "wrong-type")
            return None
        if known.type == DATE:
            day = self._day(node)
            return None if day is None else day.isoformat()
        return self.reader.choice(node, known.codes) if known.codes else self.reader.text(node)

    def _day(self, node: Node | None) -> date | None:
        if node is None:
            return None
        text = node.text if isinstance(node, Scalar) else ""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            what = _("not a date: {value}").format(value=repr(text[:40]))
            self.reader.fault(node.place, what, "not-a-date", hint=_("write 2026-11-22"), value=text)
            return None
        return day

    # --- tests: of features.yaml, which start from facts ------------------------------------------------------

    def _fact_cases(self, file: str) -> None:
        root = self.roots.get(file)
        if not isinstance(root, Fields):
            return
        for node in self.reader.items(root.get("tests"), root.place):
            body = self.reader.fields(
                node, node.place, required=("as_of", "facts", "expect"), optional=("name",)
            )
            if body is not None:
                self._fact_case(body)

    def _fact_case(self, body: Fields) -> None:
        reader = self.reader
        before = len(reader.faults)
        name = reader.text(body.get("name")) if body.get("name") is not None else ""
        as_of = self._day(body.get("as_of"))
        facts = self._facts(body.get("facts"), body.place) if body.get("facts") is not None else None
        expected = body.get("expect")
        expect = self._given(expected, body.place) if expected is not None else None
        if isinstance(expected, Fields) and not expected.entries:
            self._expects_nothing(expected)
        if as_of is None or facts is None or expect is None or len(reader.faults) > before:
            return
        uses = tuple(self._use(feature) for feature in sorted(feature for feature, _value in expect))
        place = body.place
        self.fact_cases.append(
            FactCase(place.file, place.line, place.column, name or "", as_of, facts, uses, expect)
        )

    def _expects_nothing(self, node: Node) -> None:
        self.reader.fault(node.place, _("nothing is expected here"), "nothing-expected")

    def _facts(self, node: Node | None, place: Place) -> tuple[tuple[str, tuple[Given, ...]], ...]:
        body = self.reader.fields(node, place, optional=FACTS)
        found: list[tuple[str, tuple[Given, ...]]] = []
        for key, value in body.entries if body is not None else ():
            known = FACTS.get(key.text)
            if known is None:
                continue
            rows = (value,) if key.text == CUSTOMER else self.reader.items(value, key.place)
            if len(rows) > MAX_ROWS:
                what = _("more than {limit} {table} in one example").format(limit=MAX_ROWS, table=key.text)
                self.reader.fault(rows[MAX_ROWS].place, what, "too-many")
                rows = rows[:MAX_ROWS]
            found.append((key.text, tuple(self._fact(row, known) for row in rows)))
        return tuple(found)

    def _fact(self, node: Node, known: Mapping[str, FactField]) -> Given:
        """Read one record; `null` is the same as leaving the word out."""
        required = [name for name, word in known.items() if word.required]
        body = self.reader.fields(
            node, node.place, required=required, optional=[name for name in known if name not in required]
        )
        found: dict[str, float | str | bool | None] = {}
        for key, value in body.entries if body is not None else ():
            word = known.get(key.text)
            left_out = isinstance(value, Scalar) and value.value is None
            if word is not None and (word.required or not left_out):
                found[key.text] = self._fact_value(word, value)
        return tuple(found.items())

    def _fact_value(self, word: FactField, node: Node) -> float | str | None:
        reader = self.reader
        if word.kind == DAY:
            day = self._day(node)
            return None if day is None else day.isoformat()
        if word.kind == COUNT:
            return reader.whole(node, least=0, most=MAX_COUNT)
        if word.kind != MONEY:
            return reader.choice(node, word.codes) if word.codes else reader.text(node)
        amount = reader.number(node, least=-MAX_MONEY, most=MAX_MONEY)
        if amount is not None and Decimal(str(amount)) != round(Decimal(str(amount)), MONEY_DECIMALS):
            what = _("more than {places} decimals: {value}").format(places=MONEY_DECIMALS, value=amount)
            reader.fault(node.place, what, "wrong-type", value=str(amount))
            return None
        return amount


def _of_complaint(given: Node | None) -> bool:
    """Tell whether an example of cadence.yaml is about a complaint, which has a severity."""
    return isinstance(given, Fields) and given.get("severity") is not None


def _codes_of(use: FeatureUse) -> tuple[str, ...]:
    """Return every value that a declared text feature can have, if the list is closed."""
    if use.custom is not None:
        return use.custom.choices
    if use.aggregate is None:
        return CATALOGUE[use.of].codes
    own = SOURCES[use.aggregate.source].get(use.aggregate.field)
    return own.codes if own is not None and use.type == TEXT else ()


def _codes_in(tiers: Node | None) -> tuple[str, ...]:
    """Return the codes that a list of tiers gives, whatever else is wrong there; none where a code itself has a fault."""
    nodes = tiers.items if isinstance(tiers, Items) else ()
    found = [item.get("tier") if isinstance(item, Fields) else None for item in nodes]
    codes = tuple(node.text for node in found if isinstance(node, Scalar) and node.text in TIER_WORDS.codes)
    return codes if len(set(codes)) == len(nodes) else ()


def _is_misspelt(body: Fields, name: str) -> bool:
    """Tell whether a key of a mapping is near a name that is not there: the fault of that key is said already."""
    return body.get(name) is None and any(
        nearest(key.text, (name,)) for key, _value in body.entries[:MAX_GUESSES]
    )


def _called(key: Scalar, node: Node) -> Iterator[str]:
    """Yield what a feature with a fault may be called: its key, and its texts under whatever key they stand."""
    yield key.text
    for _key, texts in node.entries if isinstance(node, Fields) else ():
        for _language, text in texts.entries if isinstance(texts, Fields) else ():
            if isinstance(text, Scalar):
                yield text.text


@functools.cache
def _shipped_triggers() -> tuple[str, str, list[str]]:
    """Return the triggers that come with the program, as they are parsed."""
    text = (shipped_folder() / "triggers.yaml").read_text(encoding="utf-8")
    return text, "triggers.yaml", source.lines_of(text)


@functools.cache
def _names_of_catalogue() -> Mapping[str, Known]:
    """Return the features of the catalogue by both their names, as they are looked up."""
    found: dict[str, Known] = {}
    for name, feature in CATALOGUE.items():
        found[fold(name)] = found[fold(feature.zh)] = Known(name, feature.type, feature.codes)
    return found


def _as_written(node: Node | None, condition: Expression | None) -> str:
    """Return a condition on one line, as it stands in the file; the structured form as its tree."""
    written = node.text if isinstance(node, Scalar) else ""
    if condition is not None and not written:
        written = json.dumps(canonical(condition), ensure_ascii=False)
    return " ".join(written.split())


def _meaning(ruleset: RuleSet) -> str:
    """Return a text that is equal for rules that mean the same. The order of scores and indicators means nothing."""
    ordered = tuple(
        replace(
            score,
            indicators=tuple(
                replace(indicator, label=indicator.meant or indicator.label, meant=None)
                for indicator in sorted(score.indicators, key=lambda indicator: indicator.name)
            ),
        )
        for score in sorted(ruleset.scores, key=lambda score: score.name)
    )
    # The words for a feature of the catalogue are the program's, not the rules'.
    own = tuple(use if use.declared else replace(use, label=Label("", "")) for use in ruleset.features)
    parts: list[object] = [
        own, ordered, ruleset.tiers, ruleset.tiering, ruleset.grades, ruleset.lifecycle, ruleset.segments,
        ruleset.cadence, ruleset.triggers,
    ]  # fmt: skip
    return json.dumps(["crm-rules-2", *(_plain(part) for part in parts)], sort_keys=True, ensure_ascii=False)


#: Fields of the model that were added when fingerprints were stored already: their default is not in a fingerprint.
_CAME_LATER = ("channels", "custom", "periods", "minimum", "window", "meant", "response", "festivals")
_TREE = Expression.__args__  # the classes of the tree are written by `canonical`


def _plain(value: object) -> object:
    if isinstance(value, _TREE):
        return canonical(value)
    if is_dataclass(value):
        # How an expression was written does not count, only what it says; and rules that do not use what came later
        # mean what they meant before.
        return {
            part.name: _plain(getattr(value, part.name))
            for part in dataclass_fields(value)
            if part.name != "written"
            and not (part.name in _CAME_LATER and getattr(value, part.name) == part.default)
        }
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value
