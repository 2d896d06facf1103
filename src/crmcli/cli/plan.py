"""The working week: the agenda spread over workdays, as many contacts a day as fit."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    FormatOption,
    command,
    database,
    day_option,
    limit_of,
    say_unannounced,
    single,
    weekday,
)
from crmcli.errors import UsageError
from crmcli.i18n import _, ngettext

PER_DAY = 8  #: contacts a day when nothing is said
app = single()
APPS = {"plan": app}


@command(
    app,
    "plan",
    help=_(
        "Spread the agenda over workdays: whom to contact on which day, and what does not fit.\n\n"
        "Workdays are those of the country in the settings, make-up workdays included. An agreed next contact and a task "
        "with a time stay on their day, even on a full one or a day off. The rest is planned once and not before its reason "
        "begins: what is due first, then by priority, which is urgency x (50 + score) / 100, a customer without a score "
        "counting as 50. A share of each day (--reserve) goes to the lowest tier and to those without a tier, whoever is "
        "nearest to the maximum first. With a visit the other visits that are due at its place come on the same day, as "
        "far as they fit; a place is what the region (the city, for most) says, or the custom field named with --visits-by.\n\n"
        "A contact takes the minutes that its task is given, else the median of the customer's own contacts on the channel over "
        "a year (from 3 on), else of everybody's (from 5 on), else phone 15, email 10, sms 5, wechat 10, visit 60, meeting 60, "
        "online 30, social 10, event 120, gift 15. Without a suggested channel it is taken for a call. The way there is not "
        "counted."
    ),
    examples="crm plan\ncrm plan --days 10 --per-day 6\ncrm plan --minutes 180 --reserve 30\ncrm plan --visits-by district\n"
    "crm plan --date 'next mon' --format csv > week.csv",
)
def plan(
    days: Annotated[int, typer.Option("--days", min=1, max=60, help=_("How many workdays."))] = 5,
    per_day: Annotated[
        int | None,
        typer.Option("--per-day", min=1, max=1000, help=_("Contacts a day; 8 if nothing is given.")),
    ] = None,
    minutes: Annotated[
        int | None, typer.Option("--minutes", min=1, max=1440, help=_("Minutes a day, instead of contacts."))
    ] = None,
    reserve: Annotated[
        int,
        typer.Option(
            "--reserve",
            min=0,
            max=100,
            metavar="PERCENT",
            help=_("Share of each day for the lowest tier and those without a tier."),
        ),
    ] = 20,
    visits_by: Annotated[
        str,
        typer.Option(
            "--visits-by",
            metavar="FIELD",
            help=_("What puts visits together: region, or a custom field such as district."),
        ),
    ] = "region",
    date: Annotated[
        str | None,
        typer.Option("--date", "-d", metavar="DATE", help=_("The first day; today if not given.")),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=0, help=_("At most so many lines of what does not fit; 0 for all.")
        ),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.output import Format, choose, show, show_record
    from crmcli.workflows.plan import plan as make
    from crmcli.workflows.rule_folder import rules_folder

    if per_day is not None and minutes is not None:
        raise UsageError(
            _("--per-day and --minutes together"), hint=_("a day is measured in contacts or in minutes")
        )
    made = make(
        database(),
        rules_folder(),
        day=day_option(date, "--date"),
        days=days,
        capacity=minutes or per_day or PER_DAY,
        by_minutes=minutes is not None,
        reserve=reserve,
        visits_by=visits_by,
    )
    most = limit_of(limit, format)
    left = made.left_over if most < 0 else made.left_over[:most]
    match choose(format, sys.stdout):
        case Format.TABLE:
            show_record(_for_people(made, left), format)
        case Format.JSON:
            show_record(_nested(made, left), format)
        case _:
            show(_flat(made, left), format)
    _say(made, left)


# --- for people -------------------------------------------------------------------------------------------------------


def _for_people(made: Any, left: Any) -> Any:
    """Build the capacity, a line for each day, then each day and what does not fit."""
    from crmcli.render.output import Record
    from crmcli.vocabulary import TIER

    if made.by_minutes:
        capacity = ngettext("{count} minute a day", "{count} minutes a day", made.capacity)
    else:
        capacity = ngettext("{count} contact a day", "{count} contacts a day", made.capacity)
    reserve = _("{percent}% for the tier {tier} and those without a tier")
    fields = [
        ("capacity", _("Capacity"), capacity.format(count=made.capacity)),
        (
            "reserve",
            _("Reserve"),
            reserve.format(percent=made.reserve, tier=TIER.label(made.lowest_tier)),
        ),
    ]
    days = [_day_table(each) for each in made.days if each.slots]
    return Record(fields, [_days_table(made), *days, _left_table(made, left)])


def _days_table(made: Any) -> Any:
    from crmcli.render.output import Column, Listing

    columns = [
        Column("day", _("Date")),
        Column("weekday", _("Weekday")),
        Column("contacts", _("Planned")),
        Column("minutes", _("Minutes")),
        Column("free", _("Free")),
        Column("note", _("Note"), wrap=True),
    ]
    rows = [
        (each.day, weekday(each.day), len(each.slots), each.minutes, each.free, _note(made, each))
        for each in made.days
    ]
    return Listing(columns, rows, key="days")


def _note(made: Any, day: Any) -> str | None:
    if not day.works:
        return _("a day off: only what is agreed for it")
    used = day.minutes if made.by_minutes else len(day.slots)
    return _("more is agreed for it than it has room for") if used > made.capacity else None


def _day_table(day: Any) -> Any:
    from crmcli.render.output import Column, Listing
    from crmcli.vocabulary import CHANNEL, TIER

    columns = [
        Column("id", "#"),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("tier", _("Tier"), spare=1),
        Column("place", _("Where"), spare=3),
        Column("channel", _("Channel"), spare=4),
        Column("minutes", _("Minutes"), spare=5),
        Column("priority", _("Priority"), spare=6),
        Column("how", _("Placed by"), spare=2),
        Column("reasons", _("Why"), wrap=True, min_width=24),
    ]
    rows = [
        (
            each.item.customer, each.item.name or None, TIER.label(each.item.tier) or None,
            each.place or None, CHANNEL.label(each.item.channel) or None, each.minutes, each.priority,
            f"{_how(each.how)} {each.at}".rstrip(), _reasons(each.item, coded=False),
        )
        for each in day.slots
    ]  # fmt: skip
    return Listing(columns, rows, title=f"{day.day} {weekday(day.day)}", key=str(day.day))


def _left_table(made: Any, left: Any) -> Any:
    from crmcli.render.output import Column, Listing
    from crmcli.vocabulary import TIER

    columns = [
        Column("id", "#"),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("tier", _("Tier"), spare=1),
        Column("minutes", _("Minutes"), spare=3),
        Column("priority", _("Priority"), spare=4),
        Column("passes_maximum_on", _("Past maximum")),
        Column("how", _("Why not"), spare=2),
        Column("reasons", _("Why"), wrap=True, min_width=24),
    ]
    rows = [
        (
            each.item.customer, each.item.name or None, TIER.label(each.item.tier) or None, each.minutes, each.priority,
            each.passes_on, _how(each.how), _reasons(each.item, coded=False),
        )
        for each in left
    ]  # fmt: skip
    return Listing(
        columns, rows, title=_("Does not fit: {count}").format(count=len(made.left_over)), key="left_over"
    )


def _how(code: str) -> str:
    return {
        "appointment": _("appointment"),
        "reserve": _("reserve"),
        "same_place": _("same place"),
        "priority": _("priority"),
        "capacity": _("the days are full"),
        "too_long": _("longer than a day has"),
    }[code]


def _reasons(item: Any, *, coded: bool) -> str:
    from crmcli.i18n import language

    return ("；" if language() == "zh_CN" and not coded else "; ").join(item.reasons)


# --- for programs -----------------------------------------------------------------------------------------------------

_KEYS = (
    "at", "id", "name", "tier", "grade", "place", "channel", "minutes", "due_on", "passes_maximum_on", "urgency", "score",
    "priority", "how", "reasons",
)  # fmt: skip


def _cells(slot: Any) -> tuple[Any, ...]:
    item = slot.item
    days = (each.isoformat() if each else None for each in (item.due_on, slot.passes_on))
    return (
        slot.at or None, item.customer, item.name or None, item.tier or None, item.grade or None, slot.place or None,
        item.channel or None, slot.minutes, *days, item.urgency, item.score, slot.priority, slot.how,
        _reasons(item, coded=True),
    )  # fmt: skip


def _flat(made: Any, left: Any) -> Any:
    """Build one list of everything; what does not fit has no day."""
    from crmcli.render.output import Column, Listing

    rows = [(each.day, *_cells(slot)) for each in made.days for slot in each.slots]
    rows += [(None, *_cells(slot)) for slot in left]
    planned = [slot.item.customer for each in made.days for slot in each.slots]
    ids = list(dict.fromkeys(each for each in planned if each is not None))
    return Listing([Column(key, "") for key in ("day", *_KEYS)], rows, ids=ids, key="plan")


def _nested(made: Any, left: Any) -> Any:
    """Build the days, each with its lines, and what does not fit."""
    from crmcli.render.output import Column, Listing, Record

    fields = [
        ("capacity", "", made.capacity),
        ("unit", "", "minutes" if made.by_minutes else "contacts"),
        ("reserve_percent", "", made.reserve),
        ("lowest_tier", "", made.lowest_tier),
    ]
    keys = ("day", "weekday", "workday", "contacts", "minutes", "free", "items")
    rows = [
        (
            each.day, each.day.isoweekday(), each.works, len(each.slots), each.minutes, each.free,
            tuple(dict(zip(_KEYS, _cells(slot), strict=True)) for slot in each.slots),
        )
        for each in made.days
    ]  # fmt: skip
    days = Listing([Column(key, "") for key in keys], rows, key="days")
    over = Listing([Column(key, "") for key in _KEYS], [_cells(slot) for slot in left], key="left_over")
    return Record(fields, [days, over])


# --- talk -------------------------------------------------------------------------------------------------------------


def _say(made: Any, left: Any) -> None:
    """Say how much is planned, what stays over, and what the plan stands on."""
    from crmcli.render.notes import say

    count = sum(len(each.slots) for each in made.days)
    first, last = made.days[0].day, made.days[-1].day
    text = ngettext(
        "{count} contact planned from {first} to {last}",
        "{count} contacts planned from {first} to {last}",
        count,
    )
    say(text.format(count=count, first=first, last=last))
    if made.left_over:
        text = ngettext("{count} does not fit", "{count} do not fit", len(made.left_over))
        say(text.format(count=len(made.left_over)))
    if len(left) < len(made.left_over):
        say(_("the first {count} are shown; --limit 0 shows all").format(count=len(left)))
    say_unannounced(made.unannounced, made.country)
    if made.rules_changed:
        say(_("the rules have changed since the last classification: 'crm classify' puts them in force"))
    if made.classified_as_of is None:
        say(_("nobody has been classified yet: run 'crm classify'"))
