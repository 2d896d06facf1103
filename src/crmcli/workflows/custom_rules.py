"""Whether a database has the custom fields that rules look at, before anybody is classified by them.

Rules are checked without a database, so a feature says itself what it expects to find.
"""

import shlex
from collections.abc import Iterable

from sqlalchemy import Connection

from crmcli.errors import ConfigError, Fault
from crmcli.i18n import _
from crmcli.rules.model import Custom, RuleSet
from crmcli.store.reads.custom_fields import FieldLine, custom_fields
from crmcli.vocabulary import FIELD_KIND


def refuse_unfit(connection: Connection, rulesets: Iterable[RuleSet]) -> None:
    """Refuse rules that look at custom fields which the database lacks, or has with another type or other words.

    Raises:
        ConfigError: the first such field and what to do; `faults` has all of them.
    """
    uses = [use for ruleset in rulesets for use in ruleset.features]
    wanted = dict.fromkeys((use.name, use.custom) for use in uses if use.custom is not None)
    if not wanted:
        return
    known = {line.name: line for line in custom_fields(connection.connection.driver_connection)}  # type: ignore[arg-type]  # the driver's own
    faults = [fault for name, own in wanted if (fault := _fault(name, own, known.get(own.field)))]
    if faults:
        raise ConfigError(
            faults[0].what,
            where=str(faults[0].column),
            hint=faults[0].hint,
            faults=faults if faults[1:] else (),
        )


def _fault(feature: str, own: Custom, line: FieldLine | None) -> Fault | None:
    if line is None:
        what = _("the rules look at custom field {field}, which the database does not have").format(
            field=own.field
        )
        hint = _("add it: {command}").format(command=_command(own))
    elif line.kind != own.kind:
        what = _("custom field {field} holds {found}, but the rules expect {wanted}").format(
            field=own.field, found=FIELD_KIND.label(line.kind), wanted=FIELD_KIND.label(own.kind)
        )
        hint = _("change the type in features.yaml, or: {command}").format(
            command=f"crm field delete {own.field}; {_command(own)}"
        )
    elif unknown := [word for word in own.choices if word not in line.choices]:
        what = _("custom field {field} has no choice {words}").format(
            field=own.field, words=", ".join(unknown)
        )
        hint = _("its choices are: {words}").format(words=", ".join(line.choices))
    else:
        return None
    return Fault(what, column=f"features.yaml: {feature}", hint=hint, code="custom-field")


def _command(own: Custom) -> str:
    choices = f" --choices {shlex.quote(','.join(own.choices))}" if own.choices else ""
    return f"crm field add {own.field} --type {own.kind}{choices}"
