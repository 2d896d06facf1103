"""Small private files in the state folder, whole or not at all: the only way to write one. Light: the agenda keeps one."""

import os
from contextlib import suppress
from pathlib import Path

from crmcli.temporaries import temporary_for


def replace_private(path: Path, text: str, *, durable: bool = True) -> None:
    """Put a text in the place of a file that only its owner can read; its folder is made if need be.

    What a killed command left of it is removed.

    Args:
        path: the file.
        text: what it is to hold.
        durable: wait until the text is on disk before it takes the place of what was there; without, a machine that
            loses its power may leave an empty file.

    Raises:
        OSError: nothing can be written there; what was there stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = temporary_for(path)
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(number)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
