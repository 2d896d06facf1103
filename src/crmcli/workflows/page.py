"""The numbers of the agenda that was printed last: what `crm done 3` means. Light.

They are kept beside the database, in a small file of the state folder, because looking at the agenda must not write to
the database. There is one page for each database; the next page takes its place.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.store.notes import replace_private
from crmcli.store.places import state_path


class Matter(NamedTuple):
    """One reason on a printed line.

    Attributes:
        trigger: its name in the rules.
        occasion: what the trigger is about, "" for a state.
        kind: the kind of record behind it, "" for none.
        record: its number.
        due_on: the day it was due.
    """

    trigger: str
    occasion: str
    kind: str
    record: int | None
    due_on: date | None


class Line(NamedTuple):
    """One printed line: a customer, or a matter of nobody; `entry` is the journal entry of the `crm done` that cleared it."""

    number: int
    customer: int | None
    name: str
    channel: str
    cadence_days: int
    matters: tuple[Matter, ...]
    entry: int | None = None


class Page(NamedTuple):
    """What was printed last; `top` is the line that `crm next` showed, if that was it."""

    day: date
    lines: tuple[Line, ...]
    top: int | None


def lines(items: Iterable[Any]) -> tuple[Line, ...]:
    """Number the lines of an agenda from 1."""
    return tuple(
        Line(
            number, item.customer, item.name, item.channel, item.cadence_days,
            tuple(Matter(each.trigger, each.occasion, each.kind, each.record, each.due_on) for each in item.matters),
        )
        for number, item in enumerate(items, 1)
    )  # fmt: skip


def keep(database: Path, day: date, lines: Iterable[Line], top: int | None = None) -> bool:
    """Remember what was printed; tell whether that could be written, else the page before stays."""
    content = {"day": day.isoformat(), "top": top, "lines": [_plain(line) for line in lines]}
    with suppress(OSError, UnicodeError):
        replace_private(_file(database), json.dumps(content, ensure_ascii=False))
        return True
    return False


def keep_done(database: Path, line: Line, entry: int) -> None:
    """Note on the page which journal entry cleared a line; a page printed since knows nothing of the line, and stays."""
    page = read(database)
    if page is not None and line in page.lines:
        lines = [each._replace(entry=entry) if each == line else each for each in page.lines]
        keep(database, page.day, lines, page.top)


def read(database: Path) -> Page | None:
    """Return what was printed last, None if nothing was."""
    try:
        found = json.loads(_file(database).read_text(encoding="utf-8"))
        return Page(
            date.fromisoformat(found["day"]), tuple(_line(each) for each in found["lines"]), found["top"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def line(database: Path, which: str | None) -> Line:
    """Return the printed line of a number, or (None) the one that `crm next` showed.

    Raises:
        NotFoundError: no agenda was printed, or it has no such line.
    """
    page = read(database)
    if page is None:
        raise NotFoundError(_("no agenda has been printed yet"), hint=_("'crm agenda' numbers its lines"))
    if which is None:
        if page.top is None:
            raise NotFoundError(
                _("which line of the agenda?"),
                hint=_("give its number, or look at the first with 'crm next'"),
            )
        return next(each for each in page.lines if each.number == page.top)
    number = which.strip().removeprefix("#")
    for each in page.lines:
        if number == str(each.number):
            return each
    raise NotFoundError(
        _("the agenda of {day} has no line {which}").format(day=page.day, which=repr(which)),
        hint=_("'crm agenda' prints it anew; a task by its id: crm task done {id}").format(id="ID"),
    )


def _file(database: Path) -> Path:
    name = hashlib.sha256(str(database.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return state_path() / f"agenda-{name}.json"


def _plain(line: Line) -> dict[str, Any]:
    matters = [
        [
            each.trigger,
            each.occasion,
            each.kind,
            each.record,
            each.due_on.isoformat() if each.due_on else None,
        ]
        for each in line.matters
    ]
    return {**line._asdict(), "matters": matters}


def _line(found: dict[str, Any]) -> Line:
    matters = tuple(
        Matter(trigger, occasion, kind, record, date.fromisoformat(due) if due else None)
        for trigger, occasion, kind, record, due in found["matters"]
    )
    return Line(
        found["number"], found["customer"], found["name"], found["channel"], found["cadence_days"], matters,
        found.get("entry"),
    )  # fmt: skip
