"""Complaints: received, investigated, replied to, closed."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from crmcli import vocabulary as words
from crmcli.cli.common import (
    BackOption,
    ByWhenOption,
    CustomerArgument,
    CustomersArgument,
    ExternalIdOption,
    FormatOption,
    LimitOption,
    NotesOption,
    OnOption,
    OwnerOption,
    command,
    database,
    day_option,
    group,
    limit_of,
    report,
    report_recorded,
)
from crmcli.i18n import _
from crmcli.spoken import Direction

COMPLAINT = Annotated[str, typer.Argument(metavar="COMPLAINT", help=_("The complaint's id or external id."))]
SEVERITY = Annotated[
    str | None, typer.Option("--severity", help=_("low, medium (the default), high or critical."))
]
CHANNEL = Annotated[
    str | None, typer.Option("--channel", help=_("How it came: phone, email, wechat, visit …"))
]
RECEIVED = Annotated[
    str | None,
    typer.Option("--received", metavar="DATE", help=_("The day it was received, if not today.")),
]
DUE = Annotated[
    str | None,
    typer.Option(
        "--due", metavar="DATE", help=_("Reply by this day; else the rules say, by tier and severity.")
    ),
]
CAUSE = Annotated[
    str | None,
    typer.Option("--cause", help=_("The kind of cause in a word or two, for 'crm complaint causes'.")),
]
ROOT_CAUSE = Annotated[str | None, typer.Option("--root-cause", help=_("Why it came to this."))]
PREVENTION = Annotated[
    str | None, typer.Option("--prevention", help=_("What is done so that it does not happen again."))
]

app = group(_("Complaints: received, investigated, replied to, closed."))
APPS = {"complaint": app}


@command(
    app,
    "add",
    help=_("Record a complaint; the rules say by when it is to be replied to."),
    examples=_(
        'crm complaint add 张三 "the pump leaks" --severity high --channel phone\n'
        'crm complaint add 张三 "late again" --received yesterday --due +2d'
    ),
)
def add(
    customer: CustomerArgument,
    summary: Annotated[str, typer.Argument(metavar="SUMMARY", help=_("What is wrong, in a sentence."))],
    severity: SEVERITY = None,
    channel: CHANNEL = None,
    received: RECEIVED = None,
    due: DUE = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.notes import say
    from crmcli.workflows.complaint import add as record
    from crmcli.workflows.rule_folder import rules_folder

    given = {
        "customer": customer, "summary": summary, "severity": severity, "channel": channel, "received_on": received,
        "reply_due_on": due, "notes": notes,
    }  # fmt: skip
    done = record(database(), rules_folder(), given)
    report_recorded(done, format)
    if not due and "reply_due_on" not in dict(done.resolved):
        say(_("the rules do not say by when to reply: cadence.yaml has no 'response:'"))


@command(
    app,
    "list",
    help=_("List open complaints, those first whose reply is due soonest."),
    examples="crm complaint list\ncrm complaint list 张三 --all\ncrm complaint list --overdue --format ids",
)
def list_complaints(
    customer: CustomersArgument = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Closed ones too."))] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help=_("Only those whose reply is overdue."))] = False,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.complaints import complaints

    lines = complaints(
        database(), customer, everything=everything, overdue=overdue, limit=limit_of(limit, format)
    )
    show(_listing(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


@command(
    app,
    "show",
    help=_("Show a complaint: how far it has come, and what is done so that it does not happen again."),
    examples="crm complaint show 3\ncrm complaint show 3 --format json",
)
def show_complaint(complaint: COMPLAINT, format: FormatOption = None) -> None:
    from crmcli.cli.measures import show_with_measures
    from crmcli.cli.tables import day, word
    from crmcli.render.output import Format, choose
    from crmcli.workflows.complaints import complaint as look

    found, tasks = look(database(), complaint)
    coded = choose(format, sys.stdout) is not Format.TABLE
    label = (lambda _words, code: code) if coded else word
    fields = [
        ("id", "#", found.id),
        ("external_id", _("External id"), found.external_id),
        ("customer_id", _("Customer #"), found.customer_id),
        ("customer", _("Customer"), found.customer),
        ("summary", _("Summary"), found.summary),
        ("stage", _("Stage"), label(words.COMPLAINT_STAGE, found.stage)),
        ("severity", _("Severity"), label(words.SEVERITY, found.severity)),
        ("channel", _("Channel"), label(words.CHANNEL, found.channel)),
        ("received_on", _("Received"), day(found.received_on)),
        ("age", _("Days"), found.age),
        ("reply_due_on", _("Reply by"), day(found.reply_due_on)),
        ("days_late", _("Days late"), found.days_late),
        ("investigating_on", _("Investigated from"), day(found.investigating_on)),
        ("replied_on", _("Replied"), day(found.replied_on)),
        ("reply", _("Reply"), found.reply),
        ("closed_on", _("Closed on"), day(found.closed_on)),
        ("cause", _("Cause"), found.cause),
        ("root_cause", _("Root cause"), found.root_cause),
        ("prevention", _("Prevention"), found.prevention),
        ("notes", _("Notes"), found.notes),
        ("archived_at", _("Archived"), found.archived_at),
    ]
    show_with_measures(fields, tasks, format)


@command(
    app,
    "investigate",
    help=_("Begin to look into a complaint."),
    examples="crm complaint investigate 3\ncrm complaint investigate 3 --on yesterday",
)
def investigate(complaint: COMPLAINT, on: OnOption = None, format: FormatOption = None) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.complaint import investigate as record

    report_edit(record(database(), complaint, on), format)


@command(
    app,
    "reply",
    help=_("Note what the customer was told."),
    examples=_('crm complaint reply 3 "a new pump comes on Friday"'),
)
def reply(
    complaint: COMPLAINT,
    text: Annotated[str, typer.Argument(metavar="WORDS", help=_("What was said."))],
    on: OnOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.complaint import reply as record

    report_edit(record(database(), complaint, text, on), format)


@command(
    app,
    "close",
    help=_("Close a complaint that was replied to; why it happened and what prevents it must be said."),
    examples=_(
        'crm complaint close 3 --root-cause "a bad seal" --prevention "seals are tested" --cause quality'
    ),
)
def close(
    complaint: COMPLAINT,
    root_cause: ROOT_CAUSE = None,
    prevention: PREVENTION = None,
    cause: CAUSE = None,
    on: OnOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.complaint import close as record

    given = {"root_cause": root_cause, "prevention": prevention, "cause": cause}
    report_edit(record(database(), complaint, given, on), format)


@command(
    app,
    "reopen",
    help=_("Take a complaint that was replied to or closed back to being investigated."),
    examples="crm complaint reopen 3",
)
def reopen(complaint: COMPLAINT, format: FormatOption = None) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.complaint import reopen as record

    report_edit(record(database(), complaint), format)


@command(
    app,
    "edit",
    help=_("Change fields of a complaint; an empty value clears one."),
    examples="crm complaint edit 3 --severity critical\ncrm complaint edit 3 --due +1d --cause ''",
)
def edit(
    complaint: COMPLAINT,
    summary: Annotated[str | None, typer.Option("--summary", help=_("What is wrong, in a sentence."))] = None,
    customer: Annotated[str | None, typer.Option("--customer", help=_("Whose complaint it is."))] = None,
    severity: SEVERITY = None,
    channel: CHANNEL = None,
    received: RECEIVED = None,
    due: DUE = None,
    investigating: Annotated[
        str | None,
        typer.Option("--investigating", metavar="DATE", help=_("The day it was first looked into.")),
    ] = None,
    replied: Annotated[
        str | None, typer.Option("--replied", metavar="DATE", help=_("The day the customer was told."))
    ] = None,
    reply: Annotated[str | None, typer.Option("--reply", help=_("What was said."))] = None,
    closed: Annotated[
        str | None, typer.Option("--closed", metavar="DATE", help=_("The day it was closed."))
    ] = None,
    cause: CAUSE = None,
    root_cause: ROOT_CAUSE = None,
    prevention: PREVENTION = None,
    external_id: ExternalIdOption = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.complaint import edit as record
    from crmcli.workflows.rule_folder import rules_folder

    given = {
        "summary": summary, "customer": customer, "severity": severity, "channel": channel, "received_on": received,
        "reply_due_on": due, "investigating_on": investigating, "replied_on": replied, "reply": reply, "closed_on": closed,
        "cause": cause, "root_cause": root_cause, "prevention": prevention, "external_id": external_id, "notes": notes,
    }  # fmt: skip
    report_edit(record(database(), rules_folder(), complaint, given), format)


@command(
    app,
    "archive",
    help=_("Put a complaint away: off the lists and the statistics, history kept."),
    examples="crm complaint archive 3\ncrm complaint archive 3 --back",
)
def archive(
    complaint: COMPLAINT,
    back: BackOption = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import archive as record

    done = record(database(), "complaint", complaint, back=back)
    report(done.summary, [("id", "#", done.id)], format)


@command(
    app,
    "improve",
    help=_("Add a task that keeps a complaint from happening again: what, by whom, by when."),
    examples=_('crm complaint improve 3 "test every lot on arrival" --owner 李雷 --due eom'),
)
def improve(
    complaint: COMPLAINT,
    what: Annotated[str, typer.Argument(metavar="WHAT", help=_("What is to be done."))],
    owner: OwnerOption,
    due: ByWhenOption,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.measures import add_measure

    add_measure(
        "complaint", complaint, {"title": what, "owner": owner, "due_on": due, "notes": notes}, format
    )


@command(
    app,
    "causes",
    help=_("Count complaints by cause: how many, how many are open, and how long a reply and closing took."),
    examples="crm complaint causes\ncrm complaint causes --since 2026-01-01 --format csv",
)
def causes(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help=_("Only those received since this day."))
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.output import Column, Format, Listing, choose, show
    from crmcli.workflows.complaints import causes as look

    lines = look(database(), day_option(since, "--since", Direction.PAST))
    coded = choose(format, sys.stdout) is not Format.TABLE
    columns = [
        Column("cause", _("Cause"), wrap=True),
        Column("complaints", _("Complaints")),
        Column("open", _("Open")),
        Column("replied", _("Replied")),
        Column("days_to_reply", _("Days to reply"), decimals=1),
        Column("closed", _("Closed complaints")),
        Column("days_to_close", _("Days to close"), decimals=1),
    ]
    rows = [(line.cause if coded else line.cause or _("(not named)"), *line[1:]) for line in lines]
    show(Listing(columns, rows, key="causes"), format)


def _listing(lines: Iterable[Any], *, coded: bool) -> Any:
    from crmcli.cli.tables import day
    from crmcli.render.output import Column, Listing

    columns = [
        Column("id", "#"),
        Column("received_on", _("Received"), spare=2),
        Column("age", _("Days")),
        Column("stage", _("Stage")),
        Column("severity", _("Severity")),
        Column("customer", _("Customer"), wrap=True),
        Column("summary", _("Summary"), wrap=True, min_width=12),
        Column("reply_due_on", _("Reply by")),
        Column("days_late", _("Days late")),
        Column("closed_on", _("Closed on"), spare=1),
    ]
    rows = [
        (
            line.id, day(line.received_on), line.age,
            line.stage if coded else words.COMPLAINT_STAGE.label(line.stage),
            line.severity if coded else words.SEVERITY.label(line.severity),
            line.customer, line.summary, day(line.reply_due_on), line.days_late, day(line.closed_on),
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="complaints")
