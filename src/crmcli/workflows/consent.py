"""Whether and how a customer wants to be reached: one command is one unit of work."""

import re
from pathlib import Path

from crmcli.errors import DataError
from crmcli.i18n import _
from crmcli.store import schema
from crmcli.store.work import unit_of_work
from crmcli.vocabulary import CHANNEL
from crmcli.workflows.record import Edited, customer_named


def consent(database: Path, which: str, *, contact: bool | None, refuse: str, allow: str) -> Edited:
    """Change what a customer agreed to.

    Args:
        database: the file.
        which: the customer.
        contact: whether it may be contacted at all; None leaves that as it is.
        refuse: channels that it does not want, with commas.
        allow: channels that are welcome again, with commas.

    Raises:
        DataError: a word that is no channel, or one that is both refused and allowed.
        NotFoundError, AmbiguousError: who is meant.
    """
    refused, allowed = _channels(refuse, "--refuse"), _channels(allow, "--allow")
    for channel in sorted(refused & allowed):
        raise DataError(_("{channel} is both refused and allowed").format(channel=channel), where="--allow")
    with unit_of_work(database, "customer consent") as work:
        row = work.session.get_one(schema.Customer, customer_named(work, which).id)
        stored = set((row.refused_channels or "").split(","))
        wanted = {
            "do_not_contact": row.do_not_contact if contact is None else int(not contact),
            "refused_channels": ",".join(
                code for code in CHANNEL.codes if code in (stored | refused) - allowed
            )
            or None,
        }
        changes = tuple(
            (name, getattr(row, name), new) for name, new in wanted.items() if getattr(row, name) != new
        )
        if not changes:
            return Edited(row.id or 0, _("nothing to do: it already is so"), ())
        for name, _old, new in changes:
            setattr(row, name, new)
        work.session.add(row)
        work.session.flush()
        work.summary = _("consent of customer #{id} {name}: {what}").format(
            id=row.id,
            name=row.name,
            what=", ".join(f"{name} {'-' if new is None else new}" for name, _old, new in changes),
        )
        return Edited(row.id or 0, work.summary, changes)


def _channels(text: str, option: str) -> set[str]:
    found = set()
    for word in filter(None, (part.strip() for part in re.split(r"[,，、;；]", text))):
        code = CHANNEL.parse(word)
        if code is None:
            raise DataError(
                _("{value} is not a channel").format(value=repr(word)),
                where=option,
                hint=_("one of: {codes}").format(codes=", ".join(CHANNEL.codes)),
            )
        found.add(code)
    return found
