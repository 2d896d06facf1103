"""Who a row of a file is about: references resolved, and records of ours recognised, with no guessing.

The order is uid, external id, phone, e-mail, name with company. A weaker key counts only while no stronger one
contradicts it: two people of one name with two external ids are two people. Several that fit are a conflict.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from crmcli.exchange.phones import to_e164
from crmcli.i18n import _
from crmcli.store.keys import ContactKeys, CustomerKeys, NamedKeys
from crmcli.values import ValueFault
from crmcli.vocabulary import RECORDS

Key = tuple[str, ...]


def name_key(name: str | None) -> str:
    """Return a name for comparing: width, case and white space do not count."""
    return "".join(unicodedata.normalize("NFKC", name or "").casefold().split())


def product_key(name: str | None) -> str:
    """Return a product's name for comparing: `GTX Pro`, `GTXPro` and `gtx-pro` are one product."""
    folded = unicodedata.normalize("NFKC", name or "").casefold()
    return "".join(character for character in folded if character.isalnum())


@dataclass(slots=True)
class References:
    """Turns the texts of one reference column into ids; each text is looked up once.

    Attributes:
        create: makes a record for a text that nobody fits, or None when that is a fault.
        spelled: texts that were understood although they are spelled otherwise: text → the name we have.
        created: how many records were made.
    """

    target: str
    by_word: dict[str, int] = field(default_factory=dict)
    by_key: dict[Key, list[int]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    key_of: Callable[[str], list[Key]] = lambda text: [("name", name_key(text))]
    create: Callable[[list[str]], list[int]] | None = None
    spelled: dict[str, str] = field(default_factory=dict)
    created: int = 0
    _known: dict[str, int | ValueFault] = field(default_factory=dict)

    def resolve(self, texts: Iterable[str | None]) -> list[int | ValueFault | None]:
        """Return an id, a fault, or None (for no text) for each text."""
        column = list(texts)
        missing = [text for text in dict.fromkeys(column) if text is not None and text not in self._known]
        unknown = [text for text in missing if self._look_up(text) is None]
        if unknown and self.create is not None:
            self.created += len(unknown)
            for text, number in zip(unknown, self.create(unknown), strict=True):
                self._known[text] = number
        else:
            self._known.update((text, self._fault(text)) for text in unknown)
        known = self._known
        return [None if text is None else known[text] for text in column]

    def narrowed(
        self,
        texts: Iterable[str | None],
        companies: Iterable[str | None],
        resolved: Iterable[int | ValueFault | None],
    ) -> list[int | ValueFault | None]:
        """Settle names that fit several by the company that stands beside them."""
        settled = []
        for text, company, found in zip(texts, companies, resolved, strict=True):
            both = (
                self.by_key.get(("both", name_key(text), name_key(company)), [])
                if isinstance(found, ValueFault)
                else []
            )
            settled.append(both[0] if company and len(both) == 1 else found)
        return settled

    def _look_up(self, text: str) -> int | ValueFault | None:
        found: int | ValueFault | None = self.by_word.get(text)
        if found is None:
            for key in self.key_of(text):
                ids = self.by_key.get(key, [])
                if len(ids) == 1:
                    found = ids[0]
                    if self.names.get(ids[0], text) != text:
                        self.spelled[text] = self.names[ids[0]]
                    break
                if len(ids) > 1:
                    found = self._ambiguous(text, ids)
                    break
        if found is not None:
            self._known[text] = found
        return found

    def _ambiguous(self, text: str, ids: list[int]) -> ValueFault:
        shown = ", ".join(f"#{number}" for number in ids[:5])
        what = _("{value} fits {count} {target}: {ids}").format(
            value=repr(text), count=len(ids), target=RECORDS.label(self.target), ids=shown
        )
        return ValueFault(what, _("name it by external id"))

    def _fault(self, text: str) -> ValueFault:
        hint = ""
        if self.target == "customers":
            hint = _("import customers first, or give --create-missing")
        elif self.target == "products":
            hint = _("import products first, or give --create-missing")
        return ValueFault(
            _("no {target} fit {value}").format(target=RECORDS.label(self.target), value=repr(text[:60])),
            hint,
        )


def customer_references(keys: Iterable[CustomerKeys], country: str) -> References:
    """Return references to customers, by anything that names one."""
    found = References("customers")
    for row in keys:
        found.names[row.id] = row.name
        found.by_word[row.uid] = row.id
        for key in _customer_keys(row.phone_e164, row.email, row.name):
            found.by_key.setdefault(key, []).append(row.id)
        if row.company:
            found.by_key.setdefault(("both", name_key(row.name), name_key(row.company)), []).append(row.id)
    for row in keys:
        if row.external_id is not None:
            found.by_word[row.external_id] = row.id

    def key_of(text: str) -> list[Key]:
        digits = sum(character.isdigit() for character in text)
        phone = to_e164(text, country) if digits >= 7 else None
        return _customer_keys(phone, text if "@" in text else None, text)

    found.key_of = key_of
    return found


def named_references(target: str, keys: Iterable[NamedKeys]) -> References:
    """Return references to products or opportunities, by uid, external id or name."""
    found = References(target, key_of=lambda text: [("name", product_key(text))])
    for row in keys:
        found.names[row.id] = row.name or ""
        found.by_word[row.uid] = row.id
        if row.external_id is not None:
            found.by_word[row.external_id] = row.id
        if row.name:
            found.by_key.setdefault(("name", product_key(row.name)), []).append(row.id)
    return found


def _customer_keys(phone: str | None, email: str | None, name: str) -> list[Key]:
    keys: list[Key] = []
    if phone:
        keys.append(("phone", phone))
    if email:
        keys.append(("email", email.casefold()))
    return [*keys, ("name", name_key(name))]


@dataclass(frozen=True, slots=True)
class Known:
    """A record that rows are compared with: one of ours, or an earlier row of the file (`line`)."""

    id: int | None
    line: int
    keys: dict[str, Key]


@dataclass(slots=True)
class Recogniser:
    """Finds the record that a row stands for, strongest key first.

    `order` names the kinds of key; a record or row has at most one key of each kind.
    """

    order: tuple[str, ...]
    known: dict[Key, list[Known]] = field(default_factory=dict)

    def remember(self, keys: dict[str, Key], *, id: int | None = None, line: int = 0) -> Known:  # noqa: A002 - the field's name
        """Take a record of ours, or a row of the file, among those that later rows are compared with."""
        entry = Known(id, line, keys)
        for key in keys.values():
            self.known.setdefault(key, []).append(entry)
        return entry

    def recognise(self, keys: dict[str, Key]) -> Known | None:
        """Return the record or earlier row that a row with these keys stands for, or None when it is new.

        Raises:
            ValueFault: several fit equally.
        """
        for place, kind in enumerate(self.order):
            if kind not in keys:
                continue
            candidates = [
                entry
                for entry in self.known.get(keys[kind], [])
                if not self._contradicted(entry, keys, self.order[:place])
            ]
            if len(candidates) == 1:
                return candidates[0]
            if candidates:
                shown = ", ".join(
                    f"#{entry.id}" if entry.id else _("line {line}").format(line=entry.line)
                    for entry in candidates[:5]
                )
                what = _("fits {count} records by {kind}: {ids}").format(
                    count=len(candidates), kind=kind, ids=shown
                )
                raise ValueFault(what, _("give an external id, or merge them first"))
        return None

    @staticmethod
    def _contradicted(entry: Known, keys: dict[str, Key], stronger: tuple[str, ...]) -> bool:
        return any(
            kind in keys and kind in entry.keys and entry.keys[kind] != keys[kind] for kind in stronger
        )


CUSTOMER_ORDER = ("uid", "external_id", "phone", "email", "name")
CONTACT_ORDER = CUSTOMER_ORDER
PRODUCT_ORDER = ("uid", "external_id", "name")


def customer_recogniser(rows: Iterable[CustomerKeys]) -> Recogniser:
    """Return a recogniser that knows our customers."""
    found = Recogniser(CUSTOMER_ORDER)
    for row in rows:
        found.remember(keys_of_customer(row._asdict()), id=row.id)
    return found


def contact_recogniser(rows: Iterable[ContactKeys]) -> Recogniser:
    """Return a recogniser that knows our contacts; phone, e-mail and name count within one customer."""
    found = Recogniser(CONTACT_ORDER)
    for row in rows:
        found.remember(keys_of_contact(row._asdict()), id=row.id)
    return found


def product_recogniser(rows: Iterable[NamedKeys]) -> Recogniser:
    """Return a recogniser that knows our products."""
    found = Recogniser(PRODUCT_ORDER)
    for row in rows:
        found.remember(keys_of_product(row._asdict()), id=row.id)
    return found


def keys_of_customer(row: dict[str, Any]) -> dict[str, Key]:
    """Return everything a customer's row can be recognised by."""
    keys = _identifiers(row)
    if row.get("phone_e164"):
        keys["phone"] = ("phone", row["phone_e164"])
    if row.get("email"):
        keys["email"] = ("email", row["email"].casefold())
    keys["name"] = ("name", name_key(row.get("name")), name_key(row.get("company")))
    return keys


def keys_of_contact(row: dict[str, Any]) -> dict[str, Key]:
    """Return everything a contact's row can be recognised by."""
    keys = keys_of_customer({**row, "company": ""})
    owner = str(row.get("customer_id"))
    return {kind: (*key, owner) if kind in {"phone", "email", "name"} else key for kind, key in keys.items()}


def keys_of_product(row: dict[str, Any]) -> dict[str, Key]:
    """Return everything a product's row can be recognised by."""
    return {**_identifiers(row), "name": ("name", product_key(row.get("name")))}


def _identifiers(row: dict[str, Any]) -> dict[str, Key]:
    return {kind: (kind, str(row[kind])) for kind in ("uid", "external_id") if row.get(kind)}
