"""Small private files in the state folder, whole or not at all. Light: looking at the agenda keeps one."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def replace_private(path: Path, text: str) -> None:
    """Put a text in the place of a file that only its owner can read; its folder is made if need be.

    Raises:
        OSError: nothing can be written there; what was there stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}.tmp")
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(number)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
