"""Templates: which there are, and what one says to customers. Reads only, light.

Those that come with the program are files of the folder `templates`; one of the database of the same name stands in its
place. What is merged is printed or written to files, never sent.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import crmcli
from crmcli import clock
from crmcli.errors import DataError, Fault, NotFoundError, UsageError
from crmcli.i18n import _, language
from crmcli.store.light import reading
from crmcli.store.reads import templates as reads
from crmcli.store.reads.templates import Addressee, TemplateLine
from crmcli.store.settings import read_settings
from crmcli.vocabulary import CHANNEL
from crmcli.workflows.find import find_customer
from crmcli.workflows.placeholders import day_in_words, fill, honorific, is_chinese, missing, parts, places

_SHIPPED = Path(crmcli.__file__).parent / "templates"
_ENDINGS = {"en": "en", "zh_CN": "zh"}  #: what the names of shipped templates end in


class Template(NamedTuple):
    """One template; `shipped` ones come with the program."""

    name: str
    occasion: str
    channel: str | None
    subject: str | None
    body: str
    shipped: bool


class Message(NamedTuple):
    """What a template says to one customer."""

    id: int
    name: str
    email: str | None
    subject: str | None
    body: str

    @property
    def text(self) -> str:
        """The whole text, the subject in a line before it."""
        return f"Subject: {self.subject}\n\n{self.body}\n" if self.subject else f"{self.body}\n"

    @property
    def mailto(self) -> str:
        """A link that opens a mail program with everything filled in (RFC 6068)."""
        fields = {"subject": self.subject, "body": self.body.replace("\n", "\r\n")}
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in fields.items() if value)
        return f"mailto:{quote(self.email or '', safe='@')}?{query}"


class Merged(NamedTuple):
    """What a template says, and who is left out.

    Attributes:
        template: the one that was meant.
        channel: the way it is to go, None where nobody said.
        messages: one for each customer, in the order in which they were named.
        unwanted: (customer, why) for those who do not want it, or are archived.
        unreachable: (customer, why) for those without an address.
    """

    template: Template
    channel: str | None
    messages: tuple[Message, ...]
    unwanted: tuple[tuple[str, str], ...]
    unreachable: tuple[tuple[str, str], ...]


def templates(database: Path) -> tuple[Template, ...]:
    """Return every template by name: the stored ones, and the shipped ones whose names are not taken."""
    found = {template.name: template for template in shipped()}
    found |= {line.name: Template(*line, shipped=False) for line in _stored(database)}
    return tuple(found[name] for name in sorted(found))


def template(database: Path, name: str) -> Template:
    """Return the template of a name; a shipped one also without its ending, in the language in force.

    Raises:
        NotFoundError: there is none; the nearest names are in the hint.
    """
    return named(templates(database), name)


def named(known: Sequence[Template], name: str) -> Template:
    """Return the template of a name among those that are known, as `template` does."""
    by_name = {each.name: each for each in known}
    word = name.strip()
    found = by_name.get(word) or by_name.get(f"{word}-{_ENDINGS[language()]}")
    if found is not None:
        return found
    near = get_close_matches(word, list(by_name), n=3, cutoff=0.5)
    hint = (
        _("did you mean {names}?").format(names=", ".join(near))
        if near
        else _("'crm template list' shows all of them")
    )
    raise NotFoundError(_("no template is called {name}").format(name=repr(name)), hint=hint)


def shipped() -> tuple[Template, ...]:
    """Return the templates that come with the program."""
    return tuple(_read_shipped(path) for path in sorted(_SHIPPED.glob("*.txt")))


def check_places(subject: str | None, body: str) -> None:
    """Refuse a template with places that do not exist, or with single brackets.

    Raises:
        DataError: all faults together.
    """
    faults = (*parts(subject or "", "subject")[1], *parts(body, "body")[1])
    if len(faults) == 1:
        raise DataError(faults[0].what, where=faults[0].where, hint=faults[0].hint)
    if faults:
        raise DataError(_("{count} places cannot be used").format(count=len(faults)), faults=faults)


def customers_named(database: Path, words: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of the customers that words name, each once.

    Raises:
        NotFoundError, AmbiguousError: who is meant.
    """
    with reading(database) as connection:
        country = read_settings(connection).country
        return tuple(dict.fromkeys(find_customer(connection, word, country).id for word in words))


def merge(
    database: Path,
    name: str,
    ids: Sequence[int],
    given: Mapping[str, str],
    *,
    channel: str | None = None,
    by_mail: bool = False,
) -> Merged:
    """Fill a template for customers; nothing is recorded.

    Args:
        database: the file.
        name: the template.
        ids: the customers.
        given: values that were given, for places of every customer.
        channel: the way it is to go; None for the template's own.
        by_mail: it needs an e-mail address.

    Raises:
        NotFoundError: no such template.
        UsageError: `given` names a place that there is not.
        DataError: somebody lacks a value that the template needs; all of them are named.
    """
    chosen = template(database, name)
    check_places(chosen.subject, chosen.body)
    _check_given(given)
    way = "email" if by_mail else channel or chosen.channel
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone)
        found = reads.addressees(connection, ids, today.isoformat())
    unwanted = tuple((_who(each), why) for each in found if (why := _why_not(each, way)))
    wanted = [each for each in found if not _why_not(each, way)]
    unreachable = tuple((_who(each), _("no e-mail address")) for each in wanted if by_mail and not each.email)
    reached = [each for each in wanted if each.email or not by_mail]
    return Merged(chosen, way, _messages(chosen, reached, given, today), unwanted, unreachable)


def _messages(
    chosen: Template, found: Sequence[Addressee], given: Mapping[str, str], today: date
) -> tuple[Message, ...]:
    chinese = is_chinese(chosen.body)
    subject, body = parts(chosen.subject or "", "subject")[0], parts(chosen.body, "body")[0]
    messages, faults = [], []
    for each in found:
        values = {**_values(each, today, chinese=chinese), **given}
        lacking = tuple(missing((*subject, *body), values))
        if lacking:
            faults.append(_lacking(each, lacking))
            continue
        line = " ".join(fill(subject, values).split()) or None  # a subject is one line whatever a value holds
        messages.append(Message(each.id, each.name, each.email, line, fill(body, values).strip()))
    if faults:
        raise DataError(
            faults[0].what
            if len(faults) == 1
            else _("{count} customers lack values").format(count=len(faults)),
            hint=_("give it with --set {place}=…, or write {{{place}|…}} in the template").format(
                place=faults[0].code
            ),
            faults=faults,
        )
    return tuple(messages)


def _lacking(each: Addressee, lacking: Sequence[str]) -> Fault:
    what = _("{customer} has no value for {places}").format(customer=_who(each), places=", ".join(lacking))
    return Fault(what, code=lacking[0])


def _values(each: Addressee, today: date, *, chinese: bool) -> dict[str, str | None]:
    organization = each.kind == "organization"
    return {
        "name": each.name,
        "honorific": honorific(each.contact_gender if organization else each.gender, chinese=chinese),
        "contact": each.contact if organization else each.name,
        "title": each.title,
        "company": each.company or (each.name if organization else None),
        "phone": each.phone,
        "email": each.email,
        "region": each.region,
        "last_contact": day_in_words(each.last_contact, chinese=chinese),
        "last_purchase": day_in_words(each.last_purchase, chinese=chinese),
        "last_product": each.last_product,
        "date": day_in_words(today.isoformat(), chinese=chinese),
    }


def _why_not(each: Addressee, way: str | None) -> str | None:
    """Say why somebody is not to be written to, None if they may be."""
    if each.archived_at:
        return _("archived")
    if each.do_not_contact:
        return _("does not want to be contacted")
    if way and way in (each.refused_channels or "").split(","):
        return _("does not want {channel}").format(channel=CHANNEL.label(way))
    return None


def _who(each: Addressee) -> str:
    return f"#{each.id} {each.name}"


def _check_given(given: Mapping[str, str]) -> None:
    for name in given:
        if name not in places():
            raise UsageError(
                _("no place is called {name}").format(name=repr(name)),
                where="--set",
                hint=_("known: {names}").format(names=", ".join(places())),
            )


def _stored(database: Path) -> list[TemplateLine]:
    try:
        with reading(database) as connection:
            return reads.templates(connection)
    except NotFoundError:  # before the first record, the shipped ones are there already
        return []


def _read_shipped(path: Path) -> Template:
    """Read a template file: `key: value` lines, an empty line, the text."""
    head, _blank, body = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return Template(
        path.stem,
        fields["occasion"],
        fields.get("channel"),
        fields.get("subject"),
        body.strip(),
        shipped=True,
    )
