"""Classifying everybody, pinning a class by hand, and asking why somebody stands where they stand."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    CustomerArgument,
    DryRunOption,
    FormatOption,
    LimitOption,
    RulesOption,
    code_of,
    command,
    database,
    day_option,
    doing_group,
    limit_of,
    passed_on,
    report,
    report_recorded,
    single,
)
from crmcli.errors import UsageError
from crmcli.i18n import _
from crmcli.spoken import Direction
from crmcli.vocabulary import CLASSES

classify_app, why_app = single(), single()
APPS = {"classify": classify_app, "why": why_app}
_MOVES = 20  #: customers who moved that are listed on a terminal
_OPTIONS = {"tier": "--tier", "grade": "--grade", "lifecycle_stage": "--lifecycle"}


@doing_group(
    classify_app,
    help=_(
        "Classify every customer by the rules, and keep the reasons.\n\n"
        "Without --month or --as-of it runs every month that has ended since the last monthly run, and today. A period is "
        "run once per ruleset: again changes nothing and exits 0.\n\n"
        "What you know better than the rules you pin by hand: it counts until its end, and what the rules say is kept."
    ),
    examples="crm classify\ncrm classify --month 2026-10\ncrm classify --as-of 2026-11-15 --dry-run",
)
def classify(
    context: typer.Context,
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help=_("The month to classify, as of its last day.")),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help=_("The day to classify; later facts do not count.")),
    ] = None,
    rules: RulesOption = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("Make a new version of a period that was run before."))
    ] = False,
    dry_run: DryRunOption = False,
    format: FormatOption = None,
) -> None:
    if passed_on(context):
        return
    from crmcli.cli.runs import listing, note
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.classify import classify as run
    from crmcli.workflows.rule_folder import rules_folder

    if month is not None and as_of is not None:
        raise UsageError(_("--month and --as-of exclude each other"))
    day = day_option(as_of, "--as-of", Direction.PAST)
    done = run(database(), rules_folder(rules), month=month, as_of=day, dry_run=dry_run, force=force)
    coded = choose(format, sys.stdout) is not Format.TABLE
    show(listing(done, coded=coded, dry_run=dry_run), format)
    note(done, dry_run=dry_run, shown=_MOVES)


@command(
    classify_app,
    "pin",
    help=_(
        "Pin a class of one customer by hand, whatever the rules compute.\n\n"
        "It counts from today through the day of --until, or for as long as nobody takes it off. Lists and the agenda "
        "use it; 'crm why' shows it beside what the rules say. A second pin takes the place of the first."
    ),
    examples=_(
        'crm classify pin 张三 --tier high --until eom --reason "the boss is an old friend"\n'
        'crm classify pin 12 --grade A --lifecycle loyal --reason "signs next week"'
    ),
)
def pin(
    customer: CustomerArgument,
    *,
    tier: Annotated[str | None, typer.Option("--tier", help=_("The tier, one of the rules."))] = None,
    grade: Annotated[str | None, typer.Option("--grade", help=_("The grade: A, B, C or D."))] = None,
    lifecycle: Annotated[
        str | None,
        typer.Option("--lifecycle", help=_("The stage: prospect, new, stable, loyal, at_risk or lost.")),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help=_("The last day it counts."))
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help=_("Why you know better than the rules."))],
    rules: RulesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.override import pin as record
    from crmcli.workflows.rule_folder import rules_folder

    given = {"tier": tier, "grade": grade, "lifecycle_stage": lifecycle}
    classes = {
        name: code
        for name, text in given.items()
        if (code := code_of(CLASSES[name], text, _OPTIONS[name])) is not None
    }
    if not classes:
        raise UsageError(_("nothing to pin"), hint=_("give --tier, --grade or --lifecycle"))
    done = record(database(), rules_folder(rules), customer, classes, reason, until)
    report_recorded(done, format)


@command(
    classify_app,
    "unpin",
    help=_(
        "Take pinned classes of one customer off: what the rules say counts again.\n\nWithout an option, all of them."
    ),
    examples="crm classify unpin 张三\ncrm classify unpin 12 --grade",
)
def unpin(
    customer: CustomerArgument,
    tier: Annotated[bool, typer.Option("--tier", help=_("Take the tier off."))] = False,
    grade: Annotated[bool, typer.Option("--grade", help=_("Take the grade off."))] = False,
    lifecycle: Annotated[bool, typer.Option("--lifecycle", help=_("Take the lifecycle stage off."))] = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.override import unpin as record

    named = {"tier": tier, "grade": grade, "lifecycle_stage": lifecycle}
    done = record(database(), customer, [name for name, given in named.items() if given])
    report(done.summary, [("id", "#", done.id), ("customer", _("Customer"), done.customer)], format)


@command(
    classify_app,
    "pins",
    help=_("List what is pinned by hand: who, to what, what the rules say, until when, and why."),
    examples="crm classify pins\ncrm classify pins --all --format csv",
)
def list_pins(
    everything: Annotated[
        bool, typer.Option("--all", help=_("Those that expired or were taken off too."))
    ] = False,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.pins import listing
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.overrides import overrides

    lines = overrides(database(), everything=everything, limit=limit_of(limit, format))
    coded = choose(format, sys.stdout) is not Format.TABLE
    show(listing(lines, coded=coded, everything=everything), format)
    if not lines:
        say(_("nothing is pinned by hand"))


@command(
    why_app,
    "why",
    help=_(
        "Say why a customer has its score, tier, grade and stage: every term, and the sum.\n\n"
        "With --agenda: why it stands on the agenda, every term of its urgency and the sum; or why not, and when next."
    ),
    examples="crm why 张三\ncrm why 12 --period 2026-10 --format json\ncrm why --agenda 张三 --date 2026-12-01",
)
def why(
    customer: CustomerArgument,
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            metavar="PERIOD",
            help=_("A month or day that was classified, if not the last; 2026-10@1 is its first version."),
        ),
    ] = None,
    agenda: Annotated[bool, typer.Option("--agenda", help=_("Its place on the agenda instead."))] = False,
    date: Annotated[
        str | None,
        typer.Option("--date", "-d", metavar="DATE", help=_("With --agenda: the day; today if not given.")),
    ] = None,
    format: FormatOption = None,
) -> None:
    if agenda:
        _why_agenda(customer, period, date, format)
        return
    if date is not None:
        raise UsageError(_("--date is for --agenda"), where="--date", hint=_("a run has --period"))
    from crmcli.cli.reasons import only_pinned, record
    from crmcli.render.notes import say
    from crmcli.render.output import show_record
    from crmcli.workflows.why import Unclassified
    from crmcli.workflows.why import why as explain

    found: Any = explain(database(), customer, period)
    if isinstance(found, Unclassified):
        show_record(only_pinned(found, format), format)
        say(_("{name} has not been classified").format(name=found.name))
    else:
        show_record(record(found, format), format)


def _why_agenda(customer: str, period: str | None, day: str | None, format: Any) -> None:
    if period is not None:
        raise UsageError(_("--agenda goes by a day"), where="--period", hint=_("give --date"))
    from crmcli.cli.agenda_reasons import record, say_absent
    from crmcli.render.output import show_record
    from crmcli.workflows.rule_folder import rules_folder
    from crmcli.workflows.why_agenda import why_agenda

    found = why_agenda(database(), rules_folder(), customer, day=day_option(day, "--date"))
    show_record(record(found, format), format)
    say_absent(found)
