"""What an example in features.yaml may say about a customer, and the rows of the database that stands for.

The words are those of the records, less what no feature looks at. What is left out has the value it has when
a record is entered by hand. Nothing is read or written here: the checker asks which words are known, the
workflow asks for the rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crmcli import vocabulary
from crmcli.rules.catalogue import (
    COMPLAINTS,
    CONTACTS,
    CREDITS,
    CUSTOMERS,
    INTERACTIONS,
    OPPORTUNITIES,
    PAYMENTS,
    PRODUCTS,
    SURVEYS,
    TASKS,
    TRANSACTIONS,
)
from crmcli.rules.model import FactCase
from crmcli.values import exponent

DAY, MONEY, COUNT, TEXT = "day", "money", "count", "text"
PRODUCT = "product_id"  #: an example names the product
CUSTOMER = "customer"  #: an example is about one: a mapping, where the others are lists
MAX_MONEY = 10**13
MAX_COUNT = 100_000_000
MAX_ROWS = 1_000  #: of one table in one example
MONEY_DECIMALS = 2
_NAMES = {PRODUCTS: "name"}  #: the column that names a product, where it is not PRODUCT
_MIDNIGHT = "T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class FactField:
    """One word of an example: the column it fills, how it is read, and the closed list it is from, if any."""

    column: str
    kind: str
    codes: tuple[str, ...] = ()
    required: bool = False


def _word(column: str, words: vocabulary.Vocabulary) -> FactField:
    return FactField(column, TEXT, words.codes)


FACTS: dict[str, dict[str, FactField]] = {
    CUSTOMER: {
        "name": FactField("name", TEXT),
        "external_id": FactField("external_id", TEXT),
        "kind": _word("kind", vocabulary.KIND),
        "gender": _word("gender", vocabulary.GENDER),
        "region": FactField("region", TEXT),
        "industry": FactField("industry", TEXT),
        "size": _word("size", vocabulary.SIZE),
        "headcount": FactField("headcount", COUNT),
        "source": FactField("source", TEXT),
        "tags": FactField("tags", TEXT),
        "intent_stage": _word("intent_stage", vocabulary.INTENT_STAGE),
        "next_contact_on": FactField("next_contact_on", DAY),
        "created_on": FactField("created_at", DAY),
        "birthday": FactField("birthday", DAY),
        "birthday_calendar": _word("birthday_calendar", vocabulary.CALENDAR),
        "notes": FactField("notes", TEXT),
    },
    TRANSACTIONS: {
        "occurred_on": FactField("occurred_on", DAY, required=True),
        "kind": _word("kind", vocabulary.TRANSACTION_KIND),
        "amount": FactField("amount_minor", MONEY, required=True),
        "cost": FactField("cost_minor", MONEY),
        "category": FactField("category", TEXT),
        "product": FactField(PRODUCT, TEXT),
        "quantity": FactField("quantity", COUNT),
        "order_number": FactField("order_number", TEXT),
        "due_on": FactField("due_on", DAY),
        "paid_on": FactField("paid_on", DAY),
    },
    PAYMENTS: {
        "sale": FactField("transaction_id", COUNT, required=True),
        "paid_on": FactField("paid_on", DAY, required=True),
        "amount": FactField("amount_minor", MONEY, required=True),
    },
    CREDITS: {
        "limit": FactField("limit_minor", MONEY),
        "terms_days": FactField("terms_days", COUNT),
        "reviewed_on": FactField("reviewed_on", DAY),
    },
    INTERACTIONS: {
        "occurred_on": FactField("occurred_on", DAY, required=True),
        "channel": _word("channel", vocabulary.CHANNEL),
        "outcome": _word("outcome", vocabulary.OUTCOME),
        "minutes": FactField("minutes", COUNT),
        "cost": FactField("cost_minor", MONEY),
        "summary": FactField("summary", TEXT),
    },
    OPPORTUNITIES: {
        "stage": _word("stage", vocabulary.OPPORTUNITY_STAGE),
        "amount": FactField("amount_minor", MONEY),
        "opened_on": FactField("opened_on", DAY),
        "expected_close_on": FactField("expected_close_on", DAY),
        "closed_on": FactField("closed_on", DAY),
        "waiting_for": FactField("waiting_for", TEXT),
        "waiting_until": FactField("waiting_until", DAY),
        "product": FactField(PRODUCT, TEXT),
    },
    TASKS: {
        "title": FactField("title", TEXT),
        "due_on": FactField("due_on", DAY),
        "done_on": FactField("done_on", DAY),
        "created_on": FactField("created_at", DAY),
    },
    COMPLAINTS: {
        "received_on": FactField("received_on", DAY, required=True),
        "severity": _word("severity", vocabulary.SEVERITY),
        "channel": _word("channel", vocabulary.CHANNEL),
        "reply_due_on": FactField("reply_due_on", DAY),
        "investigating_on": FactField("investigating_on", DAY),
        "replied_on": FactField("replied_on", DAY),
        "closed_on": FactField("closed_on", DAY),
        "cause": FactField("cause", TEXT),
        "summary": FactField("summary", TEXT),
    },
    SURVEYS: {
        "asked_on": FactField("asked_on", DAY, required=True),
        "answered_on": FactField("answered_on", DAY),
        "kind": _word("kind", vocabulary.SURVEY_KIND),
        "channel": _word("channel", vocabulary.CHANNEL),
        "score": FactField("score", COUNT),
        "comment": FactField("comment", TEXT),
    },
    CONTACTS: {
        "name": FactField("name", TEXT),
        "title": FactField("title", TEXT),
        "phone": FactField("phone", TEXT),
        "created_on": FactField("created_at", DAY),
    },
    PRODUCTS: {
        "name": FactField("name", TEXT, required=True),
        "category": FactField("category", TEXT),
    },
}


def fact_rows(case: FactCase, currency: str) -> dict[str, list[dict[str, object]]]:
    """Return the rows an example stands for, by table: one customer, what belongs to it, and the products.

    What only the database wants to have is left to whoever stores the rows, and so are ids but those of products.
    """
    rows: dict[str, list[dict[str, object]]] = {CUSTOMERS: [_defaults(CUSTOMERS, case.as_of, currency)]}
    products = _products(case, currency)
    for name, items in case.facts:
        if name == PRODUCTS:
            continue
        table = CUSTOMERS if name == CUSTOMER else name
        found = []
        for item in items:
            row = _defaults(table, case.as_of, currency)
            for word, value in item:
                known = FACTS[name][word]
                row[known.column] = (
                    products[str(value)]["id"] if known.column == PRODUCT else _stored(known, value, currency)
                )
            found.append(_AS_IT_IS.get(table, dict)(row))
        rows[table] = found
    _pay(rows)
    if products:  # first: others point to them
        rows = {PRODUCTS: list(products.values()), **rows}
    return rows


def _pay(rows: dict[str, list[dict[str, object]]]) -> None:
    """Number the transactions from 1, which is how payments name them, and note on which day payments made one whole."""
    for number, sale in enumerate(rows.get(TRANSACTIONS, ()), 1):
        sale["id"] = number
        own = [each for each in rows.get(PAYMENTS, ()) if each["transaction_id"] == number]
        if own and sum(int(str(each["amount_minor"])) for each in own) == sale["amount_minor"]:
            sale["paid_on"] = max(str(each["paid_on"]) for each in own)


def _products(case: FactCase, currency: str) -> dict[str, dict[str, object]]:
    """Return the products of an example by name: those it describes, and those that its facts only name."""
    found: dict[str, dict[str, object]] = {}
    for table, items in case.facts:
        for item in items:
            named = [value for word, value in item if FACTS[table][word].column == _NAMES.get(table, PRODUCT)]
            for name in map(str, named):
                new = {**_defaults(PRODUCTS, case.as_of, currency), "id": len(found) + 1, "name": name}
                found.setdefault(name, {**new, "category": None})
                if table == PRODUCTS:
                    found[name].update(item)
    return found


def _defaults(table: str, as_of: date, currency: str) -> dict[str, object]:
    own: dict[str, dict[str, object]] = {
        CUSTOMERS: {"name": "N", "kind": "person", "birthday_calendar": "solar", "do_not_contact": 0},
        TRANSACTIONS: {"kind": "sale", "currency": currency},
        INTERACTIONS: {
            "channel": "phone", "direction": "outbound", "outcome": "connected", "kind": "sales",
            "currency": currency,
        },
        OPPORTUNITIES: {"stage": "introduced", "currency": currency},
        TASKS: {"title": "T"},
        COMPLAINTS: {"summary": "C", "severity": "medium", "root_cause": "R", "prevention": "P"},
        SURVEYS: {"kind": "csat"},
        CONTACTS: {"name": "P", "birthday_calendar": "solar"},
        PRODUCTS: {"currency": currency},
        PAYMENTS: {},
        CREDITS: {"currency": currency, "reviewed_on": as_of},
    }  # fmt: skip
    return {"created_at": as_of.isoformat() + _MIDNIGHT, **own[table]}


def _stored(known: FactField, value: object, currency: str) -> object:
    if known.kind == MONEY:
        return int((Decimal(str(value)) * 10 ** exponent(currency)).to_integral_value())
    return f"{value}{_MIDNIGHT}" if known.column == "created_at" else value


def _as_complained(row: dict[str, object]) -> dict[str, object]:
    """What is closed was replied to, at the latest on that day."""
    return {**row, "replied_on": row.get("replied_on") or row.get("closed_on")}


def _as_answered(row: dict[str, object]) -> dict[str, object]:
    """A score without a day was given on the day of the survey."""
    return (
        row if row.get("score") is None else {**row, "answered_on": row.get("answered_on") or row["asked_on"]}
    )


def _as_sold(row: dict[str, object]) -> dict[str, object]:
    """A negative amount is a refund and a refund's amount is negative, as when it is entered by hand."""
    amount = row["amount_minor"]
    if isinstance(amount, int) and (amount < 0 or row["kind"] == "refund"):
        return {**row, "kind": "refund", "amount_minor": -abs(amount)}
    return row


_AS_IT_IS: Mapping[str, Callable[[dict[str, object]], dict[str, object]]] = {
    TRANSACTIONS: _as_sold,
    COMPLAINTS: _as_complained,
    SURVEYS: _as_answered,
}
