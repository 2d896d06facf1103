"""Adding and deleting custom fields. One command is one unit of work, and `crm undo` takes it back."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select

from crmcli.errors import DataError, NotFoundError, RefusedError
from crmcli.exchange.fields import custom_spec, header_key, taken_words
from crmcli.i18n import _, ngettext
from crmcli.rules.catalogue import CATALOGUE
from crmcli.store import bulk
from crmcli.store.reads.custom_fields import FieldLine, custom_fields, values_of_fields
from crmcli.store.schema import CustomField, CustomFieldIn
from crmcli.store.work import Work, unit_of_work
from crmcli.values import custom_path, is_custom_name
from crmcli.vocabulary import CLASSES, FIELD_KIND
from crmcli.workflows.record import validated

MAX_NAME = 40  #: characters
MAX_LABEL = 80
MAX_CHOICES = 200
_SEPARATORS = re.compile("[,，、]")
#: What the program finds out about a customer; a field called so would be taken for it.
_OURS = ("id", "custom", "score", "lifecycle", *CLASSES)


@dataclass(frozen=True, slots=True)
class Changed:
    """What was added or deleted: the field's name, and the line for the user."""

    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class FieldDeletion:
    """What deleting a field would take along: the values of so many customers."""

    name: str
    customers: int


def add_field(database: Path, name: str, kind: str, choices: str | None, label: str) -> Changed:
    """Add a custom field.

    Args:
        database: the file.
        name: small letters, digits and _.
        kind: a code or word of FIELD_KIND.
        choices: the words of a choice, separated by commas; None for other kinds.
        label: what people call it; "" if only the name.

    Raises:
        DataError: the name or label is no name or is taken, or kind and choices do not fit; nothing is added.
    """
    code = _kind(kind)
    words = _choices(name, code, choices)
    label = label.strip()
    with unit_of_work(database, "field add") as work:
        _refuse_bad_name(name)
        known = custom_fields(work.driver)
        _refuse_taken(name, "NAME", known)
        if label:
            _refuse_bad_label(label)
            _refuse_taken(label, "--label", known)
        given = {
            "name": name,
            "kind": code,
            "label": label,
            "choices": None if words is None else json.dumps(words, ensure_ascii=False),
        }
        checked = validated(CustomFieldIn, given, [])
        work.session.add(CustomField.model_validate({**checked.model_dump(), **work.stamps()}))
        work.session.flush()
        work.summary = _("added custom field {name} ({kind})").format(name=name, kind=FIELD_KIND.label(code))
        return Changed(name, work.summary)


def plan_deletion(database: Path, name: str) -> FieldDeletion:
    """Say what deleting a field would take along; changes nothing.

    Raises:
        NotFoundError: there is no such field.
    """
    with unit_of_work(database, "field delete", dry_run=True) as work:
        row = _get(work, name)
        return FieldDeletion(row.name, values_of_fields(work.driver).get(row.name, 0))


def delete_field(database: Path, name: str, *, with_values: bool) -> Changed:
    """Delete a custom field with its values; `crm undo` brings both back.

    Raises:
        NotFoundError: there is no such field.
        RefusedError: customers have a value of it and `with_values` does not allow for that.
    """
    with unit_of_work(database, "field delete") as work:
        row = _get(work, name)
        count = bulk.drop_custom(work, custom_path(row.name))
        if count and not with_values:
            text = ngettext(
                "{count} customer has a value of {name}", "{count} customers have a value of {name}", count
            )
            raise RefusedError(
                text.format(count=count, name=row.name),
                hint=_("--yes deletes the values too; 'crm undo' brings them back"),
            )
        work.session.delete(row)
        work.session.flush()
        work.summary = _("deleted custom field {name}").format(name=row.name)
        if count:
            text = ngettext(
                "{summary} with the value of {count} customer",
                "{summary} with the values of {count} customers",
                count,
            )
            work.summary = text.format(summary=work.summary, count=count)
        return Changed(row.name, work.summary)


def _get(work: Work, name: str) -> CustomField:
    row = work.session.exec(select(CustomField).where(CustomField.name == name.strip())).first()
    if row is None:
        raise NotFoundError(
            _("no custom field {name}").format(name=repr(name[:60])), hint=_("'crm field list' shows them")
        )
    return row


def _kind(text: str) -> str:
    code = FIELD_KIND.parse(text)
    if code is None:
        raise DataError(
            _("{value} is not one of {choices}").format(
                value=repr(text), choices=", ".join(FIELD_KIND.codes)
            ),
            where="--type",
        )
    return code


def _choices(name: str, kind: str, text: str | None) -> tuple[str, ...] | None:
    """Return the words of a choice; None for the other kinds."""
    if (kind == "choice") == (text is None):
        what = _("a choice needs its words") if text is None else _("only a choice has words")
        raise DataError(what, where="--choices", hint=_('write --type choice --choices "small,medium,large"'))
    if text is None:
        return None
    words = tuple(word.strip() for word in _SEPARATORS.split(text) if word.strip())
    if not 1 <= len(words) <= MAX_CHOICES:
        raise DataError(
            _("a choice has 1 to {most} words, not {count}").format(most=MAX_CHOICES, count=len(words)),
            where="--choices",
        )
    vocabulary = custom_spec(name, kind, "", words).vocabulary
    for word in words:
        if not _fit_to_print(word, MAX_LABEL):
            raise DataError(_unfit(word, MAX_LABEL), where="--choices")
        if words.count(word) > 1 or (vocabulary is not None and vocabulary.parse(word) != word):
            raise DataError(
                _("{value} cannot be told from another choice").format(value=repr(word)),
                where="--choices",
                hint=_("capitals, spaces, - and _ do not count"),
            )
    return words


def _refuse_bad_name(name: str) -> None:
    if is_custom_name(name):
        return
    raise DataError(
        _("not a name: {name}").format(name=repr(name[:80])),
        where="NAME",
        hint=_("small letters, digits and _, a letter first, at most {most}; people may see --label").format(
            most=MAX_NAME
        ),
    )


def _refuse_bad_label(label: str) -> None:
    if not _fit_to_print(label, MAX_LABEL):
        raise DataError(_unfit(label, MAX_LABEL), where="--label")


def _fit_to_print(text: str, most: int) -> bool:
    return len(text) <= most and text.isprintable()


def _unfit(text: str, most: int) -> str:
    return _("not one line of at most {most} characters: {value}").format(most=most, value=repr(text[:60]))


def _refuse_taken(word: str, where: str, known: tuple[FieldLine, ...]) -> None:
    """Refuse a name or label that already means something in files, in rules, or among the custom fields.

    Raises:
        DataError: it says what the word means.
    """
    key = header_key(word)
    field = taken_words().get(key)
    ours = {header_key(each) for each in _OURS}
    features = {header_key(name): each.name for each in CATALOGUE.values() for name in (each.name, each.zh)}
    own = {header_key(each): line.name for line in known for each in (line.name, line.label) if each}
    if not key:
        what = _("{word} has no letter or digit").format(word=repr(word))
    elif field is not None:
        what = _("{word} is a field of customers already: {field}").format(word=repr(word), field=field)
    elif key in features:
        what = _("{word} is a feature of the rules already: {feature}").format(
            word=repr(word), feature=features[key]
        )
    elif key in ours:
        what = _("{word} is what crm itself finds out").format(word=repr(word))
    elif key in own:
        what = _("{word} is a custom field already: {field}").format(word=repr(word), field=own[key])
    else:
        return
    raise DataError(what, where=where, hint=_("call it otherwise"))
