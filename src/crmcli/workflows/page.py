"""The numbers of the agenda that was printed last: what `crm done 3` means; and the line of `crm next`. Light.

They are kept beside the database, in a small file of the state folder, because looking at the agenda must not write to
the database. There is one page for each database; the next page takes its place. `crm next` prints no numbers, so it leaves
those of the page as they are.
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
    """One printed line: a customer, or a matter of nobody.

    Attributes:
        number: as printed; 0 for the line of `crm next`, which has none.
        entries: the journal entries of the `crm done` or `crm skip` that cleared it.
    """

    number: int
    customer: int | None
    name: str
    channel: str
    cadence_days: int
    matters: tuple[Matter, ...]
    entries: tuple[int, ...] = ()

    @property
    def called(self) -> str:
        """What people call it."""
        return _("line {number}").format(number=self.number) if self.number else _("the line of 'crm next'")

    def is_about(self, other: "Line") -> bool:
        """Whether both are about the same customer, or the same matter of nobody."""
        if self.customer is not None or other.customer is not None:
            return self.customer == other.customer
        return self.matters == other.matters


class Page(NamedTuple):
    """What was printed last; `top` is the line that `crm next` showed since."""

    day: date
    lines: tuple[Line, ...]
    top: Line | None = None


def lines(items: Iterable[Any]) -> tuple[Line, ...]:
    """Number the lines of an agenda from 1."""
    return tuple(
        Line(
            number, item.customer, item.name, item.channel, item.cadence_days,
            tuple(Matter(each.trigger, each.occasion, each.kind, each.record, each.due_on) for each in item.matters),
        )
        for number, item in enumerate(items, 1)
    )  # fmt: skip


def keep(database: Path, day: date, lines: Iterable[Line]) -> bool:
    """Remember what was printed; tell whether that could be written, else the page before stays."""
    return _write(database, Page(day, tuple(lines)))


def keep_top(database: Path, day: date, line: Line) -> bool:
    """Remember the line that `crm next` showed, as `keep` does; the numbers of the page that was printed stay."""
    page = read(database) or Page(day, ())
    return _write(database, page._replace(top=line._replace(number=0)))


def keep_done(database: Path, line: Line, entry: int) -> None:
    """Note which journal entry cleared a line, wherever it stands; a page printed since knows nothing of it, and stays."""
    page = read(database)
    if page is None or line not in (*page.lines, page.top):
        return
    lines = tuple(_cleared(each, line, entry) for each in page.lines)
    top = None if page.top is None else _cleared(page.top, line, entry)
    _write(database, Page(page.day, lines, top))


def _cleared(line: Line, by: Line, entry: int) -> Line:
    return line._replace(entries=(*line.entries, entry)) if line.is_about(by) else line


def _write(database: Path, page: Page) -> bool:
    content = {
        "day": page.day.isoformat(),
        "top": page.top and _plain(page.top),
        "lines": [_plain(line) for line in page.lines],
    }
    with suppress(OSError, UnicodeError):
        replace_private(_file(database), json.dumps(content, ensure_ascii=False))
        return True
    return False


def read(database: Path) -> Page | None:
    """Return what was printed last, None if nothing was."""
    try:
        found = json.loads(_file(database).read_text(encoding="utf-8"))
        top = found["top"] and _line(found["top"])
        return Page(date.fromisoformat(found["day"]), tuple(_line(each) for each in found["lines"]), top)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def line(database: Path, which: str | None) -> Line:
    """Return the printed line of a number, or (None) the one that `crm next` showed.

    Raises:
        NotFoundError: no agenda was printed, or it has no such line.
    """
    page = read(database)
    if page is None or (which is not None and page.top is not None and not page.lines):
        raise NotFoundError(_("no agenda has been printed yet"), hint=_("'crm agenda' numbers its lines"))
    if which is None:
        if page.top is None:
            raise NotFoundError(
                _("which line of the agenda?"),
                hint=_("give its number, or look at the first with 'crm next'"),
            )
        return page.top
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
        tuple(found.get("entries", ())),
    )  # fmt: skip
