"""`crm rules features`: what rules can use, built in or declared by the rules themselves."""

import json
import shutil
from pathlib import Path

import pytest

from conftest import PROJECT, Run

OWN = """features:
  contract_end: {custom: ends, type: date, text: {en: contract ends, zh: 合同到期}}
  harvest: {custom: harvest, type: choice, choices: [spring, autumn], text: {en: harvest, zh: 采收季}}
  tea:
    from: transactions
    take: sum
    field: amount
    where: category == 'tea'
    window: 12 months
    text: {en: tea bought, zh: 茶叶成交额}
"""


@pytest.fixture
def mine(home: Path) -> Path:
    """A folder of rules with features of its own that nothing uses yet."""
    folder = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
    file = folder / "features.yaml"
    file.write_text(file.read_text().replace("features:\n", OWN, 1))
    return folder


def test_declared_and_custom_features_stand_behind_the_built_in_ones(crm: Run, mine: Path) -> None:
    found = {
        row["name"]: row
        for row in json.loads(crm("rules", "features", "--rules", str(mine), "--format", "json").out)
    }
    assert found["revenue"]["declared"] is None
    assert found["contract_end"]["declared"] == "custom: ends, type: date"
    assert found["harvest"]["declared"] == "custom: harvest, type: choice, choices: [spring, autumn]"
    assert found["revenue_12m"]["declared"] == "of: revenue, window: 12 months"
    assert found["tea"] == {
        "name": "tea", "zh": "茶叶成交额", "type": "number", "unit": "money", "window": False, "meaning": "tea bought",
        "declared": "from: transactions, take: sum, field: amount, where: category == 'tea', window: 12 months",
    }  # fmt: skip
    assert list(found).index("tea") > list(found).index("tags")


def test_without_a_folder_they_are_those_of_the_rules_in_force(crm: Run) -> None:
    assert "revenue_12m" in crm("rules", "features", "--format", "ids").out.split()


def test_rules_with_faults_still_list_what_is_built_in_and_say_so(crm: Run, mine: Path) -> None:
    (mine / "value.yaml").write_text("score: 1\n")
    done = crm("rules", "features", "--rules", str(mine), "--format", "ids")
    assert done.status == 0
    assert "revenue" in done.out.split()
    assert "tea" not in done.out.split()
    assert "their own features are left out" in done.err


def test_types_and_units_are_codes_for_programs_and_words_for_people(
    crm: Run, mine: Path, crm_process: Run
) -> None:
    assert "yes or no" in crm("rules", "features", "--format", "table").out
    assert "\tbool\t" in crm("rules", "features", "--format", "plain").out
    chinese = crm_process(
        "rules", "features", "--rules", str(mine), "--format", "table", env={"CRM_LANG": "zh_CN"}
    )
    assert "合同到期" in chinese.out
