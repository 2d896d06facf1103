"""The shapes of a result on its way out: a listing of rows, or one record with its lists.

Commands build these from what a workflow returned; the writers beside this module turn them into text.
Nothing here knows of a format, and nothing here is ever stored.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from crmcli.errors import UsageError
from crmcli.i18n import _


class Amount(NamedTuple):
    """An amount of money: minor units and an ISO 4217 code."""

    minor: int
    currency: str


#: An object inside a row.
Inner: TypeAlias = Mapping[str, str | int | float | None]
#: One value of a row; a datetime is a date too. An object (or a tuple of them, a list) is that in JSON, and JSON text elsewhere.
Cell: TypeAlias = str | int | float | bool | Amount | date | Inner | tuple[Inner, ...] | None


class Column(NamedTuple):
    """One column of a listing.

    Attributes:
        key: the English name in CSV and JSON.
        heading: the translated heading in tables.
        align: `right` for text too; numbers and amounts are right-aligned by themselves.
        wrap: long text that gives way first when the terminal is narrow.
        min_width: not narrower than this while there is another way.
        money: holds amounts, so that the machine formats have `<key>_currency` even when there are no rows.
        decimals: decimals of floats in tables (the machine formats write them in full).
        spare: a table too wide for the terminal leaves this column out, the greatest number first, and says so;
            0 never.
    """

    key: str
    heading: str
    align: Literal["left", "right"] = "left"
    wrap: bool = False
    min_width: int = 0
    money: bool = False
    decimals: int = 2
    spare: int = 0


class Listing(NamedTuple):
    """Rows under columns.

    Attributes:
        columns: what each row holds, in order.
        rows: each with as many cells as there are columns.
        ids: what `--format ids` prints; when empty, the column with the key `id`.
        title: a translated line above the table.
        key: the English name of the list when it is a section of a record.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    ids: Sequence[int | str] = ()
    title: str = ""
    key: str = ""

    def only(self, keys: Sequence[str]) -> "Listing":
        """Return the listing with these columns in this order (for `--fields`).

        Raises:
            UsageError: a key that is not there; the hint names those that are.
        """
        places = {column.key: place for place, column in enumerate(self.columns)}
        for key in keys:
            if key not in places:
                raise UsageError(
                    _("no such field: {name}").format(name=repr(key)),
                    hint=_("the fields are {names}").format(names=", ".join(places)),
                )
        chosen = [places[key] for key in keys]
        return self._replace(
            columns=[self.columns[place] for place in chosen],
            rows=[[row[place] for place in chosen] for row in self.rows],
            ids=self.ids or ([_as_id(row[places["id"]]) for row in self.rows] if "id" in places else ()),
        )

    def identities(self) -> Sequence[int | str]:
        """Return the ids of the rows.

        Raises:
            UsageError: these rows have none.
        """
        if self.ids or not self.rows:
            return self.ids
        for place, column in enumerate(self.columns):
            if column.key == "id":
                return [_as_id(row[place]) for row in self.rows]
        raise UsageError(_("this result has no ids"), hint=_("use another --format"))


class Record(NamedTuple):
    """One thing in full: its fields as (key, heading, value), then the lists that belong to it.

    `main` is the key of the list that one comes for, where the fields are not it: what CSV, which has place for one
    table, writes.
    """

    fields: Sequence[tuple[str, str, Cell]]
    sections: Sequence[Listing] = ()
    main: str = ""

    def as_row(self) -> Listing:
        """Return the fields as a listing of one row."""
        columns = [Column(key, heading) for key, heading, _value in self.fields]
        return Listing(columns, [[value for _key, _heading, value in self.fields]])

    def named_sections(self) -> list[tuple[str, Listing]]:
        """Return the sections with their keys; one without a key is called by its place."""
        return [(each.key or f"section{place}", each) for place, each in enumerate(self.sections, 1)]


def _as_id(cell: Cell) -> int | str:
    return cell if isinstance(cell, int) else str(cell)
