"""The occasions that a trigger can wait for, and how points follow from a quantity. Light: no YAML, no SQL."""

from typing import Any, NamedTuple

DAYS_LEFT, DAYS_LATE, AMOUNT, RATIO = "days_left", "days_late", "amount", "ratio"
_DATED = (DAYS_LEFT, DAYS_LATE)
HOLIDAY = "holiday"  #: the occasion that is no record of a customer: whom it is for, only its condition says
STATE = ""  #: the occasion of a trigger that has none: it holds as long as its condition does


class Occasion(NamedTuple):
    """What a trigger can wait for.

    Attributes:
        reads: which facts it looks at, and which of their days is its day.
        quantities: what its ramp may be of.
        words: what its text may be filled in with.
        once: there can be one trigger on it: it is asked of every customer, not of a record.
        settled_on_day: it is over after its day, so that days after it say nothing.
    """

    reads: str
    quantities: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    once: bool = False
    settled_on_day: bool = False


_TASK = Occasion("", _DATED, ("id", "what", "when", "day", "on", "days"))
_DEAL = Occasion("", (*_DATED, AMOUNT), ("id", "what", "when", "day", "on", "days", "amount"))

OCCASIONS: dict[str, Occasion] = {
    "cadence": Occasion(
        "the last real touch; its day is that touch and the days of the cadence",
        (RATIO, DAYS_LATE),
        ("days", "cadence", "maximum", "over"),
        once=True,
    ),
    "never_contacted": Occasion("customers whom no real touch has reached", once=True),
    "next_contact": Occasion("the next contact agreed by hand", _DATED, ("day", "on", "when", "days")),
    "task": _TASK._replace(reads="open tasks; the due day"),
    "promise": _TASK._replace(reads="open promises; the due day"),
    "improvement": _TASK._replace(reads="open improvement measures; the due day"),
    "deal_close": _DEAL._replace(reads="open opportunities; the expected close"),
    "deal_stalled": _DEAL._replace(
        reads="open opportunities, unless they wait until a day that is still to come; the day on which the record last"
        " changed (UTC)"
    ),
    "waiting_for": _DEAL._replace(
        reads="open opportunities that wait for something, without a day until which; the day on which the record last"
        " changed (UTC)"
    ),
    "waiting_until": _DEAL._replace(reads="open opportunities that wait until a day; that day"),
    "complaint_reply": _TASK._replace(
        reads="complaints without a reply; the day the reply is due, else the day of receipt"
    ),
    "complaint_open": _TASK._replace(reads="complaints that are not closed; the day of receipt"),
    "inbound": Occasion(
        "the last contact that came in, without one from our side since that reached the customer; its day",
        _DATED,
        ("what", "day", "on", "days"),
    ),
    "payment": Occasion(
        "transactions with a due day that are not paid in full; the due day",
        (*_DATED, AMOUNT),
        ("id", "what", "when", "day", "on", "days", "amount"),
    ),
    "credit_review": Occasion("credit lines; the day of the last review", _DATED, ("day", "days")),
    "birthday": Occasion(
        "birthdays of customers and their contacts; the next one (29 February: as the settings say)",
        (DAYS_LEFT,),
        ("name", "day", "on", "days"),
    ),
    HOLIDAY: Occasion(
        "the festivals named under `festivals`, else the holidays of the country; the day of the festival",
        (DAYS_LEFT,),
        ("what", "day", "on", "days", "announced"),
        settled_on_day=True,
    ),
    "survey_due": Occasion(
        "the last purchase, without a survey asked since; its day", _DATED, ("day", "days")
    ),
    "survey_unanswered": Occasion(
        "surveys without an answer; the day of asking", _DATED, ("day", "days", "id")
    ),
    "no_next_step": Occasion(
        "customers with an open deal or grade A or B, and no task and no next contact", once=True
    ),
    STATE: Occasion("customers for whom the condition holds"),
}

#: The terms of the customer beside tier and grade: their quantity has the same name.
CUSTOMER_TERMS = ("value", "overdue", "money", "age", "matters")


class Points(NamedTuple):
    """What a term gives: `base`, and `points` times the share that the ramp makes of a quantity."""

    base: float
    points: float
    of: str  #: the quantity; "" without a ramp
    start: float
    end: float

    def share(self, quantity: float) -> float:
        """Return where a quantity lies on the ramp: 0 at the start, 1 at the end, cut off at both."""
        if not self.of:
            return 0.0
        return max(0.0, min(1.0, (quantity - self.start) / (self.end - self.start)))

    def of_quantity(self, quantity: float) -> float:
        """Return the points that a quantity gives."""
        return self.base + self.points * self.share(quantity)


def points_of(stored: list[Any]) -> Points:
    """Return a term as it is stored with a ruleset."""
    return Points(*stored)
