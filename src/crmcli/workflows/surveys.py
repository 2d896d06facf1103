"""Looking at satisfaction surveys: the list, one with its measures, and what they add up to. Reads only, light.

CSAT is the average score. NPS is the share of promoters (9 and 10) less that of detractors (0 to 6), in percent. A few
answers say nothing about customers as a whole: below ENOUGH there is no figure, only their number.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from crmcli import clock
from crmcli.store.light import reading
from crmcli.store.reads import surveys as reads
from crmcli.store.reads.complaints import MeasureLine, measures
from crmcli.store.reads.surveys import SurveyInFull, SurveyLine, SurveySums
from crmcli.store.settings import read_settings
from crmcli.workflows.complaints import not_found, number_of
from crmcli.workflows.find import find_customer

ENOUGH = 5  #: answers


class Satisfaction(NamedTuple):
    """What the surveys of a group add up to; a figure is None below ENOUGH answers.

    Attributes:
        by: all, tier or channel.
        which: the tier's or the channel's code, None where there is none.
        csat: 1 to 5.
        nps: -100 to 100.
    """

    by: str
    which: str | None
    asked: int
    answered: int
    csat: float | None
    csat_answers: int
    nps: float | None
    nps_answers: int


def surveys(
    database: Path, which: str | None, *, kind: str | None, unanswered: bool, limit: int
) -> tuple[SurveyLine, ...]:
    """Return surveys, of one customer or of all, of one kind or of both."""
    with reading(database) as connection:
        number = (
            None if which is None else find_customer(connection, which, read_settings(connection).country).id
        )
        return tuple(reads.surveys(connection, number, kind=kind, unanswered=unanswered, limit=limit))


def survey(database: Path, which: str) -> tuple[SurveyInFull, tuple[MeasureLine, ...]]:
    """Return one survey and its improvement tasks.

    Raises:
        NotFoundError: there is none with this id or external id.
    """
    with reading(database) as connection:
        found = reads.survey(connection, number_of(which), which)
        if found is None:
            raise not_found("survey", which)
        return found, tuple(measures(connection, survey=found.id))


def satisfaction(database: Path, since: date | None) -> tuple[Satisfaction, ...]:
    """Return what the surveys asked since a day (None: ever) add up to: all, then by tier, then by channel."""
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone)
        found = reads.sums(connection, today.isoformat(), (since or date.min).isoformat())
        return tuple(map(_satisfaction, found))


def _satisfaction(sums: SurveySums) -> Satisfaction:
    nps = None
    if sums.nps_answers >= ENOUGH:
        nps = round((sums.promoters - sums.detractors) * 100 / sums.nps_answers, 1)
    csat = None
    if sums.csat is not None and sums.csat_answers >= ENOUGH:
        csat = round(sums.csat, 2)
    return Satisfaction(
        sums.by, sums.which, sums.asked, sums.answered, csat, sums.csat_answers, nps, sums.nps_answers
    )
