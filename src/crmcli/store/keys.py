"""What records are known by, read once for an import: identifiers, phones, e-mails, names."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlmodel import SQLModel

_TABLES = SQLModel.metadata.tables


class CustomerKeys(NamedTuple):
    """Everything a customer can be recognised by."""

    id: int
    uid: str
    external_id: str | None
    name: str
    company: str | None
    phone_e164: str | None
    email: str | None


class ContactKeys(NamedTuple):
    """Everything a contact can be recognised by."""

    id: int
    uid: str
    external_id: str | None
    customer_id: int
    name: str
    phone_e164: str | None
    email: str | None


class NamedKeys(NamedTuple):
    """Everything a product or an opportunity can be recognised by."""

    id: int
    uid: str
    external_id: str | None
    name: str | None


def customer_keys(connection: Connection) -> list[CustomerKeys]:
    """Return the keys of every customer, by id."""
    return [CustomerKeys(*row) for row in _select(connection, "customers", CustomerKeys._fields)]


def contact_keys(connection: Connection) -> list[ContactKeys]:
    """Return the keys of every contact, by id."""
    return [ContactKeys(*row) for row in _select(connection, "contacts", ContactKeys._fields)]


def named_keys(connection: Connection, table: str) -> list[NamedKeys]:
    """Return the keys of every product or opportunity, by id."""
    return [NamedKeys(*row) for row in _select(connection, table, NamedKeys._fields)]


def order_keys(connection: Connection) -> list[NamedKeys]:
    """Return the keys of every transaction, by id; its order number stands for its name."""
    names = ("id", "uid", "external_id", "order_number")
    return [NamedKeys(*row) for row in _select(connection, "transactions", names)]


def _select(connection: Connection, table: str, names: tuple[str, ...]) -> Any:
    source = _TABLES[table]
    return connection.execute(select(*(source.c[name] for name in names)).order_by(source.c.id))
