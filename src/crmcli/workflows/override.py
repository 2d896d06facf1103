"""Pinning a class by hand and taking it off again. One command is one unit of work.

An override is a dated row: it counts from the day it was set to the last day it was meant for, or until it is taken off
or another takes its place. Nothing is deleted, so that a day of the past is read as it was.
"""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import col, or_, select

from crmcli.errors import DataError
from crmcli.i18n import _
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store.schema import Override, OverrideIn
from crmcli.store.work import Work, unit_of_work
from crmcli.values import ValueFault
from crmcli.vocabulary import CLASSES, JUDGEMENT
from crmcli.workflows.record import Recorded, customer_named, validated


def pin(
    database: Path, rules: Path, which: str, classes: Mapping[str, str], reason: str, until: str | None
) -> Recorded:
    """Pin classes of one customer from today on.

    Args:
        database: the file.
        rules: the folder of the rules in force; a tier must be one of theirs.
        which: the customer, as the user named it.
        classes: judgement → code.
        reason: why.
        until: the last day it counts, as the user wrote it; None for no end.

    Raises:
        DataError: the end is past, the reason empty, or the rules have no such tier.
        NotFoundError, AmbiguousError: who is meant.
    """
    if not reason.strip():
        raise DataError(
            _("must not be empty"), where="--reason", hint=_("say why, for whoever reads it next year")
        )
    if "tier" in classes:
        _refuse_unknown_tier(rules, classes["tier"])
    with unit_of_work(database, "classify pin") as work:
        customer = customer_named(work, which)
        until_on = _last_day(work, until)
        common = {
            "customer_id": customer.id,
            "from_on": work.today,
            "until_on": until_on,
            "override_reason": reason,
        }
        changed = [
            _pin(work, {**common, "judgement": judgement, "value": code})
            for judgement, code in classes.items()
        ]
        resolved = (("until_on", until_on),) if until_on and until != until_on.isoformat() else ()
        if not any(changed):
            return Recorded(customer.id, customer.name, _("nothing to do: it already is so"), resolved)
        said = ", ".join(
            f"{JUDGEMENT.label(name)} {CLASSES[name].label(code)}" for name, code in classes.items()
        )
        work.summary = _("pinned {name}: {classes}").format(name=customer.name, classes=said)
        if until_on is not None:
            work.summary += _(", until {day}").format(day=until_on)
        return Recorded(customer.id, customer.name, work.summary, resolved)


def unpin(database: Path, which: str, judgements: Collection[str]) -> Recorded:
    """Take overrides of one customer off as of today; all of them when no judgement is named.

    Raises:
        NotFoundError, AmbiguousError: who is meant.
    """
    with unit_of_work(database, "classify unpin") as work:
        customer = customer_named(work, which)
        ended = [
            name
            for name in JUDGEMENT.codes
            if (not judgements or name in judgements) and _end(work, customer.id, name)
        ]
        if not ended:
            return Recorded(customer.id, customer.name, _("nothing to do: it already is so"))
        said = ", ".join(JUDGEMENT.label(name) for name in ended)
        work.summary = _("unpinned {name}: {judgements}").format(name=customer.name, judgements=said)
        return Recorded(customer.id, customer.name, work.summary)


def _refuse_unknown_tier(rules: Path, tier: str) -> None:
    from crmcli.rules import load_folder  # YAML is read only when a tier was named

    codes = [known.code for known in load_folder(rules).tiers]
    if tier not in codes:
        raise DataError(
            _("{value} is not a tier of these rules").format(value=repr(tier)),
            where="--tier",
            hint=_("one of: {codes}").format(codes=", ".join(codes)),
        )


def _last_day(work: Work, until: str | None) -> date | None:
    if until is None:
        return None
    try:
        day = parse_spoken_day(until, work.today, Direction.FUTURE)
    except ValueFault as fault:
        raise DataError(fault.what, where="--until", hint=fault.hint) from None
    if day < work.today:
        raise DataError(
            _("{day} is past").format(day=day),
            where="--until",
            hint=_("it is the last day the class stays pinned: today ({today}) or later").format(
                today=work.today
            ),
        )
    return day


def _pin(work: Work, given: Mapping[str, Any]) -> bool:
    """Put one override in the place of what is pinned, and tell whether that changed anything."""
    wanted = Override.model_validate({**validated(OverrideIn, given, []).model_dump(), **work.stamps()})
    pinned = _pinned(work, wanted.customer_id, wanted.judgement)
    if pinned and pinned[-1].from_on <= work.today and _said(pinned[-1]) == _said(wanted):
        return False
    _end(work, wanted.customer_id, wanted.judgement)
    work.session.add(wanted)
    work.session.flush()
    return True


def _said(row: Override) -> tuple[object, ...]:
    # `ended_on` too: a pin that ends on a later day (the clock went back) is not one without an end
    return row.value, row.until_on, row.override_reason, row.ended_on


def _end(work: Work, customer: int, judgement: str) -> bool:
    """End today what is pinned today or later, and tell whether there was anything."""
    pinned = _pinned(work, customer, judgement)
    for row in pinned:
        row.ended_on = work.today
        work.session.add(row)
    work.session.flush()
    return bool(pinned)


def _pinned(work: Work, customer: int, judgement: str) -> list[Override]:
    """Return the overrides of one judgement that count today or would later, oldest first."""
    query = (
        select(Override)
        .where(Override.customer_id == customer, Override.judgement == judgement)
        .where(or_(col(Override.until_on).is_(None), col(Override.until_on) >= work.today))
        .where(or_(col(Override.ended_on).is_(None), col(Override.ended_on) > work.today))
        .order_by(col(Override.id))
    )
    return list(work.session.exec(query))
