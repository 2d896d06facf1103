"""Importing a file: one transaction, every row accounted for, a second import of the same file changes nothing.

The file is planned from its header, parsed in chunks, its references resolved, its rows staged and matched, and only
then written. By default one bad row stops all of it; with `keep_going` bad rows go to a rejects file. A dry run is
the same path, rolled back.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crmcli import clock
from crmcli.birthdays import parse_birthday
from crmcli.errors import BusyError, DataError, Fault
from crmcli.exchange.columns import ColumnPlan, plan_columns
from crmcli.exchange.fields import ENTITIES, FieldKind
from crmcli.exchange.filters import RowFilter
from crmcli.exchange.parse import Chunk, parse
from crmcli.exchange.phones import to_e164
from crmcli.exchange.rejects import RejectsWriter, open_rejects
from crmcli.exchange.source import Source, open_source
from crmcli.i18n import _, ngettext
from crmcli.store import bulk, keys
from crmcli.store.bulk import Staging
from crmcli.store.reads.custom_fields import FieldLine, custom_fields
from crmcli.store.work import Work, unit_of_work
from crmcli.values import ValueFault
from crmcli.vocabulary import RECORDS
from crmcli.workflows import custom, ledger, recognise, sound
from crmcli.workflows.recognise import Recogniser, References

Report = Callable[[int, int], None]  #: (bytes read, bytes in all)

_MASTERS = {"customers", "contacts", "products"}  # recognised row by row; facts are matched as a set
_COLUMNS = {"amount": "amount_minor", "cost": "cost_minor", "price": "price_minor"}
_TARGETS = {
    "customer": "customers",
    "product": "products",
    "contact": "contacts",
    "opportunity": "opportunities",
    "transaction": "transactions",
}
_COMPANY = "company"  # beside a customer's name in a file of facts: tells namesakes apart
_CUSTOM = "custom"  # the column that holds the values of all custom fields
_BORN, _CALENDAR = (
    "birthday",
    "birthday_calendar",
)  # the day is solar, whichever calendar the birthday is kept by
_ANSWERED = "answered_on"  # of a survey
_LATER = "referred_by"  # a customer may be referred by one that stands further down in the file
_PAYMENTS = "payments"  # they are in the currency of their transaction, and its customer's
_KEPT_FAULTS = 1_000  #: faults carried to the caller; the rejects file holds all


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and how.

    Attributes:
        entity: customers, contacts, products, interactions, transactions, opportunities, complaints, surveys or payments.
        path: the file, or `-` for standard input.
        mapping: (column, field) pairs.
        constants: (field, text) pairs for every row.
        filters: only rows that fit, others are skipped.
        create_missing: make the customers and products that are only named.
        keep_going: leave bad rows out instead of stopping.
        rejects: where bad rows are written with keep_going.
        encoding: of the file, if it is not to be recognised.
        dry_run: do everything and roll back.
    """

    entity: str
    path: str
    mapping: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = ()
    create_missing: bool = False
    keep_going: bool = False
    rejects: str = ""
    encoding: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `read` is the sum of the five numbers after it."""

    read: int
    added: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    encoding: str
    encoding_note: str
    mapped: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    created: Mapping[str, int]
    spelled: Mapping[str, str]
    without_customer: int
    faults: tuple[Fault, ...]
    rejects: str


@dataclass(slots=True)
class _Tally:
    read: int = 0
    skipped: int = 0
    failed: int = 0
    faults: list[Fault] = field(default_factory=list)

    def fail(self, faults: Sequence[Fault]) -> None:
        """Count one row as failed and keep what was wrong with it."""
        self.failed += 1
        if len(self.faults) < _KEPT_FAULTS:
            self.faults += faults


def import_file(
    database: Path, request: ImportRequest, report: Report = lambda _read, _total: None
) -> Imported:
    """Import one file.

    Raises:
        DataError: the file or some rows are bad; nothing was changed, every fault is listed (at most 1,000).
        UsageError: a mapping, constant or filter that cannot be understood.
        CrmError: the file cannot be read, the database is busy …
    """
    own = custom.fields_of(database) if request.entity == "customers" else ()
    with open_source(request.path, encoding=request.encoding) as source:
        plan = plan_columns(
            request.entity,
            source.header,
            request.mapping,
            request.constants,
            file=source.name,
            line=source.header_line,
            custom=tuple(map(custom.spec_of, own)),
        )
        with ExitStack() as stack:
            rejects = (
                stack.enter_context(open_rejects(request.rejects, source.header))
                if request.keep_going and request.rejects and not request.dry_run
                else None
            )
            work = stack.enter_context(
                unit_of_work(database, f"import {request.entity}", dry_run=request.dry_run)
            )
            run = _Import(work, request, source, plan, rejects, own)
            return run.go(report)


class _Import:
    """One import under way."""

    def __init__(
        self,
        work: Work,
        request: ImportRequest,
        source: Source,
        plan: ColumnPlan,
        rejects: RejectsWriter | None,
        own: tuple[FieldLine, ...],
    ) -> None:
        self.work, self.request, self.source, self.plan, self.rejects = work, request, source, plan, rejects
        self.tally = _Tally()
        self.specs = {spec.name: spec for spec in ENTITIES[request.entity]}
        self._refuse_changed_fields(own)
        self.own_fields = [name for name in plan.names if name not in self.specs]
        self.headers = {planned.spec.name: planned.header for planned in plan.fields}
        self.batch = bulk.open_batch(
            work,
            entity=request.entity,
            file_name=Path(source.name).name,
            sha256=source.sha256,
            encoding=source.encoding,
        )
        self.references = {name: self._references(name) for name in plan.names if self._is_reference(name)}
        self.answers_undated = (
            request.entity == "surveys" and "score" in plan.names and _ANSWERED not in plan.names
        )
        self.sold = ledger.sold(self.work) if request.entity == _PAYMENTS else {}
        self.referrers: dict[int, str] = {}
        self.without_customer = 0
        self.unreferred = 0
        self.staging = Staging(work, request.entity, self._columns(), self._defaults())
        self.recogniser = self._recogniser()
        self.seen: dict[
            int, tuple[int, tuple[Any, ...]]
        ] = {}  # our id → the row of the file that stands for it
        self.staged_rows: dict[int, tuple[Any, ...]] = {}

    def _refuse_changed_fields(self, own: tuple[FieldLine, ...]) -> None:
        """The columns were planned before the database was locked: a custom field may have gone since."""
        if self.request.entity == "customers" and own != custom_fields(self.work.driver):
            raise BusyError(
                _("the custom fields were changed while the file was opened"), hint=_("import it again")
            )

    def go(self, report: Report) -> Imported:
        """Read, stage, match, write, and count."""
        zone = clock.zone(self.work.settings.time_zone)
        filters = tuple(RowFilter.parse(text) for text in self.request.filters)
        for chunk in parse(
            self.source, self.plan, currency=self.work.settings.currency, filters=filters, zone=zone
        ):
            self._take(chunk)
            report(chunk.position, self.source.total_bytes)
        if self.request.entity not in _MASTERS:
            self._settle_repeated()
            self.staging.match_keys()
            self.staging.match_alike()
            self._settle_merged()
        self._stop_if_faulty()
        applied = self.staging.apply(self.batch)
        if self.request.entity == _PAYMENTS:
            ledger.settle_all(self.work)
        referred = self._set_referrers()
        applied = bulk.Applied(applied.added, applied.updated + referred, applied.unchanged - referred)
        self.staging.close()
        return self._finish(applied)

    # --- rows ---------------------------------------------------------------------------------------------------

    def _take(self, chunk: Chunk) -> None:
        self.tally.read += chunk.read
        self.tally.skipped += chunk.skipped
        for bad in chunk.faults:
            self._fail(bad.line, bad.cells, bad.faults)
        if not chunk.rows:
            return
        columns: dict[str, Sequence[Any]] = dict(
            zip(self.plan.names, zip(*chunk.rows, strict=True), strict=True)
        )
        bad_rows = self._unsound(columns, chunk.lines)
        for name, references in self.references.items():
            resolved = references.resolve(columns[name])
            if name == "customer" and _COMPANY in columns:
                resolved = references.narrowed(columns[name], columns.pop(_COMPANY), resolved)
            if any(isinstance(value, ValueFault) for value in resolved):
                self._note_unresolved(name, chunk, columns[name], resolved, bad_rows)
            columns[name] = resolved
        if _BORN in columns:
            self._settle_birthdays(chunk, columns, bad_rows)
        if self.request.entity == _PAYMENTS:
            self._settle_currency(chunk, columns, bad_rows)
        if self.own_fields:
            cells = [columns.pop(name) for name in self.own_fields]
            columns[_CUSTOM] = [self._custom(row) for row in zip(*cells, strict=True)]
        lines, rows = chunk.lines, self._rows(columns)
        if bad_rows:
            for place, faults in sorted(bad_rows.items()):
                self._fail(chunk.lines[place], chunk.raw[place], faults)
            keep = [place for place in range(len(lines)) if place not in bad_rows]
            lines, rows = [lines[place] for place in keep], [rows[place] for place in keep]
        if self.recogniser is None:
            if "customer" in columns:
                at = self.staging.columns.index("customer_id") + 1
                self.without_customer += sum(1 for row in rows if row[at] is None)
            self.staging.load((line, None, *row) for line, row in zip(lines, rows, strict=True))
        else:
            raw = dict(zip(chunk.lines, chunk.raw, strict=True))
            later = dict(zip(chunk.lines, columns.get(_LATER, ()), strict=_LATER in columns))
            self.staging.load(self._recognised(lines, rows, raw, later))

    def _settle_birthdays(
        self, chunk: Chunk, columns: dict[str, Sequence[Any]], bad_rows: dict[int, list[Fault]]
    ) -> None:
        """Turn days of birth into solar days: those that say that they are lunar, and those that another column says so of."""
        texts = columns[_BORN]
        kept = columns.setdefault(_CALENDAR, [None] * len(texts))
        lunar = [
            place
            for place, text in enumerate(texts)
            if text and (kept[place] == "lunar" or not text[0].isdigit())
        ]
        if not lunar:
            return
        born, calendars = list(texts), list(kept)
        for place in lunar:
            try:
                born[place], calendars[place] = parse_birthday(texts[place], kept[place])
                born[place] = born[place].isoformat()
            except ValueFault as fault:
                born[place] = fault
        if any(isinstance(value, ValueFault) for value in born):
            self._note_unresolved(_BORN, chunk, texts, born, bad_rows)
        columns[_BORN], columns[_CALENDAR] = born, calendars

    def _unsound(self, columns: dict[str, Sequence[Any]], lines: Sequence[int]) -> dict[int, list[Fault]]:
        """Complete rows and return what contradicts itself in them, by their place.

        Where a file of surveys has one day only, it is that of the question and of the answer.
        """
        if self.answers_undated:
            days = zip(columns["asked_on"], columns["score"], strict=True)
            columns[_ANSWERED] = [day if score is not None else None for day, score in days]
        check = sound.CHECKS.get(self.request.entity)
        if check is None:
            return {}
        rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        found = {place: check(row, self.work.today) for place, row in enumerate(rows)}
        return {
            place: [self._at(lines[place], fault) for fault in faults]
            for place, faults in found.items()
            if faults
        }

    def _header(self, name: str | int) -> str:
        return self.headers.get(str(name)) or str(name)

    def _settle_currency(
        self, chunk: Chunk, columns: dict[str, Sequence[Any]], bad_rows: dict[int, list[Fault]]
    ) -> None:
        """Give payments the customer of their transaction; one in another currency than it is a fault."""
        given = columns.pop("currency", None) or [self.work.settings.currency] * len(chunk.rows)
        owners: list[int | None] = []
        for place, (number, currency) in enumerate(zip(columns["transaction"], given, strict=True)):
            owner, own = self.sold.get(number, (None, currency))
            owners.append(owner)
            if own != currency:
                what = _("the sale is in {own}, the payment in {currency}").format(own=own, currency=currency)
                hint = _("give the column currency, or --set currency={own}").format(own=own)
                bad_rows.setdefault(place, []).append(self._row_fault(chunk.lines[place], what, hint))
        columns["customer_id"] = owners

    def _custom(self, cells: Sequence[Any]) -> str | None:
        """The values of the custom fields in one row; None when there are none, and the customer's own stay."""
        given = {name: value for name, value in zip(self.own_fields, cells, strict=True) if value is not None}
        return custom.as_json(given) if given else None

    def _rows(self, columns: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows for the staging table: a fresh uid, the columns, and the normalised phone where there is a phone."""
        wanted = [column for name, column in columns.items() if name != _LATER]
        if "phone" in columns:
            country = self.work.settings.country
            wanted.append([None if text is None else to_e164(text, country) for text in columns["phone"]])
        return list(zip(bulk.uids(len(wanted[0])), *wanted, strict=True))

    def _recognised(
        self,
        lines: Sequence[int],
        rows: Sequence[tuple[Any, ...]],
        raw: Mapping[int, list[str]],
        later: Mapping[int, str | None],
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of customers, contacts or products with the id of the record each stands for."""
        if self.recogniser is None:
            return
        for line, row in zip(lines, rows, strict=True):
            found_keys = self._keys(dict(zip(self.staging.columns, row[1:], strict=True)))
            try:
                known = self.recogniser.recognise(found_keys)
            except ValueFault as fault:
                self._fail(line, raw[line], [self._row_fault(line, fault.what, fault.hint)])
                continue
            earlier = self._earlier(known)
            if earlier is not None:
                first, before = earlier
                self._repeat(line, raw[line], row[1:], first, before)
                continue
            if known is None:
                self.recogniser.remember(found_keys, line=line)
                self.staged_rows[line] = row[1:]
            else:
                self.seen[known.id or 0] = (line, row[1:])
            text = later.get(line)
            if text is not None:
                self.referrers[line] = text
            yield (line, known.id if known else None, *row)

    def _earlier(self, known: recognise.Known | None) -> tuple[int, tuple[Any, ...]] | None:
        if known is None:
            return None
        if known.id is None:
            return known.line, self.staged_rows[known.line]
        return self.seen.get(known.id)

    def _repeat(
        self, line: int, raw: list[str], row: tuple[Any, ...], first: int, before: tuple[Any, ...]
    ) -> None:
        """A row for a record that stood in the file before: the same again is skipped, another content is a fault."""
        if row == before:
            self.tally.skipped += 1
            return
        others = [
            name for name, old, new in zip(self.staging.columns, before, row, strict=True) if old != new
        ]
        if others == ["phone"]:  # the same number, written otherwise
            self.tally.skipped += 1
            return
        other = next(name for name in others if name != "phone" or "phone_e164" in others)
        what = _("line {line} holds the same record with another {field}").format(
            line=first,
            field=repr(other.removesuffix("_minor").removesuffix("_id")),
        )
        self._fail(
            line, raw, [self._row_fault(line, what, _("keep one of them, or give each its external id"))]
        )

    def _settle_repeated(self) -> None:
        """Rows of facts that name an external id again: the same again is skipped, another content is a fault."""
        pairs = self.staging.repeated_keys()
        if not pairs:
            return
        lines = {line for line, _first in pairs}
        rows = self.staging.rows_at(lines | {first for _line, first in pairs})
        cells = self._cells(lines)
        for line, first in pairs:
            self._repeat(line, cells.get(line, []), rows[line], first, rows[first])
        self.staging.drop_rows(sorted(lines))

    def _settle_merged(self) -> None:
        """Rows that change a part of a record of ours so that it contradicts itself are faults."""
        check = sound.CHECKS.get(self.request.entity)
        if check is None:
            return
        found = {line: check(values, self.work.today) for line, values in self.staging.merged()}
        bad = {line: faults for line, faults in found.items() if faults}
        if self.request.entity == "surveys":
            # Of a file with both scores, the second would take the place of the first.
            kept = Fault(
                _("a survey keeps its kind: there is one with this id of the other kind"),
                column="kind",
                hint=_("leave the column with the id out (--map 'ID=-'), so that both scores are kept"),
            )
            bad = {line: [kept] for line in self.staging.changing("kind")} | bad
        cells = self._cells(bad.keys())
        for line, faults in bad.items():
            self._fail(line, cells.get(line, []), [self._at(line, fault) for fault in faults])
        self.staging.drop_rows(sorted(bad))

    def _cells(self, lines: Collection[int]) -> dict[int, list[str]]:
        """Return these lines of the file once more, for the file of rejects."""
        if self.rejects is None or not lines:
            return {}
        return {line: raw for line, raw in self.source.rows() if line in lines}

    def _at(self, line: int, fault: Fault) -> Fault:
        return fault._replace(file=self.source.name, line=line, column=self._header(fault.column))

    def _note_unresolved(
        self,
        name: str,
        chunk: Chunk,
        texts: Sequence[Any],
        resolved: list[Any],
        bad_rows: dict[int, list[Fault]],
    ) -> None:
        for place, value in enumerate(resolved):
            if isinstance(value, ValueFault):
                fault = Fault(
                    value.what,
                    self.source.name,
                    chunk.lines[place],
                    self.headers[name] or name,
                    str(texts[place]),
                    value.hint,
                )
                bad_rows.setdefault(place, []).append(fault)

    def _row_fault(self, line: int, what: str, hint: str) -> Fault:
        return Fault(what, self.source.name, line, hint=hint)

    def _fail(self, line: int, cells: list[str], faults: Sequence[Fault]) -> None:
        self.tally.fail(faults)
        if self.rejects is not None:
            self.rejects.add_row(line, cells, faults)

    def _stop_if_faulty(self) -> None:
        self.tally.faults.sort(key=lambda fault: fault.line)
        if self.tally.failed and not self.request.keep_going:
            what = _("{failed} of {read} rows cannot be imported; nothing was changed").format(
                failed=self.tally.failed, read=self.tally.read
            )
            hint = _("mend them, or give --keep-going to import the others")
            raise DataError(what, where=self.source.name, hint=hint, faults=self.tally.faults)

    # --- what the columns mean ------------------------------------------------------------------------------------

    def _is_reference(self, name: str) -> bool:
        return name in self.specs and self.specs[name].kind is FieldKind.REFERENCE and name != _LATER

    def _columns(self) -> list[str]:
        left_out = {_LATER, *self.own_fields} if self.request.entity == "customers" else {_COMPANY}
        if self.request.entity == _PAYMENTS:
            left_out = {"currency"}
        names = [name for name in self.plan.names if name not in left_out]
        names += [_CALENDAR] if _BORN in names and _CALENDAR not in names else []
        names += [_CUSTOM] if self.own_fields else []
        names += [_ANSWERED] if self.answers_undated else []
        columns = [_COLUMNS.get(name, f"{name}_id" if self._is_reference(name) else name) for name in names]
        if self.request.entity == _PAYMENTS:
            columns.append("customer_id")
        return [*columns, "phone_e164"] if "phone" in names else columns

    def _defaults(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {
            spec.name: spec.default for spec in ENTITIES[self.request.entity] if spec.default
        }
        if "currency" in self.specs and self.request.entity != _PAYMENTS:
            defaults["currency"] = self.work.settings.currency
        if "is_primary" in self.specs:
            defaults["is_primary"] = 0
        if "birthday_calendar" in self.specs:
            defaults.setdefault("birthday_calendar", "solar")
        if self.request.entity == "customers":
            defaults |= {_CUSTOM: "{}", "do_not_contact": 0}
        return defaults

    def _keys(self, values: dict[str, Any]) -> dict[str, recognise.Key]:
        if self.request.entity == "customers":
            return recognise.keys_of_customer(values)
        if self.request.entity == "contacts":
            return recognise.keys_of_contact(values)
        return recognise.keys_of_product(values)

    def _recogniser(self) -> Recogniser | None:
        connection = self.work.connection
        if self.request.entity == "customers":
            return recognise.customer_recogniser(keys.customer_keys(connection))
        if self.request.entity == "contacts":
            return recognise.contact_recogniser(keys.contact_keys(connection))
        if self.request.entity == "products":
            return recognise.product_recogniser(keys.named_keys(connection, "products"))
        return None

    def _references(self, name: str) -> References:
        target = _TARGETS[name]
        if target == "customers":
            rows = keys.customer_keys(self.work.connection)
            found = recognise.customer_references(rows, self.work.settings.country)
            found.create = self._create_customers if self.request.create_missing else None
            return found
        if target == "contacts":
            contacts = keys.contact_keys(self.work.connection)
            plain = [keys.NamedKeys(row.id, row.uid, row.external_id, row.name) for row in contacts]
            return recognise.named_references(target, plain)
        if target == "transactions":
            return recognise.named_references(target, keys.order_keys(self.work.connection))
        found = recognise.named_references(target, keys.named_keys(self.work.connection, target))
        if target == "products" and self.request.create_missing:
            found.create = lambda names: bulk.add_products(self.work, names, self.batch)
        return found

    def _create_customers(self, texts: list[str]) -> list[int]:
        """Customers that are only named: by number when the header says number, else by name."""
        if self.plan.customer_is_id:
            rows = [{"name": text, "external_id": text} for text in texts]
        else:
            rows = [{"name": text} for text in texts]
        return bulk.add_customers(self.work, rows, self.batch)

    # --- the end ----------------------------------------------------------------------------------------------------

    def _set_referrers(self) -> int:
        """Set who referred whom once everybody of the file is in; nobody found is a fault of the row.

        Returns:
            How many customers of ours this alone has changed.
        """
        if not self.referrers:
            return 0
        references = recognise.customer_references(
            keys.customer_keys(self.work.connection), self.work.settings.country
        )
        ids = self.staging.ids_of(self.referrers)
        wanted: dict[int, int] = {}
        for line, text in self.referrers.items():
            (found,) = references.resolve([text])
            if isinstance(found, int):
                wanted[ids[line]] = found
            elif isinstance(found, ValueFault):
                self.tally.faults.append(
                    Fault(found.what, self.source.name, line, self.headers[_LATER], text, found.hint)
                )
                self.unreferred += 1
        changed = bulk.set_referrers(self.work, wanted, self.batch)
        if self.unreferred and not self.request.keep_going:
            text = ngettext(
                "{count} referrer is not known; nothing was changed",
                "{count} referrers are not known; nothing was changed",
                self.unreferred,
            )
            what = text.format(count=self.unreferred)
            hint = _("add them first, or give --keep-going to import the rows without")
            raise DataError(what, where=self.source.name, hint=hint, faults=self.tally.faults)
        return changed

    def _finish(self, applied: bulk.Applied) -> Imported:
        tally = self.tally
        created = {
            reference.target: reference.created for reference in self.references.values() if reference.created
        }
        spelled = {
            text: name for reference in self.references.values() for text, name in reference.spelled.items()
        }
        counts = {
            "rows_read": tally.read,
            "rows_added": applied.added,
            "rows_updated": applied.updated,
            "rows_unchanged": applied.unchanged,
            "rows_skipped": tally.skipped,
            "rows_failed": tally.failed,
        }
        if applied.added or applied.updated or created:
            bulk.close_batch(self.work, self.batch, counts)
            self.work.link(import_batch_id=self.batch)
            self.work.summary = _("imported {entity} from {file}: {added} added, {updated} updated").format(
                entity=RECORDS.label(self.request.entity),
                file=Path(self.source.name).name,
                added=applied.added,
                updated=applied.updated,
            )
        else:
            self.work.discard()  # a file that brings nothing new leaves no trace
        return Imported(
            read=tally.read,
            added=applied.added,
            updated=applied.updated,
            unchanged=applied.unchanged,
            skipped=tally.skipped,
            failed=tally.failed,
            encoding=self.source.encoding,
            encoding_note=self.source.encoding_note,
            mapped=self.plan.mapped,
            ignored=self.plan.ignored,
            created=created,
            spelled=spelled,
            without_customer=self.without_customer,
            faults=tuple(tally.faults),
            rejects=self.request.rejects if self.rejects is not None and tally.failed else "",
        )
