"""Templates, and what they can say about a customer."""

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from crmcli.store.reads.base import rows


class TemplateLine(NamedTuple):
    """One template."""

    name: str
    occasion: str
    channel: str | None
    subject: str | None
    body: str


class Addressee(NamedTuple):
    """One customer as a template sees it; `contact` is the primary one, else the first."""

    id: int
    name: str
    kind: str
    company: str | None
    title: str | None
    gender: str | None
    phone: str | None
    email: str | None
    region: str | None
    do_not_contact: int
    refused_channels: str | None
    archived_at: str | None
    contact: str | None
    contact_gender: str | None
    last_contact: str | None
    last_purchase: str | None
    last_product: str | None


def templates(connection: sqlite3.Connection) -> list[TemplateLine]:
    """Return the templates of the database by name."""
    return rows(connection, "templates", TemplateLine)


def addressees(connection: sqlite3.Connection, ids: Sequence[int], today: str) -> list[Addressee]:
    """Return customers in the order of their ids as given, with what happened up to `today`."""
    return rows(connection, "addressees", Addressee, ids=json.dumps(list(ids)), today=today)
