"""The sample business of `crm demo`: the files in demo/, imported like anybody's files into a database of its own.

Nothing here is special to the samples except their names: files go through the same import, tasks through the same
recording, and the classification is the one of every month. Never touches the user's own database.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import rmtree

from crmcli.errors import CannotCreateError
from crmcli.i18n import _
from crmcli.store.settings import Settings
from crmcli.workflows.classify import Classified, classify
from crmcli.workflows.import_file import Imported, ImportRequest, import_file
from crmcli.workflows.record import Recorded, add
from crmcli.workflows.setting_up import initialise

DAY = date(2026, 11, 20)  #: the sample facts end here; the caller makes it today

_FILES = Path(__file__).parent.parent / "demo"
#: In the order in which they need each other.
_ENTITIES = ("customers", "contacts", "products", "opportunities", "interactions", "transactions")
#: The language stays what it is: a sample must not decide how somebody is spoken to.
_SETTINGS = Settings(language="", time_zone="Asia/Shanghai", currency="CNY", country="CN")
_TASKS = (
    {"title": "确认付款条件", "customer": "K-001", "due_on": "2026-11-18", "channel": "phone"},
    {"title": "send the price list", "customer": "K-015", "due_on": "2026-11-20", "channel": "email"},
    {"title": "问预算批下来没有", "customer": "K-002", "due_on": "2026-11-24", "channel": "phone"},
)


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One sample file and what became of it."""

    entity: str
    file: str
    imported: Imported


@dataclass(frozen=True, slots=True)
class Demo:
    """The sample database, ready to be looked at."""

    database: Path
    files: tuple[ImportedFile, ...]
    tasks: tuple[Recorded, ...]
    classified: Classified


def build(rules: Path, keep: Path | None = None) -> Demo:
    """Make the sample database and classify it; `clock.today()` must be DAY.

    Args:
        rules: the folder of the rules in force.
        keep: where the database is to stay; None makes it in a temporary folder.

    Raises:
        CannotCreateError: there is something at `keep` already.
        ConfigError: the rules in force have faults.
    """
    with _place(keep) as database:
        initialise(database, _SETTINGS)
        files = tuple(
            ImportedFile(entity, f"{entity}.csv", import_file(database, _request(entity)))
            for entity in _ENTITIES
        )
        tasks = tuple(add(database, "task", task) for task in _TASKS)
        return Demo(database, files, tasks, classify(database, rules))


def _request(entity: str) -> ImportRequest:
    return ImportRequest(entity, str(_FILES / f"{entity}.csv"))


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """Yield the path to build at; what was begun and not finished is taken away again."""
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="crm-demo-"))
        database = folder / "demo.db"
    else:
        folder, database = None, keep.expanduser().absolute()
        if os.path.lexists(database):
            raise CannotCreateError(
                _("there is a file already"),
                where=str(keep),
                hint=_("name a new one: the sample database never replaces anything"),
            )
    try:
        yield database
    except BaseException:
        if folder is not None:
            rmtree(folder, ignore_errors=True)
        else:
            database.unlink(missing_ok=True)
        raise
