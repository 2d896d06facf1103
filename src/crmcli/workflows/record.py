"""Recording by hand: add, edit, archive, delete, log, sell, plan. One command is one unit of work.

Values come as the text that the user typed; a day may be `tomorrow` or `+3d`, an amount `1.2万`. Everything is
validated by the input models before a row is made.
"""

import json
import shlex
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import ColumnElement, func, or_
from sqlmodel import SQLModel, col, select

from crmcli import birthdays, values
from crmcli.errors import AmbiguousError, DataError, Fault, NotFoundError, RefusedError
from crmcli.exchange.cells import Value
from crmcli.i18n import _
from crmcli.spoken import Direction, parse_spoken, parse_spoken_day
from crmcli.store import schema
from crmcli.store.reads.customers import Match
from crmcli.store.work import Work, unit_of_work
from crmcli.vocabulary import (
    CALENDAR,
    CHANNEL,
    OPEN_STAGES,
    OPPORTUNITY_STAGE,
    PREFERENCE_TOPIC,
    REAL_TOUCH,
    RECORD,
)
from crmcli.workflows import ledger, sound
from crmcli.workflows.custom import Pairs, as_json, read_given
from crmcli.workflows.find import find_customer
from crmcli.workflows.recognise import product_key
from crmcli.workflows.repeat import settle
from crmcli.workflows.series import next_one

_MODELS: dict[str, tuple[type[Any], type[Any]]] = {
    "customer": (schema.Customer, schema.CustomerIn),
    "contact": (schema.Contact, schema.ContactIn),
    "product": (schema.Product, schema.ProductIn),
    "interaction": (schema.Interaction, schema.InteractionIn),
    "transaction": (schema.Transaction, schema.TransactionIn),
    "opportunity": (schema.Opportunity, schema.OpportunityIn),
    "task": (schema.Task, schema.TaskIn),
    "preference": (schema.Preference, schema.PreferenceIn),
    "complaint": (schema.Complaint, schema.ComplaintIn),
    "survey": (schema.Survey, schema.SurveyIn),
    "credit": (schema.Credit, schema.CreditIn),
    "payment": (schema.Payment, schema.PaymentIn),
    "template": (schema.Template, schema.TemplateIn),
    "deferral": (schema.Deferral, schema.DeferralIn),
}
_DAYS = {
    "birthday", "next_contact_on", "occurred_on", "due_on", "paid_on", "done_on", "opened_on", "expected_close_on",
    "closed_on", "received_on", "reply_due_on", "investigating_on", "replied_on", "asked_on", "answered_on", "noted_on",
    "reviewed_on", "until_on", "waiting_until",
}  # fmt: skip
#: Days that lie ahead: of several 周三 the next one is meant. Of the others, which have happened, the last one.
_AHEAD = {"next_contact_on", "due_on", "expected_close_on", "reply_due_on", "until_on", "waiting_until"}
#: Days that may have a time of day, where the record has a place for it.
_TIMES = {"next_contact_on": "next_contact_time", "due_on": "due_time"}
_MONEY = {"amount": "amount_minor", "cost": "cost_minor", "price": "price_minor", "limit": "limit_minor"}
_OPTION = {name: option for option, name in _MONEY.items()}  #: stored amount → its option
#: What goes with a customer that is deleted; what refers to others stands before them.
_OF_CUSTOMER = (
    schema.Deferral, schema.Task, schema.Survey, schema.Complaint, schema.Preference, schema.Credit, schema.Payment,
    schema.Interaction, schema.Transaction, schema.Opportunity, schema.Contact, schema.Override,
)  # fmt: skip


class Promise(NamedTuple):
    """What was promised to a customer, and the day by which, as the user typed it."""

    what: str
    by: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written: the record's id, who it is about, the line for the user, and days as they were understood.

    A day that came with a time of day is a datetime.

    Attributes:
        notes: what else is to be said about how it was understood, or what follows from it.
        warnings: what the user may not have meant; it was recorded nevertheless.
    """

    id: int
    customer: str
    summary: str
    resolved: tuple[tuple[str, date], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit changed: (field, old, new) triples; none when everything already was so.

    `notes` says what else is to be said about how it was understood, `warnings` what the user may not have meant.
    """

    id: int
    summary: str
    changes: tuple[tuple[str, Any, Any], ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What deleting a customer would take along: (table, rows) pairs."""

    id: int
    name: str
    rows: tuple[tuple[str, int], ...]


def add(
    database: Path,
    entity: str,
    given: Mapping[str, str | None],
    custom: Pairs = (),
    *,
    after: Callable[[Work, Any], tuple[tuple[str, date], ...]] | None = None,
) -> Recorded:
    """Add one record; `custom` are values of custom fields, which customers have.

    `after` completes the new record in the same unit of work, and returns the days that it worked out.

    Raises:
        DataError: a value cannot be read or is not allowed; every fault is listed.
        NotFoundError, AmbiguousError: a customer or product that was named.
    """
    with unit_of_work(database, f"{entity} add") as work:
        row, resolved = _make(work, entity, given, custom)
        if after is not None:
            resolved += after(work, row)
            work.session.add(row)
            work.session.flush()
        name = _customer_name(work, row)
        work.summary = _added(entity, row, name)
        warnings = _unwanted_plan(work, entity, row)
        return Recorded(row.id, name, work.summary, resolved, _birthday_said(row, given), warnings)


def edit(
    database: Path,
    entity: str,
    which: str,
    given: Mapping[str, str | None],
    command: str = "edit",
    custom: Pairs = (),
    *,
    before: Callable[[Work, Any, dict[str, str]], None] | None = None,
) -> Edited:
    """Change fields of one record; a field given as empty text is cleared, one given as None is left alone.

    `custom` are values of custom fields, which customers have. `before` looks at the record as it is and at what is
    given, may add to that, and may refuse.

    Raises:
        DataError, NotFoundError, AmbiguousError: as `add`.
    """
    with unit_of_work(database, f"{entity} {command}") as work:
        row = _get(work, entity, which)
        wanted = {name: value for name, value in given.items() if value is not None}
        if before is not None:
            before(work, row, wanted)
        if entity == "opportunity" and wanted.get("waiting_for") == "":
            wanted.setdefault("waiting_until", "")  # what waits for nothing waits until no day
        changes = _change(work, entity, row, wanted, custom)
        if not changes:
            return Edited(row.id, _("nothing to do: it already is so"), ())
        work.summary = _("edited {entity} #{id} {name}: {fields}").format(
            entity=RECORD.label(entity),
            id=row.id,
            name=_title(row) or _customer_name(work, row),
            fields=", ".join(name for name, _old, _new in changes),
        )
        agreed = row.next_contact_on if entity == "customer" and wanted.get("next_contact_on") else None
        warnings = (
            ()
            if agreed is None
            else (
                *behind(work, agreed, wanted["next_contact_on"]),
                *(kept_off(work, row.id) or put_off(work, row.id)),
            )
        )
        return Edited(row.id, work.summary, changes, _birthday_said(row, given), warnings)


def archive(database: Path, entity: str, which: str, *, back: bool = False) -> Edited:
    """Put a record away (or `back`): it leaves lists and the agenda, and keeps its history."""
    with unit_of_work(database, f"{entity} archive") as work:
        row = _get(work, entity, which)
        old = row.archived_at
        if (old is None) == back:
            return Edited(row.id, _("nothing to do: it already is so"), ())
        row.archived_at = None if back else work.now
        work.session.flush()
        text = _("brought back {entity} #{id} {name}") if back else _("archived {entity} #{id} {name}")
        work.summary = text.format(entity=RECORD.label(entity), id=row.id, name=_title(row))
        return Edited(row.id, work.summary, (("archived_at", old, row.archived_at),))


def delete(database: Path, entity: str, which: str) -> Edited:
    """Delete one record that nothing else refers to; `crm undo` brings it back.

    Raises:
        NotFoundError: there is none.
    """
    with unit_of_work(database, f"{entity} delete") as work:
        row = _get(work, entity, which)
        customer = _customer_name(work, row)
        work.session.delete(row)
        work.session.flush()
        work.summary = _("deleted {entity} #{id} {name} of {customer}").format(
            entity=RECORD.label(entity), id=row.id, name=_title(row), customer=customer
        )
        return Edited(row.id, work.summary, ())


def plan_deletion(database: Path, which: str) -> DeletionPlan:
    """Say what deleting a customer would take along; changes nothing."""
    with unit_of_work(database, "customer delete", dry_run=True) as work:
        row = _get(work, "customer", which)
        return DeletionPlan(
            row.id, row.name, tuple((_table(kind), _rows_of(work, kind, row.id)) for kind in _OF_CUSTOMER)
        )


def delete_customer(database: Path, number: int) -> Edited:
    """Delete a customer with everything recorded about it; `crm undo` brings all of it back.

    Raises:
        RefusedError: another customer was referred by this one.
    """
    with unit_of_work(database, "customer delete") as work:
        row = _get(work, "customer", f"#{number}")
        referred = work.session.exec(
            select(schema.Customer)
            .where(schema.Customer.referred_by_id == row.id)
            .order_by(col(schema.Customer.id))
            .limit(1)
        ).first()
        if referred is not None:
            raise RefusedError(
                _("{name} was referred by this customer").format(name=referred.name),
                hint=_("clear that first: crm customer edit #{id} --referred-by ''").format(id=referred.id),
            )
        for kind in _OF_CUSTOMER:
            for child in work.session.exec(select(kind).where(_about(kind, row.id))):
                work.session.delete(child)
            work.session.flush()
        work.session.delete(row)
        work.session.flush()
        work.summary = _("deleted customer #{id} {name}").format(id=row.id, name=row.name)
        return Edited(number, work.summary, ())


def log(
    database: Path,
    given: Mapping[str, str | None],
    next_on: str | None,
    promise: Promise | None = None,
) -> Recorded:
    """Record an interaction; a real touch clears an agreed day that has come, `next_on` agrees on the next one."""
    with unit_of_work(database, "log") as work:
        channel = given.get("channel") or ""
        if CHANNEL.parse(channel) is None:
            raise DataError(
                _("{value} is not a channel").format(value=repr(channel)),
                hint=_("one of: {codes}").format(codes=", ".join(CHANNEL.codes)),
            )
        row, resolved = touch(work, given, next_on)
        name = _customer_name(work, row)
        work.summary = _("logged {channel} with {name} on {day}").format(
            channel=CHANNEL.label(row.channel), name=name, day=row.occurred_on
        )
        resolved += keep_promise(work, row, promise)
        warnings = (*ahead(work, row.occurred_on), *unwanted(work, row, next_on, promise))
        return Recorded(row.id, name, work.summary, resolved, warnings=warnings)


def sell(
    database: Path, given: Mapping[str, str | None], *, refund: bool = False, within_limit: bool = False
) -> Recorded:
    """Record a sale; a negative amount, or `refund`, makes it a refund, which is set off against what is owed.

    Raises:
        RefusedError: the sale passes the customer's credit limit, and `within_limit` does not allow that.
        DataError, NotFoundError, AmbiguousError: as `add`.
    """
    with unit_of_work(database, "sell") as work:
        row, resolved = _make(work, "transaction", given)
        if refund or row.amount_minor < 0:
            row.kind, row.amount_minor = "refund", -abs(row.amount_minor)
            work.session.flush()
        notes, warning = _on_account(work, row)
        if warning and within_limit:
            raise RefusedError(warning, hint=_("leave out --strict-credit to record it nevertheless"))
        name = _customer_name(work, row)
        text = (
            _("refunded {amount} to {name} on {day}")
            if row.kind == "refund"
            else _("sold {amount} to {name} on {day}")
        )
        amount = f"{values.group_amount(abs(row.amount_minor), row.currency)} {row.currency}"
        work.summary = text.format(amount=amount, name=name, day=row.occurred_on)
        warnings = (*ahead(work, row.occurred_on), *([warning] if warning else []))
        return Recorded(row.id, name, work.summary, resolved, notes, warnings)


def complete(
    database: Path,
    which: str,
    summary: str | None,
    given: Mapping[str, str | None],
    next_on: str | None,
    promise: Promise | None = None,
) -> Recorded:
    """Mark a task done; with words about what happened, log the interaction as well. One that repeats gets its next.

    Raises:
        RefusedError: the task is done already, or words were given for a task of nobody.
    """
    with unit_of_work(database, "done") as work:
        task = _get(work, "task", which)
        if task.done_on is not None:
            raise RefusedError(_("task #{id} was done on {day}").format(id=task.id, day=task.done_on))
        resolved: tuple[tuple[str, date], ...] = ()
        warnings: tuple[str, ...] = ()
        touched = None
        if summary is not None or next_on is not None or promise is not None:
            if task.customer_id is None:
                raise RefusedError(_("task #{id} has no customer to log this with").format(id=task.id))
            how = {"channel": task.channel or "phone", **{k: v for k, v in given.items() if v is not None}}
            touched, resolved = touch(
                work, {**how, "customer": f"#{task.customer_id}", "summary": summary}, next_on
            )
            warnings = unwanted(work, touched, next_on, promise)
        work.summary = finish_task(work, task, None if touched is None else touched.id)
        resolved += keep_promise(work, touched, promise)
        return Recorded(task.id, _customer_name(work, task), work.summary, resolved, warnings=warnings)


def finish_task(work: Work, task: schema.Task, interaction: int | None) -> str:
    """Mark a task done by an interaction (None without one), make the next of one that repeats, and say both."""
    if interaction is not None:
        task.interaction_id = interaction
    task.done_on = work.today
    work.session.add(task)
    work.session.flush()
    said = _("done: task #{id} {title}").format(id=task.id, title=task.title)
    following = next_one(work, task)
    if following is not None:
        said += _("; next on {day} (#{id})").format(day=following.due_on, id=following.id)
    return said


def improve(database: Path, entity: str, which: str, given: Mapping[str, str | None]) -> Recorded:
    """Add a task of kind improvement that a complaint or a survey gave the reason for: somebody does it by a day.

    Raises:
        DataError: nobody is named, or no day.
    """
    faults = [
        Fault(_("must be given"), column=name)
        for name in ("owner", "due_on")
        if not (given.get(name) or "").strip()
    ]
    if faults:
        raise _bad(faults)
    with unit_of_work(database, f"{entity} improve") as work:
        reason = _get(work, entity, which)
        own = {"kind": "improvement", "customer": f"#{reason.customer_id}", f"{entity}_id": str(reason.id)}
        row, resolved = _make(work, "task", {**given, **own})
        name = _customer_name(work, row)
        work.summary = _added("task", row, name)
        return Recorded(row.id, name, work.summary, resolved, warnings=_unwanted_plan(work, "task", row))


def delete_survey(database: Path, which: str) -> Edited:
    """Delete a survey; the measures that it gave the reason for stay, bound to the customer alone."""
    with unit_of_work(database, "survey delete") as work:
        row = _get(work, "survey", which)
        for task in work.session.exec(select(schema.Task).where(schema.Task.survey_id == row.id)):
            task.survey_id = None
            work.session.add(task)
        work.session.flush()
        name = _customer_name(work, row)
        work.session.delete(row)
        work.session.flush()
        work.summary = _("deleted {entity} #{id} {name}").format(
            entity=RECORD.label("survey"), id=row.id, name=name
        )
        return Edited(row.id, work.summary, ())


def keep_promise(work: Work, touched: Any, promise: Promise | None) -> tuple[tuple[str, date], ...]:
    """Make the task that a promise is, bound to the interaction in which it was made."""
    if promise is None:
        return ()
    given = {
        "kind": "promise",
        "title": promise.what,
        "customer": f"#{touched.customer_id}",
        "due_on": promise.by,
    }
    row, resolved = _make(work, "task", given)
    row.promised_in_id = touched.id
    work.session.add(row)
    work.session.flush()
    work.summary += _("; promised by {day} (#{id}): {title}").format(
        day=row.due_on, id=row.id, title=row.title
    )
    return resolved


def touch(
    work: Work, given: Mapping[str, str | None], next_on: str | None = None
) -> tuple[Any, tuple[tuple[str, date], ...]]:
    """Record an interaction in the transaction that is open, with what it means for the day agreed next."""
    row, resolved = _make(work, "interaction", given)
    return row, resolved + _after_touch(work, row, next_on)


def move(database: Path, which: str, stage: str, on: str | None, lost_reason: str | None) -> Edited:
    """Move an opportunity to a stage; won and lost close it on a day, any other stage opens it again."""
    code = OPPORTUNITY_STAGE.parse(stage)
    if code is None:
        raise DataError(
            _("{value} is not a stage").format(value=repr(stage)),
            hint=_("one of: {codes}").format(codes=", ".join(OPPORTUNITY_STAGE.codes)),
        )
    closed_on = "" if code in OPEN_STAGES else (on or "today")
    reason = lost_reason if code == "lost" else ""  # a deal that is open again, or won, was not lost
    given = {"stage": code, "closed_on": closed_on, "lost_reason": reason}
    return edit(database, "opportunity", which, given, "move")


def _on_account(work: Work, row: Any) -> tuple[tuple[str, ...], str]:
    """Put a new transaction on the customer's account, and say what follows: the due day, what is set off, the limit."""
    named = row.due_on
    ledger.on_account(work, row)
    notes = [] if row.due_on == named else [_("due on {day}, by the terms").format(day=row.due_on)]
    for part in ledger.set_off(work, row):
        text = _("{amount} set off against the sale #{id}; {left} owed on it")
        notes.append(
            text.format(
                amount=ledger.money(abs(part.payment.amount_minor), row.currency),
                id=part.sale.id,
                left=ledger.money(part.left, row.currency),
            )
        )
    return tuple(notes), ledger.over_limit(work, row)


def _make(
    work: Work, entity: str, given: Mapping[str, str | None], custom: Pairs = ()
) -> tuple[Any, tuple[tuple[str, date], ...]]:
    model, model_in = _MODELS[entity]
    told = {name: value for name, value in given.items() if value is not None}
    read, resolved, faults = _read(work, told, model_in.model_fields)
    own = read_given(work.driver, custom, work.today)
    faults += own.faults
    if "currency" in model_in.model_fields:
        read.setdefault("currency", work.settings.currency)
    for day in ("occurred_on", "received_on", "asked_on"):
        if day in model_in.model_fields:
            read.setdefault(day, work.today)
    if entity == "opportunity":
        read.setdefault("opened_on", work.today)
    if entity == "preference":
        read.setdefault("noted_on", work.today)
    checked = validated(model_in, read, faults)
    _refuse_unsound(work, entity, checked)
    row = model.model_validate({**checked.model_dump(), **work.stamps()})
    if own.values:
        row.custom = as_json(own.values)
    if entity == "opportunity" and row.stage not in OPEN_STAGES and row.closed_on is None:
        row.closed_on = work.today
    if entity == "task":
        resolved += settle(row, work.today)
    _refuse_taken(work, model, row)
    work.session.add(row)
    work.session.flush()
    return row, resolved + own.resolved


def _change(
    work: Work, entity: str, row: Any, given: Mapping[str, str], custom: Pairs = ()
) -> tuple[tuple[str, Any, Any], ...]:
    model, model_in = _MODELS[entity]
    read, _resolved, faults = _read(work, given, model_in.model_fields, getattr(row, "currency", None))
    own = read_given(work.driver, custom, work.today)
    faults += own.faults
    stored = row.model_dump(include=set(model_in.model_fields), warnings=False)
    checked = validated(model_in, {**stored, **read}, faults)
    _refuse_unsound(work, entity, checked)
    _refuse_other_decimals(row, read)
    changes = []
    for name in read:
        old, new = getattr(row, name), getattr(checked, name)
        if old != new:
            changes.append(_change_said(row, name, old, new))
            setattr(row, name, new)
    if own.values:
        changes += _change_custom(row, own.values)
    if entity == "task":
        told = settle(row, work.today, [change[0] for change in changes])
        changes += [(name, None, day) for name, day in told]
    _refuse_taken(work, model, row)
    work.session.add(row)
    work.session.flush()
    return tuple(change for change in changes if change[0] != "phone_e164")


def _change_custom(row: Any, wanted: Mapping[str, Value]) -> list[tuple[str, Any, Any]]:
    """Put values of custom fields into a customer, and say what that changes."""
    stored = json.loads(row.custom)
    changes = [(name, stored.get(name), new) for name, new in wanted.items() if stored.get(name) != new]
    if changes:
        row.custom = as_json({**stored, **wanted})
    return changes


def _refuse_other_decimals(row: Any, read: Mapping[str, Any]) -> None:
    """100.00 CNY must not become 10000 JPY because only the currency was named."""
    currency = read.get("currency")
    if currency is None or values.exponent(currency) == values.exponent(row.currency):
        return
    for option, name in _MONEY.items():
        if getattr(row, name, None) is not None and name not in read:
            raise DataError(
                _("{currency} has other decimals than {old}").format(currency=currency, old=row.currency),
                where="currency",
                hint=_("give --{option} as well").format(option=option),
            )


def _change_said(row: Any, name: str, old: Any, new: Any) -> tuple[str, Any, Any]:
    """Say a change in the user's words: the option's name, amounts in decimals, records by their number."""
    if name in _OPTION:
        said = [None if minor is None else values.format_amount(minor, row.currency) for minor in (old, new)]
        return _OPTION[name], said[0], said[1]
    if name.endswith("_id") and name != "external_id":
        said = [None if number is None else f"#{number}" for number in (old, new)]
        return name.removesuffix("_id"), said[0], said[1]
    if name == "id_number":
        return name, values.masked(old), values.masked(new)
    if name == "do_not_contact":
        return name, int(old), int(new)
    return name, old, new


def _read(
    work: Work, given: Mapping[str, str], fields: Container[str], currency: str | None = None
) -> tuple[dict[str, Any], tuple[tuple[str, date], ...], list[Fault]]:
    """Turn the user's words into stored values: days, amounts, references; the rest is the input model's business.

    Returns what was read, the days that were not written as dates, and what cannot be read.
    """
    read: dict[str, Any] = {}
    resolved: list[tuple[str, date]] = []
    faults: list[Fault] = []
    money_in = currency or work.settings.currency
    try:
        money_in = values.parse_currency(given["currency"]) if given.get("currency") else money_in
    except values.ValueFault as fault:
        faults.append(Fault(fault.what, column="currency", value=given["currency"], hint=fault.hint))
    for name, text in given.items():
        try:
            if name == "birthday" and text.strip():
                read |= _birthday(work, text, given.get("birthday_calendar"), resolved)
            elif name in _DAYS:
                spoken = _read_day(work, name, text, fields, read)
                if spoken is not None and text.strip() != spoken.isoformat():
                    resolved.append((name, spoken))
            elif name in _MONEY:
                read[_MONEY[name]] = values.parse_amount(text, money_in) if text.strip() else None
            elif name == "currency":
                read[name] = money_in
            elif name == "id_number":
                read[name] = values.parse_secret(text)
            elif name in {"customer", "referred_by"}:
                read[f"{name}_id"] = customer_named(work, text).id if text.strip() else None
            elif name == "product":
                read["product_id"] = _product(work, text) if text.strip() else None
            else:
                read[name] = text
        except values.ValueFault as fault:
            faults.append(Fault(fault.what, column=name, value=text, hint=fault.hint))
    if "phone" in read:
        read["phone_e164"] = _e164(read["phone"], work.settings.country) if read["phone"].strip() else None
    return read, tuple(resolved), faults


def _read_day(work: Work, name: str, text: str, fields: Container[str], read: dict[str, Any]) -> date | None:
    """Put a day into `read`, and its time where the record has a place for one; return it as it was understood.

    A new day without a time has none: the old time was that of the old day.
    """
    place = _TIMES.get(name, "")
    timed = place in fields
    if not text.strip():
        read.update({name: None} | ({place: None} if timed else {}))
        return None
    direction = Direction.FUTURE if name in _AHEAD else Direction.PAST
    if not timed:
        day = read[name] = parse_spoken_day(text, work.today, direction)
        return day
    spoken = parse_spoken(text, work.today, direction)
    read.update({name: spoken.day, place: spoken.time})
    return spoken.moment


def _birthday(
    work: Work, text: str, calendar: str | None, resolved: list[tuple[str, date]]
) -> dict[str, Any]:
    """Read a day of birth by the calendar that the same command names; a plain date is a solar day without one."""

    def solar(plain: str) -> date:
        day = parse_spoken_day(plain, work.today, Direction.PAST)
        if plain.strip() != day.isoformat():
            resolved.append(("birthday", day))
        return day

    found = birthdays.parse_birthday(text, CALENDAR.parse(calendar or ""), solar=solar)
    if found.born > work.today:
        raise values.ValueFault(_("{day} lies ahead: it has not happened yet").format(day=found.born))
    return {"birthday": found.born} | ({"birthday_calendar": found.calendar} if found.calendar else {})


def _birthday_said(row: Any, given: Mapping[str, str | None]) -> tuple[str, ...]:
    """Say both days of a birthday that is kept by the lunar calendar, when one of its fields was given."""
    touched = any(given.get(name) is not None for name in ("birthday", "birthday_calendar"))
    if not touched or row.birthday is None or row.birthday_calendar != "lunar":
        return ()
    return (f"birthday: {birthdays.birthday_words(row.birthday, 'lunar')}",)


def ahead(work: Work, day: date) -> tuple[str, ...]:
    """Warn of something that happened on a day that has not come yet."""
    if day <= work.today:
        return ()
    text = _("{day} lies ahead: it counts from that day on; plans go into 'crm task add'")
    return (text.format(day=day),)


def behind(work: Work, day: date, text: str) -> tuple[str, ...]:
    """Warn of a next contact on a day that is over, or on today where the words, such as 周五, fit a later day as well."""
    if day < work.today:
        return (_("{day} is over: the next contact is due at once").format(day=day),)
    if day == work.today and _comes_again(text, day):
        return (_("{day} is today: write the day in full if a later one is meant").format(day=day),)
    return ()


def _comes_again(text: str, today: date) -> bool:
    """Whether a text may mean more days than today: 周五 and 20号, but not 今天."""
    try:
        parse_spoken(text, today, Direction.EITHER)
    except values.ValueFault:
        return True
    return False


def unwanted(
    work: Work, row: Any, next_on: str | None = None, promise: Promise | None = None
) -> tuple[str, ...]:
    """Warn of a contact from our side by a way that the customer does not want, and of plans that come to nothing."""
    never = kept_off(work, row.customer_id)
    if next_on is None and promise is None:
        said: tuple[str, ...] = ()
    else:
        said = never or put_off(work, row.customer_id)
    if row.direction == "outbound" and not (said and never):
        said += unwelcome(work, row.customer_id, row.channel)
    customer = work.session.get(schema.Customer, row.customer_id)
    if next_on is not None and customer is not None and customer.next_contact_on is not None:
        said += behind(work, customer.next_contact_on, next_on)
    return said


def unwelcome(work: Work, customer_id: int, channel: str | None) -> tuple[str, ...]:
    """Warn of a customer who does not want to be reached, or not by a channel."""
    customer = work.session.get(schema.Customer, customer_id)
    if customer is None:
        return ()
    if customer.do_not_contact:
        return (_("{name} does not want to be contacted").format(name=customer.name),)
    if channel and channel in (customer.refused_channels or "").split(","):
        text = _("{name} does not want to be reached by {channel}")
        return (text.format(name=customer.name, channel=CHANNEL.label(channel)),)
    return ()


def kept_off(work: Work, customer_id: int | None) -> tuple[str, ...]:
    """Warn of a plan with a customer who does not want to be contacted: the agenda will never name it."""
    customer = None if customer_id is None else work.session.get(schema.Customer, customer_id)
    if customer is None or not customer.do_not_contact:
        return ()
    text = _("{name} does not want to be contacted, so this does not come onto the agenda")
    return (text.format(name=customer.name),)


def put_off(work: Work, customer_id: int | None) -> tuple[str, ...]:
    """Warn of a plan with a customer who is put off: the agenda names nothing of such a customer before that day."""
    if customer_id is None:
        return ()
    whole = select(schema.Deferral).where(
        schema.Deferral.customer_id == customer_id, col(schema.Deferral.trigger).is_(None)
    )
    last = work.session.exec(whole.order_by(col(schema.Deferral.id).desc())).first()
    if last is None or last.until_on <= work.today:
        return ()
    text = _(
        "put off until {day}, so this comes onto the agenda no sooner; 'crm undo' of that snooze takes it back"
    )
    return (text.format(day=last.until_on),)


def _unwanted_plan(work: Work, entity: str, row: Any) -> tuple[str, ...]:
    """Warn of a new record that asks for a contact which the customer does not want."""
    if entity not in {"task", "complaint", "opportunity", "survey"} or row.customer_id is None:
        return ()
    if entity == "survey" and row.answered_on is not None:
        return ()
    if entity == "opportunity" and row.stage not in OPEN_STAGES:
        return ()
    channel = row.channel if entity in {"task", "survey"} else None
    return kept_off(work, row.customer_id) or (
        *put_off(work, row.customer_id),
        *unwelcome(work, row.customer_id, channel),
    )


def _e164(phone: str, country: str) -> str | None:
    from crmcli.exchange.phones import to_e164  # only a record with a telephone number pays for the library

    return to_e164(phone, country)


def validated(model_in: type[Any], read: Mapping[str, Any], faults: list[Fault]) -> SQLModel:
    """Return the checked record, or raise with `faults` and everything else that is wrong."""
    unread = {_MONEY.get(str(fault.column), str(fault.column)) for fault in faults}
    try:
        checked: SQLModel = model_in.model_validate(dict(read))
    except ValidationError as error:
        faults = faults + [
            Fault(
                _sentence(problem),
                column=_OPTION.get(str(problem["loc"][0]), str(problem["loc"][0])),
                value=str(problem.get("input", ""))[:60],
            )
            for problem in error.errors()
            if problem["loc"][0] not in unread
        ]
        raise _bad(faults) from None
    if faults:
        raise _bad(faults)
    return checked


def _refuse_unsound(work: Work, entity: str, checked: SQLModel) -> None:
    """Refuse a record whose fields are each allowed and contradict each other."""
    check = sound.CHECKS.get(entity)
    faults = check(checked.model_dump(), work.today) if check is not None else []
    if faults:
        raise _bad(faults)


def _sentence(problem: Any) -> str:
    kind, limits = problem["type"], problem.get("ctx", {})
    if kind == "missing":
        return _("must be given")
    if kind.startswith("int_"):
        return _("not a whole number: {value}").format(value=repr(problem["input"]))
    if kind.startswith("float_"):
        return _("not a number: {value}").format(value=repr(problem["input"]))
    if kind == "greater_than_equal":
        return _("must be at least {limit}").format(limit=limits["ge"])
    if kind == "less_than_equal":
        return _("must be at most {limit}").format(limit=limits["le"])
    if kind == "string_unicode":
        return _("holds half of a character (a lone surrogate)")
    return str(problem["msg"]).removeprefix("Value error, ")


def _bad(faults: list[Fault]) -> DataError:
    if len(faults) == 1:
        return DataError(faults[0].what, where=str(faults[0].column), hint=faults[0].hint)
    return DataError(_("{count} values cannot be used").format(count=len(faults)), faults=faults)


def _refuse_taken(work: Work, model: type[Any], row: Any) -> None:
    """Say it in words when a unique value is taken, instead of letting the database refuse the row."""
    names = ["external_id", *(["name"] if model is schema.Product else [])]
    for name in names:
        value = getattr(row, name, None)
        if value is None:
            continue
        with work.session.no_autoflush:
            other = work.session.exec(
                select(model).where(getattr(model, name) == value, model.id != (row.id or 0))
            ).first()
        if other is not None:
            raise DataError(
                _("{value} is taken by #{id} {name}").format(
                    value=repr(value), id=other.id, name=_title(other)
                ),
                where=name,
            )
    if model is schema.Product:
        _refuse_same_product(work, row)
    if model is schema.Preference:
        _refuse_same_preference(work, row)


def _refuse_same_product(work: Work, row: Any) -> None:
    """`GTX Pro` and `gtxpro` are one product wherever one is named, so they cannot both be there."""
    key = product_key(row.name)
    with work.session.no_autoflush:
        others = work.session.exec(select(schema.Product).where(schema.Product.id != (row.id or 0))).all()
    for other in others:
        if key and product_key(other.name) == key:
            raise DataError(
                _("{value} is taken by #{id} {name}").format(
                    value=repr(row.name), id=other.id, name=other.name
                ),
                where="name",
            )


def _refuse_same_preference(work: Work, row: Any) -> None:
    """What is known already is not noted twice, however it is spelled."""
    kind = schema.Preference
    with work.session.no_autoflush:
        others = work.session.exec(
            select(kind).where(
                kind.customer_id == row.customer_id, kind.topic == row.topic, kind.id != (row.id or 0)
            )
        ).all()
    for other in others:
        if product_key(other.value) == product_key(row.value):
            hint = (
                _("'crm preference confirm {id}' if the customer said so")
                if other.origin == "inferred"
                else ""
            )
            raise DataError(
                _("{value} is noted already: #{id}").format(value=repr(row.value), id=other.id),
                where="value",
                hint=hint.format(id=other.id),
            )


def _get(work: Work, entity: str, which: str) -> Any:
    if entity == "customer":
        return work.session.get(schema.Customer, customer_named(work, which).id)
    model = _MODELS[entity][0]
    number = which.strip().removeprefix("#")
    if number.isdecimal() and len(number) < 18:
        row = work.session.get(model, int(number))
        if row is not None:
            return row
    elif entity == "product":
        return work.session.get(model, _product(work, which))
    else:
        row = work.session.exec(select(model).where(model.external_id == which)).first()
        if row is not None:
            return row
    raise NotFoundError(
        _("no {entity} {which}").format(entity=RECORD.label(entity), which=repr(which)),
        hint=_("'crm {entity} list' shows them with their ids").format(entity=entity),
    )


def task_named(work: Work, which: str) -> schema.Task:
    """Return the one task that a word names, in the transaction that is open."""
    task: schema.Task = _get(work, "task", which)
    return task


def customer_named(work: Work, text: str) -> Match:
    """Return the one customer that a word names, in the transaction that is open."""
    return find_customer(work.driver, text, work.settings.country)


def _product(work: Work, text: str) -> int:
    wanted = product_key(text)
    rows = work.session.exec(select(schema.Product).order_by(col(schema.Product.id))).all()
    found = [row for row in rows if wanted in {product_key(row.name), product_key(row.external_id or "")}]
    if not found and text.strip().startswith("#"):
        found = [row for row in rows if str(row.id) == text.strip()[1:]]
    if len(found) == 1:
        return found[0].id or 0
    if found:
        raise AmbiguousError(
            _("{text} fits {count} products").format(text=repr(text), count=len(found)),
            [(row.id or 0, row.name) for row in found],
        )
    raise NotFoundError(
        _("no product {text}").format(text=repr(text)),
        hint=_("to add it: {command}").format(command=f"crm product add {shlex.quote(text)}"),
    )


def _after_touch(work: Work, row: Any, next_on: str | None) -> tuple[tuple[str, date], ...]:
    customer = work.session.get(schema.Customer, row.customer_id)
    if customer is None:
        return ()
    if next_on is not None:
        try:
            spoken = parse_spoken(next_on, work.today, Direction.FUTURE)
        except values.ValueFault as fault:
            raise DataError(fault.what, where="--next", hint=fault.hint) from None
        customer.next_contact_on, customer.next_contact_time = spoken
        resolved: tuple[tuple[str, date], ...] = (("next_contact_on", spoken.moment),)
    else:
        resolved = ()
        agreed = customer.next_contact_on
        if agreed is not None and row.outcome in REAL_TOUCH and agreed <= row.occurred_on:
            customer.next_contact_on = customer.next_contact_time = None
    work.session.add(customer)
    work.session.flush()
    return resolved


def _customer_name(work: Work, row: Any) -> str:
    if isinstance(row, schema.Customer):
        return row.name
    number = getattr(row, "customer_id", None)
    customer = work.session.get(schema.Customer, number) if number is not None else None
    return customer.name if customer is not None else ""


def _added(entity: str, row: Any, customer: str) -> str:
    title, entity = _title(row), RECORD.label(entity)
    if isinstance(row, schema.Customer) or not customer:
        return _("added {entity} #{id} {name}").format(entity=entity, id=row.id, name=title).rstrip()
    if not title:
        return _("added {entity} #{id} for {customer}").format(entity=entity, id=row.id, customer=customer)
    text = _("added {entity} #{id} {name} for {customer}")
    return text.format(entity=entity, id=row.id, name=title, customer=customer)


def _title(row: Any) -> str:
    if isinstance(row, schema.Preference):
        return f"{PREFERENCE_TOPIC.label(row.topic)}: {row.value}"
    words = row.summary if isinstance(row, schema.Complaint) else None
    return str(getattr(row, "name", None) or getattr(row, "title", None) or words or "").strip()


def _rows_of(work: Work, kind: type[Any], number: int) -> int:
    return int(work.session.exec(select(func.count()).select_from(kind).where(_about(kind, number))).one())


def _about(kind: type[Any], number: int) -> ColumnElement[bool]:
    """Return what picks the rows about a customer; what was put off may name a task or a deal of theirs alone."""
    own: ColumnElement[bool] = col(kind.customer_id) == number
    if kind is not schema.Deferral:
        return own
    return or_(
        own,
        col(kind.task_id).in_(select(schema.Task.id).where(schema.Task.customer_id == number)),
        col(kind.opportunity_id).in_(
            select(schema.Opportunity.id).where(schema.Opportunity.customer_id == number)
        ),
    )


def _table(kind: type[Any]) -> str:
    return str(kind.__tablename__)
