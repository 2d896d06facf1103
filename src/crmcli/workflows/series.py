"""The next one of a task that repeats, made in the unit of work that ends the one before."""

from sqlmodel import select

from crmcli.store import schema
from crmcli.store.work import Work
from crmcli.workflows.repeat import next_day, rhythm_of

#: What the next one has from the one before.
_KEPT = (
    "customer_id", "opportunity_id", "complaint_id", "survey_id", "kind", "title", "due_time", "channel", "owner",
    "minutes", "repeat_every", "repeat_unit", "repeat_from", "repeat_day", "notes", "promised_in_id", "series_uid",
)  # fmt: skip


def next_one(work: Work, task: schema.Task) -> schema.Task | None:
    """Make the task that follows one that was done; None where none follows, or it is there already."""
    rhythm = rhythm_of(task)
    if rhythm is None or task.archived_at is not None or task.due_on is None or task.occurrence is None:
        return None
    due = next_day(rhythm, task.due_on, work.today)
    number = task.occurrence + 1
    if due is None or _stands(work, task.series_uid, number):
        return None
    kept = {name: getattr(task, name) for name in _KEPT}
    row = schema.Task.model_validate({**kept, "due_on": due, "occurrence": number, **work.stamps()})
    work.session.add(row)
    work.session.flush()
    return row


def _stands(work: Work, series: str | None, number: int) -> bool:
    found = select(schema.Task.id).where(schema.Task.series_uid == series, schema.Task.occurrence == number)
    return work.session.exec(found).first() is not None
