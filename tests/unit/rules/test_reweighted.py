"""Other weights in the text of a rule file: what stays, what becomes a comment, and what cannot be followed."""

from crmcli.rules import load
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.reweighted import reweighted_lines

SHIPPED = read_files(shipped_folder())
HEAD = "score: value\ntext: {en: a, zh: b}\n"
TAIL = """
# about the tiers
policy: first
tiers:
  - {tier: high, at_least: 50, text: {en: a, zh: b}}
  - {tier: medium, at_least: 20, text: {en: a, zh: b}}
  - {tier: low, text: {en: a, zh: b}}
"""


def lines(indicators: str, *weights: int) -> str:
    rules = load({**SHIPPED, "value.yaml": HEAD + indicators + TAIL})
    return "\n".join(reweighted_lines(rules, weights)) + "\n"


BLOCK = """\
indicators:  # of worth
  # how much
  - feature: revenue
    weight: 7.5  # most of it
    scale: {percentile: higher}
    missing: zero
  - weight: 2
    feature: orders

    scale: {linear: {from: 0, to: 2}}
    missing: zero
"""


def test_only_the_weights_are_replaced() -> None:
    assert lines(BLOCK, 64, 36) == BLOCK.replace("7.5", "64").replace("weight: 2", "weight: 36")


def test_a_weight_of_nothing_becomes_a_comment() -> None:
    assert (
        lines(BLOCK, 100, 0)
        == """\
indicators:  # of worth
  # how much
  - feature: revenue
    weight: 100  # most of it
    scale: {percentile: higher}
    missing: zero
  # - weight: 0  # weight 0: left out
  #   feature: orders

  #   scale: {linear: {from: 0, to: 2}}
  #   missing: zero
"""
    )


def test_a_list_on_one_line_is_followed_as_far_as_it_can_be() -> None:
    flow = (
        "indicators: [{feature: revenue, weight: 3, scale: {percentile: higher}, missing: zero},"
        " {feature: orders, weight: 200, scale: {percentile: higher}, missing: zero}]\n"
    )
    assert lines(flow, 60, 40) == flow.replace("3", "60", 1).replace("200", "40")
    assert lines(flow, 0, 100) == "# revenue: weight: 0\n# orders: weight: 100\n"


def test_shipped_rules() -> None:
    made = reweighted_lines(load(SHIPPED), [0, 50, 20, 30, 0])
    assert made[0] == "indicators:"
    assert [line.strip() for line in made if line.strip().startswith(("weight", "#   weight"))] == [
        "#   weight: 0", "weight: 50", "weight: 20", "weight: 30", "#   weight: 0",
    ]  # fmt: skip
    assert made[-1] == "  #   text: {en: loyalty, zh: 忠诚度}"
