"""The last answer to a shell's prompt, which asks at every turn while mostly nothing has changed. Light.

An answer is kept in the state folder. It holds until the day is over, or until something changes that it follows from: the
database (its size and times, and the counter that SQLite raises with every change), the user's rules, the environment, the
program.
"""

import json
import os
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from crmcli import __version__
from crmcli.store.places import database_path, state_path, user_rules_path

_VARIABLES = ("CRM_TODAY", "CRM_LANG", "CRM_TRUST", "LC_ALL", "LC_MESSAGES", "LANG")
_COUNTER = slice(24, 28)  #: of a database's header: raised with every change
_JOURNAL = slice(18, 20)  #: 1, 1 where changes are in the file itself, and not beside it


def recall(argv: Sequence[str]) -> tuple[str, int] | None:
    """Return what was written and the exit status, if nothing has changed since; None if that is not sure."""
    try:
        found = json.loads(_file(argv).read_bytes())
        asked, (text, status, since, until) = _basis(argv), found["answer"]
        return (text, status) if found["asked"] == asked and since <= time.time() < until else None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):  # the last: no home folder is known
        return None


def keep(argv: Sequence[str], text: str, status: int, basis: object, until: float) -> None:
    """Remember an answer.

    Args:
        argv: the command line.
        text: what was written.
        status: the exit status.
        basis: what `current` returned before the question was asked: a change meanwhile makes the answer old.
        until: when the day is over, in seconds since 1970.
    """
    from crmcli.store.notes import replace_private  # an answer that is recalled needs it not

    if basis is not None and basis == current(argv):
        content = {"asked": basis, "answer": [text, status, time.time(), until]}
        with suppress(OSError, UnicodeError):
            replace_private(_file(argv), json.dumps(content, ensure_ascii=False), durable=False)


def current(argv: Sequence[str]) -> object:
    """Return what an answer follows from as it is now; None where that cannot be told."""
    try:
        return _basis(argv)
    except (OSError, ValueError, RuntimeError):
        return None


def _file(argv: Sequence[str]) -> Path:
    asked = "\0".join([*argv, str(database_path())])
    return state_path() / f"prompt-{zlib.crc32(os.fsencode(asked)):08x}.json"


def _basis(argv: Sequence[str]) -> list[object]:
    """Return everything that an answer follows from, as JSON gives it back.

    Raises:
        OSError: there is no database to be read.
        ValueError: it is just being changed, or keeps its changes beside it.
    """
    database = database_path().resolve()
    for ending in ("-journal", "-wal"):
        if database.with_name(f"{database.name}{ending}").exists():
            raise ValueError(ending)
    with database.open("rb") as file:
        header, about = file.read(100), os.fstat(file.fileno())
    if header[_JOURNAL] != b"\1\1":
        raise ValueError(database)
    return [
        __version__,
        list(argv),
        str(database),
        [
            about.st_dev,
            about.st_ino,
            about.st_size,
            about.st_mtime_ns,
            about.st_ctime_ns,
            header[_COUNTER].hex(),
        ],
        [os.environ.get(name) for name in _VARIABLES],
        _rules(user_rules_path()),
    ]


def _rules(folder: Path) -> list[list[object]]:
    """Return name, time and size of what is in the folder of the user's rules."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except FileNotFoundError:
        return []
    return sorted([name, about.st_mtime_ns, about.st_size] for name, about in found)
