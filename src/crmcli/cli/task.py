"""Tasks: things to do on a day; `crm done` completes one."""

import sys
from typing import Annotated

import typer

from crmcli.cli.common import (
    FormatOption,
    LimitOption,
    code_of,
    command,
    database,
    echo_days,
    echo_notes,
    group,
    limit_of,
    report,
    single,
)
from crmcli.i18n import _

TASK = Annotated[str, typer.Argument(metavar="TASK", help=_("The task's id."))]
SUMMARY = Annotated[
    str | None, typer.Argument(metavar="[SUMMARY]", help=_("What happened; logs the contact as well."))
]
OUTCOME = Annotated[
    str | None,
    typer.Option(
        "--outcome", help=_("connected (the default), no_answer, left_message, postponed or declined.")
    ),
]
MINUTES = Annotated[str | None, typer.Option("--minutes", metavar="NUMBER", help=_("How long it took."))]
CHANNEL = Annotated[str | None, typer.Option("--channel", help=_("How; else the task's channel, or phone."))]
NEXT = Annotated[
    str | None, typer.Option("--next", metavar="DATE", help=_("The day agreed for the next contact."))
]

app = group(_("Tasks: things to do on a day."))
done_app = single()
APPS = {"task": app, "done": done_app}


@command(
    app,
    "add",
    help=_("Add a task."),
    examples=_('crm task add "send the quote" --customer 张三 --due tomorrow --channel email'),
)
def add(
    title: Annotated[str, typer.Argument(metavar="TITLE", help=_("What is to be done."))],
    customer: Annotated[str | None, typer.Option("--customer", "-c", help=_("For which customer."))] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help=_("The day it is due."))] = None,
    channel: Annotated[str | None, typer.Option("--channel", help=_("How: phone, email, visit …"))] = None,
    notes: Annotated[str | None, typer.Option("--notes", help=_("Notes."))] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import add as record

    given = {"title": title, "customer": customer, "due_on": due, "channel": channel, "notes": notes}
    done = record(database(), "task", given)
    report(done.summary, [("id", "#", done.id), ("customer", _("Customer"), done.customer)], format)
    echo_days(done.resolved)


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
    from crmcli.vocabulary import TASK_KIND
    from crmcli.workflows.records import tasks

    code = code_of(TASK_KIND, kind, "--kind")
    lines = tasks(database(), customer, everything=everything, kind=code, limit=limit_of(limit, format))
    show(tables.tasks(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


def done(
    task: TASK,
    summary: SUMMARY = None,
    outcome: OUTCOME = None,
    minutes: MINUTES = None,
    channel: CHANNEL = None,
    next_day: NEXT = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import complete

    given = {"outcome": outcome, "minutes": minutes, "channel": channel}
    result = complete(database(), task, summary, given, next_day)
    report(result.summary, [("id", "#", result.id), ("customer", _("Customer"), result.customer)], format)
    echo_days(result.resolved)
    echo_notes(result)


_DONE = {
    "help": _("Mark a task done; with words about what happened, log the contact in one go."),
    "examples": _('crm done 3\ncrm done 3 "quote sent, decides Friday" --next +5d'),
}
for target in (app, done_app):
    command(target, "done", **_DONE)(done)
