"""Recording satisfaction surveys: asked, answered, or both at once."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from crmcli.errors import RefusedError
from crmcli.i18n import _
from crmcli.store.work import Work
from crmcli.workflows import record
from crmcli.workflows.record import Edited, Recorded

Given = Mapping[str, str | None]


def add(database: Path, given: Given) -> Recorded:
    """Record a survey that was answered; a day that is not given is that of the other, or today."""
    answered = given.get("answered_on") or "today"
    asked = given.get("asked_on") or answered
    done = record.add(database, "survey", {**given, "asked_on": asked, "answered_on": answered})
    return replace(done, resolved=tuple((name, day) for name, day in done.resolved if given.get(name)))


def answer(database: Path, which: str, score: str, comment: str | None, on: str | None) -> Edited:
    """Note the answer to a survey that was asked.

    Raises:
        RefusedError: it was answered already.
    """

    def once(_work: Work, row: Any, _wanted: dict[str, str]) -> None:
        if row.answered_on is not None:
            raise RefusedError(
                _("survey #{id} was answered on {day}").format(id=row.id, day=row.answered_on),
                hint=_("to correct the score: crm survey edit {id} --score {score}").format(
                    id=row.id, score=score
                ),
            )

    given = {"score": score, "comment": comment, "answered_on": on or "today"}
    return record.edit(database, "survey", which, given, "answer", before=once)
