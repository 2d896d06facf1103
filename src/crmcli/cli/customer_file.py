"""The customer file 客户档案: one record with its lists, for `crm show`."""

import sys
from typing import Any

from crmcli import vocabulary as words
from crmcli.cli import pins, tables
from crmcli.i18n import _
from crmcli.render.output import Column, Format, Listing, Record, choose
from crmcli.values import plain_number


def record(found: Any, format: Format | None) -> Record:
    """Build the record; on a terminal empty fields are left out, elsewhere every field is there."""
    coded = choose(format, sys.stdout) is not Format.TABLE
    fields = [
        *_identity(found.customer, found.further.intent, coded=coded),
        *_custom(found.custom, coded=coded),
        *_judgement(found, coded=coded),
    ]
    if coded:
        suggested = found.further.intent
        fields.append(("suggested_intent_stage", "", None if suggested is None else suggested.segment))
    else:
        fields = [field for field in fields if field[2] not in (None, "")]
    sections = [
        (_("Pinned by hand"), pins.of_customer(found.overrides, _computed(found.judgement), coded=coded)),
        (_("Further judgements"), _segments(found.further.segments, coded=coded)),
        (_("Further scores"), _scores(found.further.scores, coded=coded)),
        (_("Contacts"), tables.contacts(found.contacts)),
        (_("Open opportunities"), tables.opportunities(found.opportunities, coded=coded)),
        (_("Open tasks"), tables.tasks(found.tasks, coded=coded)),
        (_("Last contacts"), tables.interactions(found.interactions, coded=coded)),
        (_("Last transactions"), tables.transactions(found.transactions, coded=coded)),
    ]
    if coded:
        return Record(fields, [section for _title, section in sections])
    return Record(fields, [_of_one(section, title) for title, section in sections if section.rows])


def _of_one(section: Listing, title: str) -> Listing:
    """A list that stands in the file of its customer need not name it in every line."""
    keys = [
        column.key for column in section.columns if column.key not in {"customer", "done_on", "closed_on"}
    ]
    return section.only(keys)._replace(title=title)


def _segments(segments: Any, *, coded: bool) -> Listing:
    columns = [Column("judgement", _("Judgement")), Column("segment", _("Segment"))]
    rows = [
        (each.judgement, each.segment) if coded else (each.label, each.segment_label) for each in segments
    ]
    return Listing(columns, rows, key="segments")


def _scores(scores: Any, *, coded: bool) -> Listing:
    columns = [Column("score", _("Score")), Column("value", _("Points"))]
    rows = [(each.score if coded else each.label, each.value) for each in scores]
    return Listing(columns, rows, key="scores")


def intent(by_hand: str | None, suggested: str | None) -> str | None:
    """Say the intent stage that was set by hand, and beside it the one that the rules suggest."""
    if suggested is None:
        return by_hand
    if by_hand is None:
        return _("not set; the rules suggest {suggested}").format(suggested=suggested)
    return _("{stage}, set by hand; the rules suggest {suggested}").format(stage=by_hand, suggested=suggested)


def _identity(row: Any, suggested: Any, *, coded: bool) -> list[tuple[str, str, Any]]:
    def say(vocabulary: words.Vocabulary, code: str | None) -> str | None:
        return code if coded else tables.word(vocabulary, code)

    stage = say(words.INTENT_STAGE, row.intent_stage)
    if suggested is not None and not coded:
        stage = intent(stage, suggested.segment_label)
    birthday = row.birthday
    if birthday and not coded and row.birthday_calendar == "lunar":
        birthday = f"{birthday} ({say(words.CALENDAR, 'lunar')})"
    fields = [
        ("id", "#", row.id),
        ("name", _("Name"), row.name),
        ("kind", _("Kind"), say(words.KIND, row.kind)),
        ("company", _("Company"), row.company),
        ("title", _("Title"), row.title),
        ("gender", _("Gender"), say(words.GENDER, row.gender)),
        ("birthday", _("Birthday"), birthday),
        ("phone", _("Phone"), row.phone),
        ("email", _("E-mail"), row.email),
        ("wechat", _("WeChat"), row.wechat),
        ("region", _("Region"), row.region),
        ("address", _("Address"), row.address),
        ("industry", _("Industry"), row.industry),
        ("size", _("Size"), say(words.SIZE, row.size)),
        ("headcount", _("Headcount"), row.headcount),
        ("source", _("Source"), row.source),
        ("referred_by", _("Referred by"), row.referred_by),
        ("tags", _("Tags"), row.tags),
        ("needs", _("Needs"), row.needs),
        ("intent_stage", _("Intent"), stage),
        (
            "next_contact_on",
            _("Next contact"),
            tables.moment(row.next_contact_on, row.next_contact_time, coded=coded),
        ),
        ("notes", _("Notes"), row.notes),
        ("external_id", _("External id"), row.external_id),
        ("archived_at", _("Archived"), row.archived_at),
    ]
    if coded:
        fields += [
            ("next_contact_time", "", row.next_contact_time),
            ("birthday_calendar", "", row.birthday_calendar),
            ("uid", "", row.uid),
            ("created_at", "", row.created_at),
        ]
    return fields


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
        shown["grade"] = f"{judgement.grade} ({found.further.grade_text})"
    classes = pins.classes(found.overrides, shown, coded=coded)
    fields = [
        ("score", _("Score"), getattr(judgement, "score", None)),
        ("tier", _("Tier"), classes["tier"]),
        ("grade", _("Grade"), classes["grade"]),
        ("lifecycle_stage", _("Lifecycle"), classes["lifecycle_stage"]),
        ("classified_as_of", _("Classified as of"), tables.day(getattr(judgement, "as_of", None))),
    ]
    if coded:
        fields.insert(3, ("grade_reason", "", getattr(judgement, "grade_reason", None)))
        fields += [(f"computed_{name}", "", code) for name, code in computed.items()]
    return fields
