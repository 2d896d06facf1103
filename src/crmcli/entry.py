"""From the console script to an exit status: every failure becomes one line on standard error.

Nothing here knows a command. Files are made for their owner only (umask 077); SIGTERM unwinds like Ctrl-C, so that
the transaction rolls back and temporary files go.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from crmcli.errors import CrmError

_BROKEN_PIPE, _INTERRUPTED, _TERMINATED = 141, 130, 143  #: 128 and the number of the signal


class _Terminated(BaseException):
    """SIGTERM arrived."""


def run() -> NoReturn:
    """Run the command line of this process and end it; the console scripts point here.

    A command lives for a moment: searching for cycles of garbage and taking the interpreter apart piece by piece is
    a fifth of it (docs/decisions.md). What must be finished (the transaction, the files, the output) is so in `main`.
    """
    gc.disable()
    status = main(sys.argv[1:])
    with suppress(OSError, ValueError, AttributeError):  # a stream that is closed, or was never there
        sys.stderr.flush()
    os._exit(status)


def main(argv: Sequence[str]) -> int:
    """Run one command line and return its exit status; nothing escapes."""
    os.umask(0o077)
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        from crmcli.cli.recall import recalled

        known = recalled(argv)
        return _guarded(argv) if known is None else known
    except _Terminated:
        return _TERMINATED
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


def _guarded(argv: Sequence[str]) -> int:
    from crmcli.cli.recall import is_prompt
    from crmcli.cli.start import prepare
    from crmcli.errors import CrmError, ExitCode
    from crmcli.render import notes, output

    try:
        prepare(argv)
        if is_prompt(argv):
            from crmcli.cli.prompt import run as run_command
        else:
            from crmcli.cli.app import run as run_command  # after the language is known

        status = run_command(argv)
        return status if output.flush_quietly() else _BROKEN_PIPE
    except BrokenPipeError:
        output.discard_output()
        return _BROKEN_PIPE
    except CrmError as error:
        notes.error(error)
        return error.status if output.flush_quietly() else _BROKEN_PIPE
    except OSError as error:
        notes.error(_output_error(error))
        output.discard_output()
        return ExitCode.IO
    except Exception as error:  # noqa: BLE001 - the last door: a defect is reported without the user's data
        notes.error(_defect(error))
        return ExitCode.SOFTWARE


def _output_error(error: OSError) -> "CrmError":
    from crmcli.errors import StorageError
    from crmcli.i18n import _

    reason = error.strerror or type(error).__name__
    return StorageError(
        _("reading or writing failed: {reason}").format(reason=reason), where=str(error.filename or "")
    )


def _defect(error: Exception) -> "CrmError":
    import traceback

    from crmcli.errors import CrmError
    from crmcli.i18n import _

    if os.environ.get("CRM_DEBUG"):
        traceback.print_exc()
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119 - no pathlib here
    problem = CrmError(
        _("a defect in crm: {kind}").format(kind=type(error).__name__),
        where=place,
        hint=_("nothing was changed by this command; CRM_DEBUG=1 shows more"),
    )
    problem.code = "bug"
    return problem


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated
