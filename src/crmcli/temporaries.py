"""The file beside another that takes its place once it is whole: its name, and what killed commands left. Light."""

import os
import re
import zlib
from contextlib import suppress
from pathlib import Path

_NAME = re.compile(r"\.crm-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.tmp")


def temporary_for(target: Path) -> Path:
    """Return a new name beside a file; what earlier, killed commands left of this very file is removed."""
    # Not hashlib nor secrets: loading them takes longer than the rest of a prompt's note.
    tag = f"{zlib.crc32(os.fsencode(target.name)):08x}"
    _remove_stale(target.parent, tag)
    return target.parent / f".crm-{tag}-{os.getpid()}-{os.urandom(8).hex()}.tmp"


def _remove_stale(folder: Path, tag: str) -> None:
    with suppress(OSError):
        for entry in os.scandir(folder):
            match = _NAME.fullmatch(entry.name)
            ours = match and match.group(1) == tag and entry.is_file(follow_symlinks=False)
            if match and ours and not _is_alive(int(match.group(2))):
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
