"""The agenda spread over workdays: what it takes, what is agreed, who comes when, what does not fit. Reads only, light.

Facts come from the agenda and the store; `spread` decides.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from crmcli.calendars import workday
from crmcli.errors import UsageError
from crmcli.exchange.fields import header_key, taken_words
from crmcli.i18n import _
from crmcli.store.light import reading
from crmcli.store.reads import agenda as agenda_reads
from crmcli.store.reads import plan as reads
from crmcli.store.reads.agenda import NamedTask, named_tasks
from crmcli.store.reads.base import ALL
from crmcli.store.reads.custom_fields import custom_fields
from crmcli.values import ValueFault, custom_path
from crmcli.workflows.agenda import Item, item
from crmcli.workflows.agenda_basis import Basis, asked, basis_of, by_line
from crmcli.workflows.comes_back import ComesBack, back_on, comes_back
from crmcli.workflows.custom import named_field
from crmcli.workflows.spread import Errand, Placed, spread
from crmcli.workflows.urgency import Reason, weights_of

#: Minutes that a contact takes where too few have been logged to know.
USUAL_MINUTES = {
    "phone": 15, "email": 10, "sms": 5, "wechat": 10, "visit": 60, "meeting": 60, "online": 30, "social": 10,
    "event": 120, "gift": 15,
}  # fmt: skip
ENOUGH_OWN = 3  #: contacts of a customer on a channel from which on their median counts
ENOUGH_OF_ALL = 5  #: the same for everybody's
_LOOK_BACK = timedelta(days=365)
_NO_SCORE = 50.0  #: what somebody without a score counts as
REGION = "region"  #: what puts visits together when nothing else is asked for
_UNTOLD = "phone"  #: how somebody is contacted where nothing suggests a channel


class Slot(NamedTuple):
    """One line of the plan.

    Attributes:
        item: as the agenda has it.
        how: why it is on its day, or why it is left over (the codes of `spread`).
        at: the time of an appointment, HH:MM; "" for none.
        place: where the customer is: the region, or what the field asked for says.
        minutes: that it will take.
        priority: urgency times value; the order follows from it.
        passes_on: the first day past the maximum of the customer's cadence, None where there is none.
    """

    item: Item
    how: str
    at: str
    place: str
    minutes: int
    priority: float
    passes_on: date | None


class PlannedDay(NamedTuple):
    """One day. `works` is False for a day off, which has nothing but appointments; `free` is what is left of the capacity."""

    day: date
    works: bool
    slots: tuple[Slot, ...]
    minutes: int
    free: int


class Plan(NamedTuple):
    """The work of some workdays.

    Attributes:
        days: in order; the workdays, and days off with appointments.
        left_over: what no day had room for, in the order of its priority.
        by_minutes: capacity is minutes a day, else contacts a day.
        reserve: percent of the capacity for the lowest tier and those without one.
        lowest_tier: its code.
        country: whose workdays.
        unannounced: the years among them whose days off nobody has announced.
        classified_as_of: the day of the classification it stands on, None when nobody was ever classified.
        rules_changed: the rule files differ from those of that classification.
    """

    days: tuple[PlannedDay, ...]
    left_over: tuple[Slot, ...]
    capacity: int
    by_minutes: bool
    reserve: int
    lowest_tier: str
    country: str
    unannounced: tuple[int, ...]
    classified_as_of: date | None
    rules_changed: bool


class _Facts(NamedTuple):
    """What the agenda does not say."""

    customers: Mapping[int, reads.PlanCustomer]
    tasks: Mapping[int, NamedTask]
    durations: "Durations"
    comes_back: ComesBack


def plan(
    database: Path,
    rules: Path,
    *,
    day: date | None,
    days: int,
    capacity: int,
    by_minutes: bool,
    reserve: int,
    visits_by: str,
) -> Plan:
    """Spread the agenda over workdays.

    Args:
        database: the file.
        rules: the folder of the rules in force.
        day: the first day, None for today.
        days: how many workdays.
        capacity: of each day, in contacts or minutes.
        by_minutes: which of the two.
        reserve: percent of it for the lowest tier and those without one.
        visits_by: what puts visits together: the region, or a custom field.

    Raises:
        UsageError: no such custom field, or one that holds no words.
    """
    with reading(database) as connection:
        basis = basis_of(connection, rules, day)
        on_days, unannounced = workdays(basis.today, days, basis.settings.country)
        until = on_days[-1]
        found = agenda_reads.agenda(connection, basis.program, asked(basis, until, ALL, None))
        weights = weights_of(basis.program)
        items = [item(own, weights, basis.today, until) for own in by_line(found)]
        wanted = [each.customer for each in items if each.customer is not None]
        tasks = [
            each.record
            for own in items
            for each in own.matters
            if each.kind == "task" and each.record is not None
        ]
        facts = _Facts(
            reads.customers(connection, wanted, _place_path(connection, visits_by)),
            named_tasks(connection, tasks),
            Durations(reads.durations(connection, wanted, since=basis.today - _LOOK_BACK, today=basis.today)),
            comes_back(connection, basis.today, until),
        )
    items.sort(key=lambda each: (-each.urgency, -(each.score or 0.0)))
    lowest = _lowest_tier(basis)
    lines = list(_lines(items, basis.today, until, facts))
    errands = [line.errand(number, by_minutes=by_minutes, lowest=lowest) for number, line in enumerate(lines)]
    result = spread(errands, on_days, capacity, reserve)
    return Plan(
        tuple(_days(result.placed, on_days, lines, capacity, by_minutes=by_minutes)),
        tuple(lines[each.errand.number].slot(each.why) for each in result.left),
        capacity, by_minutes, reserve, lowest, basis.settings.country, unannounced, basis.classified_as_of,
        basis.rules_changed,
    )  # fmt: skip


def priority(urgency: float, score: float | None) -> float:
    """Return urgency times value: from half of it for a score of 0 to one and a half for 100; all of it without a score."""
    return round(urgency * (50 + (_NO_SCORE if score is None else score)) / 100, 2)


def workdays(first: date, count: int, country: str) -> tuple[list[date], tuple[int, ...]]:
    """Return so many workdays from a day on, and the years passed whose days off are not announced."""
    found: list[date] = []
    unannounced: set[int] = set()
    day = first
    while len(found) < count:
        known = workday(day, country)
        if known.works:
            found.append(day)
        if not known.announced:
            unannounced.add(day.year)
        day += timedelta(days=1)
    return found, tuple(sorted(unannounced))


def _place_path(connection: sqlite3.Connection, visits_by: str) -> str | None:
    """Return where the custom field that says where customers are stands in their JSON, None for the region."""
    if taken_words().get(header_key(visits_by)) == REGION:  # or city, 所在地区 …: all words for it in files
        return None
    try:
        line = named_field(custom_fields(connection), visits_by)
    except ValueFault as fault:
        raise UsageError(
            fault.what,
            where="--visits-by",
            hint=_("write region, or name a custom field; {hint}").format(hint=fault.hint),
        ) from fault
    if line.kind not in {"text", "choice"}:
        raise UsageError(
            _("{name} holds no words").format(name=line.name),
            where="--visits-by",
            hint=_("a text or a choice says where somebody is"),
        )
    return custom_path(line.name)


def _lowest_tier(basis: Basis) -> str:
    """Return the lowest tier of the rules, which name them from the highest down."""
    return str([tier for _grade, tier, *_rest in basis.program["cadence"]][-1])


def _lines(items: Iterable[Item], today: date, until: date, facts: _Facts) -> "Iterable[_Line]":
    """Yield what is to be placed: each line once, and twice where a record of it is due before the day that was agreed.

    What is agreed for a day after the last one is left to the plan of that day.
    """
    for found in items:
        matters = [
            each for each in found.matters if not (_is_agreed(each) and (each.due_on or today) > until)
        ]
        if not matters:
            continue
        line = _Line(found, matters, today, facts)
        yield line
        agreed_on = min(line.appointments, default=date.min)
        sooner = [
            each
            for each in matters
            if each.kind
            and not _is_agreed(each)
            and each.due_on is not None
            and max(each.due_on, back_on(facts.comes_back, found.customer, each, today)) < agreed_on
        ]
        if sooner:
            yield _Line(found, sooner, today, facts)


def _is_agreed(reason: Reason) -> bool:
    """Tell whether a reason is an appointment: a day that was agreed by hand, or anything with a time."""
    return bool(reason.at) or reason.occasion == "next_contact"


class _Line:
    """A line of the agenda with all that its place in the plan follows from; `matters` are those of its reasons that count."""

    def __init__(self, item: Item, matters: Sequence[Reason], today: date, facts: _Facts) -> None:
        self.item, self.matters, self.today = item, matters, today
        self._comes_back = facts.comes_back
        about = None if item.customer is None else facts.customers[item.customer]
        self.place = (about.place or "") if about else ""
        self._agreed = date.fromisoformat(about.next_contact_on) if about and about.next_contact_on else today
        said = [
            facts.tasks[each.record].minutes or 0
            for each in matters
            if each.kind == "task" and each.record is not None
        ]
        self.minutes = max(said, default=0) or facts.durations.of(item.customer, item.channel)
        self.priority = priority(item.urgency, item.score)
        self.appointments = self._appointments()
        self.latest_on = (
            item.last_contacted_on + timedelta(days=item.cadence_max_days) if item.last_contacted_on else None
        )

    def errand(self, number: int, *, by_minutes: bool, lowest: str) -> Errand:
        """Return what is to be placed; a reason without a day of its own is due as soon as it begins."""
        begins = min(map(self._begins, self.matters))
        return Errand(
            number,
            self.priority,
            self.minutes if by_minutes else 1,
            begins,
            min(each.due_on or self._begins(each) for each in self.matters),
            self.latest_on,
            self.item.customer is not None and self.item.tier in {"", lowest},
            self.place.casefold() if self.item.channel == "visit" else "",
            tuple(sorted(self.appointments)),
        )

    def slot(self, how: str, day: date | None = None) -> Slot:
        passes = None if self.latest_on is None else self.latest_on + timedelta(days=1)
        at = "" if day is None else self.appointments.get(day, "")
        return Slot(self.item, how, at, self.place, self.minutes, self.priority, passes)

    def _appointments(self) -> dict[date, str]:
        """Return the days, from the first of the plan on, that something is agreed for → its time, the first of several."""
        found: dict[date, str] = {}
        for reason in self.matters:
            if (
                _is_agreed(reason)
                and reason.due_on is not None
                and reason.due_on >= max(self.today, self._back(reason))
            ):
                times = [time for time in (found.get(reason.due_on), reason.at) if time]
                found[reason.due_on] = min(times, default="")
        return found

    def _begins(self, reason: Reason) -> date:
        """Return the first day of a reason; one that is no record of its own is silent until the agreed day."""
        begins = max(reason.begins_on or self.today, self._back(reason))
        return begins if reason.kind else max(begins, self._agreed)

    def _back(self, reason: Reason) -> date:
        """Return the day on which a reason that was put off comes back, the first of the plan if it was not."""
        return back_on(self._comes_back, self.item.customer, reason, self.today)


def _days(
    placed: Sequence[Placed],
    on_days: Sequence[date],
    lines: Sequence[_Line],
    capacity: int,
    *,
    by_minutes: bool,
) -> Iterable[PlannedDay]:
    """Return the days in order; what has a time comes first, by that."""
    for day in sorted({*on_days, *(each.day for each in placed)}):
        slots = [lines[each.errand.number].slot(each.how, day) for each in placed if each.day == day]
        slots.sort(key=lambda each: each.at or "99:99")
        minutes = sum(each.minutes for each in slots)
        works = day in on_days
        free = max(capacity - (minutes if by_minutes else len(slots)), 0) if works else 0
        yield PlannedDay(day, works, tuple(slots), minutes, free)


class Durations:
    """How many minutes a contact takes: the customer's own median, else that of all, else the usual ones."""

    def __init__(self, found: Iterable[reads.Duration]) -> None:
        self._known: dict[tuple[int | None, str], dict[int, int]] = {}
        for each in found:
            keys = [(each.customer_id, each.channel)]
            if each.customer_id is not None:
                keys.append((each.customer_id, ""))  # on any channel
            for key in keys:
                counts = self._known.setdefault(key, {})
                counts[each.minutes] = counts.get(each.minutes, 0) + each.times

    def of(self, customer: int | None, channel: str) -> int:
        """Return the minutes of a contact on a channel, "" where nothing suggests one."""
        own = {} if customer is None else self._known.get((customer, channel), {})
        if sum(own.values()) >= ENOUGH_OWN:
            return median(own)
        named = channel or _UNTOLD
        of_all = self._known.get((None, named), {})
        if sum(of_all.values()) >= ENOUGH_OF_ALL:
            return median(of_all)
        return USUAL_MINUTES[named]


def median(counts: Mapping[int, int]) -> int:
    """Return the median of values that are given with how often each occurs, a half rounded up."""
    total = sum(counts.values())
    lower, upper = _nth(counts, (total - 1) // 2), _nth(counts, total // 2)
    return (lower + upper + 1) // 2


def _nth(counts: Mapping[int, int], place: int) -> int:
    for value in sorted(counts):
        place -= counts[value]
        if place < 0:
            return value
    raise IndexError(place)
