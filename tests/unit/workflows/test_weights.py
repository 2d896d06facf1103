"""What a proposal must keep."""

from crmcli.workflows.weights import kept


def test_what_conditions_look_at_keeps_a_weight() -> None:
    nothing: frozenset[int] = frozenset()
    assert kept((70, 0, 30, 0), frozenset({1, 2}), nothing) == (69, 1, 30, 0)
    assert kept((100, 0, 0), frozenset({0, 1, 2}), nothing) == (98, 1, 1)
    assert kept((60, 40, 0), nothing, nothing) == (60, 40, 0)
    assert kept((70, 0, 30), frozenset({1}), frozenset({0})) == (70, 1, 29)
