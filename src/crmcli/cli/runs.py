"""What a classification has to tell: counts per class as data, who moved and what was left out as talk."""

from typing import Any

from crmcli import vocabulary as words
from crmcli.i18n import _, ngettext
from crmcli.render.notes import say, warn
from crmcli.render.output import Column, Listing

_WORDS = {"tier": words.TIER, "grade": words.GRADE, "lifecycle_stage": words.LIFECYCLE_STAGE}


def listing(done: Any, *, coded: bool) -> Listing:
    """List the counts of every run: period, judgement, class, customers; `coded` leaves codes as they are."""
    names = {"tier": _("Tier"), "grade": _("Grade"), "lifecycle_stage": _("Lifecycle")}
    names |= {kind: heading.text() for kind, heading in done.headings.items()}
    columns = [
        Column("period", _("Period")),
        Column("as_of", _("As of")),
        Column("judgement", _("Judgement")),
        Column("class", _("Class")),
        Column("customers", _("Customers")),
    ]
    rows = [
        (
            outcome.run.period,
            outcome.run.as_of,
            kind if coded else names.get(kind, kind),
            code if coded else _label(done, kind, code),
            counts[code],
        )
        for outcome in done.outcomes
        for kind, counts in outcome.run.counts.items()
        for code in sorted(counts, key=_order(done, kind))
    ]
    return Listing(columns, rows, ids=[outcome.run.id for outcome in done.outcomes], key="classes")


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
        if outcome.pinned:
            text = ngettext(
                "{count} customer is pinned by hand; the counts are what the rules say",
                "{count} customers are pinned by hand; the counts are what the rules say",
                outcome.pinned,
            )
            say(text.format(count=outcome.pinned))
        if outcome.other_currencies:
            text = ngettext(
                "{count} transaction in another currency was not counted",
                "{count} transactions in other currencies were not counted",
                outcome.other_currencies,
            )
            warn(text.format(count=outcome.other_currencies))
    say(_("rules {fingerprint}").format(fingerprint=done.fingerprint[:12]))
    if dry_run:
        say(_("dry run: nothing was changed"))


def _say_moves(done: Any, outcome: Any, shown: int) -> None:
    text = ngettext(
        "{count} customer moved since {period}", "{count} customers moved since {period}", len(outcome.moves)
    )
    say(text.format(count=len(outcome.moves), period=outcome.compared_with.period))
    for move in outcome.moves[:shown]:
        old = f"{_label(done, 'tier', move.old_tier)}/{move.old_grade}"
        new = f"{_label(done, 'tier', move.new_tier)}/{move.new_grade}"
        say(f"  #{move.customer} {move.name}: {old} → {new} ({move.old_score:g} → {move.new_score:g})")
    if len(outcome.moves) > shown:
        say(_("  … and {count} more").format(count=len(outcome.moves) - shown))


def _label(done: Any, kind: str, code: str) -> str:
    own = done.labels.get(kind, {}).get(code)
    return str(own.text()) if own is not None else _WORDS[kind].label(code) if kind in _WORDS else code


def _order(done: Any, kind: str) -> Any:
    codes = _WORDS[kind].codes if kind in _WORDS else tuple(done.labels.get(kind, ()))
    places = {code: place for place, code in enumerate(codes)}
    return lambda code: (places.get(code, len(places)), code)
