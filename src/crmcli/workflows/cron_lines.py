"""What a user puts into crontab, or into the folder of systemd's user units, so that the jobs run by themselves. Light.

Nothing is installed. cron gives a job next to no environment, so a line names the program, the database and every
variable that counts, and is quoted so that any path survives: for the shell, and for what cron and systemd do before it.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import NamedTuple

from crmcli import clock
from crmcli.errors import UsageError
from crmcli.i18n import _, language
from crmcli.workflows.upkeep import settings

#: Variables that decide which files are used where CRM_HOME does not; their values are paths.
_XDG_PATHS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
_UNITS = "~/.config/systemd/user"
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_AFTER_BACKUP = 30  #: minutes from the backup to the classification of the month


class JobLine(NamedTuple):
    """One job: what it is, when it is due on the machine's clock, and the command line."""

    name: str
    text: str
    at: wall_time
    day: int  #: of the month; 0 for every day
    command: tuple[str, ...]


class Plan(NamedTuple):
    """All jobs, with the variables that they need, and the two clocks that matter."""

    jobs: tuple[JobLine, ...]
    variables: tuple[tuple[str, str], ...]
    machine_zone: str
    business_zone: str


def time_of_day(text: str, option: str) -> wall_time:
    """Read a time such as 07:30.

    Raises:
        UsageError: it is none.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            _("not a time: {value}").format(value=repr(text)), where=option, hint=_("write 07:30")
        )
    return wall_time(int(match[1]), int(match[2]))


def plan(database: Path, *, morning: wall_time, nightly: wall_time) -> Plan:
    """Return the three jobs of a database: agenda, backup and, half an hour after it, the classification of the month.

    Raises:
        UsageError: a path that no line can hold.
    """
    machine, business = clock.system_zone(), settings(database).time_zone
    monthly = (datetime.combine(date(2000, 1, 1), nightly) + timedelta(minutes=_AFTER_BACKUP)).time()
    first = _first_day(monthly, machine, business)
    due = (
        ("agenda", _("morning agenda"), morning, 0),
        ("backup", _("nightly backup"), nightly, 0),
        ("classify", _("monthly classification"), monthly, first),
    )
    jobs = tuple(
        JobLine(name, text, at, day, _command(database, name, at, day)) for name, text, at, day in due
    )
    variables = tuple(_variables())
    for text in (*jobs[0].command, *(value for _name, value in variables)):
        _refuse_unprintable(text)
    return Plan(jobs, variables, machine, business)


def crontab(made: Plan, mail: str | None) -> str:
    """Return lines for `crontab -e`.

    Raises:
        UsageError: the address is none.
    """
    lines = [
        "# " + _("crm: add these lines with 'crontab -e'; 'crm cron status' tells whether they run."),
        *(f"# {line}" for line in _clocks(made)),
    ]
    if mail is not None:
        if not re.fullmatch(r"[^\s\"'%\x00-\x1f]+", mail):
            raise UsageError(_("not an address: {value}").format(value=repr(mail)), where="--mail")
        lines.append(f"MAILTO={mail}")
    for job in made.jobs:
        words = [f"{name}={shlex.quote(value)}" for name, value in made.variables]
        command = " ".join([*words, shlex.join(job.command)])
        lines += [
            f"# {job.text}",
            f"{job.at.minute} {job.at.hour} {job.day or '*'} * * {_for_crontab(command)}",
        ]
    return "\n".join(lines) + "\n"


def units(made: Plan) -> str:
    """Return systemd user units, a service and a timer for each job, each under the name of its file."""
    timers = " ".join(f"crm-{job.name}.timer" for job in made.jobs)
    lines = [
        "# " + _("crm: put each part into the file that is named above it, then:"),
        f"#   systemctl --user daemon-reload && systemctl --user enable --now {timers}",
        "# " + _("A missed job is made up for. To run them while you are logged out: loginctl enable-linger"),
        *(f"# {line}" for line in _clocks(made)),
    ]
    for job in made.jobs:
        day = f"{job.day:02}" if job.day else "*"
        lines += [
            "",
            f"# {_UNITS}/crm-{job.name}.service",
            "[Unit]",
            f"Description=crm: {job.text}",
            "[Service]",
            "Type=oneshot",
            *(f"Environment={_for_unit(f'{name}={value}')}" for name, value in made.variables),
            f"ExecStart={_exec_start(job.command)}",
            "",
            f"# {_UNITS}/crm-{job.name}.timer",
            "[Unit]",
            f"Description=crm: {job.text}",
            "[Timer]",
            f"OnCalendar=*-*-{day} {job.at:%H:%M}:00",
            "Persistent=true",
            "[Install]",
            "WantedBy=timers.target",
        ]
    return "\n".join(lines) + "\n"


def _command(database: Path, job: str, at: wall_time, day: int) -> tuple[str, ...]:
    due = ("--at", f"{at:%H:%M}", *(("--day", str(day)) if day else ()))
    return (*_program(), "--db", str(database), "cron", "run", job, *due)


def _program() -> Sequence[str]:
    """Return how this program is started from anywhere: its script beside the interpreter, else the interpreter."""
    script = Path(sys.executable).parent / "crm"
    return (str(script),) if os.access(script, os.X_OK) else (sys.executable, "-P", "-m", "crmcli")


def _variables() -> Iterator[tuple[str, str]]:
    """Yield what decides files and words here and now; CRM_TODAY is left out, it would stop the clock for ever."""
    yield "CRM_LANG", language()
    for name in ("CRM_HOME",) if os.environ.get("CRM_HOME") else _XDG_PATHS:
        if value := os.environ.get(name):
            yield name, str(Path(value).expanduser().absolute())
    if os.environ.get("CRM_TRUST") == "1":
        yield "CRM_TRUST", "1"


def _first_day(at: wall_time, machine: str, business: str) -> int:
    """Return the first day of the month on which, at a time of the machine, the business month before is over."""
    here = datetime.combine(date(2026, 1, 1), at, tzinfo=clock.zone(machine))
    return 1 if here.astimezone(clock.zone(business)).month == 1 else 2


def _clocks(made: Plan) -> list[str]:
    noon = datetime.combine(clock.now("UTC").date(), wall_time(12), tzinfo=UTC)
    here, there = (noon.astimezone(clock.zone(zone)) for zone in (made.machine_zone, made.business_zone))
    away = (there.utcoffset() or timedelta()) - (here.utcoffset() or timedelta())
    if not away:
        return [_("Times are those of {zone}.").format(zone=made.business_zone)]
    return [
        _("Times are those of this machine ({machine}); in {business} it is {hours:+g} h.").format(
            machine=made.machine_zone, business=made.business_zone, hours=away / timedelta(hours=1)
        )
    ]


def _refuse_unprintable(text: str) -> None:
    if any(ord(character) < ord(" ") or character == "\x7f" for character in text) or not _is_utf8(text):
        raise UsageError(
            _("no line can hold this: {value}").format(value=repr(text)),
            hint=_("use a path without line breaks and other control characters"),
        )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _for_crontab(command: str) -> str:
    r"""Escape what cron takes for the end of the command: a bare %. After a backslash the quotes are closed and reopened.

    cron reads two backslashes as a pair, so that one before \% would take the escape away.
    """
    return command.replace("\\%", "\\''%").replace("%", "\\%")


def _exec_start(command: Sequence[str]) -> str:
    """Quote a command line; systemd puts variables into the arguments, not into the program's path."""
    program, *arguments = map(_for_unit, command)
    return " ".join([program, *(word.replace("$", "$$") for word in arguments)])


def _for_unit(text: str) -> str:
    r"""Quote one word of a unit file: backslashes and quotes for its reader, % for its specifiers."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
