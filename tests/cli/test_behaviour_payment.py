"""Payments: recording them in parts, sharing one among sales, taking them back, files, undo."""

import json

import pytest

from conftest import Run


def owed(crm: Run, customer: str = "张三") -> str:
    """What a customer owes, as `crm credit show` says it."""
    return str(shown(crm, customer)["outstanding"])


def shown(crm: Run, customer: str = "张三") -> dict[str, object]:
    found: dict[str, object] = json.loads(crm("credit", "show", customer, "--format", "json").out)
    return found


def paid_on(crm: Run) -> list[str]:
    """The day of payment of every transaction, by id."""
    rows = json.loads(crm("export", "transactions", "--format", "json").out)
    return [row["paid_on"] for row in rows]


@pytest.fixture
def sales(crm: Run) -> Run:
    """Two sales of one customer on account, the second one due first."""
    crm("add", "张三")
    crm("sell", "张三", "1000", "--on", "2026-09-01", "--due", "2026-11-30", "--order", "O-1")
    crm("sell", "张三", "500.50", "--on", "2026-10-01", "--due", "2026-10-31", "--order", "O-2")
    return crm


def test_a_sale_is_paid_in_parts(sales: Run) -> None:
    first = sales("payment", "add", "1", "400", "--on", "yesterday")
    assert tuple(first) == (
        0,
        "400.00 CNY came from 张三 on 2026-11-19\n  #1: 400.00 CNY for the sale #1, 600.00 CNY still owed\n",
        "paid_on: 2026-11-19 Thu\n",
    )
    assert (owed(sales), paid_on(sales)) == ("1100.50", [None, None])
    whole = sales("payment", "add", "#1", "600")
    assert whole.out.splitlines()[1] == "  #2: 600.00 CNY for the sale #1, paid in full"
    assert (owed(sales), paid_on(sales)) == ("500.50", ["2026-11-20", None])


def test_a_payment_of_a_customer_goes_to_the_oldest_due_day_first(sales: Run) -> None:
    result = sales("payment", "add", "--customer", "张三", "800")
    assert result.out.splitlines()[1:] == [
        "  #1: 500.50 CNY for the sale #2, paid in full",
        "  #2: 299.50 CNY for the sale #1, 700.50 CNY still owed",
    ]
    assert paid_on(sales) == [None, "2026-11-20"]
    # one command, one undo
    sales("undo")
    assert (owed(sales), paid_on(sales), sales("payment", "list").out) == ("1500.50", [None, None], "")


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["2", "500.51"], 1, "crm: error[refused]: 500.51 CNY is more than the 500.50 CNY owed on #2\n"),
        (["-c", "张三", "1500.51"], 1, "crm: error[refused]: 1,500.51 CNY is more than the 1,500.50 CNY owed\n"),
        (["-c", "张三", "1", "--currency", "USD"], 1, "crm: error[refused]: nothing is owed in USD\n"),
        (["2", "0"], 65, "crm: error[data]: amount: a payment is more than 0\n"),
        (["2", "12.345"], 65, "crm: error[data]: amount: "),
        (["2", "1", "--on", "someday"], 65, "crm: error[data]: --on: "),
        (["9", "1"], 1, "crm: error[not-found]: no transaction '9'\n"),
        (["x", "1"], 1, "crm: error[not-found]: no transaction 'x'\n"),
        (["-c", "李四", "1"], 1, "crm: error[not-found]: no customer fits '李四'\n"),
        (["2"], 2, "crm: error[usage]: AMOUNT: must be given\n"),
        (["2", "1", "-c", "张三"], 2, "crm: error[usage]: --customer: "),
        (["2", "1", "--currency", "USD"], 2, "crm: error[usage]: --currency: "),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_changes_nothing(
    arguments: list[str], status: int, error: str, sales: Run
) -> None:
    result = sales("payment", "add", *arguments)
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith(error)
    assert "hint: " in result.err or status == 2
    assert (owed(sales), sales("payment", "list").out) == ("1500.50", "")


def test_what_is_paid_is_not_paid_twice(sales: Run) -> None:
    sales("sell", "张三", "70", "--due", "today", "--paid", "today")
    assert sales("payment", "add", "3", "70").err.startswith(
        "crm: error[refused]: #3 was paid on 2026-11-20\n"
    )


def test_a_sale_paid_on_the_spot_is_on_account_once_it_is_paid_in_parts(crm: Run) -> None:
    crm("add", "张三")
    crm("sell", "张三", "100", "--on", "2026-11-01")
    assert owed(crm) == "0.00"
    crm("payment", "add", "1", "30")
    assert (owed(crm), shown(crm)["oldest_due_on"]) == ("70.00", "2026-11-01")


def test_a_deleted_payment_is_owed_again(sales: Run) -> None:
    sales("payment", "add", "2", "500.50")
    assert paid_on(sales) == [None, "2026-11-20"]
    result = sales("payment", "delete", "1")
    assert tuple(result) == (0, "deleted payment #1: 500.50 CNY for #2\n", "")
    assert (paid_on(sales), owed(sales)) == ([None, None], "1500.50")
    sales("undo")
    assert (paid_on(sales), owed(sales)) == ([None, "2026-11-20"], "1000.00")
    assert sales("payment", "delete", "5").status == 1


def test_an_earlier_payment_can_be_undone_before_a_later_one(sales: Run) -> None:
    sales("payment", "add", "2", "200")
    entry = json.loads(sales("journal", "--limit", "1", "--format", "json").out)[0]["id"]
    sales("payment", "add", "2", "300.50")
    assert sales("undo", str(entry)).status == 0
    assert (paid_on(sales), owed(sales)) == ([None, None], "1200.00")


def test_a_delete_cannot_be_undone_when_the_sale_was_paid_again(sales: Run) -> None:
    sales("payment", "add", "2", "500.50")
    sales("payment", "delete", "1")
    entry = json.loads(sales("journal", "--limit", "1", "--format", "json").out)[0]["id"]
    sales("payment", "add", "2", "500.50")
    assert sales("undo", str(entry)).status != 0
    assert (paid_on(sales), owed(sales)) == ([None, "2026-11-20"], "1000.00")


def test_a_refund_is_set_off_against_what_is_owed(sales: Run) -> None:
    result = sales("sell", "张三", "700", "--refund")
    assert result.err.splitlines() == [
        "500.50 CNY set off against the sale #2; 0.00 CNY owed on it",
        "199.50 CNY set off against the sale #1; 800.50 CNY owed on it",
    ]
    assert (owed(sales), paid_on(sales)) == ("800.50", [None, "2026-11-20", "2026-11-20"])
    sales("undo")
    assert (owed(sales), paid_on(sales)) == ("1500.50", [None, None])


def test_a_refund_that_was_paid_out_is_not_set_off(sales: Run) -> None:
    assert sales("sell", "张三", "700", "--refund", "--paid", "today").err == "paid_on: 2026-11-20 Fri\n"
    assert owed(sales) == "1500.50"


def test_what_a_refund_leaves_is_kept_for_the_next_sale(sales: Run) -> None:
    sales("sell", "张三", "2000", "--refund")
    assert owed(sales) == "-499.50"
    result = sales("sell", "张三", "600", "--due", "eom")
    assert "499.50 CNY set off against the sale #4; 100.50 CNY owed on it" in result.err
    assert owed(sales) == "100.50"


def test_a_refund_of_somebody_who_owes_nothing_stays_as_it_was(crm: Run) -> None:
    crm("add", "张三")
    crm("sell", "张三", "100")
    assert crm("sell", "张三", "30", "--refund").err == ""
    assert (owed(crm), crm("payment", "list").out) == ("0.00", "")


def test_payments_come_and_go_in_files(sales: Run) -> None:
    file = "订单号,到账日期,到账金额\nO-1,2026-10-05,250\nO-2,2026-10-20,500.5\n"
    assert sales("import", "payments", "-", stdin=file).status == 0
    assert (owed(sales), paid_on(sales)) == ("750.00", [None, "2026-10-20"])
    again = sales("import", "payments", "-", stdin=file)
    assert again.out == "payments: 2 read = 0 added + 0 updated + 2 unchanged + 0 skipped + 0 failed\n"
    written = sales("export", "payments").out
    assert "2 unchanged" in sales("import", "payments", "-", stdin=written).out
    sales("undo")
    assert (owed(sales), paid_on(sales)) == ("1500.50", [None, None])
    assert sales("import", "payments", "-", stdin=written).status == 0
    assert sales("export", "payments").out == written


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("O-1,2026-10-05,1000.01,CNY", "1,000.01 CNY paid for #1, which is over 1,000.00 CNY"),
        ("O-1,2026-10-05,-1,CNY", "-1.00 CNY paid for #1, which is over 1,000.00 CNY"),
        ("O-1,2026-10-05,10,USD", "the sale is in CNY, the payment in USD"),
        ("O-9,2026-10-05,10,CNY", "no transactions fit 'O-9'"),
        ("O-1,,10,CNY", "paid_on"),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(row: str, what: str, sales: Run) -> None:
    file = f"order,paid_on,amount,currency\nO-2,2026-10-05,1,CNY\n{row}\n"
    result = sales("import", "payments", "-", stdin=file)
    assert result.status == 65
    assert what in result.err
    assert (owed(sales), sales("payment", "list").out) == ("1500.50", "")


def test_payments_are_listed(sales: Run) -> None:
    sales("add", "李四")
    sales("sell", "李四", "9", "--due", "today")
    sales("payment", "add", "2", "100", "--notes", "by bank")
    sales("payment", "add", "3", "9")
    assert sales("payment", "list", "张三").out == (
        "1\t2026-11-20\t张三\t100.00\tCNY\t2\t2026-10-01\tO-2\tby bank\n"
    )
    assert sales("payment", "list", "--sale", "3", "--format", "ids").out == "2\n"
    assert len(sales("payment", "list").out.splitlines()) == 2


@pytest.mark.parametrize(
    "steps",
    [
        ["payment add 1 400"],
        ["sell 张三 2000 --refund"],
        ["payment add 2 500.50", "sell 张三 80 --refund --due 2026-11-10"],
        ["sell 张三 300 --due 2026-11-01 --paid 2026-11-25"],
        ["sell 张三 70 --currency USD --due 2026-11-01", "credit set 张三 --limit 5000 --currency EUR"],
    ],
)
def test_the_customer_file_says_what_crm_credit_says_is_owed(steps: list[str], sales: Run) -> None:
    for step in steps:
        assert sales(*step.split()).status == 0
    credit = json.loads(sales("credit", "list", "--format", "json").out)
    money = json.loads(sales("show", "张三", "--format", "json").out)["money"]
    assert {(line["unpaid_currency"], line["unpaid"], line["overdue"]) for line in money} == {
        (line["outstanding_currency"], line["outstanding"], line["days_1_30"]) for line in credit
    }


def test_a_refund_not_paid_out_is_said_in_the_customer_file(crm: Run) -> None:
    crm("add", "张三")
    crm("sell", "张三", "100", "--on", "2024-09-01", "--due", "2024-10-01")
    crm("sell", "张三", "130.50", "--refund", "--on", "2024-11-01")
    (line,) = json.loads(crm("show", "张三", "--format", "json").out)["money"]
    assert (line["unpaid"], line["overdue"], line["overdue_since"]) == ("-30.50", "0.00", None)
    assert "to pay back 30.50 CNY" in crm("show", "张三", "--format", "table").out
