"""The tables, the only truth about them: every migration is checked against these classes.

Hand-entered records come in through an `XIn` model, which validates, and become an `X` row by `model_validate`;
a `table=True` class validates nothing when it is constructed directly. Tables are STRICT, every constraint has a
name. Money is integer minor units beside an ISO 4217 code, days are ISO text, instants are UTC text.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    Text,
    TypeDecorator,
    text,
)
from sqlmodel import Field, SQLModel

from crmcli import clock, vocabulary
from crmcli.i18n import _
from crmcli.vocabulary import Vocabulary

MAX_TEXT = 20_000  #: characters in one text field

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
STRICT = {"sqlite_strict": True}
#: Records keep their number for ever: the id of a deleted row is never given to another.
NUMBERED = {"sqlite_strict": True, "sqlite_autoincrement": True}


class Day(TypeDecorator[date]):
    """A calendar day, stored as ISO `YYYY-MM-DD` text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - signature of the base
        """Write a day as ISO text."""
        return value.isoformat() if isinstance(value, date) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002 - signature of the base
        """Read ISO text as a day."""
        return None if value is None else date.fromisoformat(value)


class Instant(TypeDecorator[datetime]):
    """An instant, stored as UTC text `YYYY-MM-DDTHH:MM:SS.ffffffZ`; a naive datetime is refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - signature of the base
        """Write an aware datetime as UTC text; text that a file or the journal gave is already that."""
        return instant_text(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature of the base
        """Read UTC text as an aware datetime."""
        return None if value is None else datetime.fromisoformat(value)


def end_of(day: date, zone_name: str) -> str:
    """Return the instant at which a day of the business time zone is over, as the database holds instants."""
    return instant_text(clock.end_of_day(day, zone_name))


def instant_text(value: datetime) -> str:
    """Write an aware datetime as the text the database holds."""
    if value.tzinfo is None:
        raise ValueError("a datetime without a time zone cannot be stored")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _clean_text(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise ValueError(_("longer than {limit} characters").format(limit=MAX_TEXT))
    if "\0" in value:
        raise ValueError(_("holds a NUL character"))
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError(_("holds half of a character (a lone surrogate)"))
    return value


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _one_line(value: str) -> str:
    if not value.strip():
        raise ValueError(_("must not be empty"))
    return value.strip()


def _member_of(words: Vocabulary) -> Any:
    def check(value: Any) -> Any:
        if value is None:
            return None
        code = words.parse(str(value))
        if code is None:
            raise ValueError(
                _("{value} is not one of {codes}").format(value=repr(value), codes=", ".join(words.codes))
            )
        return code

    return BeforeValidator(check)


def _clean_email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value.strip()):
        raise ValueError(_("not an e-mail address: {value}").format(value=repr(value[:60])))
    return value.strip()


def _normal_name(value: str) -> str:
    return unicodedata.normalize("NFC", value)


Line = Annotated[str, AfterValidator(_clean_text), AfterValidator(_one_line)]
Words = Annotated[
    str | None,
    BeforeValidator(_empty_is_none),
    AfterValidator(lambda v: v if v is None else _clean_text(v).strip()),
]
Topic = Annotated[Line, AfterValidator(lambda word: vocabulary.PREFERENCE_TOPIC.parse(word) or word)]
Email = Annotated[
    str | None,
    BeforeValidator(_empty_is_none),
    AfterValidator(lambda v: v if v is None else _clean_email(_clean_text(v))),
]


def _clean_time(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError(_("not a time of day: {value}").format(value=repr(value[:20])))
    return value


def _channels(value: str | None) -> str | None:
    """Return the codes of comma-separated channels, each once, in the order of the list."""
    if value is None:
        return None
    check = _member_of(vocabulary.CHANNEL).func
    found = {check(word.strip()) for word in re.split(r"[,，、;；]", value) if word.strip()}
    return ",".join(code for code in vocabulary.CHANNEL.codes if code in found) or None


Time = Annotated[
    str | None, BeforeValidator(_empty_is_none), AfterValidator(_clean_time)
]  #: HH:MM of the business time zone
Channels = Annotated[str | None, BeforeValidator(_empty_is_none), AfterValidator(_channels)]


def _one_of(column: str, words: Vocabulary, *, of: str = "") -> CheckConstraint:
    """The column holds a code of the list; `of` names the judgement for which that is so."""
    codes = ", ".join(f"'{code}'" for code in words.codes)
    if of:
        return CheckConstraint(f"judgement <> '{of}' OR {column} IN ({codes})", name=f"{of}_known")
    return CheckConstraint(f"{column} IN ({codes})", name=f"{column}_known")


def _day_shape(column: str) -> CheckConstraint:
    return CheckConstraint(
        f"{column} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'", name=f"{column}_is_a_day"
    )


def _time_shape(column: str) -> CheckConstraint:
    return CheckConstraint(
        f"{column} GLOB '[0-2][0-9]:[0-5][0-9]' AND {column} < '24'", name=f"{column}_is_a_time"
    )


def _currency_shape() -> CheckConstraint:
    return CheckConstraint("currency GLOB '[A-Z][A-Z][A-Z]'", name="currency_is_a_code")


def _text(**options: Any) -> Any:
    return Field(default=None, sa_type=Text, **options)


def _required_text(**options: Any) -> Any:
    return Field(sa_type=Text, **options)


def _day(**options: Any) -> Any:
    return Field(default=None, sa_type=Day, **options)


def _reference(target: str, *, required: bool = False, index: bool = False) -> Any:
    column = Column(Integer, ForeignKey(f"{target}.id"), nullable=not required, index=index)
    return Field(sa_column=column) if required else Field(default=None, sa_column=column)


class Identity(SQLModel):
    """What every record has: an integer id for people, a UUIDv7 for machines, where it came from and when."""

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(sa_type=Text, unique=True)
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


# --- the six records and tasks -------------------------------------------------------------------------------------


class CustomerIn(SQLModel):
    """客户: a person or an organization the salesperson deals with, as a user or a file gives it."""

    external_id: Words = _text()
    kind: Annotated[str, _member_of(vocabulary.KIND)] = Field(default="person", sa_type=Text)
    name: Line = _required_text()
    company: Words = _text()
    title: Words = _text()
    gender: Annotated[str | None, _member_of(vocabulary.GENDER), BeforeValidator(_empty_is_none)] = _text()
    birthday: date | None = _day()
    birthday_calendar: Annotated[str, _member_of(vocabulary.CALENDAR)] = Field(default="solar", sa_type=Text)
    phone: Words = _text()
    phone_e164: str | None = _text()
    email: Email = _text()
    wechat: Words = _text()
    region: Words = _text()
    address: Words = _text()
    industry: Words = _text()
    size: Annotated[str | None, _member_of(vocabulary.SIZE), BeforeValidator(_empty_is_none)] = _text()
    headcount: int | None = Field(default=None, ge=0, le=100_000_000)
    source: Words = _text()
    referred_by_id: int | None = None
    tags: Words = _text()
    needs: Words = _text()
    intent_stage: Annotated[
        str | None, _member_of(vocabulary.INTENT_STAGE), BeforeValidator(_empty_is_none)
    ] = _text()
    next_contact_on: date | None = _day()
    next_contact_time: Time = _text()
    id_number: Words = _text()
    do_not_contact: bool = Field(
        default=False, sa_type=Integer, sa_column_kwargs={"server_default": text("0")}
    )
    refused_channels: Channels = _text()
    notes: Words = _text()


class Customer(CustomerIn, Identity, table=True):
    """The stored customer. `tags` holds comma-separated words; `phone_e164` is derived from `phone`.

    `do_not_contact` keeps somebody off the agenda altogether; `refused_channels` (codes, comma-separated) are those they
    do not want to be reached by. `id_number` is shown masked.
    """

    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("trim(name) <> ''", name="name_not_empty"),
        _one_of("kind", vocabulary.KIND),
        _one_of("gender", vocabulary.GENDER),
        _one_of("birthday_calendar", vocabulary.CALENDAR),
        _one_of("size", vocabulary.SIZE),
        _one_of("intent_stage", vocabulary.INTENT_STAGE),
        _day_shape("birthday"),
        _day_shape("next_contact_on"),
        _time_shape("next_contact_time"),
        CheckConstraint("headcount >= 0", name="headcount_not_negative"),
        CheckConstraint("do_not_contact IN (0, 1)", name="do_not_contact_is_a_flag"),
        # json_valid() would say more, but SQLite lets no JSON function into a schema that is not trusted.
        CheckConstraint("custom GLOB '{*}'", name="custom_is_an_object"),
        Index("uq_customers_external_id", "external_id", unique=True),
        Index("ix_customers_phone_e164", "phone_e164"),
        Index("ix_customers_email", "email"),
        Index(
            "ix_customers_birthday", text("substr(birthday, 6)"), sqlite_where=text("birthday IS NOT NULL")
        ),
        # All that the agenda asks of every customer: it reads this narrow index instead of the wide table.
        Index(
            "ix_customers_agenda",
            "archived_at",
            "next_contact_on",
            "intent_stage",
            "do_not_contact",
        ),
        NUMBERED,
    )
    referred_by_id: int | None = _reference("customers", index=True)
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    import_batch_id: int | None = _reference("import_batches", index=True)
    #: The values of the custom fields: a JSON object, name → text or number, days as ISO text.
    custom: str = Field(default="{}", sa_type=Text, sa_column_kwargs={"server_default": text("'{}'")})


class ContactIn(SQLModel):
    """联系人: a person to talk to at a customer."""

    external_id: Words = _text()
    customer_id: int
    name: Line = _required_text()
    title: Words = _text()
    gender: Annotated[str | None, _member_of(vocabulary.GENDER), BeforeValidator(_empty_is_none)] = _text()
    birthday: date | None = _day()
    birthday_calendar: Annotated[str, _member_of(vocabulary.CALENDAR)] = Field(default="solar", sa_type=Text)
    phone: Words = _text()
    phone_e164: str | None = _text()
    email: Email = _text()
    wechat: Words = _text()
    is_primary: bool = Field(default=False, sa_type=Integer)
    notes: Words = _text()


class Contact(ContactIn, Identity, table=True):
    """The stored contact."""

    __tablename__ = "contacts"
    __table_args__ = (
        CheckConstraint("trim(name) <> ''", name="name_not_empty"),
        _one_of("gender", vocabulary.GENDER),
        _one_of("birthday_calendar", vocabulary.CALENDAR),
        _day_shape("birthday"),
        CheckConstraint("is_primary IN (0, 1)", name="is_primary_is_a_flag"),
        Index("uq_contacts_external_id", "external_id", unique=True),
        Index("ix_contacts_birthday", text("substr(birthday, 6)"), sqlite_where=text("birthday IS NOT NULL")),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True, index=True)
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    import_batch_id: int | None = _reference("import_batches", index=True)


class ProductIn(SQLModel):
    """产品: something that is sold."""

    external_id: Words = _text()
    name: Line = _required_text()
    category: Words = _text()
    price_minor: int | None = None
    currency: str = _required_text()
    notes: Words = _text()


class Product(ProductIn, Identity, table=True):
    """The stored product."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("trim(name) <> ''", name="name_not_empty"),
        _currency_shape(),
        Index("uq_products_external_id", "external_id", unique=True),
        Index("uq_products_name", "name", unique=True),
        NUMBERED,
    )
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    import_batch_id: int | None = _reference("import_batches", index=True)


class InteractionIn(SQLModel):
    """跟进记录: one touch, or a try at one. Only a touch that reached the customer resets the follow-up clock."""

    external_id: Words = _text()
    customer_id: int
    contact_id: int | None = None
    opportunity_id: int | None = None
    occurred_on: date = Field(sa_type=Day)
    channel: Annotated[str, _member_of(vocabulary.CHANNEL)] = _required_text()
    direction: Annotated[str, _member_of(vocabulary.DIRECTION)] = Field(default="outbound", sa_type=Text)
    outcome: Annotated[str, _member_of(vocabulary.OUTCOME)] = Field(default="connected", sa_type=Text)
    kind: Annotated[str, _member_of(vocabulary.INTERACTION_KIND)] = Field(default="sales", sa_type=Text)
    summary: Words = _text()
    minutes: int | None = Field(default=None, ge=0, le=100_000)
    cost_minor: int | None = None
    currency: str = _required_text()


class Interaction(InteractionIn, Identity, table=True):
    """The stored interaction."""

    __tablename__ = "interactions"
    __table_args__ = (
        _one_of("channel", vocabulary.CHANNEL),
        _one_of("direction", vocabulary.DIRECTION),
        _one_of("outcome", vocabulary.OUTCOME),
        _one_of("kind", vocabulary.INTERACTION_KIND),
        _day_shape("occurred_on"),
        _currency_shape(),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        Index("uq_interactions_external_id", "external_id", unique=True),
        Index("ix_interactions_customer_id_occurred_on", "customer_id", "occurred_on"),
        # The agenda asks for the last real touch of each customer, and for nothing else of an interaction.
        Index(
            "ix_interactions_real_touch",
            "customer_id",
            "occurred_on",
            "outcome",  # so that the row itself need not be read
            sqlite_where=text("outcome IN ('connected', 'postponed', 'declined')"),
        ),
        Index(
            "ix_interactions_inbound",
            "occurred_on",
            "customer_id",
            sqlite_where=text("direction = 'inbound'"),
        ),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)
    contact_id: int | None = _reference("contacts", index=True)
    opportunity_id: int | None = _reference("opportunities", index=True)
    import_batch_id: int | None = _reference("import_batches", index=True)


class TransactionIn(SQLModel):
    """交易: a sale or a refund. `amount_minor` is negative for a refund; `cost_minor` is what it cost us."""

    external_id: Words = _text()
    customer_id: int
    product_id: int | None = None
    opportunity_id: int | None = None
    occurred_on: date = Field(sa_type=Day)
    kind: Annotated[str, _member_of(vocabulary.TRANSACTION_KIND)] = Field(default="sale", sa_type=Text)
    amount_minor: int
    cost_minor: int | None = None
    currency: str = _required_text()
    quantity: float | None = Field(default=None, sa_type=REAL)
    category: Words = _text()
    order_number: Words = _text()
    due_on: date | None = _day()
    paid_on: date | None = _day()
    notes: Words = _text()


class Transaction(TransactionIn, Identity, table=True):
    """The stored transaction."""

    __tablename__ = "transactions"
    __table_args__ = (
        _one_of("kind", vocabulary.TRANSACTION_KIND),
        _day_shape("occurred_on"),
        _day_shape("due_on"),
        _day_shape("paid_on"),
        _currency_shape(),
        Index("uq_transactions_external_id", "external_id", unique=True),
        Index(
            "ix_transactions_unpaid",
            "due_on",
            "customer_id",
            sqlite_where=text("due_on IS NOT NULL AND paid_on IS NULL"),
        ),
        Index("ix_transactions_customer_id_occurred_on", "customer_id", "occurred_on"),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)
    product_id: int | None = _reference("products", index=True)
    opportunity_id: int | None = _reference("opportunities", index=True)
    import_batch_id: int | None = _reference("import_batches", index=True)


class OpportunityIn(SQLModel):
    """商机: a deal that may happen. It may stand before the customer is known, as in many exports."""

    external_id: Words = _text()
    customer_id: int | None = None
    contact_id: int | None = None
    product_id: int | None = None
    name: Words = _text()
    stage: Annotated[str, _member_of(vocabulary.OPPORTUNITY_STAGE)] = Field(
        default="introduced", sa_type=Text
    )
    amount_minor: int | None = None
    currency: str = _required_text()
    probability: int | None = Field(default=None, ge=0, le=100)
    opened_on: date | None = _day()
    expected_close_on: date | None = _day()
    closed_on: date | None = _day()
    waiting_for: Words = _text()
    waiting_until: date | None = _day()
    lost_reason: Words = _text()
    owner: Words = _text()
    notes: Words = _text()


class Opportunity(OpportunityIn, Identity, table=True):
    """The stored opportunity. It is open while its stage is neither won nor lost."""

    __tablename__ = "opportunities"
    __table_args__ = (
        _one_of("stage", vocabulary.OPPORTUNITY_STAGE),
        _day_shape("opened_on"),
        _day_shape("expected_close_on"),
        _day_shape("closed_on"),
        _day_shape("waiting_until"),
        _currency_shape(),
        CheckConstraint("probability BETWEEN 0 AND 100", name="probability_in_percent"),
        Index("uq_opportunities_external_id", "external_id", unique=True),
        Index("ix_opportunities_stage_expected_close_on", "stage", "expected_close_on"),
        NUMBERED,
    )
    customer_id: int | None = _reference("customers", index=True)
    contact_id: int | None = _reference("contacts", index=True)
    product_id: int | None = _reference("products", index=True)
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    import_batch_id: int | None = _reference("import_batches", index=True)


class TaskIn(SQLModel):
    """待办: something to do on a day; with a channel it is a planned interaction, with a time an appointment.

    Attributes:
        kind: a task, a promise made to the customer, or a measure that improves what a survey or complaint showed.
        minutes: how long it will take, as far as somebody guessed.
        repeat_every: every so many `repeat_unit`; None for once.
        repeat_from: whether the next one counts from the day this was due or from the day it was done.
        repeat_day: the day of the month it is meant for, 1 to 31 (in a shorter month the last), or of the week, 1 (Monday) to 7.
    """

    external_id: Words = _text()
    customer_id: int | None = None
    opportunity_id: int | None = None
    complaint_id: int | None = None
    survey_id: int | None = None
    kind: Annotated[str, _member_of(vocabulary.TASK_KIND)] = Field(
        default="task", sa_type=Text, sa_column_kwargs={"server_default": text("'task'")}
    )
    title: Line = _required_text()
    due_on: date | None = _day()
    due_time: Time = _text()
    channel: Annotated[str | None, _member_of(vocabulary.CHANNEL), BeforeValidator(_empty_is_none)] = _text()
    owner: Words = _text()
    minutes: Annotated[int | None, BeforeValidator(_empty_is_none)] = Field(default=None, ge=0, le=100_000)
    repeat_every: Annotated[int | None, BeforeValidator(_empty_is_none)] = Field(default=None, ge=1, le=1_000)
    repeat_unit: Annotated[
        str | None, _member_of(vocabulary.REPEAT_UNIT), BeforeValidator(_empty_is_none)
    ] = _text()
    repeat_from: Annotated[
        str | None, _member_of(vocabulary.REPEAT_FROM), BeforeValidator(_empty_is_none)
    ] = _text()
    repeat_day: Annotated[int | None, BeforeValidator(_empty_is_none)] = Field(default=None, ge=1, le=31)
    done_on: date | None = _day()
    notes: Words = _text()


class Task(TaskIn, Identity, table=True):
    """The stored task. `interaction_id` is the touch that completed it, `promised_in_id` the one it was promised in.

    The tasks of one that repeats share `series_uid`; `occurrence` counts them from 1, so that none can stand twice.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("trim(title) <> ''", name="title_not_empty"),
        _one_of("kind", vocabulary.TASK_KIND),
        _one_of("channel", vocabulary.CHANNEL),
        _one_of("repeat_unit", vocabulary.REPEAT_UNIT),
        _one_of("repeat_from", vocabulary.REPEAT_FROM),
        CheckConstraint("repeat_every >= 1", name="repeat_every_positive"),
        CheckConstraint("repeat_day BETWEEN 1 AND 31", name="repeat_day_is_a_day"),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        _day_shape("due_on"),
        _time_shape("due_time"),
        _day_shape("done_on"),
        Index("uq_tasks_external_id", "external_id", unique=True),
        Index("uq_tasks_series_uid_occurrence", "series_uid", "occurrence", unique=True),
        Index("ix_tasks_done_on_due_on", "done_on", "due_on"),
        NUMBERED,
    )
    customer_id: int | None = _reference("customers", index=True)
    opportunity_id: int | None = _reference("opportunities", index=True)
    complaint_id: int | None = _reference("complaints", index=True)
    survey_id: int | None = _reference("surveys", index=True)
    interaction_id: int | None = _reference("interactions", index=True)
    promised_in_id: int | None = _reference("interactions", index=True)
    series_uid: str | None = _text()
    occurrence: int | None = None
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    import_batch_id: int | None = _reference("import_batches", index=True)


# --- care ------------------------------------------------------------------------------------------------------------


class PreferenceIn(SQLModel):
    """偏好: what a customer likes: a product type, a colour, a style, a manner of service, anything."""

    customer_id: int
    topic: Topic = _required_text()
    value: Line = _required_text()
    origin: Annotated[str, _member_of(vocabulary.PREFERENCE_ORIGIN)] = Field(default="stated", sa_type=Text)
    noted_on: date = Field(sa_type=Day)
    notes: Words = _text()


class Preference(PreferenceIn, Identity, table=True):
    """The stored preference: stated by the customer, or inferred from purchases and confirmed."""

    __tablename__ = "preferences"
    __table_args__ = (
        CheckConstraint("trim(topic) <> ''", name="topic_not_empty"),
        CheckConstraint("trim(value) <> ''", name="value_not_empty"),
        _one_of("origin", vocabulary.PREFERENCE_ORIGIN),
        _day_shape("noted_on"),
        Index("uq_preferences_customer_id_topic_value", "customer_id", "topic", "value", unique=True),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)


class ComplaintIn(SQLModel):
    """投诉: received, investigated, replied to, closed; never closed without a root cause and how it is prevented.

    Attributes:
        reply_due_on: the day by which the customer is to have an answer.
        cause: the kind of cause in a word or two, for statistics.
    """

    external_id: Words = _text()
    customer_id: int
    contact_id: int | None = None
    transaction_id: int | None = None
    summary: Line = _required_text()
    severity: Annotated[str, _member_of(vocabulary.SEVERITY)] = Field(default="medium", sa_type=Text)
    channel: Annotated[str | None, _member_of(vocabulary.CHANNEL), BeforeValidator(_empty_is_none)] = _text()
    received_on: date = Field(sa_type=Day)
    reply_due_on: date | None = _day()
    investigating_on: date | None = _day()
    replied_on: date | None = _day()
    closed_on: date | None = _day()
    reply: Words = _text()
    cause: Words = _text()
    root_cause: Words = _text()
    prevention: Words = _text()
    notes: Words = _text()


class Complaint(ComplaintIn, Identity, table=True):
    """The stored complaint. How far it has come follows from its days: the last of them that is set."""

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint("trim(summary) <> ''", name="summary_not_empty"),
        _one_of("severity", vocabulary.SEVERITY),
        _one_of("channel", vocabulary.CHANNEL),
        _day_shape("received_on"),
        _day_shape("reply_due_on"),
        _day_shape("investigating_on"),
        _day_shape("replied_on"),
        _day_shape("closed_on"),
        CheckConstraint(
            "closed_on IS NULL OR replied_on IS NOT NULL AND trim(root_cause) <> '' AND trim(prevention) <> ''"
            " AND root_cause IS NOT NULL AND prevention IS NOT NULL",
            name="closed_with_cause_and_prevention",
        ),
        Index("uq_complaints_external_id", "external_id", unique=True),
        Index("ix_complaints_closed_on_reply_due_on", "closed_on", "reply_due_on"),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True, index=True)
    contact_id: int | None = _reference("contacts", index=True)
    transaction_id: int | None = _reference("transactions", index=True)
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    import_batch_id: int | None = _reference("import_batches", index=True)


class SurveyIn(SQLModel):
    """满意度调查: one question put to one customer: CSAT from 1 to 5, or NPS from 0 to 10. Without a score it is unanswered."""

    external_id: Words = _text()
    customer_id: int
    contact_id: int | None = None
    kind: Annotated[str, _member_of(vocabulary.SURVEY_KIND)] = Field(default="csat", sa_type=Text)
    channel: Annotated[str | None, _member_of(vocabulary.CHANNEL), BeforeValidator(_empty_is_none)] = _text()
    asked_on: date = Field(sa_type=Day)
    answered_on: date | None = _day()
    score: Annotated[int | None, BeforeValidator(_empty_is_none)] = Field(default=None, ge=0, le=10)
    comment: Words = _text()


class Survey(SurveyIn, Identity, table=True):
    """The stored survey."""

    __tablename__ = "surveys"
    __table_args__ = (
        _one_of("kind", vocabulary.SURVEY_KIND),
        _one_of("channel", vocabulary.CHANNEL),
        _day_shape("asked_on"),
        _day_shape("answered_on"),
        CheckConstraint(
            "score IS NULL OR kind = 'csat' AND score BETWEEN 1 AND 5 OR kind = 'nps' AND score BETWEEN 0 AND 10",
            name="score_in_range",
        ),
        CheckConstraint("(score IS NULL) = (answered_on IS NULL)", name="answered_with_a_score"),
        Index("uq_surveys_external_id", "external_id", unique=True),
        Index("ix_surveys_customer_id_asked_on", "customer_id", "asked_on"),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)
    contact_id: int | None = _reference("contacts", index=True)
    import_batch_id: int | None = _reference("import_batches", index=True)


class CreditIn(SQLModel):
    """信用: how much a customer may owe, and for how long.

    Attributes:
        limit_minor: the most that may be unpaid; None for no limit.
        terms_days: days from the sale until it is to be paid.
        reviewed_on: when it was looked at last.
    """

    customer_id: int
    limit_minor: int | None = Field(default=None, ge=0)
    currency: str = _required_text()
    terms_days: int | None = Field(default=None, ge=0, le=3_650)
    reviewed_on: date = Field(sa_type=Day)
    notes: Words = _text()


class Credit(CreditIn, Identity, table=True):
    """The stored credit, one for a customer."""

    __tablename__ = "credits"
    __table_args__ = (
        _currency_shape(),
        _day_shape("reviewed_on"),
        CheckConstraint("limit_minor >= 0", name="limit_not_negative"),
        CheckConstraint("terms_days >= 0", name="terms_not_negative"),
        Index("uq_credits_customer_id", "customer_id", unique=True),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)


class PaymentIn(SQLModel):
    """回款: money that came for a transaction, in its currency; negative where it was paid back."""

    external_id: Words = _text()
    customer_id: int
    transaction_id: int
    paid_on: date = Field(sa_type=Day)
    amount_minor: int
    notes: Words = _text()


class Payment(PaymentIn, Identity, table=True):
    """The stored payment. `transactions.paid_on` is the day the last one made a transaction whole."""

    __tablename__ = "payments"
    __table_args__ = (
        _day_shape("paid_on"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        Index("uq_payments_external_id", "external_id", unique=True),
        Index("ix_payments_customer_id_paid_on", "customer_id", "paid_on"),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)
    transaction_id: int = _reference("transactions", required=True, index=True)
    import_batch_id: int | None = _reference("import_batches", index=True)


class TemplateIn(SQLModel):
    """模板: a message for an occasion, with places for the customer's own facts. It is printed, never sent."""

    name: Line = _required_text()
    occasion: Annotated[str, _member_of(vocabulary.OCCASION)] = Field(default="other", sa_type=Text)
    channel: Annotated[str | None, _member_of(vocabulary.CHANNEL), BeforeValidator(_empty_is_none)] = _text()
    subject: Words = _text()
    body: Line = _required_text()


class Template(TemplateIn, Identity, table=True):
    """The stored template."""

    __tablename__ = "templates"
    __table_args__ = (
        CheckConstraint("trim(name) <> ''", name="name_not_empty"),
        CheckConstraint("trim(body) <> ''", name="body_not_empty"),
        _one_of("occasion", vocabulary.OCCASION),
        _one_of("channel", vocabulary.CHANNEL),
        Index("uq_templates_name", "name", unique=True),
        NUMBERED,
    )


class DeferralIn(SQLModel):
    """推迟: the salesperson put a matter off, or let it pass this time: it is not on the agenda before `until_on`.

    Attributes:
        trigger: which reason of the agenda it is about; None for the whole line.
        record_id: which record of that reason (a complaint, a transaction …); None for all of them.
    """

    customer_id: int | None = None
    task_id: int | None = None
    opportunity_id: int | None = None
    trigger: Words = _text()
    record_id: int | None = None
    kind: Annotated[str, _member_of(vocabulary.DEFERRAL)] = _required_text()
    noted_on: date = Field(sa_type=Day)
    until_on: date = Field(sa_type=Day)
    notes: Words = _text()


class Deferral(DeferralIn, Identity, table=True):
    """The stored deferral; the latest about a matter counts."""

    __tablename__ = "deferrals"
    __table_args__ = (
        _one_of("kind", vocabulary.DEFERRAL),
        _day_shape("noted_on"),
        _day_shape("until_on"),
        CheckConstraint(
            "customer_id IS NOT NULL OR task_id IS NOT NULL OR opportunity_id IS NOT NULL",
            name="about_something",
        ),
        Index("ix_deferrals_until_on", "until_on"),
        NUMBERED,
    )
    customer_id: int | None = _reference("customers", index=True)
    task_id: int | None = _reference("tasks", index=True)
    opportunity_id: int | None = _reference("opportunities", index=True)


class OverrideIn(SQLModel):
    """手动设定: a class that the salesperson pins by hand, whatever the rules compute.

    Attributes:
        from_on: the day it was set; it counts from then on.
        until_on: the last day it was meant for; None for as long as nobody takes it off.
    """

    customer_id: int
    judgement: Annotated[str, _member_of(vocabulary.JUDGEMENT)] = _required_text()
    value: Line = _required_text()
    from_on: date = Field(sa_type=Day)
    until_on: date | None = _day()
    override_reason: Line = _required_text()


class Override(OverrideIn, Identity, table=True):
    """The stored override. From `ended_on` on it no longer counts: it was taken off or another took its place."""

    __tablename__ = "overrides"
    __table_args__ = (
        _one_of("judgement", vocabulary.JUDGEMENT),
        _one_of("value", vocabulary.GRADE, of="grade"),
        _one_of("value", vocabulary.LIFECYCLE_STAGE, of="lifecycle_stage"),
        CheckConstraint("trim(override_reason) <> ''", name="override_reason_not_empty"),
        _day_shape("from_on"),
        _day_shape("until_on"),
        _day_shape("ended_on"),
        CheckConstraint("until_on >= from_on", name="until_on_not_before_from_on"),
        Index("ix_overrides_customer_id_judgement", "customer_id", "judgement"),
        NUMBERED,
    )
    customer_id: int = _reference("customers", required=True)
    ended_on: date | None = _day()


# --- fields of the salesperson's own ---------------------------------------------------------------------------------


class CustomFieldIn(SQLModel):
    """自定义字段: a fact about customers that the program has no column for.

    Attributes:
        name: what files, options and rules call it; it is a part of JSON paths, so the shape is held to.
        kind: text, number, date or choice.
        label: what people call it; "" for nothing but the name.
        choices: the words of a choice, a JSON array; None for the other kinds.
    """

    name: Line = _required_text()
    kind: Annotated[str, _member_of(vocabulary.FIELD_KIND)] = _required_text()
    label: str = Field(default="", sa_type=Text)
    choices: str | None = _text()


class CustomField(CustomFieldIn, Identity, table=True):
    """The stored field; its values are in `customers.custom` under its name."""

    __tablename__ = "custom_fields"
    __table_args__ = (
        CheckConstraint(
            "name GLOB '[a-z]*' AND name NOT GLOB '*[^a-z0-9_]*' AND length(name) <= 40",
            name="name_is_a_name",
        ),
        _one_of("kind", vocabulary.FIELD_KIND),
        CheckConstraint("choices GLOB '[[]*]'", name="choices_are_a_list"),
        CheckConstraint("(kind = 'choice') = (choices IS NOT NULL)", name="choices_of_a_choice"),
        Index("uq_custom_fields_name", "name", unique=True),
        NUMBERED,
    )


# --- where things came from and what was done ----------------------------------------------------------------------


class Setting(SQLModel, table=True):
    """One setting: language, time_zone, currency, country."""

    __tablename__ = "settings"
    __table_args__ = (STRICT,)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=Text, unique=True)
    value: str = Field(sa_type=Text)


class ImportBatch(SQLModel, table=True):
    """导入批次: one file read into one table. The rows it added carry its id."""

    __tablename__ = "import_batches"
    __table_args__ = (NUMBERED,)
    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(sa_type=Text, unique=True)
    entity: str = Field(sa_type=Text)
    file_name: str = Field(sa_type=Text)
    file_sha256: str = Field(sa_type=Text)
    encoding: str = Field(sa_type=Text)
    rows_read: int
    rows_added: int
    rows_updated: int
    rows_unchanged: int
    rows_skipped: int
    rows_failed: int
    created_at: datetime = Field(sa_type=Instant)


class JournalEntry(SQLModel, table=True):
    """One command that wrote: its sequence number is the order of events, whatever the clock said."""

    __tablename__ = "journal_entries"
    __table_args__ = (NUMBERED,)
    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(sa_type=Text, unique=True)
    at: datetime = Field(sa_type=Instant)
    command: str = Field(sa_type=Text)
    summary: str = Field(sa_type=Text)
    import_batch_id: int | None = Field(default=None)
    run_id: int | None = Field(default=None)
    undoes_id: int | None = _reference("journal_entries", index=True)


class JournalChange(SQLModel, table=True):
    """One row before and after one command, as JSON; rows that an import added are named by their batch instead."""

    __tablename__ = "journal_changes"
    __table_args__ = (
        CheckConstraint("action IN ('insert', 'update', 'delete')", name="action_known"),
        Index("ix_journal_changes_table_name_row_id", "table_name", "row_id"),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = _reference("journal_entries", required=True, index=True)
    table_name: str = Field(sa_type=Text)
    row_id: int
    action: str = Field(sa_type=Text)
    before: str | None = _text()
    after: str | None = _text()


# --- classification ------------------------------------------------------------------------------------------------


class RulesetRecord(SQLModel, table=True):
    """A ruleset as it stood when a run used it: its exact text, and what the daily agenda needs of it, compiled."""

    __tablename__ = "rulesets"
    __table_args__ = (STRICT,)
    fingerprint: str = Field(primary_key=True, sa_type=Text)
    files: str = Field(sa_type=Text)
    agenda: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)


class Run(SQLModel, table=True):
    """分级评估: one classification of everybody as of one day. `period` is `YYYY-MM`, or the day itself."""

    __tablename__ = "runs"
    __table_args__ = (
        _day_shape("as_of"),
        Index(
            "uq_runs_period_ruleset_fingerprint_version",
            "period",
            "ruleset_fingerprint",
            "version",
            unique=True,
        ),
        Index("ix_runs_as_of", "as_of"),
        Index("ix_runs_previous_run_id", "previous_run_id"),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(sa_type=Text, unique=True)
    period: str = Field(sa_type=Text)
    as_of: date = Field(sa_type=Day)
    version: int = Field(default=1)
    ruleset_fingerprint: str = Field(
        sa_column=Column(Text, ForeignKey("rulesets.fingerprint"), nullable=False)
    )
    journal_id: int
    previous_run_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("runs.id", ondelete="SET NULL"), nullable=True)
    )
    customers: int
    counts: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)


class IndicatorValue(SQLModel, table=True):
    """评估指标: why a score is what it is. `points` of one score of one customer add up to that score.

    Like `classifications` it names the customer without a foreign key: history outlives a deleted customer, and the
    row is back in place when the delete is undone.
    """

    __tablename__ = "indicator_values"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    )
    customer_id: int = Field(primary_key=True)
    score: str = Field(primary_key=True, sa_type=Text)
    indicator: str = Field(primary_key=True, sa_type=Text)
    raw: float | None = Field(default=None, sa_type=REAL)
    normalised: float | None = Field(default=None, sa_type=REAL)
    weight: float = Field(sa_type=REAL)
    points: float = Field(sa_type=REAL)


class FeatureValues(SQLModel, table=True):
    """The features of one customer in one run that its grade and lifecycle rest on, as a JSON object."""

    __tablename__ = "feature_values"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    )
    customer_id: int = Field(primary_key=True)
    features: str = Field(sa_type=Text)


class Classification(SQLModel, table=True):
    """The judgements on one customer in one run, and the cadence and urgency that they lead to.

    The agenda reads a row for everybody, so it is kept narrow: no reasons but their codes.
    """

    __tablename__ = "classifications"
    __table_args__ = (
        _one_of("grade", vocabulary.GRADE),
        _one_of("lifecycle_stage", vocabulary.LIFECYCLE_STAGE),
        CheckConstraint("triggers GLOB '[[]*]'", name="triggers_are_a_list"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    )
    customer_id: int = Field(primary_key=True)
    score: float = Field(sa_type=REAL)
    tier: str = Field(sa_type=Text)
    grade: str = Field(sa_type=Text)
    grade_reason: str = Field(sa_type=Text)
    lifecycle_stage: str = Field(sa_type=Text)
    cadence_days: int
    cadence_max_days: int
    urgency: float = Field(sa_type=REAL)
    #: The points of the triggers that are states and hold; None for somebody in no state.
    state_urgency: float | None = Field(default=None, sa_type=REAL)
    #: The triggers of the rules whose condition is true of the customer, a JSON array of names; None for none.
    triggers: str | None = _text()


class Segment(SQLModel, table=True):
    """客户细分: one of the further judgements that the rules define, in one run: RFM segment, junk, a suggested intent."""

    __tablename__ = "segments"
    __table_args__ = (
        Index("ix_segments_run_id_segmentation_segment", "run_id", "segmentation", "segment"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    )
    customer_id: int = Field(primary_key=True)
    segmentation: str = Field(primary_key=True, sa_type=Text)
    segment: str = Field(sa_type=Text)


class RunOverride(SQLModel, table=True):
    """An override that was in force on the day of a run, beside what the run computed. It is a copy, and history."""

    __tablename__ = "run_overrides"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    )
    customer_id: int = Field(primary_key=True)
    judgement: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
    from_on: date = Field(sa_type=Day)
    until_on: date | None = _day()
    override_reason: str = Field(sa_type=Text)
