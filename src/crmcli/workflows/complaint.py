"""Recording complaints: received, investigated, replied to, closed, and reopened if need be.

A complaint goes forward step by step; each step has its day. By when it is to be replied to says the rules' `response:`,
by tier and severity, unless a day is given.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from crmcli.errors import DataError, RefusedError
from crmcli.i18n import _
from crmcli.rules import folder
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store.reads.agenda import stored_ruleset
from crmcli.store.reads.complaints import tier_of
from crmcli.store.work import Work
from crmcli.values import ValueFault
from crmcli.vocabulary import SEVERITY
from crmcli.workflows import record
from crmcli.workflows.record import Edited, Recorded

Given = Mapping[str, str | None]


def add(database: Path, rules: Path, given: Given) -> Recorded:
    """Record a complaint; without a due day the rules say by when it is to be replied to.

    Args:
        database: the file.
        rules: the folder of the rules in force; read only where no classification has stored what is needed.
        given: the fields as they were typed.
    """

    def due(work: Work, row: Any) -> tuple[tuple[str, date], ...]:
        if row.reply_due_on is None:
            row.reply_due_on = _due(work, rules, row.customer_id, row.severity, row.received_on)
        return (
            (("reply_due_on", row.reply_due_on),)
            if row.reply_due_on and not given.get("reply_due_on")
            else ()
        )

    return record.add(database, "complaint", given, after=due)


def edit(database: Path, rules: Path, which: str, given: Given) -> Edited:
    """Change fields of a complaint. A due day that came from the rules follows the severity and the day of receipt."""

    def due(work: Work, row: Any, wanted: dict[str, str]) -> None:
        if "reply_due_on" in wanted or not {"severity", "received_on"} & set(wanted):
            return
        if row.reply_due_on is None or row.replied_on is not None:
            return
        severity = SEVERITY.parse(wanted.get("severity", row.severity))
        try:
            received = parse_spoken_day(
                wanted.get("received_on", row.received_on.isoformat()), work.today, Direction.PAST
            )
        except ValueFault:
            return  # refused when it is read for the record
        if row.reply_due_on == _due(work, rules, row.customer_id, row.severity, row.received_on) and severity:
            new = _due(work, rules, row.customer_id, severity, received)
            wanted["reply_due_on"] = new.isoformat() if new is not None else ""

    return record.edit(database, "complaint", which, given, before=due)


def investigate(database: Path, which: str, on: str | None) -> Edited:
    """Begin to look into a complaint that was received.

    Raises:
        RefusedError: it has come further already.
    """
    given = {"investigating_on": on or "today"}
    return record.edit(
        database, "complaint", which, given, "investigate", before=_forward("investigating_on")
    )


def reply(database: Path, which: str, words: str, on: str | None) -> Edited:
    """Note what the customer was told, and when.

    Raises:
        DataError: there are no words.
        RefusedError: it was replied to already, or is closed.
    """
    if not words.strip():
        raise DataError(_("must be given"), where="reply")
    given = {"reply": words, "replied_on": on or "today"}
    return record.edit(database, "complaint", which, given, "reply", before=_forward("replied_on"))


def close(database: Path, which: str, given: Given, on: str | None) -> Edited:
    """Close a complaint that was replied to, with its root cause and what prevents it from now on.

    Raises:
        RefusedError: nobody replied yet, or it is closed already.
    """
    wanted = {**given, "closed_on": on or "today"}
    return record.edit(database, "complaint", which, wanted, "close", before=_forward("closed_on"))


def reopen(database: Path, which: str) -> Edited:
    """Take a complaint back to being investigated: its reply was none, or it came again. What was written stays.

    Raises:
        RefusedError: it was neither replied to nor closed.
    """

    def back(work: Work, row: Any, wanted: dict[str, str]) -> None:
        if row.replied_on is None and row.closed_on is None:
            raise RefusedError(_("complaint #{id} was neither replied to nor closed").format(id=row.id))
        if row.investigating_on is None:
            wanted["investigating_on"] = work.today.isoformat()

    return record.edit(
        database, "complaint", which, {"replied_on": "", "closed_on": ""}, "reopen", before=back
    )


_STEPS = ("investigating_on", "replied_on", "closed_on")


def _forward(step: str) -> Any:
    """Return what refuses a step that was taken already, or that lies behind the one a complaint has come to."""

    def refuse(_work: Work, row: Any, _wanted: dict[str, str]) -> None:
        taken = next((name for name in reversed(_STEPS) if getattr(row, name) is not None), "")
        if taken and _STEPS.index(taken) >= _STEPS.index(step):
            text = {
                "investigating_on": _("complaint #{id} is being investigated since {day}"),
                "replied_on": _("complaint #{id} was replied to on {day}"),
                "closed_on": _("complaint #{id} was closed on {day}"),
            }[taken]
            again = _("to take it up again: crm complaint reopen {id}").format(id=row.id)
            correct = _("to correct the day: crm complaint edit {id}").format(id=row.id)
            hint = correct if taken == "investigating_on" else again
            raise RefusedError(text.format(id=row.id, day=getattr(row, taken)), hint=hint)
        if step == "closed_on" and taken != "replied_on":
            hint = _('tell the customer first: crm complaint reply {id} "what was said"').format(id=row.id)
            raise RefusedError(_("complaint #{id} has not been replied to").format(id=row.id), hint=hint)

    return refuse


def _due(work: Work, rules: Path, customer: int, severity: str, received: date) -> date | None:
    """Return the day by which a complaint is to be replied to, None if the rules do not say."""
    today = work.today.isoformat()
    stored = stored_ruleset(work.driver, today)
    program = json.loads(stored.agenda) if stored else {}
    if "response" not in program:
        program = _compiled(rules)
    tier = tier_of(work.driver, customer, today)
    days = {(its, grave): days for its, grave, days in program["response"]}
    found = days.get((tier, severity), days.get((None, severity)))
    return None if found is None else received + timedelta(days=found)


def _compiled(rules: Path) -> Mapping[str, Any]:
    from crmcli.rules import agenda_program, load  # YAML is read only when no run stored what is needed

    return agenda_program(load(folder.read_files(rules), str(rules)))
