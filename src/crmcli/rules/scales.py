"""How a rule file writes a scale: each kind is one function from the YAML tree to frozen data.

What a scale cannot make sense of is noted as a fault and answered with None, as everywhere in the checker.
"""

import re
from collections.abc import Callable

from crmcli.i18n import _
from crmcli.rules.expression import BOOL, NUMBER, TEXT, Known, kind_words, nearest
from crmcli.rules.model import Band, Bands, Decay, Linear, Logarithmic, Percentile, Quantile, Scale, Steps
from crmcli.rules.reader import Reader
from crmcli.rules.source import Fields, Node, Scalar

BETTER = ("higher", "lower")
MAX_CLASSES = 20
MAX_STEPS = 100
MAX_MINIMUM = 1_000_000  #: known values that a scale may ask for
_FADING = ("half_life", "window")
_DAYS = re.compile(r"([1-9][0-9]{0,4}) ?(days?|天|日)")
_FLAGS = ("true", "false")


def read_scale(reader: Reader, node: Node | None, known: Known | None, feature: Node | None) -> Scale | None:
    """Read the scale of an indicator; its feature, named at `feature`, is `known` unless that has a fault already."""
    if node is None or feature is None:
        return None
    kinds = (*_KINDS, "steps")
    body = reader.fields(node, node.place, optional=kinds)
    if body is None:
        return None
    if len(body.entries) != 1:
        what = _("a scale is one of: {names}").format(names=", ".join(kinds))
        reader.fault(node.place, what, "bad-scale")
        return None
    key, value = body.entries[0]
    if key.text == "steps":
        return _steps(reader, value, known, feature)
    if known is not None and known.type not in {NUMBER, BOOL}:
        what = _("{name} is a {type}; only steps can score it").format(
            name=known.name, type=kind_words(known.type)
        )
        reader.fault(feature.place, what, "wrong-type", hint="steps: {…: 100}", value=known.name)
        return None
    return _KINDS[key.text](reader, value) if key.text in _KINDS else None


def _linear(reader: Reader, node: Node) -> Linear | None:
    ends = _ends(reader, node)
    return None if ends is None else Linear(*ends)


def _log(reader: Reader, node: Node) -> Logarithmic | None:
    ends = _ends(reader, node)
    if ends is None:
        return None
    if min(ends) <= 0:
        reader.fault(node.place, _("a logarithm needs from and to above 0"), "bad-scale")
        return None
    return Logarithmic(*ends)


def _ends(reader: Reader, node: Node) -> tuple[float, float] | None:
    body = reader.fields(node, node.place, required=("from", "to"))
    if body is None:
        return None
    start, end = reader.number(body.get("from")), reader.number(body.get("to"))
    if start is None or end is None:
        return None
    if start == end:
        reader.fault(node.place, _("from and to are the same"), "bad-scale")
        return None
    return float(start), float(end)


def _percentile(reader: Reader, node: Node) -> Percentile | None:
    if not isinstance(node, Fields):
        better = reader.choice(node, BETTER)
        return None if better is None else Percentile(better)
    body = reader.fields(node, node.place, required=("better",), optional=("minimum",))
    if body is None:
        return None
    better = reader.choice(body.get("better"), BETTER)
    least_node = body.get("minimum")
    least = 0 if least_node is None else reader.whole(least_node, least=2, most=MAX_MINIMUM)
    return None if better is None or least is None else Percentile(better, least)


def _quantile(reader: Reader, node: Node) -> Quantile | None:
    body = reader.fields(node, node.place, required=("classes", "better"), optional=("shift", "minimum"))
    if body is None:
        return None
    classes = reader.whole(body.get("classes"), least=2, most=MAX_CLASSES)
    better = reader.choice(body.get("better"), BETTER)
    shift_node, least_node = body.get("shift"), body.get("minimum")
    shift = 0.0 if shift_node is None else reader.number(shift_node)
    if classes is None or better is None or shift is None:
        return None
    least = classes if least_node is None else reader.whole(least_node, least=classes, most=MAX_MINIMUM)
    return None if least is None else Quantile(classes, better, float(shift), least)


def _decay(reader: Reader, node: Node) -> Decay | None:
    body = reader.fields(node, node.place, optional=_FADING)
    if body is None:
        return None
    if len(body.entries) != 1:
        what = _("a decay has one of: {names}").format(names=", ".join(_FADING))
        reader.fault(node.place, what, "bad-scale", hint="half_life: 90 days")
        return None
    key, value = body.entries[0]
    if key.text not in _FADING:
        return None
    written = value.text.strip() if isinstance(value, Scalar) else ""
    match = _DAYS.fullmatch(written)
    if match is None:
        what = _("{name} is a number of days, got {value}").format(name=key.text, value=repr(written[:80]))
        reader.fault(value.place, what, "months-or-days", hint=f"{key.text}: 90 days", value=written)
        return None
    days = float(match.group(1))
    return Decay(days) if key.text == "half_life" else Decay(0.0, days)


def _steps(reader: Reader, node: Node, known: Known | None, feature: Node) -> Steps | None:
    if known is not None and known.type not in {TEXT, BOOL}:
        what = _("{name} is a {type}; steps are for words").format(
            name=known.name, type=kind_words(known.type)
        )
        reader.fault(feature.place, what, "wrong-type", hint=_("use bands"), value=known.name)
        return None
    codes = () if known is None else _FLAGS if known.type == BOOL else known.codes
    points: list[tuple[str, float]] = []
    otherwise = 0.0
    entries = reader.mapping(node, node.place)
    if not isinstance(node, Fields):
        return None
    if len(entries) > MAX_STEPS:
        reader.fault(node.place, _("more than {limit} steps").format(limit=MAX_STEPS), "too-many")
    for key, value in entries[:MAX_STEPS]:
        given = reader.number(value, least=0, most=100)
        word = str(key.value).lower() if isinstance(key.value, bool) else key.text
        if word == "otherwise":
            otherwise = otherwise if given is None else float(given)
        elif codes and word not in codes:
            what = _("{value} is not one of {names}").format(value=repr(word[:80]), names=", ".join(codes))
            reader.fault(key.place, what, "unknown-value", hint=nearest(word, codes), value=word)
        elif given is not None:
            points.append((word, float(given)))
    return Steps(tuple(sorted(points)), otherwise)


def _bands(reader: Reader, node: Node) -> Bands | None:
    nodes = reader.items(node, node.place, at_least=1)
    bands: list[Band] = []  # those that can be read and rise
    for at, item in enumerate(nodes):
        band = _band(reader, item, last=at + 1 == len(nodes))
        if band is not None and not (bands and _falls(reader, item, bands[-1], band)):
            bands.append(band)
    return Bands(tuple(bands)) if bands and len(bands) == len(nodes) else None


def _falls(reader: Reader, node: Node, before: Band, band: Band) -> bool:
    """Say whether a band ends no higher than the one before it, and note it."""
    if band.bound is None or before.bound is None:
        return False
    if (band.bound, band.inclusive) > (before.bound, before.inclusive):
        return False
    what = _("the bands must rise: {value} comes after {before}").format(
        value=f"{band.bound:.15g}", before=f"{before.bound:.15g}"
    )
    reader.fault(node.place, what, "unordered-bands")
    return True


def _band(reader: Reader, node: Node, *, last: bool) -> Band | None:
    body = reader.fields(node, node.place, required=("points",), optional=("below", "up_to"))
    if body is None:
        return None
    points = reader.number(body.get("points"), least=0, most=100)
    below, up_to = body.get("below"), body.get("up_to")
    if below is not None and up_to is not None:
        reader.fault(node.place, _("write either below or up_to"), "overlapping-bands")
        return None
    bound_node = below or up_to
    if last and bound_node is not None:
        hint = _("add a last line with points only: - {points: 100}")
        reader.fault(node.place, _("nothing covers the values above the last band"), "bands-gap", hint=hint)
        return None
    if not last and bound_node is None:
        what = _("a band without a bound hides the ones after it")
        reader.fault(node.place, what, "overlapping-bands", hint=_("add below: or up_to:"))
        return None
    bound = reader.number(bound_node)
    if points is None or (bound_node is not None and bound is None):
        return None
    return Band(None if bound is None else float(bound), below is None, float(points))


_KINDS: dict[str, Callable[[Reader, Node], Scale | None]] = {
    "linear": _linear,
    "bands": _bands,
    "percentile": _percentile,
    "quantile": _quantile,
    "log": _log,
    "decay": _decay,
}
