"""How an edit is reported: each field with its old and its new value."""

from typing import Any

import typer

from crmcli.cli.common import report
from crmcli.i18n import _
from crmcli.render.output import Column, Format, Listing, Record, show_record
from crmcli.render.safe import safe
from crmcli.values import plain_number


def report_edit(edited: Any, format: Format | None) -> None:
    """Write what an edit changed, or that there was nothing to change."""
    changes = [(name, _shown(old), _shown(new)) for name, old, new in edited.changes]
    if format is not None:
        columns = [Column("field", _("Field")), Column("old", _("Old")), Column("new", _("New"))]
        fields = [("id", "#", edited.id), ("summary", _("Summary"), edited.summary)]
        show_record(Record(fields, [Listing(columns, changes, key="changes")]), format)
    elif not changes:
        report(_("nothing to do: it already is so"), [], None)
    else:
        typer.echo(safe(edited.summary))
        for name, old, new in changes:
            typer.echo(safe(f"  {name}: {old or '-'} → {new or '-'}"))


def _shown(value: object) -> str | None:
    if isinstance(value, float):
        return plain_number(value)
    return None if value is None else str(value)
