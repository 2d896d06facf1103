"""What can go wrong, said kindly: every failure is one of these, and carries its own exit status.

An error is one line, `crm: error[code]: where: what`, then `hint: …`. Several faults in one file or one
ruleset are collected and shown together. Nothing here prints.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from crmcli.i18n import _


class ExitCode(IntEnum):
    """Exit statuses; the numbers above 63 are those of BSD sysexits."""

    OK = 0  #: done
    FINDINGS = 1  #: nothing found, something found that was looked for, or "no"
    USAGE = 2  #: the command line is wrong
    PARTIAL = 3  #: some were left out: rows of an import, customers without an e-mail address
    DATA = 65  #: the input is bad; nothing was changed
    SOFTWARE = 70  #: a defect in this program
    CANNOT_CREATE = 73  #: a file cannot be created or written, read-only
    IO = 74  #: reading or writing failed, disk full
    BUSY = 75  #: another command holds the database; try again
    CONFIG = 78  #: settings, rules or schema version
    INTERRUPTED = 130  #: Ctrl-C
    TERMINATED = 143  #: SIGTERM


class Fault(NamedTuple):
    """One thing wrong at one place in a file.

    Attributes:
        what: the sentence, translated.
        file: name of the file as the user gave it; empty when there is none.
        line: line number from 1, 0 when unknown.
        column: for YAML a character column from 1; for CSV the column's header; "" when unknown.
        value: the offending text as it stands in the file ("" when it does not help).
        hint: what to do about it, translated.
        code: a stable English word for scripts, e.g. `unknown-feature`.
        source: the whole source line, so that a terminal can draw a caret (YAML only).
    """

    what: str
    file: str = ""
    line: int = 0
    column: int | str = ""
    value: str = ""
    hint: str = ""
    code: str = ""
    source: str = ""

    @property
    def where(self) -> str:
        """`file:line:column` with the parts that are known."""
        parts = [self.file, str(self.line) if self.line else "", str(self.column)]
        return ":".join(part for part in parts if part)

    def text(self) -> str:
        """One line: where, what, and the hint in parentheses."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return _("{text} ({hint})").format(text=text, hint=self.hint) if self.hint else text


class CrmError(Exception):
    """A failure a user can understand; subclasses fix the exit status and the code in the message.

    `faults` are what is wrong in detail; with `every`, all of them are what was asked for, else the first will do.
    """

    status = ExitCode.SOFTWARE
    code = "error"

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        hint: str = "",
        faults: Sequence[Fault] = (),
        every: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.faults = tuple(faults)
        self.every = every


class UsageError(CrmError):
    """The command line cannot be understood or lacks something."""

    status = ExitCode.USAGE
    code = "usage"


class NotFoundError(CrmError):
    """What was named does not exist."""

    status = ExitCode.FINDINGS
    code = "not-found"


class AmbiguousError(CrmError):
    """What was named fits several records; `candidates` are (id, description) pairs. Never guessed."""

    status = ExitCode.FINDINGS
    code = "ambiguous"

    def __init__(self, what: str, candidates: Sequence[tuple[int, str]], *, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.candidates = tuple(candidates)


class RefusedError(CrmError):
    """The command was understood and would do harm: refused, nothing changed (undo over a later edit, …)."""

    status = ExitCode.FINDINGS
    code = "refused"


class DataError(CrmError):
    """The input is bad; nothing was changed."""

    status = ExitCode.DATA
    code = "data"


class CannotCreateError(CrmError):
    """A file or folder cannot be created or written."""

    status = ExitCode.CANNOT_CREATE
    code = "cannot-create"


class StorageError(CrmError):
    """Reading or writing a file failed: disk full, broken device, damaged database."""

    status = ExitCode.IO
    code = "io"


class BusyError(CrmError):
    """Another command is writing to the database."""

    status = ExitCode.BUSY
    code = "busy"


class ConfigError(CrmError):
    """Settings or rules are wrong, or the database is of another version or program."""

    status = ExitCode.CONFIG
    code = "config"
