"""Lists of customers. Reads only, light."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crmcli import clock
from crmcli.store.light import reading
from crmcli.store.reads import customers as reads
from crmcli.store.reads.base import ALL
from crmcli.store.reads.customers import CustomerLine
from crmcli.store.settings import read_settings
from crmcli.workflows.judged import wanted_segments


class Page(NamedTuple):
    """Some customers, and how many there are in all (None when nobody was left out)."""

    lines: tuple[CustomerLine, ...]
    total: int | None


def customers(
    database: Path,
    *,
    limit: int,
    where: Sequence[tuple[str, str]] = (),
    segments: Sequence[tuple[str, str]] = (),
    **filters: Any,
) -> Page:
    """Return customers; filters: archived, tier, grade, tag, search, sort.

    Args:
        database: the file.
        limit: at most so many, -1 for all.
        where: values of custom fields; each must hold.
        segments: classes of further judgements, by code or label; of one judgement they are alternatives.
        filters: the others.

    Raises:
        UsageError: `where` names no custom field, or a value that it cannot have; `segments` no judgement of the last
            run, or no class of one.
        NotFoundError: `segments` is given, and nobody has been classified.
    """
    with reading(database) as connection:
        day = clock.today(read_settings(connection).time_zone)
        today = day.isoformat()
        if where:
            from crmcli.workflows.custom import (
                wanted_values,  # only this filter pays for what reads its values
            )

            filters["custom"] = wanted_values(connection, where, day)
        if segments:
            filters["segments"] = wanted_segments(connection, segments, today)
        asked = limit + 1 if limit >= 0 else limit
        lines = reads.customers(connection, **{**reads.EVERYBODY, **filters, "today": today, "limit": asked})
        more = 0 <= limit < len(lines)
        total = None
        if more:
            narrowing = ("search", "tier", "grade", "tag", "archived", "custom", "segments")
            filtered = any(filters.get(name) for name in narrowing)
            wanted = {**reads.EVERYBODY, **filters, "today": today, "limit": ALL}
            total = (
                len(reads.customers(connection, **wanted)) if filtered else reads.count_customers(connection)
            )
        return Page(tuple(lines[:limit] if more else lines), total)
