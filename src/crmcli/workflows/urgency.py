"""Why somebody stands on the agenda: the reasons in words, and the terms that add up to the urgency. Reads only, light."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from crmcli.i18n import _, language, ngettext
from crmcli.rules.occasions import CUSTOMER_TERMS, Points, points_of
from crmcli.store.reads.agenda import AgendaRow
from crmcli.values import group_amount
from crmcli.vocabulary import FESTIVAL, OPPORTUNITY_STAGE
from crmcli.workflows.agenda_basis import ranked_by

#: Occasions that look back on a day: what they wait for is due some days after it.
_LOOK_BACK = frozenset(
    {
        "deal_stalled",
        "waiting_for",
        "complaint_open",
        "inbound",
        "credit_review",
        "survey_due",
        "survey_unanswered",
    }
)
_OF_EVERYBODY = ("cadence", "never_contacted", "no_next_step")  #: occasions that are asked of every customer


#: Less than this is no difference between sums of rounded points.
HALF_A_HUNDREDTH = 0.005


class Term(NamedTuple):
    """One term of an urgency.

    Attributes:
        name: the trigger or the customer's term.
        quantity: what the ramp is of; "" for fixed points.
        value: how much of it there is.
        start: where the ramp is 0, None without one.
        end: where it is 1.
        share: where the value lies on it.
        coefficient: the points at the end of the ramp, or the fixed ones.
        points: what the term gives, rounded to two decimals; all of them add up to the urgency.
    """

    name: str
    quantity: str
    value: float | str | None
    start: float | None
    end: float | None
    share: float
    coefficient: float
    points: float


class Reason(NamedTuple):
    """One reason to be on the agenda.

    Attributes:
        trigger: its name in the rules.
        occasion: what it is about, "" for a state.
        text: for people.
        due_on: the day it is due.
        kind: the kind of record behind it, "" for none.
        record: its number.
        channel: the one that the trigger suggests or the record names; "" for none.
        template: the trigger's.
        points: what it would give on its own.
        begins_on: the first day on which it is one.
        at: the time of day of an appointment, HH:MM; "" for none.
    """

    trigger: str
    occasion: str
    text: str
    due_on: date | None
    kind: str
    record: int | None
    channel: str
    template: str
    points: float
    begins_on: date | None
    at: str = ""


class Standing(NamedTuple):
    """Somebody's reasons, the most urgent first, and the terms of the urgency."""

    reasons: tuple[Reason, ...]
    terms: tuple[Term, ...]

    @property
    def urgency(self) -> float:
        """The sum of the terms."""
        return round(sum(term.points for term in self.terms), 2)


class Weights(NamedTuple):
    """What the rules say of urgency and channels, made ready once for many lines.

    Attributes:
        triggers: in the order of the rules, each with its points.
        asked: the occasions that are asked of every customer → the place of their trigger.
        states: (place, name in quotes) of the triggers that are states.
        rest_days: a state is silent for so long after a contact.
        classes: `tier` and `grade` → code → points.
        terms: what else a customer brings along, with its points.
        channels: (grade, tier, lifecycle stage) → the channels of its cadence.
    """

    triggers: tuple[tuple[Mapping[str, Any], Points], ...]
    asked: Mapping[str, int]
    states: tuple[tuple[int, str], ...]
    rest_days: int
    classes: Mapping[str, Mapping[str, float]]
    terms: tuple[tuple[str, Points], ...]
    channels: Mapping[tuple[str, str, str], Sequence[str]]


def weights_of(program: Mapping[str, Any]) -> Weights:
    """Make the agenda part of a compiled ruleset ready."""
    triggers = tuple((each, points_of(each["points"])) for each in program["triggers"])
    urgency = program["urgency"]
    return Weights(
        triggers,
        {each["on"]: at for at, (each, _points) in enumerate(triggers) if each["on"] in _OF_EVERYBODY},
        tuple((at, f'"{each["name"]}"') for at, (each, _points) in enumerate(triggers) if not each["on"]),
        program["rest_days"],
        {name: urgency[name] for name in ("tier", "grade")},
        tuple((name, points_of(urgency[name])) for name in CUSTOMER_TERMS if name in urgency),
        {
            (grade, tier, stage): channels
            for grade, tier, stage, _least, _most, channels in program["cadence"]
        },
    )


def standing(rows: Sequence[AgendaRow], weights: Weights, today: date, until: date) -> Standing:
    """Return the reasons and terms of one customer (or of one matter of nobody) from its rows of the agenda."""
    return _Weighing(rows, weights, today, until).result()


def _adding_up(terms: list[Term], ranked: float) -> tuple[Term, ...]:
    """Let the largest term take what rounding each of them left over.

    Their sum is then what the line was ranked by, rounded once, and the printed list never goes up again.
    """
    left = round(ranked, 2) - sum(term.points for term in terms)
    if HALF_A_HUNDREDTH <= abs(left) <= HALF_A_HUNDREDTH * (len(terms) + 1):  # more than that is no rounding
        at = max(range(len(terms)), key=lambda number: abs(terms[number].points))
        terms[at] = terms[at]._replace(points=round(terms[at].points + left, 2))
    return tuple(terms)


def _plain(name: str, points: float) -> list[Term]:
    return [Term(name, "", None, None, None, 1.0, points, round(points, 2))] if points else []


def _terms(name: str, points: Points, quantity: float) -> list[Term]:
    """Return the terms of a trigger: its fixed points, and those of its ramp."""
    found = _plain(name, points.base)
    if points.of and points.points:
        share = points.share(quantity)
        found.append(
            Term(
                name,
                points.of,
                quantity,
                points.start,
                points.end,
                share,
                points.points,
                round(points.points * share, 2),
            )
        )
    return found


class _Weighing:
    """The way from rows to reasons and terms."""

    def __init__(self, rows: Sequence[AgendaRow], weights: Weights, today: date, until: date) -> None:
        self.rows, self.row = rows, rows[0]
        self.weights = weights
        self.today, self.until = today, until
        self.matters: dict[int, list[AgendaRow]] = {}
        for row in rows:
            if row.at is not None:
                self.matters.setdefault(row.at, []).append(row)
        self.reasons: list[Reason] = []
        self.terms: list[Term] = []

    def result(self) -> Standing:
        for at in sorted({*self.matters, *self._asked()}):
            trigger, points = self.weights.triggers[at]
            if at in self.matters:
                self._dated(trigger, points, self.matters[at])
            else:
                self._of_customer(trigger, points)
        if self.row.id is not None:
            self._customer_terms()
        self.reasons.sort(key=lambda reason: -reason.points)
        return Standing(tuple(self.reasons), _adding_up(self.terms, ranked_by(self.rows)))

    def _asked(self) -> Iterator[int]:
        """Yield the places of the triggers that hold of the customer without a record."""
        row = self.row
        flags = (row.due, row.untouched, row.no_next_step)
        for name, holds in zip(_OF_EVERYBODY, flags, strict=True):
            if holds and name in self.weights.asked:
                yield self.weights.asked[name]
        if row.in_state:
            held = row.held or ""
            yield from (
                at for at, name in self.weights.states if name in (row.triggers or "") and name not in held
            )

    # --- triggers on records ----------------------------------------------------------------------------------

    def _dated(self, trigger: Mapping[str, Any], points: Points, rows: Sequence[AgendaRow]) -> None:
        """Every record is a reason; the most urgent of them gives the points."""
        found: list[tuple[float, float, Reason]] = []
        for row in rows:
            quantity = self._quantity(points.of, row)
            own = points.of_quantity(quantity)
            found.append((own, quantity, self._reason(trigger, row, own)))
        best = max(found, key=lambda each: each[0])
        self.terms += _terms(trigger["name"], points, best[1])
        self.reasons += [reason for _own, _quantity, reason in found]

    def _quantity(self, of: str, row: AgendaRow) -> float:
        late = (self.today - date.fromisoformat(row.day or "")).days
        return {"amount": row.amount or 0.0, "days_left": float(max(-late, 0))}.get(of, float(max(late, 0)))

    def _reason(self, trigger: Mapping[str, Any], row: AgendaRow, points: float) -> Reason:
        day = date.fromisoformat(row.day or "")
        due = day + timedelta(days=trigger["after_days"] if trigger["on"] in _LOOK_BACK else 0)
        text = _filled(trigger, self._words_of(row, day))
        channel = trigger["channel"] or row.channel or ""
        begins = day + timedelta(days=trigger["after_days"] - trigger["lead_days"])
        return Reason(
            trigger["name"],
            trigger["on"],
            text,
            due,
            row.kind or "",
            row.record,
            channel,
            trigger["template"],
            points,
            begins,
            row.due_time or "",
        )

    def _words_of(self, row: AgendaRow, day: date) -> dict[str, str]:
        late = (self.today - day).days
        amount = ""
        if row.amount_minor is not None and row.currency:
            amount = f"{group_amount(row.amount_minor, row.currency)} {row.currency}"
        return {
            "id": str(row.record),
            "name": row.what if row.kind == "contact" and row.what else row.name,
            "what": self._what(row, amount),
            "when": _when(late, day, row.due_time),
            "day": f"{day} {row.due_time}" if row.due_time else day.isoformat(),
            "on": _on(late, day),
            "days": _days(abs(late)),
            "amount": amount,
            "announced": _(", days off not announced yet") if _unannounced(row) else "",
        }

    def _what(self, row: AgendaRow, amount: str) -> str:
        if row.kind == "holiday":
            return " · ".join(FESTIVAL.label(name) for name in json.loads(row.what or "[[]]")[0])
        if row.kind != "opportunity":
            return row.what or ""
        said = " ".join(part for part in (row.what or "", amount) if part) or OPPORTUNITY_STAGE.label(
            row.stage or ""
        )
        return said + _(", waiting for {what}").format(what=row.waiting_for) if row.waiting_for else said

    # --- triggers on the customer -----------------------------------------------------------------------------

    def _of_customer(self, trigger: Mapping[str, Any], points: Points) -> None:
        row = self.row
        due: date | None = None
        begins: date | None = self.today
        words: dict[str, str] = {}
        quantity = 0.0
        if trigger["on"] == "cadence" and row.last_contacted_on:
            last = date.fromisoformat(row.last_contacted_on)
            due = begins = last + timedelta(days=row.cadence_days)
            quantity = self._ratio() if points.of == "ratio" else float((self.until - due).days)
            words = self._cadence_words((self.today - last).days)
        elif trigger["on"] == "never_contacted":
            due = self.today
        elif not trigger["on"] and row.last_contacted_on:
            begins = date.fromisoformat(row.last_contacted_on) + timedelta(days=self.weights.rest_days)
        own = points.of_quantity(quantity)
        self.terms += _terms(trigger["name"], points, quantity)
        text = _filled(trigger, words)
        self.reasons.append(
            Reason(
                trigger["name"],
                trigger["on"],
                text,
                due,
                "",
                None,
                trigger["channel"],
                trigger["template"],
                own,
                begins,
            )
        )

    def _ratio(self) -> float:
        since = (self.until - date.fromisoformat(self.row.last_contacted_on or "")).days
        return since / max(self.row.cadence_days, 1)

    def _cadence_words(self, since: int) -> dict[str, str]:
        most = self.row.cadence_max_days
        over = _(", over the maximum of {days}").format(days=most) if since > most else ""
        return {
            "days": _days(since),
            "cadence": str(self.row.cadence_days),
            "maximum": str(most),
            "over": over,
        }

    # --- what the customer brings along -------------------------------------------------------------------------

    def _customer_terms(self) -> None:
        row = self.row
        for name, word in (("tier", row.tier), ("grade", row.grade)):
            given = float(self.weights.classes[name].get(word, 0.0)) if word else 0.0
            if word:
                self.terms.append(Term(name, name, word, None, None, 1.0, given, round(given, 2)))
        matters = [each for own in self.matters.values() for each in own]
        late = [(self.today - date.fromisoformat(each.day or "")).days for each in matters]
        quantities = {
            "value": row.score or 0.0,
            "overdue": self._ratio() if row.due else 0.0,
            "money": row.money,
            "age": float(max([0, *late])),
            "matters": float(len(matters)),
        }
        for name, points in self.weights.terms:
            if row.due or name != "overdue":
                self.terms += _terms(name, points, quantities[name])


# --- words --------------------------------------------------------------------------------------------------------


def _filled(trigger: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return the text of a trigger in the language in force, with its words filled in."""
    text = trigger["text"]["zh" if language() == "zh_CN" else "en"]
    said = re.sub(r"\{([a-z]+)\}", lambda found: words.get(found[1], found[0]), text)
    return said if language() != "zh_CN" else re.sub("  +", " ", said)


def _unannounced(row: AgendaRow) -> bool:
    return row.kind == "holiday" and not json.loads(row.what or "[[], true]")[1]


def _days(count: int) -> str:
    return ngettext("{days} day", "{days} days", count).format(days=count)


def _when(late: int, day: date, time: str | None) -> str:
    if late > 0:
        return ngettext("{days} day late", "{days} days late", late).format(days=late)
    if late == 0:
        return _("due today at {time}").format(time=time) if time else _("due today")
    return _("due {day}").format(day=f"{day} {time}" if time else day)


def _on(late: int, day: date) -> str:
    return _("today") if late == 0 else _("on {day}").format(day=day)


def channel_of(found: Standing, row: AgendaRow, weights: Weights) -> str:
    """Return the suggested channel: that of the most urgent reason that names one, else the cadence's; never a refused one."""
    refused = {word.strip() for word in (row.refused_channels or "").split(",")}
    own = [reason.channel for reason in found.reasons if reason.channel]
    preferred = weights.channels.get((row.grade or "", row.tier or "", row.lifecycle_stage or ""), ())
    return next((channel for channel in [*own, *preferred] if channel not in refused), "")
