"""Keeping templates, and recording that a merged one went out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlmodel import select

from crmcli.errors import DataError, RefusedError
from crmcli.i18n import _, ngettext
from crmcli.store import schema
from crmcli.store.work import Work, unit_of_work
from crmcli.vocabulary import CHANNEL
from crmcli.workflows.record import Edited, Recorded, touch, validated
from crmcli.workflows.templates import Merged, Template, check_places, named, shipped

#: What a message is for, as an interaction counts it.
_KINDS = {
    "birthday": "care",
    "holiday": "care",
    "promotion": "sales",
    "after_sales": "service",
    "other": "other",
}


def add(database: Path, given: Mapping[str, str | None]) -> Recorded:
    """Keep a new template; one of the name of a shipped one stands in its place.

    Raises:
        DataError: a value or a place cannot be used, or the name is taken.
    """
    check_places(given.get("subject"), given.get("body") or "")
    with unit_of_work(database, "template add") as work:
        row = _made(work, given)
        work.summary = _("added template {name}").format(name=row.name)
        return Recorded(row.id or 0, "", work.summary)


def edit(database: Path, name: str, given: Mapping[str, str | None]) -> Edited:
    """Change a template; a shipped one is copied first, and the copy stands in its place.

    Raises:
        NotFoundError: there is none of that name.
        DataError: as `add`.
    """
    check_places(given.get("subject"), given.get("body") or "")
    wanted = {key: value for key, value in given.items() if value is not None}
    with unit_of_work(database, "template edit") as work:
        row = _row(work, name)
        old = {field: getattr(row, field) for field in schema.TemplateIn.model_fields}
        checked = validated(schema.TemplateIn, {**old, **wanted}, [])
        new = {field: getattr(checked, field) for field in old}
        changes = tuple((field, old[field], new[field]) for field in old if old[field] != new[field])
        if not changes:
            return Edited(getattr(row, "id", 0), _("nothing to do: it already is so"), ())
        if isinstance(row, Template):
            row = _made(work, new)
        else:
            _refuse_taken(work, new["name"], row.id)
            for field, _old, value in changes:
                setattr(row, field, value)
            work.session.add(row)
            work.session.flush()
        fields = ", ".join(change[0] for change in changes)
        work.summary = _("edited template {name}: {fields}").format(name=row.name, fields=fields)
        return Edited(row.id, work.summary, changes)


def delete(database: Path, name: str) -> Edited:
    """Delete a stored template; a shipped one of the same name is in force again.

    Raises:
        NotFoundError: there is none of that name.
        RefusedError: it comes with the program.
    """
    with unit_of_work(database, "template delete") as work:
        row = _row(work, name)
        if isinstance(row, Template):
            raise RefusedError(
                _("template {name} comes with crm and cannot be deleted").format(name=row.name),
                hint=_("one of your own of the same name takes its place: crm template edit {name}").format(
                    name=row.name
                ),
            )
        number = row.id
        work.session.delete(row)
        work.session.flush()
        work.summary = _("deleted template {name}").format(name=row.name)
        if row.name in {each.name for each in shipped()}:
            work.summary += _("; the one that comes with crm is in force again")
        return Edited(number, work.summary, ())


def record_merged(database: Path, merged: Merged, channel: str) -> str:
    """Log an interaction for every message, in one unit of work: left, not yet answered. Returns the summary."""
    with unit_of_work(database, "template merge") as work:
        for message in merged.messages:
            summary = message.subject or message.body.splitlines()[0]
            given = {
                "customer": f"#{message.id}", "channel": channel, "outcome": "left_message",
                "kind": _KINDS[merged.template.occasion], "summary": summary,
            }  # fmt: skip
            touch(work, given)
        count = len(merged.messages)
        text = ngettext(
            "logged {channel} with {count} customer: template {name}",
            "logged {channel} with {count} customers: template {name}",
            count,
        )
        work.summary = text.format(channel=CHANNEL.label(channel), count=count, name=merged.template.name)
        return work.summary


def _made(work: Work, given: Mapping[str, Any]) -> schema.Template:
    stated = {field: value for field, value in given.items() if value is not None}
    checked = validated(schema.TemplateIn, stated, [])
    row = schema.Template.model_validate({**checked.model_dump(), **work.stamps()})
    _refuse_taken(work, row.name, None)
    work.session.add(row)
    work.session.flush()
    return row


def _refuse_taken(work: Work, name: str, own: int | None) -> None:
    other = work.session.exec(select(schema.Template).where(schema.Template.name == name)).first()
    if other is not None and other.id != own:
        raise DataError(
            _("there is a template {name} already").format(name=name),
            where="name",
            hint=_("to change it: crm template edit {name}").format(name=name),
        )


def _row(work: Work, name: str) -> Any:
    """Return the stored template of a name, else the shipped one."""
    rows: Sequence[schema.Template] = work.session.exec(select(schema.Template)).all()
    known = {each.name: each for each in shipped()}
    known |= {
        row.name: Template(row.name, row.occasion, row.channel, row.subject, row.body, shipped=False)
        for row in rows
    }
    found = named(tuple(known.values()), name)
    return next((row for row in rows if row.name == found.name), found)
