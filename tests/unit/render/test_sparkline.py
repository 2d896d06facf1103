"""Bars have the height of their numbers."""

import pytest

from crmcli.render.sparkline import sparkline


def test_every_height() -> None:
    assert sparkline([0, 12.5, 25, 37.5, 50, 62.5, 75, 87.5], low=0, high=100) == "▁▂▃▄▅▆▇█"
    assert sparkline([12.49, 87.49, 100], low=0, high=100) == "▁▇█"


@pytest.mark.parametrize(("value", "bar"), [(-3, "▁"), (100.01, "█"), (1e9, "█")])
def test_beyond_the_scale(value: float, bar: str) -> None:
    assert sparkline([value], low=0, high=100) == bar


def test_the_scale_is_the_callers() -> None:
    assert sparkline([10, 18], low=10, high=18) == "▁█"
    assert sparkline([], low=0, high=1) == ""
