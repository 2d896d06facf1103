"""Medians in SQL, which SQLite has none of: the functions are the program's own (crmcli.store.functions).

As aggregates they join the one pass over a table that all features share.
"""

from typing import Any

from sqlalchemy import ColumnElement, Float, func
from sqlalchemy.sql.functions import Function


def median(value: ColumnElement[Any]) -> Function[Any]:
    """Return the median of the known values: the middle one, or the mean of the two in the middle."""
    return func.crm_median(value, type_=Float)


def median_gap(day: ColumnElement[Any]) -> Function[Any]:
    """Return the median number of days between one day and the next; days that come several times count once."""
    return func.crm_median_gap(func.julianday(day, type_=Float), type_=Float)
