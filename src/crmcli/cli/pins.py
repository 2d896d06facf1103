"""What is pinned by hand, on its way to the renderer: the list of it, and the mark beside a class."""

from collections.abc import Iterable, Mapping
from typing import Any

from crmcli.cli import tables
from crmcli.i18n import _
from crmcli.render.output import Column, Listing
from crmcli.vocabulary import CLASSES, JUDGEMENT, OVERRIDE_STATE


def listing(lines: Iterable[Any], *, coded: bool, everything: bool) -> Listing:
    """List overrides with their customers; a terminal is told their state only when there is more than one."""
    columns = [Column("id", "#"), Column("name", _("Name"), wrap=True, min_width=8), *_columns()]
    rows = [(line.customer_id, line.name, *_cells(line, coded=coded)) for line in lines]
    found = Listing(columns, rows, ids=list(dict.fromkeys(row[0] for row in rows)), key="overrides")
    if coded or everything:
        return found
    return found.only([column.key for column in columns if column.key not in {"ended_on", "state"}])


def of_customer(
    lines: Iterable[Any],
    computed: Mapping[str, str | None],
    *,
    coded: bool,
    labels: Mapping[str, str] | None = None,
) -> Listing:
    """List the overrides of one customer beside what was computed for it (judgement → code).

    `labels` has the words for tiers where the rules have words of their own.
    """
    rows = [
        _cells(line._replace(computed=computed.get(line.judgement)), coded=coded, labels=labels)
        for line in lines
    ]
    found = Listing(_columns(), rows, title=_("Pinned by hand"), key="overrides")
    return found.only([column.key for column in found.columns if column.key not in {"ended_on", "state"}])


def classes(
    lines: Iterable[Any],
    computed: Mapping[str, str | None],
    *,
    coded: bool,
    labels: Mapping[str, str] | None = None,
) -> dict[str, str | None]:
    """Return judgement → the class that counts: the pinned one, on a terminal with the computed one beside it.

    Args:
        lines: the overrides of one customer.
        computed: judgement → the computed class, as it is to be shown.
        coded: the result is for a program.
        labels: the words for tiers where the rules have words of their own.
    """
    found = dict(computed)
    for line in lines:
        found[line.judgement] = line.value if coded else _beside(line, computed[line.judgement], labels)
    return found


def _beside(line: Any, computed: str | None, labels: Mapping[str, str] | None) -> str:
    value = _word(line.judgement, line.value, labels)
    if computed is None:
        return _("{value}, pinned by hand").format(value=value)
    return _("{value}, pinned by hand; the rules say {computed}").format(value=value, computed=computed)


def _columns() -> list[Column]:
    return [
        Column("judgement", _("Judgement")),
        Column("value", _("Pinned")),
        Column("computed", _("Computed")),
        Column("from_on", _("Since"), spare=3),
        Column("until_on", _("Until")),
        Column("ended_on", _("Taken off"), spare=2),
        Column("state", _("State"), spare=1),
        Column("override_reason", _("Reason"), wrap=True, min_width=12),
    ]


def _cells(line: Any, *, coded: bool, labels: Mapping[str, str] | None = None) -> tuple[Any, ...]:
    words = (line.judgement, line.value, line.computed, line.state)
    if not coded:
        words = (
            JUDGEMENT.label(line.judgement),
            _word(line.judgement, line.value, labels),
            _word(line.judgement, line.computed, labels),
            OVERRIDE_STATE.label(line.state),
        )
    judgement, value, computed, state = words
    return (
        judgement, value, computed, tables.day(line.from_on), tables.day(line.until_on), tables.day(line.ended_on), state,
        line.override_reason,
    )  # fmt: skip


def _word(judgement: str, code: str | None, labels: Mapping[str, str] | None) -> str | None:
    if code is not None and judgement == "tier" and labels and code in labels:
        return labels[code]
    return tables.word(CLASSES[judgement], code)
