"""Tiers on their way to the renderer: by what a ruleset gives them out, and where somebody stands."""

from typing import Any

from crmcli.i18n import _
from crmcli.render.output import Column, Listing


def listing(tiers: Any, tiering: Any, *, key: str, here: str = "", summed: str = "") -> Listing:
    """Build the list of tiers, highest first.

    Args:
        tiers: those of the ruleset.
        tiering: by what they are given out.
        key: the name of the list for programs.
        here: the tier to mark; without it there is no mark.
        summed: the label of the feature that shares are of; without it its code stands for it.
    """
    name, heading = {
        "score": ("at_least", _("From score")),
        "customers": ("share", _("Up to % of the customers")),
        "sum": ("share", _("Up to % of {feature}").format(feature=summed or tiering.of)),
        "condition": ("when", _("When")),
    }[tiering.by]
    columns = [
        Column("tier", _("Code") if here else _("Tier")),
        Column("label", _("Tier") if here else _("Name"), wrap=True),
        Column(name, heading, wrap=name == "when"),
    ]
    rows: list[tuple[Any, ...]] = [
        (tier.code, tier.label.text(), _bound(tier, name, last=tier is tiers[-1])) for tier in tiers
    ]
    if here:
        columns.append(Column("here", _("Here")))
        rows = [(*row, "←" if row[0] == here else None) for row in rows]
    return Listing(columns, rows, title=_("Thresholds") if here else _("Tiers"), key=key)


def _bound(tier: Any, name: str, *, last: bool) -> Any:
    if name == "at_least":
        return tier.at_least
    if name == "share":
        return 100.0 if last else tier.share
    return tier.written or (_("whoever is left over") if last else "")
