"""A folder of text files, one for each customer: names that any file system takes, nothing replaced unasked."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from crmcli.errors import CannotCreateError, RefusedError
from crmcli.exchange.writing import atomic_output
from crmcli.i18n import _

_NAME_BYTES = 120  #: of a customer's name in a file name; file systems take 255 in all


def file_name(number: int, name: str) -> str:
    """Return the file name for a customer: the id makes it unique, the name readable. `12-张三.txt`."""
    plain = unicodedata.normalize("NFC", name)
    plain = re.sub(r"[^\w.+-]+", "_", plain).strip("._-")
    short = plain.encode(errors="ignore")[:_NAME_BYTES].decode(errors="ignore")
    return f"{number}-{short}.txt" if short else f"{number}.txt"


def write_letters(folder: Path, letters: Sequence[tuple[str, str]], *, force: bool) -> list[Path]:
    """Write (file name, text) pairs into a folder, which is made if it is not there; each file whole or not at all.

    Raises:
        RefusedError: one of the files is there already, and not `force`; nothing was written.
        CannotCreateError, StorageError: nothing can be written there, or the disk is full.
    """
    targets = [folder / name for name, _text in letters]
    taken = [path for path in targets if path.exists() or path.is_symlink()]
    if taken and not force:
        raise RefusedError(
            _("{file} is there already").format(file=str(taken[0])),
            hint=_("--force replaces it, or name another folder"),
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(
            _("cannot make the folder: {reason}").format(reason=error.strerror), where=str(folder)
        ) from None
    for path, (_name, text) in zip(targets, letters, strict=True):
        with atomic_output(str(path)) as stream:
            stream.write(text)
    return targets
