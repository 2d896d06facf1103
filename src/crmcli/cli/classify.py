"""Classifying everybody, and asking why somebody stands where they stand."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    CustomerArgument,
    DryRunOption,
    FormatOption,
    RulesOption,
    command,
    database,
    day_option,
    single,
)
from crmcli.i18n import _

classify_app, why_app = single(), single()
APPS = {"classify": classify_app, "why": why_app}
_MOVES = 20  #: customers who moved that are listed on a terminal


@command(
    classify_app,
    "classify",
    help=_(
        "Classify every customer by the rules, and keep the reasons.\n\n"
        "Without --month or --as-of it runs every month that has ended since the last monthly run, and today. A period is "
        "run once per ruleset: again changes nothing and exits 0."
    ),
    examples="crm classify\ncrm classify --month 2026-10\ncrm classify --as-of 2026-11-15 --dry-run",
)
def classify(
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
    from crmcli.cli.runs import listing, note
    from crmcli.errors import UsageError
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.classify import classify as run
    from crmcli.workflows.rule_folder import rules_folder

    if month is not None and as_of is not None:
        raise UsageError(_("--month and --as-of exclude each other"))
    day = day_option(as_of, "--as-of")
    done = run(database(), rules_folder(rules), month=month, as_of=day, dry_run=dry_run, force=force)
    coded = choose(format, sys.stdout) is not Format.TABLE
    show(listing(done, coded=coded, dry_run=dry_run), format)
    note(done, dry_run=dry_run, shown=_MOVES)


@command(
    why_app,
    "why",
    help=_("Say why a customer has its score, tier, grade and stage: every term, and the sum."),
    examples="crm why 张三\ncrm why 12 --period 2026-10 --format json",
)
def why(
    customer: CustomerArgument,
    period: Annotated[
        str | None,
        typer.Option(
            "--period", metavar="PERIOD", help=_("A month or day that was classified, if not the last.")
        ),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.reasons import record
    from crmcli.render.output import show_record
    from crmcli.workflows.why import why as explain

    found: Any = explain(database(), customer, period)
    show_record(record(found, format), format)
