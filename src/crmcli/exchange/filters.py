"""Which rows of a file are wanted: `COLUMN=VALUE` and `COLUMN!=VALUE` on the text as the file has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from crmcli.errors import UsageError
from crmcli.exchange.fields import header_key
from crmcli.i18n import _


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A row is kept when its cell equals `value` (or, `negated`, does not); case does not count."""

    column: str
    value: str
    negated: bool = False

    @classmethod
    def parse(cls, text: str) -> "RowFilter":
        """Read `COLUMN=VALUE` or `COLUMN!=VALUE`.

        Raises:
            UsageError: there is no `=`, or nothing before it.
        """
        column, sign, value = text.partition("=")
        negated = column.endswith("!")
        column = column.removesuffix("!").strip()
        if not sign or not column:
            raise UsageError(
                _("not a filter: {value}").format(value=repr(text)),
                where="--where",
                hint=_("write COLUMN=VALUE or COLUMN!=VALUE"),
            )
        return cls(column, value.strip(), negated)

    def bind(self, header: Sequence[str]) -> tuple[int, str, bool]:
        """Return the column's index, the folded value, and whether the match is negated.

        Raises:
            UsageError: no column, or several, have that name.
        """
        found = [index for index, cell in enumerate(header) if cell == self.column]
        found = found or [
            index for index, cell in enumerate(header) if header_key(cell) == header_key(self.column)
        ]
        if len(found) != 1:
            what = _("{count} columns are called {name}").format(count=len(found), name=repr(self.column))
            hint = _("the columns are: {names}").format(names=", ".join(header))
            raise UsageError(what, where="--where", hint=hint)
        return found[0], self.value.casefold(), self.negated
