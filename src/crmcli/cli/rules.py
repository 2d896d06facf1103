"""The rules: are they right, do their examples hold, what do they say?"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    FormatOption,
    RulesOption,
    command,
    database,
    day_option,
    group,
    report,
)
from crmcli.i18n import _, ngettext
from crmcli.spoken import Direction

app = group(_("The rules: check them, test them, show them."))
APPS = {"rules": app}

FromOption = Annotated[str, typer.Option("--from", metavar="YYYY-MM", help=_("The first month."))]
ToOption = Annotated[str, typer.Option("--to", metavar="YYYY-MM", help=_("The last month."))]
HorizonOption = Annotated[
    str,
    typer.Option(
        "--horizon", metavar="SPAN", help=_("How far to look ahead of each month's end: 90d, 12w, 3m.")
    ),
]
MinimumOption = Annotated[
    int,
    typer.Option(
        "--minimum", min=1, help=_("Give no share, rate or coefficient that fewer customers stand behind.")
    ),
]


def _folder(rules: Path | None) -> Path:
    from crmcli.workflows.rule_folder import rules_folder

    return rules_folder(rules)


@command(
    app,
    "check",
    help=_(
        "Check the rule files; every fault with its line, exit 78 when there are any.\n\n"
        "A scale that compares customers with one another gets a warning where the file has too few of them."
    ),
    examples="crm rules check\ncrm rules check --rules my-rules --format json",
)
def check(rules: RulesOption = None, format: FormatOption = None) -> None:
    from crmcli.errors import ConfigError
    from crmcli.render.notes import say, warn_at
    from crmcli.render.output import Format, show
    from crmcli.workflows.ruleset import check_folder

    report = check_folder(_folder(rules), database())
    if format is not None:
        show(_faults(report, readable=format is Format.TABLE), format)
        if report.faults:
            raise typer.Exit(ConfigError.status)
        return
    if report.faults:
        text = ngettext("{count} fault in the rules", "{count} faults in the rules", len(report.faults))
        what = text.format(count=len(report.faults))
        raise ConfigError(what, where=report.folder, faults=report.faults, every=True)
    for warning in report.warnings:
        warn_at(warning)
    say(
        _("{folder}: no faults, fingerprint {fingerprint}").format(
            folder=report.folder, fingerprint=report.fingerprint[:12]
        )
    )


@command(
    app,
    "test",
    help=_("Run the examples that stand in the rule files; exit 1 when one does not hold."),
    examples="crm rules test\ncrm rules test --rules my-rules",
)
def run_examples(rules: RulesOption = None, format: FormatOption = None) -> None:
    from crmcli.render.notes import say
    from crmcli.render.output import Column, Listing, show
    from crmcli.workflows.ruleset import test_folder

    report = test_folder(_folder(rules))
    columns = [
        Column("file", _("File")), Column("line", _("Line")), Column("name", _("Example"), wrap=True),
        Column("expected", _("Expected"), wrap=True), Column("got", _("Got"), wrap=True),
    ]  # fmt: skip
    rows = [(bad.file, bad.line, bad.name, _pairs(bad.expected), _pairs(bad.got)) for bad in report.failures]
    show(Listing(columns, rows, key="failures"), format)
    if not report.failures:
        say(_("all {cases} examples hold").format(cases=report.cases))
    else:
        text = _("{failed} of {cases} examples do not hold")
        say(text.format(cases=report.cases, failed=len(report.failures)))
        raise typer.Exit(1)


@command(
    app,
    "show",
    help=_("Show the rules in force: weights, thresholds, grades, lifecycle, cadence."),
    examples="crm rules show\ncrm rules show --format json",
)
def show_rules(rules: RulesOption = None, format: FormatOption = None) -> None:
    from crmcli.render.output import show_record
    from crmcli.workflows.ruleset import show_folder

    show_record(_record(show_folder(_folder(rules))), format)


@command(
    app,
    "diff",
    help=_(
        "Say what a change of rules would do: who moves, and what differs in the rules.\n\n"
        "OLD and NEW are folders with rules, or 6 or more characters of the fingerprint of rules that a classification "
        "was run with; OLD is the rules in force if not given. Everybody is judged under both as of one day, and nothing "
        "is written. Listed are who changes a class, and the ten biggest changes of score; --format csv has who moves."
    ),
    examples="crm rules diff my-rules\ncrm rules diff 3f9a01c2 my-rules --as-of 2026-10-31 --limit 0\n"
    "crm rules diff my-rules --format json",
)
def diff(
    rules: Annotated[
        list[str],
        typer.Argument(metavar="[OLD] NEW", help=_("A folder, or the beginning of a fingerprint.")),
    ],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help=_("The day to judge everybody on; today if not given.")),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=0,
            help=_("At most so many customers who move; 0 for all. On a screen 10 are shown, else all."),
        ),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.whatif import moves, note, record
    from crmcli.errors import UsageError
    from crmcli.render.output import Format, choose, show, show_record
    from crmcli.workflows.whatif import compare_rules

    *before, new = rules
    if len(before) > 1:
        raise UsageError(_("two rulesets are compared, not {count}").format(count=len(rules)))
    day = day_option(as_of, "--as-of", Direction.PAST)
    old = before[0] if before else None
    chosen = choose(format, sys.stdout)
    most = (10 if chosen is Format.TABLE else 0) if limit is None else limit
    found = compare_rules(database(), old, new, as_of=day, limit=most or -1)
    if chosen in {Format.CSV, Format.IDS}:  # one list has room there: that of who moves
        show(moves(found, coded=True), format)
    else:
        show_record(record(found, coded=chosen is not Format.TABLE), format)
    note(found)


@command(
    app,
    "features",
    help=_(
        "List the features that rules can use: the built-in ones, and after them those that the rules declare themselves."
    ),
    examples="crm rules features\ncrm rules features --rules my-rules --format csv",
)
def features(rules: RulesOption = None, format: FormatOption = None) -> None:
    from crmcli.render.notes import say
    from crmcli.render.output import Column, Format, Listing, choose, show
    from crmcli.workflows.ruleset import features_of

    folder = _folder(rules)
    found, faults = features_of(folder)
    coded = choose(format, sys.stdout) is not Format.TABLE
    types, units = ({}, {}) if coded else (_types(), _units())
    columns = [
        Column("name", _("Feature")), Column("zh", _("Chinese name")), Column("type", _("Type")), Column("unit", _("Unit")),
        Column("window", _("Window")), Column("meaning", _("Meaning"), wrap=True, min_width=24),
        Column("declared", _("Declared as"), wrap=True),
    ]  # fmt: skip
    rows = [
        (
            each.name, each.zh, types.get(each.type, each.type), units.get(each.unit, each.unit), each.windowable,
            each.text.text(), each.written or None,
        )
        for each in found
    ]  # fmt: skip
    listing = Listing(columns, rows, ids=[row[0] for row in rows], key="features")
    if not coded and not any(each.written for each in found):
        listing = listing.only([column.key for column in columns[:-1]])
    show(listing, format)
    if faults:
        text = ngettext("{count} fault in the rules", "{count} faults in the rules", len(faults))
        said = _("{text} of {folder}: their own features are left out; 'crm rules check' shows every fault")
        say(said.format(text=text.format(count=len(faults)), folder=folder))


def _types() -> dict[str, str]:
    """Return the words for types of features."""
    return {"number": _("number"), "text": _("text"), "bool": _("yes or no"), "date": _("date")}


def _units() -> dict[str, str]:
    """Return the words for units of features."""
    return {
        "days": _("days"),
        "months": _("months"),
        "minutes": _("minutes"),
        "money": _("money"),
        "count": _("count"),
        "share": _("share"),
        "percent": _("percent"),
    }


@command(
    app,
    "schema",
    help=_(
        "Print the JSON Schema of the rule files, so that an editor completes and checks them.\n\n"
        "With a file's name it is that file's alone. Many editors take it from the first line of the YAML file: "
        "# yaml-language-server: $schema=value.schema.json"
    ),
    examples="crm rules schema\ncrm rules schema value.yaml > value.schema.json",
)
def schema(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help=_("One rule file, such as value.yaml."))
    ] = None,
) -> None:
    import json

    from crmcli.render.safe import safe
    from crmcli.workflows.ruleset import schema_of

    typer.echo(safe(json.dumps(schema_of(file), ensure_ascii=False, indent=2), multiline=True))


@command(
    app,
    "init",
    help=_(
        "Copy the shipped rules to your own folder, where you can edit them; they are in force from then on.\n\n"
        "Presets: b2b-abcd (the default: weighted value score, ABCD by expected close), rfm (recency, frequency, monetary "
        "value, with segments), abc-pareto (80/95 % of the revenue), membership (standard to diamond), care (the default "
        "with service effort, junk customers and a suggested intent stage), credit (the default with a credit rating)."
    ),
    examples=(
        "crm rules init\ncrm rules init --preset rfm\n"
        "crm rules init my-rules && crm classify --rules my-rules --dry-run"
    ),
)
def init(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help=_("Another folder than your own."))
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", metavar="NAME", help=_("What to start from; see above."))
    ] = "b2b-abcd",
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.rule_folder import copy_rules

    made = copy_rules(folder, preset)
    report(
        _("copied the rules to {folder}").format(folder=made), [("folder", _("Folder"), str(made))], format
    )


def _faults(report: Any, *, readable: bool) -> Any:
    """List the faults and warnings; for a reader without the text at fault, which stands in the sentence."""
    from crmcli.render.output import Column, Listing

    columns = [
        Column("file", _("File")), Column("line", _("Line")), Column("column", _("Column")), Column("code", _("Code")),
        Column("what", _("What"), wrap=True), Column("hint", _("Hint"), wrap=True), Column("severity", _("Severity")),
        Column("value", _("Value")),
    ]  # fmt: skip
    rows = [
        (fault.file or None, fault.line or None, fault.column or None, fault.code, fault.what, fault.hint or None,
         severity, fault.value or None)
        for severity, faults in (("error", report.faults), ("warning", report.warnings))
        for fault in faults
    ]  # fmt: skip
    listing = Listing(columns, rows, key="faults")
    return listing.only([column.key for column in columns[:-1]]) if readable else listing


@command(
    app,
    "backtest",
    help=_(
        "Hold the classes of past months against what the customers did next.\n\n"
        "For each month's end the rules see only what was known then. What followed within the horizon says how much of "
        "the revenue the best tier and the best tenth brought, and how many of each grade won a deal in its months. "
        "Nothing is stored. docs/backtest.md defines every figure."
    ),
    examples=(
        "crm rules backtest --from 2025-10 --to 2026-07\n"
        "crm rules backtest --from 2025-10 --to 2026-07 --rules my-rules --against rules --horizon 3m"
    ),
)
def backtest(
    first: FromOption,
    last: ToOption,
    horizon: HorizonOption = "90d",
    rules: RulesOption = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="DIR", help=_("Hold a second set of rules beside the first.")),
    ] = None,
    minimum: MinimumOption = 20,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.trials import note_backtest, record_backtest
    from crmcli.render.output import show_record
    from crmcli.workflows.backtest import backtest as look_back
    from crmcli.workflows.periods import parse_horizon

    found = look_back(
        database(),
        _folder(rules),
        first,
        last,
        horizon=parse_horizon(horizon),
        against=against,
        minimum=minimum,
    )
    show_record(record_backtest(found, format), format)
    note_backtest(found)


@command(
    app,
    "tune",
    help=_(
        "Propose weights for the value score that would have ranked the customers better.\n\n"
        "They are learned from the earlier half of the months and judged on the later half only; when they are not better "
        "there, nothing is proposed and the exit status is 1. Writes lines to paste into value.yaml; no file is changed."
    ),
    examples=(
        "crm rules tune --from 2025-01 --to 2026-07\n"
        "crm rules tune --from 2025-01 --to 2026-07 --horizon 6m --seed 7 --format json"
    ),
)
def tune(
    first: FromOption,
    last: ToOption,
    horizon: HorizonOption = "90d",
    rules: RulesOption = None,
    seed: Annotated[
        int, typer.Option("--seed", help=_("Another number draws another sample and other beginnings."))
    ] = 0,
    minimum: MinimumOption = 20,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.trials import note_tune, record_tune, write_lines
    from crmcli.render.output import show_record
    from crmcli.workflows.periods import parse_horizon
    from crmcli.workflows.tune import tune as look_for

    found = look_for(
        database(), _folder(rules), first, last, horizon=parse_horizon(horizon), seed=seed, minimum=minimum
    )
    show_record(record_tune(found, format), format)
    write_lines(found, format)
    note_tune(found)
    if not found.better:
        raise typer.Exit(1)


def _pairs(values: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in values)


def _record(shown: Any) -> Any:
    from crmcli.cli import tiers
    from crmcli.render.output import Column, Listing, Record

    def listing(key: str, title: str, names: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> Listing:
        columns = [Column(name, heading, wrap=name in {"label", "when", "scale"}) for name, heading in names]
        return Listing(columns, rows, title=title, key=key)

    fields = [
        ("folder", _("Folder"), shown.folder),
        ("fingerprint", _("Fingerprint"), shown.fingerprint),
        *(
            (f"months_{grade}", _("Grade {grade} within months").format(grade=grade), months)
            for grade, months in shown.months
        ),
    ]
    sections = [
        *(
            listing(
                "indicators" if score is shown.scores[0] else score.name, score.label.text(),
                [("indicator", _("Indicator")), ("label", _("Name")), ("feature", _("Feature")), ("weight", _("Weight")),
                 ("share", _("Share")), ("scale", _("Scale")), ("missing", _("If missing")), ("group", _("Group"))],
                [
                    (i.name, i.label.text(), i.feature, i.weight, i.share, i.scale, i.missing, i.group or None)
                    for i in shown.indicators if i.score == score.name
                ],
            )
            for score in shown.scores
        ),
        *(
            listing(
                "groups" if score is shown.scores[0] else f"{score.name}_groups", _("Groups"),
                [("group", _("Group")), ("label", _("Name")), ("cap", _("Points at most"))],
                [(group.name, group.label.text(), group.cap) for group in score.groups],
            )
            for score in shown.scores if score.groups
        ),
        tiers.listing(
            shown.tiers, shown.tiering, key="tiers",
            summed=next((use.label.text() for use in shown.features if use.name == shown.tiering.of), ""),
        ),
        listing(
            "grades", _("Grades, the first that fits"),
            [("grade", _("Grade")), ("reason", _("Reason")), ("label", _("Name")), ("when", _("When"))],
            [(rule.grade, rule.reason, rule.label.text(), rule.written) for rule in shown.grades],
        ),
        listing(
            "lifecycle", _("Lifecycle, the first that fits"), [("stage", _("Stage")), ("label", _("Name")), ("when", _("When"))],
            [(rule.stage, rule.label.text(), rule.written) for rule in shown.lifecycle],
        ),
        listing(
            "cadence", _("Cadence"),
            [("grade", _("Grade")), ("tier", _("Tier")), ("lifecycle", _("Lifecycle")), ("days", _("Days")),
             ("max_days", _("At most"))],
            [(rule.grade, rule.tier, rule.lifecycle, rule.days, rule.max_days) for rule in shown.cadence],
        ),
        *(
            listing(
                each.name, each.label.text(), [("segment", _("Segment")), ("label", _("Name")), ("when", _("When"))],
                [(rule.segment, rule.label.text(), rule.written) for rule in each.rules],
            )
            for each in shown.segments
        ),
    ]  # fmt: skip
    return Record(fields, sections, main="indicators")
