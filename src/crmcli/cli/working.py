"""Working through the agenda: the next one, done, put off, not this time."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    ByOption,
    FormatOption,
    MinutesOption,
    NextOption,
    OutcomeOption,
    PromiseOption,
    command,
    database,
    echo_days,
    echo_notes,
    promised,
    report,
    single,
)
from crmcli.errors import ExitCode
from crmcli.i18n import _

LINE = Annotated[
    str | None,
    typer.Argument(
        metavar="[ITEM]",
        show_default=False,
        help=_("The number of a line of the agenda printed last; else the line of 'crm next'."),
    ),
]
REASON = Annotated[str | None, typer.Option("--reason", help=_("Why; kept with it."))]
TOUCHES = 3  #: of the last ones, shown before a call

next_app, done_app, snooze_app, skip_app = single(), single(), single(), single()
APPS = {"next": next_app, "done": done_app, "snooze": snooze_app, "skip": skip_app}


@command(
    next_app,
    "next",
    help=_(
        "The first line of today's agenda, with everything needed for the call.\n\n"
        "Why, how to reach them, the last three contacts, what they like, and what is open. 'crm done' without a number "
        "is about this line."
    ),
    examples=_('crm next\ncrm done "quote sent, decides Friday" --next +5d'),
)
def next_(format: FormatOption = None) -> None:
    from crmcli.render.notes import say, warn
    from crmcli.render.output import show_record
    from crmcli.workflows.agenda import agenda
    from crmcli.workflows.customer_file import customer_file, usual_channel
    from crmcli.workflows.rule_folder import rules_folder

    found = agenda(database(), rules_folder(), day=None, limit=1)
    if not found.items:
        say(_("nothing is due on {day}").format(day=found.day))
        raise typer.Exit(ExitCode.FINDINGS)
    from crmcli.workflows import page

    top = found.items[0]
    file = None if top.customer is None else customer_file(database(), f"#{top.customer}")
    if file is not None and not top.channel:
        top = top._replace(channel=usual_channel(file))
    (line,) = page.lines([top])
    if not page.keep_top(database(), found.day, line):
        warn(_("this line could not be noted: 'crm done' without a number takes it for the one before"))
    show_record(_briefing(top, file, format), format)


def _briefing(item: Any, file: Any, format: Any) -> Any:
    """Build what is shown before a call; on a terminal nothing empty is printed."""
    from crmcli.cli import tables
    from crmcli.cli.customer_file import complaints, consent_said, contacts_said, money, money_said, of_one
    from crmcli.cli.preferences import preferences
    from crmcli.render.output import Column, Format, Listing, Record, choose
    from crmcli.vocabulary import CHANNEL, TIER

    coded = choose(format, sys.stdout) is not Format.TABLE
    customer = None if file is None else file.customer
    fields = [
        ("id", "#", item.customer),
        ("name", _("Name"), item.name or None),
        ("company", _("Company"), item.company or None),
        ("title", _("Title"), getattr(customer, "title", None)),
        ("tier", _("Tier"), (item.tier if coded else TIER.label(item.tier)) or None),
        ("grade", _("Grade"), item.grade or None),
        ("urgency", _("Urgency"), item.urgency),
        ("channel", _("Channel"), (item.channel if coded else CHANNEL.label(item.channel)) or None),
        ("template", _("Template"), item.template or None),
        ("phone", _("Phone"), getattr(customer, "phone", None)),
        ("wechat", _("WeChat"), getattr(customer, "wechat", None)),
        ("email", _("E-mail"), getattr(customer, "email", None)),
        ("needs", _("Needs"), getattr(customer, "needs", None)),
        ("notes", _("Notes"), getattr(customer, "notes", None)),
    ]
    reasons = Listing(
        [
            Column("trigger", _("Trigger"), spare=1),
            Column("due_on", _("Due")),
            Column("reason", _("Why"), wrap=True),
        ],
        [(each.trigger, each.due_on, each.text) for each in item.matters],
        title=_("Why now"),
        key="reasons",
    )
    if coded:
        fields.append(("refused_channels", "", getattr(customer, "refused_channels", None)))
    else:
        if file is not None:
            fields += [("consent", _("Consent"), consent_said(customer)), *contacts_said(file.contacts)]
            fields += money_said(file)
        fields = [field for field in fields if field[2] not in (None, "")]
        reasons = reasons.only(["due_on", "reason"])._replace(title=_("Why now"))
    sections = [reasons]
    if file is not None:
        lists = [
            (tables.interactions(file.interactions[:TOUCHES], coded=coded), _("Last contacts")),
            (preferences(file.preferences, coded=coded), _("Preferences")),
            (complaints(file.complaints, coded=coded), ""),
            (tables.opportunities(file.opportunities, coded=coded), _("Open opportunities")),
            (tables.tasks(file.tasks, coded=coded), _("Open tasks")),
        ]
        sections += [each if coded or not title else of_one(each, title) for each, title in lists]
        if coded:
            sections += [tables.contacts(file.contacts), money(file.money)]
    return Record(fields, sections if coded else [section for section in sections if section.rows])


@command(
    done_app,
    "done",
    help=_(
        "Log what happened with a line of the agenda and clear it, in one go.\n\n"
        "ITEM is the line's number on the agenda printed last; without it, the line that 'crm next' showed. Tasks on the "
        "line are done too. Where nobody was reached (--outcome no_answer, left_message), the try is logged and the line "
        "stays. What is still open after a talk rests for a week. 'crm task done' is about a task by its id."
    ),
    examples=_(
        'crm done 3 "quote sent, decides Friday" --next +5d\ncrm done 1 --outcome no_answer\n'
        'crm done "talked" --channel wechat'
    ),
)
def done(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ITEM] [SUMMARY]", help=_("The line's number, and what happened.")),
    ] = None,
    outcome: OutcomeOption = None,
    minutes: MinutesOption = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help=_("How; else the line's channel, or phone."))
    ] = None,
    next_day: NextOption = None,
    promise: PromiseOption = None,
    by: ByOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows import page, working

    item, summary = _item_and_summary(words or [])
    given = {"outcome": outcome, "minutes": minutes, "channel": channel}
    line = page.line(database(), item)
    result = working.done(database(), line, summary, given, next_day, promised(promise, by))
    fields = [("id", "#", result.interaction), ("customer", _("Customer"), result.name or None)]
    report(result.summary, fields, format)
    echo_days(result.resolved)
    echo_notes(result)


def _item_and_summary(words: list[str]) -> tuple[str | None, str | None]:
    """Tell `3 "quote sent"` from `"quote sent"`: a number comes first, words are one text.

    Raises:
        UsageError: more than that.
    """
    from crmcli.errors import UsageError

    rest = list(words)
    item = rest.pop(0) if rest and rest[0].strip().removeprefix("#").isdecimal() else None
    if len(rest) > 1:
        raise UsageError(
            _("more words than expected: {words}").format(words=" ".join(rest[1:])[:60]),
            hint=_("put what happened in quotation marks"),
        )
    return item, rest[0] if rest else None


@command(
    snooze_app,
    "snooze",
    help=_(
        "Put a line of the agenda off until a day; it is not on the agenda before.\n\n"
        "ITEM is the line's number on the agenda printed last; without it, the line that 'crm next' showed."
    ),
    examples=_("crm snooze 2 3d\ncrm snooze 2 2026-12-01 --reason 'on holiday'\ncrm snooze 'next mon'"),
)
def snooze(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[ITEM] UNTIL", help=_("The line's number, and the day: 3d, tomorrow, 2026-12-01 …")
        ),
    ],
    reason: REASON = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows import page, working

    item, until = _item_and_day(words)
    result = working.snooze(database(), page.line(database(), item), until, reason)
    report(result.summary, [("customer", _("Customer"), result.name or None)], format)
    echo_days(result.resolved)


def _item_and_day(words: list[str]) -> tuple[str | None, str]:
    """Tell `2 3d` from `3d`: the day comes last.

    Raises:
        UsageError: it is missing, or there is more.
    """
    from crmcli.errors import UsageError

    if len(words) > 2:
        raise UsageError(
            _("more words than expected: {words}").format(words=" ".join(words[2:])[:60]),
            hint=_("put the day in quotation marks: 'next mon'"),
        )
    if len(words) == 2 and not words[0].strip().removeprefix("#").isdecimal():
        raise UsageError(
            _("not the number of a line: {value}").format(value=repr(words[0][:40])),
            where="ITEM",
            hint=_("put the day in quotation marks: 'next mon'"),
        )
    # 20261201 is a day, 3 is a line
    if len(words) == 1 and words[0].strip().removeprefix("#").isdecimal() and len(words[0]) < len("20261201"):
        raise UsageError(_("until when?"), where="UNTIL", hint=_("write 3d, tomorrow or a later day"))
    return (words[0] if len(words) == 2 else None), words[-1]


@command(
    skip_app,
    "skip",
    help=_(
        "Let a line of the agenda pass this time.\n\n"
        "The cadence waits one cadence more, a task that repeats its next day, a birthday the next year; an agreed day is "
        "cleared; anything else rests for a week. No contact is logged."
    ),
    examples=_("crm skip 4\ncrm skip 4 --reason 'abroad until spring'\ncrm skip"),
)
def skip(item: LINE = None, reason: REASON = None, format: FormatOption = None) -> None:
    from crmcli.workflows import page, working

    result = working.skip(database(), page.line(database(), item), reason)
    report(result.summary, [("customer", _("Customer"), result.name or None)], format)
