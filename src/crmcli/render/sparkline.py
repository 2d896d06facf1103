"""A row of numbers as a row of bars, one character each: how something went, at a glance."""

from collections.abc import Iterable

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Iterable[float], *, low: float, high: float) -> str:
    """Return one bar a value, on a scale from `low` to `high`; what lies beyond gets the lowest or the highest bar."""
    steps = len(_BARS) / (high - low)
    return "".join(_BARS[min(max(int((value - low) * steps), 0), len(_BARS) - 1)] for value in values)
