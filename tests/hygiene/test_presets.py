"""The presets' copies of a shipped file say what it says, but for what the preset is about."""

from pathlib import Path

import pytest

from conftest import PROJECT

RULES = PROJECT / "rules"


@pytest.mark.parametrize(
    "copy", sorted(RULES.glob("presets/*/triggers.yaml")), ids=lambda path: path.parent.name
)
def test_the_triggers_of_a_preset_differ_in_the_points_of_its_tiers_only(copy: Path) -> None:
    texts = [(RULES / "triggers.yaml").read_text("utf-8"), copy.read_text("utf-8")]
    shipped, own = (
        [line for line in text.splitlines() if not line.startswith("  tier: {")] for text in texts
    )
    assert own == shipped
    assert len(own) == len(texts[1].splitlines()) - 1
