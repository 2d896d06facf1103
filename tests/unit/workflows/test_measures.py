"""The figures of a backtest, by hand on tiny examples."""

from fractions import Fraction

import pytest

from crmcli.workflows import measures


def test_gini_of_four_customers_by_hand() -> None:
    # Order a, b, c, d; they brought 6, 0, 3, 1 of 10. The curve is 0, .6, .6, .9, 1 at 0, ¼, ½, ¾, 1; its area is
    # ¼ · (.3 + .6 + .75 + .95) = .65, and twice that less one is .3. In the perfect order 6, 3, 1, 0 the curve is
    # 0, .6, .9, 1, 1: area ¼ · (.3 + .75 + .95 + 1) = .75, so .5.
    assert measures.gini([90, 70, 50, 10], [6, 0, 3, 1]) == 0.3
    assert measures.gini_best([6, 0, 3, 1]) == 0.5


def test_equal_scores_share_their_places() -> None:
    # The first two tie: the curve is straight from 0 over (½, .6), so its area is ¼ · (.15 + .45 + .75 + .95) = .575.
    assert measures.gini([70, 70, 50, 10], [6, 0, 3, 1]) == 0.15
    assert measures.gini([70, 70, 50, 10], [0, 6, 3, 1]) == 0.15
    assert measures.gini([1, 1, 1, 1], [6, 0, 3, 1]) == 0


def test_the_wrong_way_round_is_negative() -> None:
    assert measures.gini([10, 50, 70, 90], [6, 0, 3, 1]) == -0.3


def test_without_any_value_nothing_can_be_said() -> None:
    assert measures.gini([1, 2], [0, 0]) is None
    assert measures.gini([], []) is None
    assert measures.caught([1, 2], [0, 0]) is None


def test_the_top_tenth_by_hand() -> None:
    values = [50, 20, *[0] * 17, 30]
    scores = list(range(20, 0, -1))
    assert measures.caught(scores, values) == 0.7  # two of twenty
    assert measures.caught(scores[:10], values[:10]) == 50 / 70  # one of ten
    # A tenth of five is half a customer: half of what the first one brought.
    assert measures.caught([5, 4, 3, 2, 1], [8, 1, 1, 0, 0]) == 0.4
    # Four tie for the two places: each counts half.
    assert measures.caught([9, 9, 9, 9, *[1] * 16], [40, 20, 0, 0, 40, *[0] * 15]) == 0.3
    assert measures.caught([3, 2, 1], [1, 1, 2], Fraction(2, 3)) == 0.5


@pytest.mark.parametrize(
    ("values", "mean"), [([], None), ([None], None), ([0.5, None, 1.0], 0.75), ([0.0], 0.0)]
)
def test_a_mean_is_of_what_is_known(values: list[float | None], mean: float | None) -> None:
    assert measures.mean(values) == mean
