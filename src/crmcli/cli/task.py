"""Tasks: things to do on a day."""

import sys
from typing import Annotated

import typer

from crmcli.cli.common import (
    BackOption,
    ByOption,
    FormatOption,
    LimitOption,
    MinutesOption,
    NextOption,
    NotesOption,
    OutcomeOption,
    PromiseOption,
    code_of,
    command,
    database,
    group,
    limit_of,
    promised,
    report,
    report_recorded,
)
from crmcli.i18n import _
from crmcli.vocabulary import TASK_KIND

TASK = Annotated[str, typer.Argument(metavar="TASK", help=_("The task's id."))]
SUMMARY = Annotated[
    str | None, typer.Argument(metavar="[SUMMARY]", help=_("What happened; logs the contact as well."))
]
CHANNEL = Annotated[str | None, typer.Option("--channel", help=_("How; else the task's channel, or phone."))]
CUSTOMER = Annotated[str | None, typer.Option("--customer", "-c", help=_("For which customer."))]
DUE = Annotated[str | None, typer.Option("--due", metavar="DATE", help=_("The day it is due."))]
PLANNED_CHANNEL = Annotated[str | None, typer.Option("--channel", help=_("How: phone, email, visit …"))]
KIND = Annotated[
    str | None,
    typer.Option("--kind", help=_("task (the default), promise or improvement."), show_default=False),
]
PLANNED_MINUTES = Annotated[
    str | None, typer.Option("--minutes", metavar="NUMBER", help=_("How long it will take."))
]
OWNER = Annotated[str | None, typer.Option("--owner", help=_("Who does it, if not you."))]
EVERY = Annotated[
    str | None,
    typer.Option(
        "--every",
        metavar="RHYTHM",
        help=_("It comes back: 3d, 2w, 1m, weekly, every fri, 每月31号; '' stops it."),
    ),
]
ON_DAY = Annotated[
    str | None,
    typer.Option(
        "--on-day",
        metavar="DAY",
        help=_("The day meant: mon … sun, or 1 to 31; 31 is the last of a shorter month."),
    ),
]
FROM = Annotated[
    str | None,
    typer.Option(
        "--from", help=_("The next one counts from the day it was due (the default) or was done: due, done.")
    ),
]

app = group(_("Tasks: things to do on a day."))
APPS = {"task": app}


@command(
    app,
    "add",
    help=_("Add a task, for once or one that comes back."),
    examples=_(
        'crm task add "send the quote" --customer 张三 --due tomorrow --channel email\n'
        'crm task add "send the statement" --due 2026-01-31 --every 1m\n'
        'crm task add "ask how it runs" -c 张三 --every 2w --on-day mon --from done'
    ),
)
def add(
    title: Annotated[str, typer.Argument(metavar="TITLE", help=_("What is to be done."))],
    customer: CUSTOMER = None,
    due: DUE = None,
    channel: PLANNED_CHANNEL = None,
    kind: KIND = None,
    minutes: PLANNED_MINUTES = None,
    owner: OWNER = None,
    every: EVERY = None,
    on_day: ON_DAY = None,
    counted_from: FROM = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import add as record
    from crmcli.workflows.repeat import read_rhythm

    given = {
        "title": title, "customer": customer, "due_on": due, "channel": channel, "kind": kind, "minutes": minutes,
        "owner": owner, "notes": notes, **read_rhythm(every, on_day, counted_from),
    }  # fmt: skip
    done = record(database(), "task", given)
    report_recorded(done, format)


@command(
    app,
    "list",
    help=_("List open tasks, the soonest first."),
    examples="crm task list\ncrm task list --customer 张三 --all\ncrm task list --kind improvement",
)
def list_tasks(
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help=_("Only those of this customer."))
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Done ones too."))] = False,
    kind: Annotated[
        str | None, typer.Option("--kind", help=_("Only these: task, promise or improvement."))
    ] = None,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.records import tasks

    code = code_of(TASK_KIND, kind, "--kind")
    lines = tasks(database(), customer, everything=everything, kind=code, limit=limit_of(limit, format))
    show(tables.tasks(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


@command(
    app,
    "edit",
    help=_("Change fields of a task; an empty value clears one, --every '' ends the rhythm."),
    examples="crm task edit 3 --due +2d\ncrm task edit 3 --every 1m --on-day 31\ncrm task edit 3 --every ''",
)
def edit(
    task: TASK,
    title: Annotated[str | None, typer.Option("--title", help=_("What is to be done."))] = None,
    customer: CUSTOMER = None,
    due: DUE = None,
    channel: PLANNED_CHANNEL = None,
    kind: KIND = None,
    minutes: PLANNED_MINUTES = None,
    owner: OWNER = None,
    every: EVERY = None,
    on_day: ON_DAY = None,
    counted_from: FROM = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record
    from crmcli.workflows.repeat import read_rhythm

    given = {
        "title": title, "customer": customer, "due_on": due, "channel": channel, "kind": kind, "minutes": minutes,
        "owner": owner, "notes": notes, **read_rhythm(every, on_day, counted_from),
    }  # fmt: skip
    report_edit(record(database(), "task", task, given), format)


@command(
    app,
    "skip",
    help=_("Let a task that comes back pass this time: on to its next day, without doing it."),
    examples="crm task skip 3",
)
def skip(task: TASK, format: FormatOption = None) -> None:
    from crmcli.workflows.task import skip as record

    done = record(database(), task)
    due = done.changes[0][2]
    report(done.summary, [("id", "#", done.id), ("due_on", _("Due"), due)], format)


@command(
    app,
    "archive",
    help=_("Put a task away, and with it the rest of its series."),
    examples="crm task archive 3\ncrm task archive 3 --back",
)
def archive(
    task: TASK,
    back: BackOption = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import archive as record

    done = record(database(), "task", task, back=back)
    report(done.summary, [("id", "#", done.id)], format)


@command(
    app,
    "delete",
    help=_("Delete a task, and with it the rest of its series; undo brings it back."),
    examples="crm task delete 3",
)
def delete(task: TASK, format: FormatOption = None) -> None:
    from crmcli.workflows.task import delete as record

    done = record(database(), task)
    report(done.summary, [("id", "#", done.id)], format)


@command(
    app,
    "done",
    help=_("Mark a task done; with words about what happened, log the contact in one go."),
    examples=_('crm task done 3\ncrm task done 3 "quote sent, decides Friday" --next +5d'),
)
def done(
    task: TASK,
    summary: SUMMARY = None,
    outcome: OutcomeOption = None,
    minutes: MinutesOption = None,
    channel: CHANNEL = None,
    next_day: NextOption = None,
    promise: PromiseOption = None,
    by: ByOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import complete

    given = {"outcome": outcome, "minutes": minutes, "channel": channel}
    result = complete(database(), task, summary, given, next_day, promised(promise, by))
    report_recorded(result, format)
