"""The customer file 客户档案: one record with its lists, for `crm show`."""

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from crmcli import vocabulary as words
from crmcli.birthdays import birthday_words, lunar_of, lunar_text
from crmcli.cli import pins, tables
from crmcli.cli.preferences import in_short, preferences
from crmcli.i18n import _, ngettext
from crmcli.render.output import Column, Format, Listing, Record, choose
from crmcli.values import ValueFault, group_amount, plain_number
from crmcli.workflows.customer_file import MONEY_MONTHS

_LIFECYCLE = ("orders", "recency_days", "purchase_gap_days")  #: the facts said with a lifecycle stage
_TERMS = 3  #: terms of the score said with it
_CONTACTS = (
    3  #: contacts and next steps said in the file on a terminal; lists of them have commands of their own
)


def record(found: Any, format: Format | None) -> Record:
    """Build the record: for a terminal in short, without what is empty; for a program whole, in codes."""
    if choose(format, sys.stdout) is Format.TABLE:
        return _in_short(found)
    fields = [
        *_identity(found),
        *_custom(found.custom, coded=True),
        *_judgement(found, coded=True),
        (
            "suggested_intent_stage",
            "",
            None if found.further.intent is None else found.further.intent.segment,
        ),
        ("tier_from", "", found.further.tier_from),
        ("lifecycle_facts", "", _lifecycle_facts(found.judgement)),
    ]
    sections = [
        pins.of_customer(found.overrides, _computed(found.judgement), coded=True),
        _segments(found.further.segments),
        _scores(found.further.scores),
        _terms(found.further.terms),
        _people(found.contacts),
        tables.opportunities(found.opportunities, coded=True),
        tables.tasks(found.tasks, coded=True),
        tables.interactions(found.interactions, coded=True),
        tables.transactions(found.transactions, coded=True),
        preferences(found.preferences, coded=True),
        complaints(found.complaints, coded=True),
        _surveys(found.surveys),
        money(found.money),
    ]
    return Record(fields, sections)


def _in_short(found: Any) -> Record:
    """One screen: who, the judgements, preferences, what is open, money and the next step, then the last touches."""
    fields = [
        *_who(found),
        *_custom(found.custom, coded=False),
        *_judgement(found, coded=False),
        ("further", _("Further"), _further(found.further)),
        ("preferences", _("Preferences"), in_short(found.preferences)),
        *_lines("complaints", _("Complaints"), map(_complaint_said, found.complaints)),
        ("surveys", _("Surveys"), " · ".join(map(_survey_said, found.surveys))),
        *money_said(found),
        *_lines("next_step", _("Next step"), _next_steps(found)),
    ]
    sections = [
        pins.of_customer(found.overrides, _computed(found.judgement), coded=False),
        _titled(tables.opportunities(found.opportunities, coded=False), _("Open opportunities")),
        _titled(tables.interactions(found.interactions, coded=False), _("Last contacts")),
    ]
    return Record(
        [field for field in fields if field[2] not in (None, "")], [each for each in sections if each.rows]
    )


def _titled(section: Listing, title: str) -> Listing:
    return of_one(section, title) if section.rows else section


def _lines(key: str, heading: str, texts: Iterable[str]) -> list[tuple[str, str, Any]]:
    """One field for each text; the heading stands at the first."""
    return [(key, "" if place else heading, text) for place, text in enumerate(texts)]


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _who(found: Any) -> list[tuple[str, str, Any]]:
    row = found.customer
    kind, gender = tables.word(words.KIND, row.kind), tables.word(words.GENDER, row.gender)
    headcount = (
        None if row.headcount is None else ngettext("{count} employee", "{count} employees", row.headcount)
    )
    referred = None if row.referred_by is None else _("referred by {name}").format(name=row.referred_by)
    return [
        ("id", "#", row.id),
        ("name", _("Name"), _joined(row.name, kind, gender)),
        ("company", _("Company"), _joined(row.company, row.title)),
        (
            "phone",
            _("Contact"),
            _joined(row.phone, row.email, row.wechat and _("WeChat {id}").format(id=row.wechat)),
        ),
        ("region", _("Address"), _joined(row.region, row.address)),
        (
            "industry",
            _("Industry"),
            _joined(
                row.industry,
                tables.word(words.SIZE, row.size),
                headcount and headcount.format(count=row.headcount),
            ),
        ),
        ("birthday", _("Birthday"), _birthday(found)),
        ("id_number", _("Identity number"), row.id_number),
        ("consent", _("Consent"), consent_said(row)),
        ("source", _("Source"), _joined(row.source, referred)),
        ("tags", _("Tags"), row.tags),
        ("needs", _("Needs"), row.needs),
        ("notes", _("Notes"), row.notes),
        ("external_id", _("External id"), row.external_id),
        ("archived_at", _("Archived"), row.archived_at),
        *contacts_said(found.contacts),
    ]


def _birthday(found: Any) -> str:
    row = found.customer
    if row.birthday is None:
        return ""
    said = birthday_words(date.fromisoformat(row.birthday), row.birthday_calendar)
    if found.next_birthday is None:
        return said
    return _("{day}, next on {next}").format(day=said, next=found.next_birthday)


def contacts_said(lines: Any) -> list[tuple[str, str, Any]]:
    """Say who is to be talked to and how they are reached, a field for each of the first."""
    return _lines("contacts", _("Contacts"), _contacts(lines))


def _contacts(lines: Any) -> list[str]:
    said = [
        _joined(
            line.name,
            line.title,
            line.phone,
            line.email,
            line.wechat and _("WeChat {id}").format(id=line.wechat),
            line.birthday and _("born {day}").format(day=_born(line)),
        )
        for line in lines[:_CONTACTS]
    ]
    if len(lines) > _CONTACTS:
        said.append(_more(len(lines) - _CONTACTS, "crm contact list"))
    return said


def _born(line: Any) -> str:
    return birthday_words(date.fromisoformat(line.birthday), line.birthday_calendar)


def _more(count: int, command: str) -> str:
    return ngettext("{count} more: {command}", "{count} more: {command}", count).format(
        count=count, command=command
    )


def consent_said(row: Any) -> str:
    """Say what a customer does not want; nothing where everything is welcome."""
    if row.do_not_contact:
        return _("does not want to be contacted")
    if not row.refused_channels:
        return ""
    channels = ", ".join(words.CHANNEL.label(code) for code in row.refused_channels.split(","))
    return _("not by {channels}").format(channels=channels)


def consent_record(row: Any, format: Format | None) -> Record:
    """Say by which ways a customer wants to be reached."""
    coded = choose(format, sys.stdout) is not Format.TABLE
    fields: list[tuple[str, str, Any]] = [("id", "#", row.id), ("name", _("Name"), row.name)]
    if coded:
        fields += [
            ("do_not_contact", "", bool(row.do_not_contact)),
            ("refused_channels", "", row.refused_channels),
        ]
    else:
        fields.append(("consent", _("Consent"), consent_said(row) or _("every channel is welcome")))
    return Record(fields)


def _further(further: Any) -> str:
    said = [
        f"{each.label}: {each.segment_label}" for each in further.segments if each.judgement != words.INTENT
    ]
    return "; ".join([*said, *(f"{each.label}: {each.value:.2f}" for each in further.scores)])


def _complaint_said(line: Any) -> str:
    severity, stage = words.SEVERITY.label(line.severity), words.COMPLAINT_STAGE.label(line.stage)
    due = None if line.reply_due_on is None else _("reply due {day}").format(day=line.reply_due_on)
    return f"#{line.id} {line.summary} ({', '.join(filter(None, (severity, stage, line.received_on, due)))})"


def _survey_said(line: Any) -> str:
    kind = words.SURVEY_KIND.label(line.kind)
    if line.score is None:
        return _("{kind} asked on {day}").format(kind=kind, day=line.asked_on)
    return f"{kind} {line.score} ({line.answered_on})"


def money_said(found: Any) -> list[tuple[str, str, Any]]:
    """Say what there is of money, a field for each currency."""
    said = (_money_said(line, found.today) for line in found.money)
    return _lines("money", _("Money"), filter(None, said))


def _money_said(line: Any, today: date) -> str:
    """Say revenue, orders, what is owed and the limit in one currency; nothing where there is nothing."""

    def amount(minor: int) -> str:
        return f"{group_amount(minor, line.currency)} {line.currency}"

    said = []
    if line.orders or line.revenue_minor:
        text = ngettext(
            "{amount} in {orders} order in {months} months",
            "{amount} in {orders} orders in {months} months",
            line.orders,
        )
        said.append(text.format(amount=amount(line.revenue_minor), orders=line.orders, months=MONEY_MONTHS))
    if line.unpaid_minor > 0:
        said.append(_("unpaid {amount}").format(amount=amount(line.unpaid_minor)))
    if line.unpaid_minor < 0:
        said.append(_("to pay back {amount}").format(amount=amount(-line.unpaid_minor)))
    if line.overdue_minor and line.overdue_since:
        days = (today - date.fromisoformat(line.overdue_since)).days
        text = ngettext("overdue {amount} for {days} day", "overdue {amount} for {days} days", days)
        said.append(text.format(amount=amount(line.overdue_minor), days=days))
    if line.limit_minor is not None:
        said.append(_("limit {amount}").format(amount=amount(line.limit_minor)))
    return "; ".join(said)


def _next_steps(found: Any) -> list[str]:
    """What was agreed or planned, soonest first; nothing where nothing is."""
    row, steps = found.customer, []
    if row.next_contact_on is not None:
        when = " ".join(filter(None, (row.next_contact_on, row.next_contact_time)))
        steps.append((row.next_contact_on, _("{day} contact agreed").format(day=when)))
    for task in found.tasks:
        due = task.due_on or _("no date")
        channel = f", {words.CHANNEL.label(task.channel)}" if task.channel else ""
        text = _("{day} {title} (task #{id}{channel})")
        steps.append(
            (task.due_on or "9999", text.format(day=due, title=task.title, id=task.id, channel=channel))
        )
    said = [text for _day, text in sorted(steps, key=lambda step: step[0])]
    return (
        said if len(said) <= _CONTACTS else [*said[:_CONTACTS], _more(len(said) - _CONTACTS, "crm task list")]
    )


def complaints(lines: Iterable[Any], *, coded: bool) -> Listing:
    """Build the list of somebody's complaints that are not closed, with codes or, for people, with words."""
    columns = [
        Column("id", "#"),
        Column("received_on", _("Received")),
        Column("severity", _("Severity")),
        Column("stage", _("Stage")),
        Column("summary", _("Summary"), wrap=True, min_width=12),
        Column("reply_due_on", _("Reply by")),
    ]
    rows = [
        each
        if coded
        else each._replace(
            severity=words.SEVERITY.label(each.severity), stage=words.COMPLAINT_STAGE.label(each.stage)
        )
        for each in lines
    ]
    return Listing(columns, rows, title=_("Complaints"), key="complaints")


def _surveys(lines: Iterable[Any]) -> Listing:
    columns = [Column(key, "") for key in ("id", "kind", "asked_on", "answered_on", "score", "comment")]
    return Listing(columns, list(lines), key="surveys")


def money(lines: Iterable[Any]) -> Listing:
    columns = [
        Column("revenue", "", money=True),
        Column("orders", ""),
        Column("unpaid", "", money=True),
        Column("overdue", "", money=True),
        Column("overdue_since", ""),
        Column("credit_limit", "", money=True),
    ]
    rows = [
        (
            tables.amount(line.revenue_minor, line.currency), line.orders, tables.amount(line.unpaid_minor, line.currency),
            tables.amount(line.overdue_minor, line.currency), line.overdue_since,
            tables.amount(line.limit_minor, line.currency),
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="money")


def of_one(section: Listing, title: str) -> Listing:
    """A list that stands in the file of its customer need not name it in every line."""
    keys = [
        column.key for column in section.columns if column.key not in {"customer", "done_on", "closed_on"}
    ]
    return section.only(keys)._replace(title=title)


def _people(lines: Any) -> Listing:
    """The contacts of a customer for a program: what a list of contacts has, and what only the person's file says."""
    listed = tables.contacts(lines)
    more = ("gender", "birthday", "birthday_calendar")
    return listed._replace(
        columns=[*listed.columns, *(Column(key, "") for key in more)],
        rows=[
            (*row, *(getattr(line, key) for key in more))
            for row, line in zip(listed.rows, lines, strict=True)
        ],
    )


def _terms(terms: Any) -> Listing:
    columns = [Column("indicator", ""), Column("points", "")]
    return Listing(columns, [(each.indicator, each.points) for each in terms], key="indicators")


def _segments(segments: Any) -> Listing:
    columns = [Column("judgement", _("Judgement")), Column("segment", _("Segment"))]
    return Listing(columns, [(each.judgement, each.segment) for each in segments], key="segments")


def _scores(scores: Any) -> Listing:
    columns = [Column("score", _("Score")), Column("value", _("Points"))]
    return Listing(columns, [(each.score, each.value) for each in scores], key="scores")


def intent(by_hand: str | None, suggested: str | None) -> str | None:
    """Say the intent stage that was set by hand, and beside it the one that the rules suggest."""
    if suggested is None:
        return by_hand
    if by_hand is None:
        return _("not set; the rules suggest {suggested}").format(suggested=suggested)
    return _("{stage}, set by hand; the rules suggest {suggested}").format(stage=by_hand, suggested=suggested)


def _identity(found: Any) -> list[tuple[str, str, Any]]:
    """Every field of a customer as it is stored, for a program."""
    row = found.customer
    names = (
        "id", "name", "kind", "company", "title", "gender", "birthday", "phone", "email", "wechat", "region", "address",
        "industry", "size", "headcount", "source", "referred_by", "tags", "needs", "intent_stage",
    )  # fmt: skip
    lunar = None
    if row.birthday is not None and row.birthday_calendar == "lunar":
        with suppress(ValueFault):
            lunar = lunar_text(lunar_of(date.fromisoformat(row.birthday))).removeprefix("lunar ")
    return [
        *((name, "", getattr(row, name)) for name in names),
        ("next_contact_on", "", tables.day(row.next_contact_on)),
        ("notes", "", row.notes),
        ("external_id", "", row.external_id),
        ("archived_at", "", row.archived_at),
        ("birthday_calendar", "", row.birthday_calendar),
        ("birthday_lunar", "", lunar),
        ("next_birthday", "", found.next_birthday),
        ("id_number", "", row.id_number),
        ("do_not_contact", "", bool(row.do_not_contact)),
        ("refused_channels", "", row.refused_channels),
        ("next_contact_time", "", row.next_contact_time),
        ("uid", "", row.uid),
        ("created_at", "", row.created_at),
    ]


def _custom(values: Any, *, coded: bool) -> list[tuple[str, str, Any]]:
    """The custom fields: each under its label on a terminal, for a program all as one object."""
    if coded:
        return [("custom", "", {each.name: each.value for each in values})]
    return [(each.name, each.label or each.name, _in_full(each.value)) for each in values]


def _in_full(value: Any) -> Any:
    """A table rounds numbers; what somebody wrote down is shown as it was."""
    return plain_number(value) if isinstance(value, float) else value


def _computed(judgement: Any) -> dict[str, str | None]:
    return {name: getattr(judgement, name, None) for name in words.JUDGEMENT.codes}


def _judgement(found: Any, *, coded: bool) -> list[tuple[str, str, Any]]:
    """The classes that count; for a program the computed ones as well, which a terminal shows beside a pinned one."""
    judgement, computed = found.judgement, _computed(found.judgement)
    shown = computed
    if judgement is not None and not coded:
        shown = {name: tables.word(words.CLASSES[name], code) for name, code in computed.items()}
        if found.further.tier_text:
            shown["tier"] = f"{shown['tier']} ({found.further.tier_text})"
        shown["grade"] = f"{judgement.grade} ({found.further.grade_text})"
        reason = _lifecycle_reason(judgement)
        shown["lifecycle_stage"] = (
            f"{shown['lifecycle_stage']} ({reason})" if reason else shown["lifecycle_stage"]
        )
    classes = pins.classes(found.overrides, shown, coded=coded)
    fields = [
        ("score", _("Score"), getattr(judgement, "score", None) if coded else _score_said(found)),
        ("tier", _("Tier"), classes["tier"]),
        ("grade", _("Grade"), classes["grade"]),
        ("lifecycle_stage", _("Lifecycle"), classes["lifecycle_stage"]),
        *([] if coded else [("intent_stage", _("Intent"), _intent_said(found))]),
        ("classified_as_of", _("Classified as of"), tables.day(getattr(judgement, "as_of", None))),
    ]
    if coded:
        fields.insert(3, ("grade_reason", "", getattr(judgement, "grade_reason", None)))
        fields += [(f"computed_{name}", "", code) for name, code in computed.items()]
    return fields


def _intent_said(found: Any) -> str | None:
    by_hand, suggested = tables.word(words.INTENT_STAGE, found.customer.intent_stage), found.further.intent
    return intent(by_hand, None if suggested is None else suggested.segment_label)


def _score_said(found: Any) -> str | None:
    """Say the score, and which of its terms gave most."""
    if found.judgement is None:
        return None
    most = [each for each in found.further.terms if each.points][:_TERMS]
    terms = ", ".join(f"{each.label} {each.points:.2f}" for each in most)
    return f"{found.judgement.score:.2f} ({terms})" if terms else f"{found.judgement.score:.2f}"


def _lifecycle_facts(judgement: Any) -> dict[str, float]:
    """Return the facts behind a lifecycle stage, as far as the rules look at them."""
    facts = {} if judgement is None else json.loads(judgement.facts)
    return {name: facts[name] for name in _LIFECYCLE if facts.get(name) is not None}


def _lifecycle_reason(judgement: Any) -> str:
    facts = _lifecycle_facts(judgement)
    orders, recency, gap = (facts.get(name) for name in _LIFECYCLE)
    said = []
    if orders is not None:
        said.append(ngettext("{count} order", "{count} orders", round(orders)).format(count=round(orders)))
    if recency is not None:
        text = ngettext("the last {days} day ago", "the last {days} days ago", round(recency))
        said.append(text.format(days=round(recency)))
    if gap is not None:
        said.append(
            ngettext("usually every {days} day", "usually every {days} days", round(gap)).format(
                days=round(gap)
            )
        )
    return ", ".join(said)
