"""Tasks beyond what every record has: letting one that repeats pass, and deleting one."""

from datetime import date
from pathlib import Path

from sqlmodel import select

from crmcli.errors import NotFoundError, RefusedError
from crmcli.i18n import _
from crmcli.store import schema
from crmcli.store.work import Work, unit_of_work
from crmcli.workflows.record import Edited, task_named
from crmcli.workflows.repeat import next_day, rhythm_of


def skip(database: Path, which: str) -> Edited:
    """Let a task that repeats pass this time: it moves to the day of the next one and is not done.

    Raises:
        RefusedError: it is done or archived, does not repeat, or has no next day.
    """
    with unit_of_work(database, "task skip") as work:
        task = _open_task(work, which)
        if rhythm_of(task) is None or task.due_on is None:
            raise RefusedError(
                _("task #{id} does not repeat").format(id=task.id),
                hint=_("to put it off: crm task edit {id} --due tomorrow").format(id=task.id),
            )
        old, new = task.due_on, pass_over(work, task)
        if new is None:
            raise RefusedError(_("task #{id} has no next day").format(id=task.id))
        work.summary = _("skipped: task #{id} {title}; next on {day}").format(
            id=task.id, title=task.title, day=new
        )
        return Edited(task.id or 0, work.summary, (("due_on", old, new),))


def pass_over(work: Work, task: schema.Task) -> date | None:
    """Move a task that repeats to its next day and return it; None (and nothing moves) where there is none."""
    rhythm = rhythm_of(task)
    new = None if rhythm is None or task.due_on is None else next_day(rhythm, task.due_on, work.today)
    if new is not None:
        task.due_on, task.occurrence = new, (task.occurrence or 0) + 1
        work.session.add(task)
        work.session.flush()
    return new


def delete(database: Path, which: str) -> Edited:
    """Delete a task, and with it the rest of its series; `crm undo` brings it back."""
    with unit_of_work(database, "task delete") as work:
        task = task_named(work, which)
        for deferral in work.session.exec(select(schema.Deferral).where(schema.Deferral.task_id == task.id)):
            work.session.delete(deferral)
        work.session.flush()
        work.session.delete(task)
        work.session.flush()
        work.summary = _("deleted task #{id} {title}").format(id=task.id, title=task.title)
        return Edited(task.id or 0, work.summary, ())


def _open_task(work: Work, which: str) -> schema.Task:
    task = task_named(work, which)
    if task.done_on is not None:
        raise RefusedError(_("task #{id} was done on {day}").format(id=task.id, day=task.done_on))
    if task.archived_at is not None:
        raise NotFoundError(
            _("task #{id} is archived").format(id=task.id),
            hint=_("bring it back with: crm task archive {id} --back").format(id=task.id),
        )
    return task
