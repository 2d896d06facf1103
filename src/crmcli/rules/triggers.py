"""Reads triggers.yaml: what brings somebody onto the agenda, and what makes it urgent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crmcli.calendars import FESTIVALS
from crmcli.i18n import _
from crmcli.rules.expression import Expression
from crmcli.rules.model import GRADES, Case, Label, Trigger, Triggers
from crmcli.rules.occasions import CUSTOMER_TERMS, HOLIDAY, OCCASIONS, STATE, Points
from crmcli.rules.reader import Reader
from crmcli.rules.source import Fields, Node, Place, Scalar
from crmcli.vocabulary import CHANNEL

MAX_TRIGGERS = 60
MAX_DAYS = 3_660
MAX_POINTS = 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_WORD = re.compile(r"\{([^{}]*)\}")
_OPTIONAL = (
    "occasion",
    "festivals",
    "when",
    "lead_days",
    "after_days",
    "for_days",
    "channel",
    "template",
    "urgency",
)
_NO_POINTS = Points(0.0, 0.0, "", 0.0, 0.0)

#: Reads the condition of a mapping: the expression, and how it was written.
Condition = Callable[[Fields], "tuple[Expression | None, str]"]


@dataclass(frozen=True, slots=True)
class TriggerReader:
    """Reads one file.

    Attributes:
        reader: takes the faults.
        condition: reads the `when` of a trigger.
        tiers: the codes of the tiers; empty when they are not known.
        shipped: it is the file that comes with the program, for rules that have none of their own: the points of its
            tiers go to the tiers of these rules, the highest first.
    """

    reader: Reader
    condition: Condition
    tiers: tuple[str, ...]
    shipped: bool

    def read(self, root: Fields) -> Triggers:
        """Return what the file says; faults are noted."""
        rest = self.reader.whole(root.get("rest_days"), least=0, most=MAX_DAYS)
        found: list[Trigger] = []
        for node in self.reader.items(root.get("triggers"), root.place)[:MAX_TRIGGERS]:
            body = self.reader.fields(node, node.place, required=("name", "text"), optional=_OPTIONAL)
            trigger = None if body is None else self._trigger(body, found)
            found.extend([] if trigger is None else [trigger])
        tier, grade, terms = self._urgency(root.get("urgency"), root.place)
        return Triggers(tuple(found), rest or 0, tier, grade, terms)

    def cases(self, root: Fields, triggers: Triggers) -> list[Case]:
        """Return the examples: what a trigger, or a term of the customer, gives at a quantity."""
        names = [*(each.name for each in triggers.triggers), *(name for name, _points in triggers.terms)]
        found: list[Case] = []
        for node in self.reader.items(root.get("tests"), root.place):
            body = self.reader.fields(node, node.place, required=("given", "expect"), optional=("name",))
            case = None if body is None else self._case(body, names)
            found.extend([] if case is None else [case])
        return found

    def _case(self, body: Fields, names: list[str]) -> Case | None:
        reader = self.reader
        called = reader.text(body.get("name")) if body.get("name") is not None else ""
        quantities = ("days_left", "days_late", "amount", "ratio", *CUSTOMER_TERMS)
        given = reader.fields(body.get("given"), body.place, required=("trigger",), optional=quantities)
        expect = reader.fields(body.get("expect"), body.place, required=("points",))
        if given is None or expect is None:
            return None
        trigger, points = (
            reader.choice(given.get("trigger"), names),
            reader.number(expect.get("points"), least=0),
        )
        amounts = [(key.text, reader.number(value)) for key, value in given.entries if key.text in quantities]
        if trigger is None or points is None or any(amount is None for _key, amount in amounts):
            return None
        place = body.place
        values = (("trigger", trigger), *amounts)
        return Case(place.file, place.line, place.column, called or "", values, (), (("points", points),))

    # --- one trigger ----------------------------------------------------------------------------------------

    def _trigger(self, body: Fields, before: Iterable[Trigger]) -> Trigger | None:
        reader = self.reader
        name = self._name(body.get("name"), {each.name for each in before})
        on = (
            STATE
            if body.get("occasion") is None
            else reader.choice(body.get("occasion"), [o for o in OCCASIONS if o])
        )
        label = reader.label(body.get("text"), body.place)
        when, written = self.condition(body)
        if on == STATE and body.get("when") is None:
            what = _("a trigger needs occasion (what it waits for) or when (for whom it holds)")
            reader.fault(body.place, what, "missing-key", value="occasion")
        if name is None or on is None or label is None:
            return None
        if OCCASIONS[on].once and any(each.on == on for each in before):
            node = body.get("occasion")
            what = _("there is a trigger for the occasion {name} already").format(name=on)
            reader.fault(node.place if node else body.place, what, "twice", value=on)
        self._words(body, on, label)
        lead, after = self._days(body, "lead_days"), self._days(body, "after_days")
        if "days_late" not in OCCASIONS[on].quantities and "days_left" not in OCCASIONS[on].quantities:
            self._no_days(body, on)
        festivals = self._festivals(body, on)
        channel = reader.choice(body.get("channel"), CHANNEL.codes) or ""
        template = reader.text(body.get("template")) or ""
        if OCCASIONS[on].settled_on_day:
            self._nothing_after(body, on)
        lasts = self._days(body, "for_days")
        if lasts is not None and (after or 0) - (lead or 0) > lasts:
            node = body.get("for_days")
            what = _("begins {after} days after its day and ends {days} days after it: it names nobody")
            place = node.place if node else body.place
            reader.fault(place, what.format(after=(after or 0) - (lead or 0), days=lasts), "unreachable")
        points = self._points(body.get("urgency"), OCCASIONS[on].quantities)
        return Trigger(
            name,
            on,
            when,
            written,
            lead or 0,
            after or 0,
            lasts,
            label,
            channel,
            template,
            points or _NO_POINTS,
            festivals,
        )

    def _festivals(self, body: Fields, on: str) -> tuple[str, ...]:
        """Return which festivals a trigger is for; whom to greet on them is for its condition to say."""
        node = body.get("festivals")
        if on != HOLIDAY:
            if node is not None:
                what = _("{key} says nothing here: it goes with the occasion {name}").format(
                    key="festivals", name=HOLIDAY
                )
                self.reader.fault(node.place, what, "no-festival", value="festivals")
            return ()
        if body.get("when") is None:
            what = _("a trigger on holidays needs when (for whom it holds)")
            hint = _("everybody would be on the agenda at once; e.g. when: value >= 60")
            self.reader.fault(body.place, what, "no-condition", hint=hint, value="when")
        found = [
            self.reader.choice(each, FESTIVALS) for each in self.reader.items(node, body.place, at_least=1)
        ]
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def _name(self, node: Node | None, taken: set[str]) -> str | None:
        name = self.reader.text(node)
        if name is None or node is None:
            return None
        if not _NAME.fullmatch(name):
            what = _("not a name: {name}").format(name=repr(name[:80]))
            hint = _("small letters, digits and _, a letter first")
            self.reader.fault(node.place, what, "bad-name", hint=hint, value=name)
            return None
        if name in taken:
            what = _("{name} stands here twice").format(name=name)
            self.reader.fault(node.place, what, "twice", value=name)
            return None
        return name

    def _days(self, body: Fields, key: str) -> int | None:
        return self.reader.whole(body.get(key), least=0, most=MAX_DAYS)

    def _no_days(self, body: Fields, on: str) -> None:
        for key in ("lead_days", "after_days", "for_days"):
            node = body.get(key)
            if node is not None:
                what = _("{key} says nothing here: {name} has no day").format(key=key, name=on or "when")
                self.reader.fault(node.place, what, "no-day", value=key)

    def _nothing_after(self, body: Fields, on: str) -> None:
        for key in ("after_days", "for_days"):
            node = body.get(key)
            if node is not None:
                what = _("{key} says nothing here: {name} is over after its day").format(key=key, name=on)
                self.reader.fault(node.place, what, "no-day", value=key)

    def _words(self, body: Fields, on: str, label: Label) -> None:
        """Placeholders are those of the occasion, in both languages."""
        node, known = body.get("text"), OCCASIONS[on].words
        place = node.place if node is not None else body.place
        for word in dict.fromkeys(_WORD.findall(label.en) + _WORD.findall(label.zh)):
            if word not in known:
                what = _("{word} is nothing that can be filled in here").format(word="{" + word[:40] + "}")
                hint = _("known: {names}").format(names=", ".join(f"{{{each}}}" for each in known) or "-")
                self.reader.fault(place, what, "unknown-word", hint=hint, value=word)

    # --- points ---------------------------------------------------------------------------------------------

    def _points(self, node: Node | None, quantities: tuple[str, ...]) -> Points | None:
        if node is None:
            return None
        body = self.reader.fields(node, node.place, optional=("base", "points", "ramp"))
        if body is None:
            return None
        base, points = self._number(body.get("base")), self._number(body.get("points"))
        ramp = body.get("ramp")
        if ramp is None:
            if body.get("points") is not None:
                what = _("points follow a ramp; without one write base")
                self.reader.fault(body.place, what, "missing-key", hint="urgency: {base: 10}", value="ramp")
            return Points(base, 0.0, "", 0.0, 0.0)
        if body.get("points") is None:
            what = _("the key {name} is missing").format(name="points")
            self.reader.fault(body.place, what, "missing-key", value="points")
        found = self.reader.fields(ramp, ramp.place, required=("of", "from", "to"))
        if found is None:
            return None
        if not quantities:
            self.reader.fault(ramp.place, _("there is no quantity here that a ramp could be of"), "no-ramp")
            return None
        of = self.reader.choice(found.get("of"), quantities, "unknown-quantity")
        ends = self._ends(found)
        return None if of is None or ends is None else Points(base, points, of, *ends)

    def _number(self, node: Node | None) -> float:
        return float(self.reader.number(node, least=0, most=MAX_POINTS) or 0.0)

    def _ends(self, body: Fields) -> tuple[float, float] | None:
        start, end = self.reader.number(body.get("from")), self.reader.number(body.get("to"))
        if start is None or end is None:
            return None
        if start == end:
            self.reader.fault(body.place, _("a ramp from a number to the same number"), "flat-ramp")
            return None
        return float(start), float(end)

    # --- the customer's terms -------------------------------------------------------------------------------

    def _urgency(
        self, node: Node | None, place: Place
    ) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...], tuple[tuple[str, Points], ...]]:
        body = self.reader.fields(node, place, required=("tier", "grade"), optional=CUSTOMER_TERMS)
        if body is None:
            return (), (), ()
        terms = [(name, self._customer_term(name, body.get(name))) for name in CUSTOMER_TERMS]
        return (
            self._tiers(body),
            self._table(body.get("grade"), body.place, GRADES),
            tuple((name, term) for name, term in terms if term is not None),
        )

    def _customer_term(self, name: str, node: Node | None) -> Points | None:
        body = self.reader.fields(node, node.place, required=("points", "ramp")) if node is not None else None
        ramp = body.get("ramp") if body is not None else None
        if body is None or ramp is None:
            return None
        found = self.reader.fields(ramp, ramp.place, required=("from", "to"))
        ends = None if found is None else self._ends(found)
        return None if ends is None else Points(0.0, self._number(body.get("points")), name, *ends)

    def _tiers(self, body: Fields) -> tuple[tuple[str, float], ...]:
        node = body.get("tier")
        if self.shipped and isinstance(node, Fields):
            return self._spread(node)
        return self._table(node, body.place, self.tiers) if self.tiers else ()

    def _spread(self, node: Fields) -> tuple[tuple[str, float], ...]:
        """From the points of the highest tier down to those of the lowest, in even steps."""
        own = [float(value.value) for _key, value in node.entries if isinstance(value, Scalar)
               and isinstance(value.value, int | float)]  # fmt: skip
        steps = max(len(self.tiers) - 1, 1)
        return tuple((code, own[0] + (own[-1] - own[0]) * at / steps) for at, code in enumerate(self.tiers))

    def _table(
        self, node: Node | None, place: Place, known: tuple[str, ...]
    ) -> tuple[tuple[str, float], ...]:
        body = self.reader.fields(node, place, required=known) if node is not None else None
        if body is None:
            return ()
        return tuple((name, self._number(body.get(name))) for name in known)
