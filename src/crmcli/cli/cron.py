"""Jobs that run without anybody: the lines for cron or systemd, one job run, and whether all of them ran."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import FormatOption, command, database, group
from crmcli.errors import ExitCode, UsageError
from crmcli.i18n import _, ngettext

app = group(_("Jobs that run without you: morning agenda, nightly backup, monthly classification."))
APPS = {"cron": app}
_NAMED_DAYS = 5  #: missed days that a terminal names, the last ones


@command(
    app,
    "print",
    help=_(
        "Print crontab lines, or systemd units, for the agenda, the backup and the classification; installs nothing.\n\n"
        "The month is classified on its day after the backup, half an hour later. Times are those of the machine. cron "
        "does not make up for a job that the machine slept through, systemd does; a late classification makes up for "
        "every month by itself."
    ),
    examples="crm cron print\ncrm cron print --morning 08:15 --mail me@example.com\ncrm cron print --systemd",
)
def print_lines(
    systemd: Annotated[
        bool, typer.Option("--systemd", help=_("User units with timers instead of crontab lines."))
    ] = False,
    db: Annotated[
        str | None, typer.Option("--db", metavar="FILE", help=_("The database, if not the one in force."))
    ] = None,
    morning: Annotated[
        str, typer.Option("--morning", metavar="HH:MM", help=_("When the agenda is due."))
    ] = "07:30",
    nightly: Annotated[
        str, typer.Option("--nightly", metavar="HH:MM", help=_("When the backup is due."))
    ] = "02:00",
    mail: Annotated[
        str | None,
        typer.Option("--mail", metavar="ADDRESS", help=_("Where cron sends what the jobs print.")),
    ] = None,
) -> None:
    from pathlib import Path

    from crmcli.render.notes import warn
    from crmcli.workflows import cron_lines

    if systemd and mail is not None:
        raise UsageError(
            _("systemd sends no mail"), where="--mail", hint=_("'journalctl --user -u crm-agenda' shows it")
        )
    path = Path(db).expanduser().absolute() if db else database()
    made = cron_lines.plan(
        path,
        morning=cron_lines.time_of_day(morning, "--morning"),
        nightly=cron_lines.time_of_day(nightly, "--nightly"),
    )
    typer.echo(cron_lines.units(made) if systemd else cron_lines.crontab(made, mail), nl=False)
    if not path.exists():
        warn(_("no database yet at {path}").format(path=path))


@command(
    app,
    "run",
    help=_(
        "Run one job as cron does: nobody is asked, and start, end and exit status are written down.\n\n"
        "agenda is 'crm agenda --format table', backup 'crm backup --keep 14', classify 'crm classify'. What the job "
        "prints and its exit status are those of this command; 75 if the same job is still running."
    ),
    examples="crm cron run agenda\ncrm cron run classify --at 02:30 --day 1",
)
def run(
    job: Annotated[str, typer.Argument(metavar="JOB", help=_("agenda, backup or classify."))],
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="HH:MM", help=_("When it is due, for 'crm cron status'.")),
    ] = None,
    day: Annotated[
        int | None,
        typer.Option("--day", min=0, max=28, help=_("On which day of the month; 0 for every day.")),
    ] = None,
) -> None:
    from crmcli.workflows.cron import JOBS, run_job
    from crmcli.workflows.cron_lines import time_of_day

    if job not in JOBS:
        raise UsageError(
            _("no such job: {name}").format(name=repr(job)),
            hint=_("known: {names}").format(names=", ".join(JOBS)),
        )
    due = None if at is None else f"{time_of_day(at, '--at'):%H:%M}"
    status = run_job(database(), job, at=due, day=day)
    if status:
        raise typer.Exit(status)


@command(
    app,
    "status",
    help=_(
        "Tell of each job when it last ran and how it ended, and what was missed since.\n\n"
        "Exit status 0 when all ran and nothing failed, else 1. Instants are those of the business time zone; a job is "
        "missed ten minutes after it was due."
    ),
    examples="crm cron status\ncrm cron status --format json\ncrm -q cron status > /dev/null || echo look",
)
def status(format: FormatOption = None) -> None:
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.cron import cron_status

    found = cron_status(database())
    show(_listing(found, coded=choose(format, sys.stdout) is not Format.TABLE), format)
    for job in found.jobs:
        if job.state == "never":
            say(_("{job} has never run: 'crm cron print' shows what to set up").format(job=job.job))
        if job.missed:
            say(f"{job.job}: {_missed(job.missed)}")
        if job.months:
            say(_("not yet classified: {months}").format(months=", ".join(job.months)))
    if not found.has_database:
        say(_("no database yet at {path}").format(path=database()))
    if not found.has_database or not all(job.well for job in found.jobs):
        raise typer.Exit(ExitCode.FINDINGS)


def _listing(found: Any, *, coded: bool) -> Any:
    from crmcli.render.output import Column, Listing

    columns = [
        Column("job", _("Job")),
        Column("state", _("State")),
        Column("started_at", _("Last run")),
        *([Column("ended_at", "")] if coded else []),
        Column("exit_status", _("Exit status")),
        Column("due_at", _("Due next")),
        Column("missed", _("Missed")),
        *([Column("missed_days", "")] if coded else []),
        Column("months", _("Months left")),
        *([Column("well", "")] if coded else []),
    ]
    rows = [
        (
            job.job, job.state, *(_iso(each) for each in (job.started_at, job.ended_at)), job.exit_status,
            _iso(job.due_at), len(job.missed), _joined(job.missed), _joined(job.months), job.well,
        )
        if coded
        else (
            job.job, _words(job.state), _short(job.started_at), job.exit_status,
            _short(job.due_at), len(job.missed) or None, _joined(job.months),
        )
        for job in found.jobs
    ]  # fmt: skip
    return Listing(columns, rows, ids=[job.job for job in found.jobs], key="jobs")


def _words(state: str) -> str:
    return {
        "done": _("done"),
        "failed": _("failed"),
        "running": _("running"),
        "cut_off": _("cut off"),
        "never": _("never run"),
    }[state]


def _missed(days: Any) -> str:
    shown = ", ".join(str(day) for day in days[-_NAMED_DAYS:])
    if len(days) > _NAMED_DAYS:
        shown = f"…, {shown}"
    return ngettext("missed {count}: {days}", "missed {count}: {days}", len(days)).format(
        count=len(days), days=shown
    )


def _joined(values: Any) -> str | None:
    return ", ".join(str(value) for value in values) if values else None


def _iso(instant: Any) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


def _short(instant: Any) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M}"
