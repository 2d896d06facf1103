"""What is paid and what is owed always add up to what was sold, over random commands and undos."""

import tempfile
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crmcli.errors import CrmError
from crmcli.store.light import reading
from crmcli.store.reads import credit as reads
from crmcli.workflows import payments, record
from crmcli.workflows.setting_up import undo

DAY = date(2026, 11, 20)
AMOUNTS = st.integers(1, 300).map(lambda cents: f"{cents}.{cents % 100:02}")
DAYS = st.integers(0, 40).map(lambda back: (DAY - timedelta(days=back)).isoformat())
STEPS = st.one_of(
    st.tuples(st.just("sell"), AMOUNTS, DAYS),
    st.tuples(st.just("refund"), AMOUNTS, DAYS),
    st.tuples(st.just("pay"), AMOUNTS, st.integers(1, 4)),
    st.tuples(st.just("share"), AMOUNTS, DAYS),
    st.tuples(st.just("delete"), st.integers(1, 6)),
    st.tuples(st.just("undo"), st.one_of(st.none(), st.integers(2, 12))),
)


def do(database: Path, step: tuple[object, ...]) -> None:
    verb, *rest = step
    if verb in {"sell", "refund"}:
        given = {"customer": "#1", "amount": str(rest[0]), "occurred_on": str(rest[1])}
        due = {"due_on": str(rest[1])} if verb == "sell" else {}
        record.sell(database, {**given, **due}, refund=verb == "refund")
    elif verb == "pay":
        payments.pay_sale(database, str(rest[1]), {"amount": str(rest[0])})
    elif verb == "share":
        payments.pay_customer(database, "#1", {"amount": str(rest[0]), "paid_on": str(rest[1])})
    elif verb == "delete":
        payments.delete(database, str(rest[0]))
    else:
        undo(database, rest[0] if isinstance(rest[0], int) else None)


@settings(max_examples=12, deadline=None)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_payments_and_what_is_owed_add_up(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "crm.db"
        record.add(database, "customer", {"name": "X"})
        for step in steps:
            with suppress(CrmError):
                do(database, step)
            adds_up(database)


def adds_up(database: Path) -> None:
    with reading(database) as connection:
        owed = {item.id: item.owed_minor for item in reads.open_items(connection, None, DAY)}
        query = """SELECT t.id, t.amount_minor, t.paid_on, t.due_on, coalesce(sum(p.amount_minor), 0), max(p.paid_on)
                   FROM transactions t LEFT JOIN payments p ON p.transaction_id = t.id GROUP BY t.id"""
        for number, amount, paid_on, due_on, paid, last in connection.execute(query):
            if due_on is not None:
                assert paid + owed.get(number, 0) == amount
            assert abs(paid) <= abs(amount)
            assert paid * amount >= 0
            assert paid_on == (last if paid == amount else None)
        customers = reads.owed(connection, None, DAY)
        assert sum(each.outstanding for each in customers) == sum(owed.values())
        assert all(sum(each.buckets) == each.outstanding for each in customers)
