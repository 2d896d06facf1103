"""Standard output and standard error as every command has them. Light: a prompt's answer loads little else."""

import sys
from collections.abc import Callable


def prepare_streams() -> None:
    """Make standard output and standard error UTF-8 with plain line feeds, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # Half a character that came in through the command line must not stop the output.
            reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
