"""What must hold between the fields of one record, whether it was typed or stands in a file.

Each field by itself was read and allowed before. Values may be missing (a file need not give all of them); a day is a
`date` or ISO text.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from crmcli.errors import Fault
from crmcli.i18n import _
from crmcli.vocabulary import SURVEY_KIND

Check = Callable[[Mapping[str, Any], date], list[Fault]]

#: The scores that a survey can have, by kind.
SCORES = MappingProxyType({"csat": (1, 5), "nps": (0, 10)})
_STEPS = ("received_on", "investigating_on", "replied_on", "closed_on")
_TO_CLOSE = ("replied_on", "root_cause", "prevention")


def complaint(values: Mapping[str, Any], today: date) -> list[Fault]:
    """Return what is wrong with a complaint: its steps go forward, none lies ahead, and it is closed with a reason."""
    faults = _steps(values, _STEPS, today)
    if values.get("closed_on"):
        faults += [
            Fault(_("a complaint that is closed must have it"), column=name)
            for name in _TO_CLOSE
            if not str(values.get(name) or "").strip()
        ]
    due = values.get("reply_due_on")
    if due and values.get("received_on") and str(due) < str(values["received_on"]):
        faults.append(_before("reply_due_on", due, "received_on", values["received_on"]))
    return faults


def survey(values: Mapping[str, Any], today: date) -> list[Fault]:
    """Return what is wrong with a survey: its score fits its kind, and is there when it was answered."""
    faults = _steps(values, ("asked_on", "answered_on"), today)
    score, answered = values.get("score"), values.get("answered_on")
    kind = str(values.get("kind") or "csat")
    least, most = SCORES[kind]
    if score is not None and not least <= int(score) <= most:
        what = _("a {kind} score is {least} to {most}, not {value}").format(
            kind=SURVEY_KIND.label(kind), least=least, most=most, value=score
        )
        faults.append(Fault(what, column="score", value=str(score), hint=_kind_hint(kind, int(score))))
    if score is None and answered:
        faults.append(Fault(_("a survey that was answered has a score"), column="score"))
    if score is not None and not answered:
        faults.append(Fault(_("a score has a day on which it was given"), column="answered_on"))
    return faults


def _kind_hint(kind: str, score: int) -> str:
    if kind == "csat" and score in range(11):
        return _("NPS goes from 0 to 10: then the kind is nps")
    return ""


def _steps(values: Mapping[str, Any], names: tuple[str, ...], today: date) -> list[Fault]:
    """Return the days that lie before an earlier step, or after today."""
    faults = []
    last = ""
    for name in names:
        day = str(values.get(name) or "")
        if not day:
            continue
        if day > today.isoformat():
            what = _("{day} lies ahead: it has not happened yet").format(day=day)
            faults.append(Fault(what, column=name, value=day))
        elif last and day < str(values[last]):
            faults.append(_before(name, day, last, values[last]))
        last = name
    return faults


def _before(name: str, day: object, other: str, earlier: object) -> Fault:
    what = _("{day} lies before {other} ({earlier})").format(day=day, other=other, earlier=earlier)
    return Fault(what, column=name, value=str(day))


#: Record, one or many → its check; a record that is not here has none.
CHECKS: Mapping[str, Check] = MappingProxyType(
    {"complaint": complaint, "complaints": complaint, "survey": survey, "surveys": survey}
)
