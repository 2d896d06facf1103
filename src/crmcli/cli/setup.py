"""Getting started: `crm init`, `crm path`, `crm demo`."""

from typing import Annotated, Any

import typer

from crmcli.cli.common import FormatOption, YesOption, command, database, single
from crmcli.i18n import _

init_app, path_app, demo_app = single(), single(), single()
APPS = {"init": init_app, "path": path_app, "demo": demo_app}


@command(
    init_app,
    "init",
    help=_(
        "Start a database, or change its settings. Asks on a terminal, takes sensible defaults elsewhere."
    ),
    examples="crm init\ncrm init --language zh_CN --time-zone Asia/Shanghai --currency CNY --country CN",
)
def init(
    language: Annotated[
        str | None, typer.Option("--language", help=_("en or zh_CN; empty follows LANG."))
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help=_("Your business time zone, such as Asia/Shanghai."))
    ] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help=_("The currency of amounts without one, such as CNY."))
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", help=_("The country of phone numbers without a country code, such as CN.")),
    ] = None,
    leap_birthday: Annotated[
        str | None,
        typer.Option(
            "--leap-birthday",
            help=_("feb28 or mar1: when somebody born on 29 February has the birthday in other years."),
        ),
    ] = None,
    yes: YesOption = False,
    format: FormatOption = None,
) -> None:
    from crmcli.render.ask import ask, interactive
    from crmcli.render.notes import say
    from crmcli.render.output import Record, show_record
    from crmcli.workflows.setting_up import initialise
    from crmcli.workflows.upkeep import settings

    now: Any = settings(database())
    questions = {
        "language": (_("Language (en, zh_CN, empty for that of the system)"), language),
        "time_zone": (_("Time zone"), time_zone),
        "currency": (_("Currency"), currency),
        "country": (_("Country of phone numbers"), country),
        "leap_birthday": (_("Birthdays of 29 February in other years (feb28, mar1)"), leap_birthday),
    }
    asking = interactive() and not yes and all(given is None for _question, given in questions.values())
    wanted = {}
    for name, (question, given) in questions.items():
        default = getattr(now, name)
        wanted[name] = (
            ask(question, option=f"--{name}", default=default)
            if asking
            else default
            if given is None
            else given
        )
    done = initialise(database(), type(now)(**wanted))
    fields = [
        (name, question.partition(" (")[0], getattr(done.settings, name))
        for name, (question, _given) in questions.items()
    ]
    show_record(Record([("database", _("Database"), str(database())), *fields]), format)
    say(_("database created") if done.created else _("settings saved"))


@command(
    path_app,
    "path",
    help=_("Show where the files are."),
    examples='crm path\ncrm path --format json\nsqlite3 "$(crm path database)"',
)
def path(
    which: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help=_("Only this one: database, rules, backups or state.")),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.errors import UsageError
    from crmcli.render.output import Record, show_record
    from crmcli.workflows.files import backups, state, user_rules
    from crmcli.workflows.rule_folder import rules_folder

    found = {
        "database": (_("Database"), str(database())),
        "rules": (_("Rules in force"), str(rules_folder())),
        "user_rules": (_("Your own rules, if any"), str(user_rules())),
        "backups": (_("Backups"), str(backups())),
        "state": (_("State of the jobs"), str(state())),
    }
    if which is not None:
        if which not in found:
            raise UsageError(_("no such path: {name}").format(name=repr(which)), hint=", ".join(found))
        typer.echo(found[which][1])
        return
    show_record(Record([(key, heading, value) for key, (heading, value) in found.items()]), format)


@command(
    demo_app,
    "demo",
    help=_("Try everything on sample data in a temporary database; your own file is not touched."),
    examples="crm demo",
)
def demo(
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="FILE", help=_("Keep the sample database in this new file.")),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.demo import run

    run(keep, format)
