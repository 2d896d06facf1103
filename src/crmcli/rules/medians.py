"""Medians and gaps in SQL, which SQLite has no function for: statements over (customer_id, …) to one value each."""

from typing import Any

from sqlalchemy import Float, Integer, Select, func, literal, select, type_coerce


def gaps(days: Select[Any]) -> Select[Any]:
    """From (customer_id, day) to (customer_id, value): the days between one day of theirs and the next."""
    distinct = days.distinct().subquery()
    before = func.lag(distinct.c.day).over(partition_by=distinct.c.customer_id, order_by=distinct.c.day)
    gap = func.julianday(distinct.c.day, type_=Float) - func.julianday(before, type_=Float)
    apart = select(distinct.c.customer_id, gap.label("value")).subquery()
    return select(apart.c.customer_id, apart.c.value).where(apart.c.value.is_not(None))


def middle(values: Select[Any]) -> Select[Any]:
    """From (customer_id, value) to the median of each customer: the middle one, or the mean of the two."""
    inner = values.subquery()
    place = func.row_number().over(partition_by=inner.c.customer_id, order_by=inner.c.value)
    number = func.count().over(partition_by=inner.c.customer_id)
    ranked = select(
        inner.c.customer_id, inner.c.value, place.label("place"), number.label("number")
    ).subquery()
    low = (ranked.c.number + literal(1, Integer)) // literal(2, Integer)
    high = (ranked.c.number + literal(2, Integer)) // literal(2, Integer)
    return (
        select(ranked.c.customer_id, type_coerce(func.avg(ranked.c.value), Float).label("value"))
        .where(ranked.c.place.in_([low, high]))
        .group_by(ranked.c.customer_id)
        .order_by(ranked.c.customer_id)
    )
