"""The file beside another that takes its place once it is whole: its name, and what killed commands left. Light."""

import os
import zlib
from contextlib import suppress
from pathlib import Path


def temporary_for(target: Path) -> Path:
    """Return a new name beside a file; what earlier, killed commands left of this very file is removed."""
    # Not hashlib nor secrets: loading them takes longer than the rest of a prompt's note.
    tag = f"{zlib.crc32(os.fsencode(target.name)):08x}"
    _remove_stale(target.parent, tag)
    return target.parent / f".crm-{tag}-{os.getpid()}-{os.urandom(8).hex()}.tmp"


def _remove_stale(folder: Path, tag: str) -> None:
    with suppress(OSError):
        for entry in os.scandir(folder):
            kind, *parts = entry.name.split("-")
            ours = kind == ".crm" and len(parts) == 3 and parts[0] == tag and parts[2].endswith(".tmp")
            if (
                ours
                and parts[1].isdecimal()
                and entry.is_file(follow_symlinks=False)
                and not _is_alive(int(parts[1]))
            ):
                with suppress(OSError):
                    Path(entry.path).unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
