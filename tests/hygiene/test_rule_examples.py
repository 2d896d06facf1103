"""The YAML that the documentation shows is accepted by the checker as it stands, one example upon the other."""

import re

from conftest import PROJECT
from crmcli.rules.checker import check
from crmcli.rules.folder import read_files, shipped_folder

BLOCK = re.compile(r"```yaml\n# ([a-z]+\.yaml)\n(.*?)```", re.DOTALL)


def test_the_examples_of_the_page_on_rules_have_no_faults() -> None:
    page = (PROJECT / "docs" / "rules.md").read_text(encoding="utf-8")
    files = read_files(shipped_folder())
    found = BLOCK.findall(page)
    assert [name for name, _text in found] == [
        "features.yaml", "features.yaml", "value.yaml", "scores.yaml", "segments.yaml", "segments.yaml",
        "features.yaml", "triggers.yaml", "features.yaml", "triggers.yaml",
    ]  # fmt: skip
    used: set[str] = set()
    for name, text in found:
        if name == "features.yaml":  # beside the shipped ones, which the other files use
            files[name] = files[name].replace("features:\n", text, 1)
        elif name == "triggers.yaml":
            files[name] = files[name].replace("triggers:\n", text, 1)
        else:
            files[name] = text
        ruleset, faults = check(files)
        assert faults == ()
        assert ruleset is not None
        used |= {use.name for use in ruleset.features}
    assert used >= {"tea_revenue", "overdue_ratio", "minutes"}
    assert [score.name for score in ruleset.scores] == ["value", "effort"]
