"""Which column of a file becomes which field: decided once from the header, before any row is read.

Explicit `--map` and `--set` win over recognised headers. All faults are found together. Reads no cells but
the constants, and never drops a column silently: what is not read is named in `ignored`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from crmcli.errors import DataError, Fault, UsageError
from crmcli.exchange import fields
from crmcli.exchange.cells import converter
from crmcli.exchange.fields import FieldKind, FieldSpec, Several, header_key
from crmcli.i18n import _
from crmcli.values import ValueFault
from crmcli.vocabulary import RECORDS

IGNORE = "-"  #: as the field of a mapping: leave this column out


class Combine(StrEnum):
    """How the cells of one row become the text of one field."""

    ONE = "one"  #: one column
    JOINED = "joined"  #: the texts that are there, joined
    NAME = "name"  #: a full name, or its parts, or whatever else names the record
    CONSTANT = "constant"  #: the same text in every row


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One field to read.

    Attributes:
        spec: the field.
        combine: how its text is made.
        columns: the columns it is read from, from 0.
        parts: for NAME, the columns of the given, middle and family name, -1 where there is none.
        spare: for NAME, columns taken in turn when there is no name at all.
        header: the header of the first column, for messages; the field's name for a constant.
        constant: the text of a CONSTANT.
        implied: a CONSTANT that nobody gave: it follows from a header.
    """

    spec: FieldSpec
    combine: Combine
    columns: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()
    spare: tuple[int, ...] = ()
    header: str = ""
    constant: str = ""
    implied: bool = False


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What is read from a file with this header.

    Attributes:
        entity: the table's name.
        header: the file's header.
        fields: what is read, in the order of the entity's fields.
        ignored: the headers that are not read (an unnamed column as `#n`).
        customer_header: the header which names the customer; "" when none does.
        customer_is_id: that header says number or code rather than name.
    """

    entity: str
    header: tuple[str, ...]
    fields: tuple[PlannedField, ...]
    ignored: tuple[str, ...] = ()
    customer_header: str = ""
    customer_is_id: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The field names, aligned with the values of each parsed row."""
        return tuple(planned.spec.name for planned in self.fields)

    @property
    def constants(self) -> dict[str, str]:
        """The fields with one text for all rows."""
        return {p.spec.name: p.constant for p in self.fields if p.combine is Combine.CONSTANT}

    @property
    def mapped(self) -> tuple[tuple[str, str], ...]:
        """(header, field) for every column that is read, for a report."""
        return tuple(
            (column_title(self.header, column), planned.spec.name)
            for planned in self.fields
            for column in (*planned.columns, *(part for part in planned.parts if part >= 0))
        )


def column_title(header: Sequence[str], column: int) -> str:
    """Return the header of a column, or `#n` when it has none."""
    return header[column].strip() or f"#{column + 1}"


def plan_columns(
    entity: str,
    header: Sequence[str],
    mapping: Sequence[tuple[str, str]] = (),
    constants: Sequence[tuple[str, str]] = (),
    *,
    file: str = "",
    line: int = 0,
    custom: Sequence[FieldSpec] = (),
) -> ColumnPlan:
    """Decide which column becomes which field.

    Args:
        entity: a key of ENTITIES.
        header: the file's header.
        mapping: (column, field) pairs; a column is its header or `#n`, the field `-` leaves it out.
            One column may be given to two fields.
        constants: (field, text) pairs; such a field is not read from the file.
        file: name of the file, for the faults.
        line: line of the header, for the faults.
        custom: fields of the entity that the user added.

    Raises:
        UsageError: a mapping or a constant that cannot be understood.
        DataError: a required field has no column, or a field has two.
    """
    planner = _Planner(entity, tuple(header), file, line, custom)
    planner.take_mapping(mapping)
    planner.take_constants(constants)
    planner.recognise()
    planner.adjust()
    return planner.finish()


class _Planner:
    def __init__(
        self, entity: str, header: tuple[str, ...], file: str, line: int, custom: Sequence[FieldSpec]
    ) -> None:
        self.entity = entity
        self.header = header
        self.keys = [header_key(cell) for cell in header]
        self.specs: Mapping[str, FieldSpec] = {
            **fields.fields_of(entity),
            **{spec.name: spec for spec in custom},
        }
        self.by_key = {header_key(word): spec for spec in self.specs.values() for word in spec.headers}
        self.columns: dict[str, list[int]] = {}  # field → columns
        self.constants: dict[str, str] = {}
        self.implied: set[str] = set()
        self.explicit: set[str] = set()  # fields named by the user
        self.taken: set[int] = set()  # columns named by the user
        self.parts: tuple[int, ...] = ()
        self.file, self.line = file, line
        self.usage: list[Fault] = []
        self.data: list[Fault] = []

    # --- what the user said

    def take_mapping(self, mapping: Sequence[tuple[str, str]]) -> None:
        for column, name in mapping:
            index = self._column(column)
            if index is not None:
                self.taken.add(index)
            if name.strip() == IGNORE:
                continue
            spec = self._field(name, "--map")
            if spec is None or index is None:
                continue
            known = self.columns.setdefault(spec.name, [])
            self.explicit.add(spec.name)
            if index in known:
                continue
            if known and spec.several is not Several.JOINED:
                self._two_columns(spec, [*known, index], self.usage)
                continue
            known.append(index)

    def take_constants(self, constants: Sequence[tuple[str, str]]) -> None:
        for name, text in constants:
            spec = self._field(name, "--set")
            if spec is None:
                continue
            if spec.name in self.explicit:
                what = _("{field} is both mapped to a column and set to a text").format(field=spec.name)
                self.usage.append(Fault(what, hint=_("leave one of them out"), code="set-and-map"))
                continue
            try:
                if spec.kind is not FieldKind.AMOUNT:  # an amount is read in the currency of its row
                    converter(spec)(text)
            except ValueFault as fault:
                self.usage.append(
                    Fault(fault.what, column=spec.name, value=text, hint=fault.hint, code="bad-constant")
                )
            self.explicit.add(spec.name)
            self.constants[spec.name] = text

    def _column(self, name: str) -> int | None:
        key = header_key(name)
        exact = [index for index, cell in enumerate(self.header) if cell == name]
        for found in (exact, [index for index, known in enumerate(self.keys) if known and known == key]):
            if len(found) == 1:
                return found[0]
            if found:
                numbers = ", ".join(f"#{index + 1}" for index in found)
                what = _("{count} columns are called {name}").format(count=len(found), name=repr(name))
                hint = _("write the number instead: {numbers}").format(numbers=numbers)
                self.usage.append(Fault(what, hint=hint, code="ambiguous-column"))
                return None
        if (
            name.startswith("#")
            and name[1:].isascii()
            and name[1:].isdecimal()
            and 1 <= int(name[1:]) <= len(self.header)
        ):
            return int(name[1:]) - 1
        near = get_close_matches(key, [known for known in self.keys if known], n=1, cutoff=0.5)
        titles = ", ".join(column_title(self.header, index) for index in range(len(self.header)))
        hint = (
            _("did you mean {name}?").format(name=repr(self.header[self.keys.index(near[0])]))
            if near
            else _("the columns are: {names}").format(names=titles)
        )
        self.usage.append(
            Fault(
                _("the file has no column {name}").format(name=repr(name)), hint=hint, code="unknown-column"
            )
        )
        return None

    def _field(self, name: str, option: str) -> FieldSpec | None:
        spec = self.specs.get(name.strip()) or self.by_key.get(header_key(name))
        if spec is not None:
            return spec
        near = get_close_matches(name.strip().casefold(), self.specs, n=1, cutoff=0.5)
        hint = (
            _("did you mean {name}?").format(name=near[0])
            if near
            else _("the fields are: {names}").format(names=", ".join(self.specs))
        )
        what = _("{entity} have no field {name}").format(entity=RECORDS.label(self.entity), name=repr(name))
        self.usage.append(Fault(what, column=option, hint=hint, code="unknown-field"))
        return None

    def _two_columns(self, spec: FieldSpec, columns: Sequence[int], faults: list[Fault]) -> None:
        titles = ", ".join(repr(column_title(self.header, index)) for index in columns)
        what = _("{field} has {count} columns: {titles}").format(
            field=spec.name, count=len(columns), titles=titles
        )
        hint = _("say which with --map COLUMN={field}, or leave one out with --map COLUMN=-").format(
            field=spec.name
        )
        faults.append(Fault(what, self.file, self.line, hint=hint, code="two-columns"))

    # --- what the header says

    def recognise(self) -> None:
        found: dict[str, list[int]] = {}
        for index, key in enumerate(self.keys):
            spec = self.by_key.get(key) if key and index not in self.taken else None
            if spec is not None and spec.name not in self.explicit:
                found.setdefault(spec.name, []).append(index)
        for name, columns in found.items():
            spec = self.specs[name]
            ranks = [header_key(word) for word in spec.headers]
            indexes = sorted(columns, key=lambda index, ranks=ranks: ranks.index(self.keys[index]))  # type: ignore[misc]  # a lambda with a default
            if len(indexes) > 1 and spec.several is not Several.JOINED:
                own = ranks[: 2 if spec.zh else 1]  # the field's own name outranks what merely stands for it
                clear = self.keys[indexes[0]] in own and self.keys[indexes[1]] not in own
                if spec.several is Several.REFUSED and not clear:
                    self._two_columns(spec, indexes, self.data)
                indexes = indexes[:1]
            self.columns[name] = indexes
        if "name" in self.specs and self.entity in {"customers", "contacts"} and "name" not in self.explicit:
            free = [key if index not in self.taken else "" for index, key in enumerate(self.keys)]
            parts = tuple(
                next((index for index, key in enumerate(free) if key in words), -1)
                for words in fields.NAME_PARTS
            )
            self.parts = parts if max(parts) >= 0 else ()

    def adjust(self) -> None:
        """Settle what no single header can say."""
        wanted = "name" if self.entity == "customers" else "customer"
        nameless = wanted in self.specs and wanted not in self.columns and wanted not in self.explicit
        if (
            nameless
            and not (wanted == "name" and self.parts)
            and "company" in self.columns
            and "company" not in self.explicit
        ):
            self.columns[wanted] = self.columns.pop("company")
        names = self.columns.get("name")
        if (
            self.entity == "customers"
            and names
            and not self.parts
            and "kind" not in {*self.columns, *self.explicit}
            and self.keys[names[0]] in fields.ORGANIZATION_LIKE
        ):
            self._imply("kind", "organization")
        scores = self.columns.get("score")
        if (
            self.entity == "surveys"
            and scores
            and self.keys[scores[0]] in fields.NPS_LIKE
            and "kind" not in {*self.columns, *self.explicit}
        ):
            self._imply("kind", "nps")
        closes = self.columns.get("closed_on")
        if (
            self.entity == "opportunities"
            and closes
            and not {"closed_on", "expected_close_on"} & self.explicit
        ):
            expects = any(key in fields.EXPECTS_CLOSE for key in self.keys)
            if expects and "expected_close_on" not in self.columns and self.keys[closes[0]] == "closedate":
                self.columns["expected_close_on"] = self.columns.pop("closed_on")

    def _imply(self, name: str, text: str) -> None:
        self.constants[name] = text
        self.implied.add(name)

    # --- the result

    def finish(self) -> ColumnPlan:
        planned = tuple(self._planned(spec) for spec in self.specs.values() if self._is_planned(spec))
        self._check_required({p.spec.name for p in planned})
        if self.usage:
            faults = (*self.usage, *self.data)
            raise UsageError(self.usage[0].what, hint=self.usage[0].hint, faults=faults)
        if self.data:
            first = self.data[0]
            raise DataError(first.what, where=first.where, hint=first.hint, faults=tuple(self.data))
        read = {column for p in planned for column in (*p.columns, *p.parts)}
        ignored = tuple(
            column_title(self.header, index)
            for index, cell in enumerate(self.header)
            if index not in read and not fields.is_silent(cell)
        )
        customer = self.columns.get("customer")
        return ColumnPlan(
            self.entity,
            self.header,
            planned,
            ignored,
            column_title(self.header, customer[0]) if customer else "",
            customer is not None and self.keys[customer[0]] in fields.ID_LIKE,
        )

    def _is_planned(self, spec: FieldSpec) -> bool:
        return (
            spec.name in self.columns
            or spec.name in self.constants
            or (spec.name == "name" and bool(self.parts))
        )

    def _planned(self, spec: FieldSpec) -> PlannedField:
        if spec.name in self.constants:
            return PlannedField(
                spec,
                Combine.CONSTANT,
                header=spec.name,
                constant=self.constants[spec.name],
                implied=spec.name in self.implied,
            )
        columns = tuple(self.columns.get(spec.name, ()))
        if spec.name == "name" and self.parts:
            spare = tuple(self.columns.get("company", ())) if self.entity == "customers" else ()
            spare += tuple(column for name in ("phone", "email") for column in self.columns.get(name, ()))
            first = next(index for index in (*columns, *self.parts) if index >= 0)
            title = column_title(self.header, first)
            return PlannedField(spec, Combine.NAME, columns, self.parts, spare, title)
        combine = Combine.JOINED if len(columns) > 1 else Combine.ONE
        return PlannedField(spec, combine, columns, header=column_title(self.header, columns[0]))

    def _check_required(self, planned: set[str]) -> None:
        if not planned - self.implied - set(self.constants):
            what = _("no column of the first line is known: {names}").format(
                names=", ".join(repr(column_title(self.header, i)) for i in range(min(8, len(self.header))))
            )
            hint = _(
                "the first line must name the columns; or say --map COLUMN=FIELD (a column is also #1, #2 …)"
            )
            self.data.append(Fault(what, self.file, self.line, hint=hint, code="no-known-column"))
        for spec in self.specs.values():
            if spec.required and spec.name not in planned:
                what = _("no column for {field}").format(field=spec.name)
                hint = _(
                    "call a column one of: {names}; or use --map COLUMN={field} or --set {field}=TEXT"
                ).format(names=", ".join(spec.headers[:8]), field=spec.name)
                self.data.append(
                    Fault(what, self.file, self.line, spec.name, hint=hint, code="missing-column")
                )
