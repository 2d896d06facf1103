"""What is pinned by hand, and what was. Reads only, light."""

from pathlib import Path

from crmcli import clock
from crmcli.store.light import reading
from crmcli.store.reads import overrides as reads
from crmcli.store.reads.overrides import OverrideLine
from crmcli.store.settings import read_settings


def overrides(database: Path, *, everything: bool, limit: int) -> tuple[OverrideLine, ...]:
    """Return the overrides in force today, with `everything` also those that expired or were taken off."""
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone).isoformat()
        return tuple(reads.overrides(connection, today, everything=everything, limit=limit))
