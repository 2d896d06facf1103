"""When each job of cron last ran and how it ended: a small JSON file in the state folder, never half written. Light.

`cron.json` holds database → job → what is known. It is changed under a lock and replaced as a whole, so that two jobs that
end together both stand in it. Each job of each database has a lock of its own as long as it runs; a lock goes with its
process, however that ends.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from crmcli import clock
from crmcli.errors import BusyError, CannotCreateError, ConfigError, DataError
from crmcli.i18n import _
from crmcli.store.notes import replace_private
from crmcli.store.places import state_path

_FILE = "cron.json"


class Known(NamedTuple):
    """What is known of one job.

    Attributes:
        at: when it is due on its days, `HH:MM` in `zone`; "" when no line ever said so.
        day: the day of the month for a monthly job, 0 for a daily one.
        zone: the IANA time zone of the machine that the lines are for.
        started_at: the instant of the last start, ISO text in UTC.
        ended_at: the instant of its end, "" while it runs or when it was cut off.
        exit_status: how it ended, None until then.
    """

    at: str = ""
    day: int = 0
    zone: str = "UTC"
    started_at: str = ""
    ended_at: str = ""
    exit_status: int | None = None


def known_jobs(database: Path) -> dict[str, Known]:
    """Return what is known of the jobs of a database.

    Raises:
        DataError: the state file holds something else.
    """
    jobs = _read().get(str(database), {})
    try:
        return {name: _checked(Known(**job)) for name, job in jobs.items()}
    except (TypeError, AttributeError, ValueError, ConfigError):
        raise _garbled() from None


def note(database: Path, job: str, known: Known) -> None:
    """Write down what is known of a job; what was written for the others stays.

    A file that holds something else is replaced: it must not keep the jobs from running.
    """
    with _locked(_folder() / "cron.lock", wait=True):
        try:
            everything = _read()
        except DataError:
            everything = {}
        jobs = everything.get(str(database))
        everything[str(database)] = {**(jobs if isinstance(jobs, dict) else {}), job: known._asdict()}
        text = json.dumps(everything, ensure_ascii=False, indent=2, sort_keys=True)
        replace_private(_folder() / _FILE, f"{text}\n")


@contextmanager
def only_one(database: Path, job: str) -> Iterator[None]:
    """Hold the job's lock.

    Raises:
        BusyError: another process holds it.
    """
    with _locked(_folder() / _lock_name(database, job), wait=False):
        yield


def is_running(database: Path, job: str) -> bool:
    """Tell whether a process holds the job's lock; nothing is made for that."""
    lock = state_path() / _lock_name(database, job)
    if not lock.exists():
        return False
    try:
        with _locked(lock, wait=False, shared=True):
            return False
    except BusyError:
        return True


def _read() -> dict[str, Any]:
    try:
        found = json.loads((state_path() / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise _garbled() from None
    if not isinstance(found, dict):
        raise _garbled()
    return found


def _checked(known: Known) -> Known:
    """Return what is known if it can be.

    Raises:
        ValueError, TypeError, ConfigError: a time, an instant, a day or a zone is none.
    """
    if known.at:
        time.fromisoformat(known.at)
    instants = [datetime.fromisoformat(text) for text in (known.started_at, known.ended_at) if text]
    if known.day not in range(29) or any(instant.tzinfo is None for instant in instants):
        raise ValueError
    clock.zone(known.zone)
    return known


def _garbled() -> DataError:
    return DataError(
        _("{path} is not what crm wrote").format(path=state_path() / _FILE),
        hint=_("move it away; the next job makes a new one"),
    )


def _folder() -> Path:
    folder = state_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=folder, reason=error.strerror)
        ) from None
    return folder


def _lock_name(database: Path, job: str) -> str:
    return f"cron-{job}-{hashlib.sha256(os.fsencode(database)).hexdigest()[:12]}.lock"


@contextmanager
def _locked(path: Path, *, wait: bool, shared: bool = False) -> Iterator[None]:
    try:
        import fcntl  # not on Windows, which has no cron either
    except ImportError:
        raise ConfigError(_("there is no cron on this system")) from None
    try:
        number = os.open(path, os.O_RDONLY if shared else os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=path, reason=error.strerror)
        ) from None
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(number, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(_("this job is running already"), hint=_("nothing was done")) from None
        yield
    finally:
        os.close(number)
