"""The places of a template, `{name}` and `{title|fallback}`: reading, checking and filling them. Light and pure.

The list of places is closed, so that a mistyped one is found when the template is written and not when a customer reads
it. `{{` and `}}` stand for the brackets themselves. What is filled in is never read again: a name with brackets stays one.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple

from crmcli.errors import Fault
from crmcli.i18n import _

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}|\n]*)(?:\|([^{}\n]*))?\}|[{}]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_BRACKETS = {"{{": "{", "}}": "}"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def places() -> Mapping[str, str]:
    """Return every place with what it stands for, in the language in force."""
    return MappingProxyType(
        {
            "name": _("the customer's name"),
            "honorific": _("Mr., Ms., 先生 or 女士, by gender and by the language of the template"),
            "contact": _("the person to write to: the primary contact of an organization, else the customer"),
            "title": _("the customer's title"),
            "company": _("the company; an organization's own name"),
            "phone": _("the customer's phone"),
            "email": _("the customer's e-mail, else the contact's"),
            "region": _("the customer's region"),
            "last_contact": _("the day of the last real contact"),
            "last_purchase": _("the day of the last sale"),
            "last_product": _("the product of the last sale"),
            "date": _("today"),
            "holiday": _("given with --set holiday=…"),
            "offer": _("given with --set offer=…"),
            "salesperson": _("given with --set salesperson=…"),
        }
    )


class Part(NamedTuple):
    """A piece of a template.

    Attributes:
        text: plain text, or what stands in for a missing value.
        place: the place it is, None for plain text.
        needed: a place without a stand-in: a customer without the value cannot be written to.
    """

    text: str
    place: str | None = None
    needed: bool = False


def parts(text: str, column: str) -> tuple[tuple[Part, ...], tuple[Fault, ...]]:
    """Read a template.

    Args:
        text: as it was written.
        column: which field it is, for faults.

    Returns:
        Its pieces, and what is wrong with it.
    """
    found: list[Part] = []
    faults: list[Fault] = []
    end = 0
    for match in _TOKEN.finditer(text):
        found.append(Part(text[end : match.start()]))
        end = match.end()
        token, name, fallback = match[0], match[1], match[2]
        where = f"{column}:{text.count(chr(10), 0, match.start()) + 1}"
        if token in _BRACKETS:
            found.append(Part(_BRACKETS[token]))
        elif name is None:
            what = _("a single {bracket}").format(bracket=token)
            faults.append(Fault(what, column=where, hint=_("write {{ or }} for the bracket itself")))
        elif name.strip() in places():
            found.append(Part(fallback or "", name.strip(), fallback is None))
        else:
            faults.append(Fault(_unknown(name), column=where, hint=_nearest(name.strip())))
    found.append(Part(text[end:]))
    return tuple(part for part in found if part.text or part.place), tuple(faults)


def _unknown(name: str) -> str:
    return _("no place is called {name}").format(name=repr(name.strip()))


def _nearest(name: str) -> str:
    near = get_close_matches(name, list(places()), n=1, cutoff=0.6)
    if near:
        return _("did you mean {names}?").format(names=f"{{{near[0]}}}")
    return _("known: {names}").format(names=", ".join(places()))


def fill(pieces: tuple[Part, ...], values: Mapping[str, str | None]) -> str:
    """Return the text with every place filled; `missing` tells before whether that can be done."""
    return "".join(
        part.text if part.place is None else values.get(part.place) or part.text for part in pieces
    )


def missing(pieces: tuple[Part, ...], values: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the places that have no value and nothing that stands in, each once."""
    yield from dict.fromkeys(
        part.place for part in pieces if part.place and part.needed and not values.get(part.place)
    )


def is_chinese(text: str) -> bool:
    """Tell whether a template is written in Chinese: it holds one Chinese character."""
    return _CHINESE.search(text) is not None


def day_in_words(iso: str | None, *, chinese: bool) -> str | None:
    """Write an ISO day as a letter does: 2026年11月20日, 20 November 2026."""
    if iso is None:
        return None
    year, month, day = (int(part) for part in iso.split("-"))
    return f"{year}年{month}月{day}日" if chinese else f"{day} {_MONTHS[month - 1]} {year}"


def honorific(gender: str | None, *, chinese: bool) -> str | None:
    """Return how a person is addressed; None where the gender is not known to be female or male."""
    words = {"female": ("女士", "Ms."), "male": ("先生", "Mr.")}.get(gender or "")
    return None if words is None else words[0 if chinese else 1]
