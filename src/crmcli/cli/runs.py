"""What a classification has to tell: counts per class as data, who moved and what was left out as talk."""

from typing import Any

from crmcli import vocabulary as words
from crmcli.i18n import _, ngettext
from crmcli.render.notes import say, warn
from crmcli.render.output import Cell, Column, Listing

_WORDS = {"tier": words.TIER, "grade": words.GRADE, "lifecycle_stage": words.LIFECYCLE_STAGE}


def names_of_judgements() -> dict[str, str]:
    """Return the heading of each judgement that all rules make, in the order they are listed in."""
    return {"tier": _("Tier"), "grade": _("Grade"), "lifecycle_stage": _("Lifecycle")}


def listing(done: Any, *, coded: bool, dry_run: bool = False) -> Listing:
    """List the counts of every run: period, judgement, class, customers.

    `coded` leaves codes as they are; a dry run has the counts of the run it is compared with, and the difference.
    """
    columns = [
        Column("period", _("Period")),
        Column("as_of", _("As of")),
        Column("judgement", _("Judgement")),
        Column("class", _("Class")),
        Column("customers", _("Customers")),
    ]
    if dry_run:
        columns += [Column("before", _("Before")), Column("change", _("Change"))]
    rows: list[list[Cell]] = []
    for outcome in done.outcomes:
        run, before = outcome.run, outcome.compared_with
        old = before.counts if before is not None and dry_run else {}
        for kind, code, was, now, change in class_rows(done, old, run.counts, coded=coded):
            compared = [was, change] if old else [None, None]
            rows.append([run.period, run.as_of, kind, code, now, *(compared if dry_run else [])])
    return Listing(columns, rows, ids=[outcome.run.id for outcome in done.outcomes], key="classes")


def class_rows(done: Any, before: Any, after: Any, *, coded: bool) -> list[tuple[str, str, int, int, int]]:
    """Return (judgement, class, customers before, after, the difference) for every class that anybody is or was in.

    `done` has the words: `labels` of classes and `headings` of the judgements that are the rules' own.
    """
    names = {**names_of_judgements(), **{kind: heading.text() for kind, heading in done.headings.items()}}
    rows = []
    for kind in dict.fromkeys([*after, *before]):
        old, new = before.get(kind, {}), after.get(kind, {})
        for code in sorted({*old, *new}, key=_order(done, kind)):
            was, now = old.get(code, 0), new.get(code, 0)
            said = (kind, code) if coded else (names.get(kind, kind), class_word(done, kind, code))
            rows.append((*said, was, now, now - was))
    return rows


def note(done: Any, *, dry_run: bool, shown: int) -> None:
    """Say of every run whether it was made, who moved, and what the rules did not count."""
    for outcome in done.outcomes:
        run = outcome.run
        if not outcome.made:
            say(_("{period}: already classified with these rules; nothing changed").format(period=run.period))
            if outcome.stale:
                say(_("something was recorded since; --force makes a new version"))
            continue
        text = ngettext(
            "{period}: {count} customer classified", "{period}: {count} customers classified", run.customers
        )
        say(text.format(period=run.period, count=run.customers))
        if outcome.compared_with is not None:
            _say_moves(done, outcome, shown)
        if outcome.biggest:
            say(_("the biggest changes of score:"))
            for each in outcome.biggest:
                say(f"  #{each.customer} {each.name}: {each.old_score:.2f} → {each.new_score:.2f}")
        if outcome.pinned:
            text = ngettext(
                "{count} customer is pinned by hand; the counts are what the rules say",
                "{count} customers are pinned by hand; the counts are what the rules say",
                outcome.pinned,
            )
            say(text.format(count=outcome.pinned))
        for label, known, minimum in outcome.too_few:
            text = ngettext(
                "{indicator}: {known} value is known, its scale asks for {minimum}; it counts as missing for everybody",
                "{indicator}: {known} values are known, its scale asks for {minimum}; it counts as missing for everybody",
                known,
            )
            warn(text.format(indicator=label.text(), known=known, minimum=minimum))
        if outcome.recorded_later:
            text = ngettext(
                "{count} record was made only after {day}: what it holds without a date is today's",
                "{count} records were made only after {day}: what they hold without a date is today's",
                outcome.recorded_later,
            )
            say(text.format(count=outcome.recorded_later, day=run.as_of))
        if outcome.other_currencies:
            text = ngettext(
                "{count} transaction in another currency was not counted",
                "{count} transactions in other currencies were not counted",
                outcome.other_currencies,
            )
            warn(text.format(count=outcome.other_currencies))
    say(_("rules {fingerprint}").format(fingerprint=done.fingerprint[:12]))
    if dry_run:
        if done.last_rules:
            text = _("other rules than the last run's: 'crm rules diff {fingerprint} DIR' shows what differs")
            say(text.format(fingerprint=done.last_rules[:12]))
        say(_("dry run: nothing was changed"))


def _say_moves(done: Any, outcome: Any, shown: int) -> None:
    text = ngettext(
        "{count} customer moved since {period}", "{count} customers moved since {period}", len(outcome.moves)
    )
    say(text.format(count=len(outcome.moves), period=outcome.compared_with.period))
    for move in outcome.moves[:shown]:
        before = outcome.tiers_before.get(move.old_tier)
        tier = class_word(done, "tier", move.old_tier) if before is None else before.text()
        old = f"{tier}/{move.old_grade}"
        new = f"{class_word(done, 'tier', move.new_tier)}/{move.new_grade}"
        say(f"  #{move.customer} {move.name}: {old} → {new} ({move.old_score:.2f} → {move.new_score:.2f})")
    if len(outcome.moves) > shown:
        say(_("  … and {count} more").format(count=len(outcome.moves) - shown))


def class_word(done: Any, kind: str, code: str) -> str:
    """Return the word for a class: that of the rules, else that of the vocabulary."""
    own = done.labels.get(kind, {}).get(code)
    return str(own.text()) if own is not None else _WORDS[kind].label(code) if kind in _WORDS else code


def _order(done: Any, kind: str) -> Any:
    codes = _WORDS[kind].codes if kind in _WORDS else tuple(done.labels.get(kind, ()))
    places = {code: place for place, code in enumerate(codes)}
    return lambda code: (places.get(code, len(places)), code)
