"""Conditions as rule files write them: a text, or `{feature, op, value}` under `all:`, `any:`, `not:`.

Both forms become the same tree. The structured form is written out as text for the expression parser only
where it is one comparison, so that names, types and values are checked in a single place.
"""

from crmcli.i18n import _
from crmcli.rules.expression import Every, Expression, Not, Scope, Some, condition, oversized
from crmcli.rules.reader import Reader
from crmcli.rules.source import Fields, Items, Node, Place, Scalar

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


def read_condition(reader: Reader, node: Node | None, place: Place, scope: Scope) -> Expression | None:
    """Read a condition in either form; None when there are faults (they are in the reader)."""
    if isinstance(node, Scalar):
        return _text(reader, node, scope)
    if not isinstance(node, Fields):
        what = _("expected a condition, e.g. orders > 0")
        reader.fault(node.place if node is not None else place, what, "wrong-type")
        return None
    keys = {key.text for key, _value in node.entries}
    if keys & {"all", "any", "not"}:
        found = _group(reader, node, scope)
        for fault in oversized(found) if found is not None else ():
            reader.fault(node.place, fault.what, fault.code)
            return None
        return found
    return _comparison(reader, node, scope)


def _text(reader: Reader, node: Scalar, scope: Scope) -> Expression | None:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        reader.fault(node.place, _("a condition must be true or false, this is a number"), "not-a-condition")
        return None
    found, faults = condition(node.text, scope)
    reader.expression(node, faults)
    return found


def _group(reader: Reader, node: Fields, scope: Scope) -> Expression | None:
    if len(node.entries) != 1:
        reader.fault(node.place, _("all, any and not stand alone"), "bad-condition")
        return None
    key, value = node.entries[0]
    if key.text == "not":
        inner = read_condition(reader, value, node.place, scope)
        return None if inner is None else Not(inner)
    items = reader.items(value, node.place, at_least=1)
    found = [read_condition(reader, item, node.place, scope) for item in items]
    parts = tuple(part for part in found if part is not None)
    if not parts or len(parts) < len(found):
        return None
    if len(parts) == 1:
        return parts[0]
    return Every(parts) if key.text == "all" else Some(parts)


def _comparison(reader: Reader, node: Fields, scope: Scope) -> Expression | None:
    first = "field" if node.get("field") is not None else "feature"
    body = reader.fields(node, node.place, required=(first, "op", "value"))
    if body is None:
        return None
    feature_node, op_node, value_node = body.get(first), body.get("op"), body.get("value")
    feature, op = reader.text(feature_node), reader.choice(op_node, OPERATORS)
    if feature is None or op is None or value_node is None or not isinstance(feature_node, Scalar):
        return None
    if not all(part.isidentifier() for part in feature.split(".")):
        reader.fault(
            feature_node.place, _("unknown feature {name}").format(name=repr(feature[:80])), "unknown-feature"
        )
        return None
    value = _value(reader, value_node)
    if value is None:
        return None
    found, faults = condition(f"{feature} {op} {value}", scope)
    for fault in faults:
        at = feature_node if fault.offset < len(feature) else value_node
        reader.fault(at.place, fault.what, fault.code, hint=fault.hint, value=fault.value)
    return found


def _value(reader: Reader, node: Node) -> str | None:
    """Write a YAML value as the expression language does."""
    if isinstance(node, Items):
        parts = [_value(reader, item) if isinstance(item, Scalar) else None for item in node.items]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            return f"({', '.join(known)},)"
    elif isinstance(node, Scalar) and node.value is not None:
        return repr(node.value)
    reader.fault(node.place, _("expected a value or a list of values"), "wrong-type")
    return None
