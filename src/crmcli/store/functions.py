"""The functions that rules need and SQLite has only where it was built with them.

All are pure and take what SQLite may hand them: NULL stays NULL, and an aggregate leaves it out.
"""

import itertools
import math
import sqlite3
from statistics import median


def add_functions(connection: sqlite3.Connection) -> None:
    """Make `crm_ln`, `crm_exp`, `crm_median` and `crm_median_gap` known to a connection."""
    connection.create_function("crm_ln", 1, _ln, deterministic=True)
    connection.create_function("crm_exp", 1, _exp, deterministic=True)
    connection.create_aggregate("crm_median", 1, _Median)  # type: ignore[arg-type]  # the stub wants a float or text
    connection.create_aggregate("crm_median_gap", 1, _MedianGap)  # type: ignore[arg-type]  # as above


def _ln(value: float | None) -> float | None:
    return None if value is None or value <= 0 else math.log(value)


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(min(value, 700.0))


class _Median:
    """The middle one of the values, or the mean of the two in the middle."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        return float(median(self.values)) if self.values else None


class _MedianGap:
    """The median number of days between one Julian day and the next one that there is."""

    def __init__(self) -> None:
        self.days: set[float] = set()

    def step(self, day: float | None) -> None:
        if day is not None:
            self.days.add(day)

    def finalize(self) -> float | None:
        days = sorted(self.days)
        return median(later - day for day, later in itertools.pairwise(days)) if len(days) > 1 else None
