"""The schema for editors and the checker agree: on the keys, on the limits, on what is right, and on most of what is wrong."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator as Validator

from conftest import Run
from crmcli import i18n
from crmcli.errors import Fault
from crmcli.rules import check, source
from crmcli.rules.checker import FILES
from crmcli.rules.schema import all_schemas, file_schema
from crmcli.workflows.rule_folder import preset_files, presets
from unit.rules.test_faults import FAULTS, SHIPPED
from unit.rules.test_ruleset import OTHER, SAME

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def validators() -> dict[str, Validator]:
    return {file: Validator(file_schema(file)) for file in FILES}


def read(text: str) -> Any:
    """Read YAML as an editor does: by YAML 1.2, a day is a text."""
    root, faults = source.parse(text, "file")
    assert not faults

    def plain(node: source.Node | None) -> Any:
        if isinstance(node, source.Fields):
            return {key.text: plain(value) for key, value in node.entries}
        if isinstance(node, source.Items):
            return [plain(item) for item in node.items]
        return node.value if node is not None else None

    return plain(root)


def preset(name: str) -> dict[str, str]:
    return {file: path.read_text(encoding="utf-8") for file, path in preset_files(name).items()}


@pytest.mark.parametrize("name", presets())
def test_the_shipped_rules_fit(name: str, validators: dict[str, Validator]) -> None:
    for file, text in preset(name).items():
        assert [error.message for error in validators[file].iter_errors(read(text))] == []


@pytest.mark.parametrize("file", FILES)
def test_it_is_a_schema(file: str) -> None:
    Validator.check_schema(file_schema(file))
    assert "$defs" in file_schema(file)


def test_all_in_one_fits_the_same_files_and_no_others() -> None:
    Validator.check_schema(all_schemas())
    validator = Validator(all_schemas())
    for text in EVERYTHING.values():
        assert validator.is_valid(read(text))
    assert not validator.is_valid({"features": {}, "cadence": []})


@pytest.mark.parametrize(("file", "old", "new"), [*SAME, *OTHER], ids=range(len(SAME) + len(OTHER)))
def test_what_the_checker_accepts_fits(
    file: str, old: str, new: str, validators: dict[str, Validator]
) -> None:
    assert validators[file].is_valid(read(SHIPPED[file].replace(old, new, 1)))


#: Faults of shape: no editor needs to know more than the file to find them.
SHAPE = {
    "unknown-key", "missing-key", "missing-label", "missing-policy", "unknown-policy", "unknown-score", "unknown-value",
    "bad-weight", "bad-name", "out-of-range", "nothing-expected", "empty-list",
}  # fmt: skip
#: Those that need another file: the tiers are those of value.yaml.
NOT_OF_SHAPE = {"tier: gold, days: 14", "{high: 30, low: 0}"}


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        pytest.param(file, old, new, code, id=f"{code}-{number}")
        for number, (file, old, new, code, _at) in enumerate(FAULTS)
        if code in SHAPE and not any(text in new for text in NOT_OF_SHAPE)
    ],
)
def test_faults_of_shape_are_found(
    file: str, old: str, new: str, code: str, validators: dict[str, Validator]
) -> None:
    assert not validators[file].is_valid(read(SHIPPED[file].replace(old, new, 1))), code


LIMITS = [
    ("value.yaml", "weight: 40", "weight: {}", 1_000_000, 1_000_001),
    ("value.yaml", "at_least: 70", "at_least: {}", 100, 101),
    ("value.yaml", "{points: 100}", "{{points: {}}}", 0, -1),
    ("grades.yaml", "C: 6", "C: {}", 24, 25),
    ("lifecycle.yaml", "risk_days: 120", "r{}: 120", "_" * 59, "_" * 60),
    ("triggers.yaml", "base: 45", "base: {}", 1_000_000, 1_000_001),
    ("cadence.yaml", "max_days: 180", "max_days: {}", 3_660, 3_661),
    ("triggers.yaml", "lead_days: 14", "lead_days: {}", 3_660, -1),
    ("features.yaml", "window: 90 days", "window: {}", "90天", "90 weeks"),
    ("features.yaml", "minutes: 15", "minutes: {}", 100_000_000, 100_000_001),
    ("features.yaml", "amount: 8000", "amount: {}", 10**13, 10**13 + 1),
]


@pytest.mark.parametrize(("file", "old", "new", "right", "wrong"), LIMITS, ids=range(len(LIMITS)))
def test_both_draw_the_same_line(
    file: str, old: str, new: str, right: object, wrong: object, validators: dict[str, Validator]
) -> None:
    def accepted(value: object) -> tuple[bool, bool]:
        assert old in SHIPPED[file]
        text = SHIPPED[file].replace(old, new.format(value), 1)
        about_this = [
            fault
            for fault in check({**SHIPPED, file: text})[1]
            if fault.code in {"out-of-range", "bad-weight", "bad-name", "months-or-days", "wrong-type"}
        ]
        return validators[file].is_valid(read(text)), not about_this

    assert accepted(right) == (True, True)
    assert accepted(wrong) == (False, False)


# --- keys: the checker is asked, by a key that it cannot know ------------------------------------------------

#: Rules that use every kind of thing there is.
EVERYTHING = {
    **SHIPPED,
    "features.yaml": SHIPPED["features.yaml"].replace(
        "features:\n",
        """features:
  visits:
    from: interactions
    take: count
    where: channel == 'visit'
    window: 90 days
    text: {en: visits, zh: 拜访}
  biggest:
    from: transactions
    take: max
    field: amount
    text: {en: biggest sale, zh: 最大一笔}
""",
        1,
    ),
    "value.yaml": """
score: value
text: {en: v, zh: v}
groups:
  bought: {cap: 60, text: {en: b, zh: b}}
indicators:
  - {feature: revenue, name: money, group: bought, weight: 1, scale: {log: {from: 1, to: 9}}, missing: zero, text: {en: m, zh: m}}
  - {feature: orders, weight: 1, scale: {quantile: {classes: 5, better: higher, shift: 0, minimum: 9}}, missing: neutral}
  - {feature: recency_days, weight: 1, scale: {decay: {half_life: 90 days}}, missing: leave_out}
  - {feature: kind, weight: 1, scale: {steps: {person: 10, otherwise: 90}}, missing: zero}
  - {feature: tenure_days, weight: 1, scale: {linear: {from: 0, to: 9}}, missing: zero}
  - {feature: touches, weight: 1, scale: {bands: [{below: 2, points: 0}, {up_to: 3, points: 9}, {points: 100}]}, missing: zero}
  - {feature: minutes, weight: 1, scale: {percentile: lower}, missing: zero}
  - {feature: service_cost, weight: 1, scale: {percentile: {better: lower, minimum: 3}}, missing: zero}
policy: first
sticky: 2
tiers:
  - {tier: high, at_least: 70, text: {en: h, zh: h}}
  - {tier: medium, at_least: 40, text: {en: m, zh: m}}
  - {tier: low, text: {en: l, zh: l}}
tests:
  - name: nothing
    given: {}
    others: [{orders: 1}]
    expect: {tier: low}
""",
    "scores.yaml": """
scores:
  effort:
    text: {en: e, zh: e}
    groups:
      time: {cap: 50, text: {en: t, zh: t}}
    indicators:
      - {feature: minutes, group: time, weight: 1, scale: {linear: {from: 0, to: 600}}, missing: zero}
tests:
  - given: {minutes: 300}
    expect: {effort: 50}
""",
    "segments.yaml": """
segments:
  junk:
    text: {en: j, zh: j}
    policy: first
    parameters: {much: 40}
    rules:
      - {segment: junk, when: tier == 'low' and effort >= much, text: {en: j, zh: j}}
    otherwise: {segment: fine, text: {en: f, zh: f}}
  care:
    text: {en: c, zh: c}
    matrix:
      rows: {of: value, at_least: [50]}
      columns: {of: effort, at_least: [40]}
      cells:
        - [invest, keep]
        - [reduce, wait]
    texts:
      invest: {en: i, zh: i}
      keep: {en: k, zh: k}
      reduce: {en: r, zh: r}
      wait: {en: w, zh: w}
tests:
  - given: {minutes: 300}
    expect: {junk: junk}
""",
}
Place = tuple[str | int, ...]
PROBE = "zzzzzz"


def mappings(node: Any, path: Place = ()) -> Iterator[Place]:
    """One path to every shape of mapping."""
    if isinstance(node, dict):
        yield path
    for key, child in (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        yield from mappings(child, (*path, key))


def shape(path: Place) -> str:
    return ".".join("[]" if isinstance(part, int) else part for part in path).replace(".[]", "[]")


def inside(node: Any, path: Place) -> Any:
    for part in path:
        node = node[part]
    return node


def checked(file: str, tree: Any) -> tuple[Fault, ...]:
    return check({**EVERYTHING, file: yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)})[1]


def at(schema: Schema, path: Place, tree: Any) -> Schema:
    """Walk to the part of a schema that stands for a place of a file."""
    found = schema
    for part in path:
        tree = tree[part]
        if isinstance(part, int):
            found = found["items"]
        elif part in found.get("properties", {}):
            found = found["properties"][part]
        else:
            (found,) = found.get("patternProperties", {"": found.get("additionalProperties")}).values()
        if "$ref" in found:
            found = {**schema["$defs"][found["$ref"].rpartition("/")[2]], **found}
        if "anyOf" in found and isinstance(tree, dict):
            found = next(each for each in found["anyOf"] if set(tree) <= set(each.get("properties", ())))
    return found


def test_everything_is_right_and_fits(validators: dict[str, Validator]) -> None:
    assert check(EVERYTHING)[1] == ()
    for file, text in EVERYTHING.items():
        assert [error.message for error in validators[file].iter_errors(read(text))] == []


@pytest.mark.parametrize("file", FILES)
def test_the_keys_are_those_of_the_checker(file: str) -> None:
    schema, tree = file_schema(file), read(EVERYTHING[file])
    asked = set()
    for path in mappings(tree):
        named = [word for word in path if word in {"given", "others", "parameters", "steps"}]
        if named or (shape(path), *sorted(inside(tree, path))) in asked:
            continue  # names here are features, or free
        asked.add((shape(path), *sorted(inside(tree, path))))
        changed = copy.deepcopy(tree)
        inside(changed, path)[PROBE] = 1
        known = [
            fault.hint.removeprefix("known: ").split(", ")
            for fault in checked(file, changed)
            if (fault.code, fault.value) == ("unknown-key", PROBE)
        ]
        here = at(schema, path, tree)
        if not known:  # the names are the file's own
            assert not here.get("properties") or "expect" in path, shape(path)
            continue
        if here.get("patternProperties") or shape(path) == "urgency.tier":
            continue  # names from another part of the rules
        keys = set(here["properties"])
        more = (
            {"at_least", "share", "when"} if shape(path) == "tiers[]" else set()
        )  # which of them, the others tell
        assert keys - more == set(known[0]) - more, shape(path)
        assert here["additionalProperties"] is False
        for key in set(here.get("required", ())):
            changed = copy.deepcopy(tree)
            del inside(changed, path)[key]
            assert checked(file, changed), f"{shape(path)}.{key} is not required"
    assert asked


# --- the command ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_the_command_prints_it(file: str, crm: Run) -> None:
    result = crm("rules", "schema", file)
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out) == file_schema(file)
    assert result.out.startswith('{\n  "$schema": "https://json-schema.org/draft/2020-12/schema",\n')


def test_all_of_it(crm: Run) -> None:
    assert json.loads(crm("rules", "schema").out) == all_schemas()
    assert set(FILES) < set(all_schemas()["$defs"])


def test_a_file_that_is_none(crm: Run) -> None:
    result = crm("rules", "schema", "valu.yaml")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(
        "crm: error[usage]: FILE: 'valu.yaml' is not one of features.yaml, value.yaml"
    )


def test_descriptions_are_in_the_language_in_force() -> None:
    i18n.setup("zh_CN")
    try:
        chinese = json.dumps(file_schema("cadence.yaml"), ensure_ascii=False)
    finally:
        i18n.setup("en")
    assert "high = 高价值" in chinese
    assert "高价值" not in json.dumps(file_schema("cadence.yaml"), ensure_ascii=False)


def test_every_key_has_words() -> None:
    """A key without words may only be one whose meaning stands at the feature or the record of the same name."""

    def without(node: Any, path: str) -> list[str]:
        found = []
        for name, value in node.get("properties", {}).items():
            said = "description" in value or "$ref" in value
            found += [] if said else [f"{path}.{name}"]
            found += without(value, f"{path}.{name}")
        for key in ("items", "additionalProperties"):
            if isinstance(node.get(key), dict):
                found += without(node[key], f"{path}[]")
        return found

    for file in FILES:
        bare = [path for path in without(file_schema(file), "") if ".facts." not in path]
        assert bare == [], file
