"""The schema for editors and the checker agree: on the keys, on the limits, on what is right, and on most of what is wrong."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator as Validator

from conftest import PROJECT, Run
from crmcli import i18n
from crmcli.rules import check, source
from crmcli.rules.checker import FILES
from crmcli.rules.schema import all_schemas, file_schema
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


@pytest.mark.parametrize("file", FILES)
def test_the_shipped_rules_fit(file: str, validators: dict[str, Validator]) -> None:
    Validator.check_schema(file_schema(file))
    assert [error.message for error in validators[file].iter_errors(read(SHIPPED[file]))] == []


def test_all_in_one_fits_the_same_files_and_no_others() -> None:
    Validator.check_schema(all_schemas())
    validator = Validator(all_schemas())
    for text in SHIPPED.values():
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
    ("cadence.yaml", "overdue: 30", "overdue: {}", 1_000_000, 1_000_001),
    ("cadence.yaml", "max_days: 180", "max_days: {}", 3_660, 3_661),
    ("cadence.yaml", "task: {lead_days: 0}", "task: {{lead_days: {}}}", 3_660, -1),
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


# --- keys: the page of keys is asked of the checker itself ----------------------------------------------------


def keys_of_the_page(file: str) -> dict[str, tuple[set[str], set[str]]]:
    """Shape → required and optional keys, as docs/rules.md has them."""
    page = (PROJECT / "docs/rules.md").read_text(encoding="utf-8")
    table = page.partition(f"<!-- made: keys {file} -->")[2].partition("<!-- end -->")[0]
    rows = re.findall(r"^\| (the file|`[^`]+`) \| (.*) \| (.*) \|$", table, re.MULTILINE)
    return {
        shape.strip("`").removeprefix("the file"): (set(re.findall(r"`(\w+)`", must)), set(re.findall(r"`(\w+)`", may)))
        for shape, must, may in rows
    }  # fmt: skip


def at(schema: Schema, shape: str) -> Schema:
    """Walk to the part of a schema that a shape such as `tests[].facts` stands for."""
    found = schema
    for word in shape.replace("[]", ".[]").split("."):
        if word == "[]":
            found = found["items"]
        elif word == "NAME":
            (found,) = found["patternProperties"].values()
        elif word:
            found = found["properties"][word]
        if "$ref" in found:
            found = schema["$defs"][found["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize("file", FILES)
def test_the_keys_are_those_of_the_checker(file: str) -> None:
    page, schema = keys_of_the_page(file), file_schema(file)
    assert len(page) > 3
    for shape, (required, optional) in page.items():
        here = at(schema, shape)
        if shape == "urgency.tier":  # the tiers of value.yaml, which this file does not know
            assert required <= set(here["properties"])
            continue
        assert set(here["properties"]) == required | optional, shape
        assert here["additionalProperties"] is False
        assert set(here.get("required", ())) - {"text"} == required, (
            shape
        )  # without `text` it is a missing label


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
