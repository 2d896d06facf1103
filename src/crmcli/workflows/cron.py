"""The jobs that run without anybody: one of them run and written down, and whether all ran when they were due. Light.

A job is a command of this program in a process of its own, so that however it ends can be written down. Days and times
are the machine's, as cron and systemd understand them.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from itertools import islice, takewhile
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from crmcli import clock
from crmcli.errors import CrmError, DataError, NotFoundError
from crmcli.store.light import reading
from crmcli.store.reads.periods import customers_known_by, last_month_run
from crmcli.store.settings import read_settings
from crmcli.workflows.cron_state import Known, is_running, known_jobs, note, only_one
from crmcli.workflows.upkeep import settings

#: Job → the command that it runs.
JOBS = MappingProxyType(
    {
        "agenda": ("agenda", "--format", "table"),
        "backup": ("backup", "--keep", "14"),
        "classify": ("classify",),
    }
)
#: Job → (day of the month, 0 for every day; time) when no line said otherwise.
USUAL = MappingProxyType({"agenda": (0, "07:30"), "backup": (0, "02:00"), "classify": (1, "02:30")})
_GRACE = timedelta(minutes=10)  #: a job that is due is not missed before that
_MOST_MISSED = 1_000  #: more are not counted
_SIGNALLED = 128


class JobStatus(NamedTuple):
    """How one job stands.

    Attributes:
        state: `done`, `failed` (it ended with another status than 0), `running`, `cut_off` (it began and never ended) or
            `never` (it has not run for this database).
        started_at: the last start in the business time zone.
        ended_at: its end.
        due_at: when it was or is due next after that, in the business time zone.
        missed: the days on which it was due since then and did not run.
        months: for the classification, ended months that were not classified; None without a database.
        well: nothing is missed or failed.
    """

    job: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    exit_status: int | None
    due_at: datetime | None
    missed: tuple[date, ...]
    months: tuple[str, ...] | None
    well: bool


class CronStatus(NamedTuple):
    """How all jobs stand, and whether there is a database."""

    jobs: tuple[JobStatus, ...]
    has_database: bool


def run_job(database: Path, job: str, *, at: str | None = None, day: int | None = None) -> int:
    """Run a job, pass its output through, write down how it went, and return its exit status.

    Args:
        database: the file.
        job: one of JOBS.
        at: when it is due, `HH:MM`; None leaves what is known.
        day: on which day of the month, 0 for every day; None leaves what is known.

    Raises:
        BusyError: it is running already; nothing is written.
        CannotCreateError: the state folder cannot be written.
    """
    zone = _business_zone(database)
    with only_one(database, job):
        before = _known(database).get(job, Known())
        usual = before.day if before.at else USUAL[job][0]
        began = Known(
            before.at if at is None else at,
            usual if day is None else day,
            clock.system_zone(),
            _instant(zone),
        )
        note(database, job, began)
        command = [sys.executable, "-P", "-m", "crmcli", *JOBS[job]]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, env={**os.environ, "CRM_DB": str(database)}, check=False
        )
        status = done.returncode if done.returncode >= 0 else _SIGNALLED - done.returncode
        note(database, job, began._replace(ended_at=_instant(zone), exit_status=status))
    return status


def cron_status(database: Path) -> CronStatus:
    """Return how the jobs of a database stand.

    Raises:
        DataError: the state file holds something else.
        ConfigError, StorageError: the database cannot be read.
    """
    zone = settings(database).time_zone
    jobs, now = known_jobs(database), clock.now(zone)
    months = _months_left(database, now)
    found = tuple(_status(database, job, jobs.get(job, Known()), zone, now, months) for job in JOBS)
    return CronStatus(found, months is not None)


def _known(database: Path) -> dict[str, Known]:
    try:
        return known_jobs(database)
    except DataError:
        return {}  # `note` makes a new file; a job does not wait for that


def _business_zone(database: Path) -> str:
    try:
        return settings(database).time_zone
    except CrmError:
        return clock.system_zone()  # what is wrong with the database, the job will say


def _instant(zone: str) -> str:
    return clock.now(zone).isoformat(timespec="seconds")


def _status(
    database: Path, job: str, known: Known, zone: str, now: datetime, months: tuple[str, ...] | None
) -> JobStatus:
    day, at = (known.day, known.at) if known.at else USUAL[job]
    left = months if job == "classify" else ()
    late = left is not None and left != () and _fell_due(left[0], day, at, known.zone) + _GRACE <= now
    if not known.started_at:
        return JobStatus(job, "never", None, None, None, None, (), left, well=False)
    started = datetime.fromisoformat(known.started_at)
    ended = datetime.fromisoformat(known.ended_at) if known.ended_at else None
    if ended is None:
        state = "running" if is_running(database, job) else "cut_off"
    else:
        state = "failed" if known.exit_status else "done"
    missed = _missed(started, day, at, known.zone, now)
    due, here = next(_dues(started, day, at, known.zone)), clock.zone(zone)
    return JobStatus(
        job, state, started.astimezone(here), None if ended is None else ended.astimezone(here), known.exit_status,
        due.astimezone(here), missed, left, well=state in {"done", "running"} and not missed and not late,
    )  # fmt: skip


def _missed(started: datetime, day: int, at: str, zone: str, now: datetime) -> tuple[date, ...]:
    """Return the days since a start on which a job was due and did not begin."""
    overdue = takewhile(lambda due: due + _GRACE <= now, _dues(started, day, at, zone))
    return tuple(due.astimezone(clock.zone(zone)).date() for due in islice(overdue, _MOST_MISSED))


def _dues(after: datetime, day: int, at: str, zone: str) -> Iterator[datetime]:
    """Yield every instant after one at which a job is due, in UTC."""
    here = clock.zone(zone)
    each = after.astimezone(here).date()
    while True:
        instant = datetime.combine(each, wall_time.fromisoformat(at), tzinfo=here).astimezone(UTC)
        if instant > after and day in {0, each.day}:
            yield instant
        each += timedelta(days=1)


def _fell_due(month: str, day: int, at: str, zone: str) -> datetime:
    """Return when the classification of a month is due: on its day of the month after."""
    ends = clock.end_of_day(_last_day(month), zone)
    return next(_dues(ends - timedelta(seconds=1), day or 1, at, zone))


def _months_left(database: Path, now: datetime) -> tuple[str, ...] | None:
    """Return the ended months that 'crm classify' would run by itself; None without a database."""
    try:
        with reading(database) as connection:
            zone = read_settings(connection).time_zone
            ended = now.astimezone(clock.zone(zone)).date().replace(day=1) - timedelta(days=1)
            last = last_month_run(connection)
            day = ended if last is None else _last_day(_last_day(last) + timedelta(days=1))
            found = []
            while day <= ended:
                ends = clock.end_of_day(day, zone).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                if customers_known_by(connection, day.isoformat(), ends):
                    found.append(day.isoformat()[:7])
                day = _last_day(day + timedelta(days=1))
            return tuple(found)
    except NotFoundError:
        return None


def _last_day(of: str | date) -> date:
    """Return the last day of a month, named `YYYY-MM` or by a day in it."""
    day = date.fromisoformat(f"{of}-01") if isinstance(of, str) else of
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
