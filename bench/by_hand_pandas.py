"""What a notebook would do: RFM and a weighted score with pandas, from the program's database into a CSV file.

    python by_hand_pandas.py DATABASE DAY TARGET

The shipped value score (five indicators, tiers; a missing margin counts 0) and recency, frequency and monetary classes by
quintile; no grades, no lifecycle, no reasons, nothing stored beside the result.
"""

import sqlite3
import sys
from contextlib import closing

import pandas as pd


def main(database: str, day: str, target: str) -> None:
    """Score everybody as of a day."""
    today = pd.Timestamp(day)
    with closing(sqlite3.connect(database)) as connection:
        customers = pd.read_sql_query("SELECT id FROM customers WHERE archived_at IS NULL", connection)
        trades = pd.read_sql_query(
            "SELECT customer_id, occurred_on, kind, amount_minor, cost_minor FROM transactions WHERE occurred_on <= ?",
            connection,
            params=(day,),
            parse_dates=["occurred_on"],
        )
    trades["signed"] = trades["amount_minor"].where(trades["kind"] == "sale", -trades["amount_minor"])
    trades["margin"] = trades["signed"] - trades["cost_minor"]
    sales = trades[trades["kind"] == "sale"]
    year = trades[trades["occurred_on"] > today - pd.DateOffset(months=12)]
    year_sales = year[year["kind"] == "sale"]
    found = pd.DataFrame(index=customers["id"])
    found["revenue"] = year.groupby("customer_id")["signed"].sum()
    found["orders"] = year_sales.groupby("customer_id").size()
    found["margin"] = year.groupby("customer_id")["margin"].sum()
    days = sales.groupby("customer_id")["occurred_on"]
    found["recency"] = (today - days.max()).dt.days
    found["tenure"] = (today - days.min()).dt.days
    found[["revenue", "orders"]] = found[["revenue", "orders"]].fillna(0)
    points = (
        40 * _percentile(found["revenue"])
        + 20 * _bands(found["orders"])
        + 15 * _percentile(found["margin"]).fillna(0)
        + 15 * (1 - found["recency"] / 365).clip(0, 1).fillna(0)
        + 10 * (found["tenure"] / 1095).clip(0, 1).fillna(0)
    )
    found["score"] = points
    found["tier"] = pd.cut(points, [-1, 40, 70, 101], labels=["low", "medium", "high"], right=False)
    for name, turned in (("recency", -1), ("orders", 1), ("revenue", 1)):
        ranks = (turned * found[name]).rank(pct=True)
        found[f"class_{name}"] = (ranks * 5).clip(1, 5).round()
    found.to_csv(target)


def _percentile(values: "pd.Series[float]") -> "pd.Series[float]":
    return (values.rank(method="min") - 1) / max(values.count() - 1, 1)


def _bands(orders: "pd.Series[float]") -> "pd.Series[float]":
    edges, marks = [-1.0, 0.0, 1.0, 3.0, 6.0, float("inf")], [0.0, 0.3, 0.6, 0.8, 1.0]
    return pd.cut(orders, edges, labels=marks).astype(float)


if __name__ == "__main__":
    main(*sys.argv[1:])
