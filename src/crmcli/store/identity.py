"""Identifiers for machines: UUID version 7 (RFC 9562), sortable by the time they were made."""

import secrets
import time
from collections.abc import Iterator


def new_uid() -> str:
    """Return one UUIDv7 as text."""
    return next(new_uids())


def new_uids() -> Iterator[str]:
    """Yield UUIDv7 texts without end, in rising order: 48 bits of milliseconds, a 42-bit counter, 32 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    prefix = f"{milliseconds:012x}"
    head = f"{prefix[:8]}-{prefix[8:]}-7"
    counter = secrets.randbits(41)  # leaves room to count up without reaching the 42nd bit's end
    while True:
        block = secrets.token_hex(4 * 1024)
        for start in range(0, len(block), 8):
            counter += 1
            upper, lower = counter >> 30 & 0xFFF, counter & 0x3FFFFFFF
            low = f"{0x2 << 30 | lower:08x}"
            yield f"{head}{upper:03x}-{low[:4]}-{low[4:]}{block[start : start + 8]}"
