"""Satisfaction surveys: CSAT from 1 to 5, NPS from 0 to 10; asked, answered, and what they add up to."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from crmcli import vocabulary as words
from crmcli.cli.common import (
    ByWhenOption,
    CustomerArgument,
    CustomersArgument,
    ExternalIdOption,
    FormatOption,
    LimitOption,
    NotesOption,
    OnOption,
    OwnerOption,
    YesOption,
    code_of,
    command,
    database,
    day_option,
    group,
    limit_of,
    report,
    report_recorded,
)
from crmcli.errors import UsageError
from crmcli.i18n import _
from crmcli.spoken import Direction

SURVEY = Annotated[str, typer.Argument(metavar="SURVEY", help=_("The survey's id or external id."))]
KIND = Annotated[str | None, typer.Option("--kind", help=_("csat (1 to 5) or nps (0 to 10)."))]
CHANNEL = Annotated[str | None, typer.Option("--channel", help=_("How: phone, online, wechat, email …"))]
COMMENT = Annotated[str | None, typer.Option("--comment", help=_("What the customer said."))]
ASKED = Annotated[str | None, typer.Option("--asked", metavar="DATE", help=_("The day it was asked."))]
ANSWERED = Annotated[
    str | None, typer.Option("--answered", metavar="DATE", help=_("The day it was answered."))
]

app = group(_("Satisfaction surveys: asked, answered, and what they add up to."))
APPS = {"survey": app}


@command(
    app,
    "add",
    help=_("Record a survey with its answer: CSAT from 1 to 5 or NPS from 0 to 10."),
    examples=_(
        'crm survey add 张三 --csat 4 --channel phone --comment "fast, but dear"\n'
        "crm survey add 张三 --nps 9 --asked 2026-11-02 --answered yesterday"
    ),
)
def add(
    customer: CustomerArgument,
    csat: Annotated[
        str | None, typer.Option("--csat", metavar="SCORE", help=_("Satisfaction, 1 to 5."))
    ] = None,
    nps: Annotated[
        str | None, typer.Option("--nps", metavar="SCORE", help=_("Would recommend us, 0 to 10."))
    ] = None,
    channel: CHANNEL = None,
    comment: COMMENT = None,
    asked: ASKED = None,
    answered: ANSWERED = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.survey import add as record

    if (csat is None) == (nps is None):
        raise UsageError(
            _("give either --csat or --nps"),
            hint=_("a survey that is not answered yet: crm survey ask {customer}").format(customer=customer),
        )
    given = {
        "customer": customer, "kind": "csat" if csat is not None else "nps", "score": csat if csat is not None else nps,
        "channel": channel, "comment": comment, "asked_on": asked, "answered_on": answered,
    }  # fmt: skip
    report_recorded(record(database(), given), format)


@command(
    app,
    "ask",
    help=_("Record that a customer was asked and has not answered yet."),
    examples="crm survey ask 张三\ncrm survey ask 张三 --kind nps --channel wechat",
)
def ask(
    customer: CustomerArgument,
    kind: KIND = None,
    channel: CHANNEL = None,
    asked: ASKED = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import add as record

    given = {"customer": customer, "kind": kind, "channel": channel, "asked_on": asked}
    report_recorded(record(database(), "survey", given), format)


@command(
    app,
    "answer",
    help=_("Note the answer to a survey that was asked."),
    examples=_('crm survey answer 3 5\ncrm survey answer 3 2 --comment "waited a week" --on yesterday'),
)
def answer(
    survey: SURVEY,
    score: Annotated[str, typer.Argument(metavar="SCORE", help=_("CSAT 1 to 5, NPS 0 to 10."))],
    comment: COMMENT = None,
    on: OnOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.survey import answer as record

    report_edit(record(database(), survey, score, comment, on), format)


@command(
    app,
    "list",
    help=_("List surveys, the newest first."),
    examples="crm survey list\ncrm survey list 张三 --kind nps\ncrm survey list --unanswered --format ids",
)
def list_surveys(
    customer: CustomersArgument = None,
    kind: KIND = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help=_("Only those that are not answered yet."))
    ] = False,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.surveys import surveys

    code = code_of(words.SURVEY_KIND, kind, "--kind")
    lines = surveys(database(), customer, kind=code, unanswered=unanswered, limit=limit_of(limit, format))
    show(_listing(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


@command(
    app,
    "show",
    help=_("Show a survey and what is done because of it."),
    examples="crm survey show 3\ncrm survey show 3 --format json",
)
def show_survey(survey: SURVEY, format: FormatOption = None) -> None:
    from crmcli.cli.measures import show_with_measures
    from crmcli.cli.tables import day, word
    from crmcli.render.output import Format, choose
    from crmcli.workflows.surveys import survey as look

    found, tasks = look(database(), survey)
    coded = choose(format, sys.stdout) is not Format.TABLE
    fields = [
        ("id", "#", found.id),
        ("external_id", _("External id"), found.external_id),
        ("customer_id", _("Customer #"), found.customer_id),
        ("customer", _("Customer"), found.customer),
        ("kind", _("Kind"), found.kind if coded else words.SURVEY_KIND.label(found.kind)),
        ("score", _("Score"), found.score),
        ("channel", _("Channel"), found.channel if coded else word(words.CHANNEL, found.channel)),
        ("asked_on", _("Asked"), day(found.asked_on)),
        ("answered_on", _("Answered"), day(found.answered_on)),
        ("comment", _("Comment"), found.comment),
    ]
    show_with_measures(fields, tasks, format)


@command(
    app,
    "edit",
    help=_("Change fields of a survey; an empty value clears one."),
    examples="crm survey edit 3 --score 4\ncrm survey edit 3 --asked 2026-11-02 --comment ''",
)
def edit(
    survey: SURVEY,
    score: Annotated[str | None, typer.Option("--score", help=_("CSAT 1 to 5, NPS 0 to 10."))] = None,
    customer: Annotated[str | None, typer.Option("--customer", help=_("Who was asked."))] = None,
    kind: KIND = None,
    channel: CHANNEL = None,
    comment: COMMENT = None,
    asked: ASKED = None,
    answered: ANSWERED = None,
    external_id: ExternalIdOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    given = {
        "score": score, "customer": customer, "kind": kind, "channel": channel, "comment": comment, "asked_on": asked,
        "answered_on": answered, "external_id": external_id,
    }  # fmt: skip
    report_edit(record(database(), "survey", survey, given), format)


@command(
    app,
    "delete",
    help=_("Delete a survey; tasks that came of it stay."),
    examples="crm survey delete 3\ncrm survey delete 3 --yes",
)
def delete(survey: SURVEY, yes: YesOption = False, format: FormatOption = None) -> None:
    from crmcli.render.ask import confirm
    from crmcli.workflows.record import delete_survey
    from crmcli.workflows.surveys import survey as look

    found, _tasks = look(database(), survey)
    question = _("delete survey #{id} of {customer}?").format(id=found.id, customer=found.customer)
    if not confirm(question, yes=yes):
        raise typer.Exit(1)
    done = delete_survey(database(), f"#{found.id}")
    report(done.summary, [("id", "#", done.id)], format)


@command(
    app,
    "improve",
    help=_("Add a task that makes good what a survey showed: what, by whom, by when."),
    examples=_('crm survey improve 3 "call back within a day" --owner 李雷 --due eom'),
)
def improve(
    survey: SURVEY,
    what: Annotated[str, typer.Argument(metavar="WHAT", help=_("What is to be done."))],
    owner: OwnerOption,
    due: ByWhenOption,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.measures import add_measure

    add_measure("survey", survey, {"title": what, "owner": owner, "due_on": due, "notes": notes}, format)


@command(
    app,
    "report",
    help=_(
        "Say what surveys add up to: average CSAT and NPS, with the number of answers, by tier and channel.\n\n"
        "NPS is the percentage of promoters (9, 10) less that of detractors (0 to 6). Below five answers there is no figure."
    ),
    examples="crm survey report\ncrm survey report --since 2026-01-01 --format csv",
)
def report_surveys(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help=_("Only those asked since this day."))
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.surveys import ENOUGH, satisfaction

    found = satisfaction(database(), day_option(since, "--since", Direction.PAST))
    show(_report_listing(found, coded=choose(format, sys.stdout) is not Format.TABLE), format)
    if not found:
        say(_("no surveys"))
    elif any(line.answered and (line.csat is None or line.nps is None) for line in found):
        say(_("not enough answers: below {count} there is no figure").format(count=ENOUGH))


def _report_listing(found: Iterable[Any], *, coded: bool) -> Any:
    from crmcli.render.output import Column, Listing

    columns = [
        Column("by", _("By")),
        Column("which", _("Group")),
        Column("asked", _("Surveys asked")),
        Column("answered", _("Surveys answered")),
        Column("csat", _("CSAT"), decimals=2, align="right"),
        Column("csat_answers", _("CSAT answers")),
        Column("nps", _("NPS"), decimals=1, align="right"),
        Column("nps_answers", _("NPS answers")),
    ]
    if coded:
        return Listing(columns, list(found), key="groups")
    said = {"all": _("all"), "tier": _("tier"), "channel": _("channel")}
    lists = {"tier": words.TIER, "channel": words.CHANNEL}
    rows = []
    for line in found:
        none = None if line.by == "all" else _("(none)")
        which = lists[line.by].label(line.which) if line.which else none
        csat = _("not enough") if line.csat is None and line.csat_answers else line.csat
        nps = _("not enough") if line.nps is None and line.nps_answers else line.nps
        rows.append(
            (said[line.by], which, line.asked, line.answered, csat, line.csat_answers, nps, line.nps_answers)
        )
    return Listing(columns, rows, key="groups")


def _listing(lines: Iterable[Any], *, coded: bool) -> Any:
    from crmcli.cli.tables import day, word
    from crmcli.render.output import Column, Listing

    columns = [
        Column("id", "#"),
        Column("asked_on", _("Asked")),
        Column("customer", _("Customer"), wrap=True),
        Column("kind", _("Kind")),
        Column("score", _("Score")),
        Column("answered_on", _("Answered"), spare=1),
        Column("channel", _("Channel")),
        Column("comment", _("Comment"), wrap=True, min_width=12),
    ]
    rows = [
        (
            line.id, day(line.asked_on), line.customer, line.kind if coded else words.SURVEY_KIND.label(line.kind),
            line.score, day(line.answered_on), line.channel if coded else word(words.CHANNEL, line.channel), line.comment,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="surveys")
