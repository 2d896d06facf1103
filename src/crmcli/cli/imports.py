"""What an import has to tell: notes on standard error, and the line whose numbers add up."""

from typing import Any

from crmcli.cli.common import report
from crmcli.i18n import _
from crmcli.render.notes import say, warn
from crmcli.render.output import Format, Record, show_record
from crmcli.vocabulary import RECORDS

_SHOWN = 5


def show_notes(request: Any, done: Any) -> None:
    """Say how the file was read, what was made or spelled otherwise, and what was left out."""
    say(_("read as {encoding} ({note})").format(encoding=done.encoding, note=done.encoding_note))
    if done.ignored:
        names = ", ".join(done.ignored)
        say(_("columns not read: {names} (give --map COLUMN=FIELD to read one)").format(names=names))
        if request.entity == "customers":
            say(_("what has no field can be given one: crm field add NAME"))
    for target, count in done.created.items():
        say(_("made {count} {target} that were only named").format(count=count, target=RECORDS.label(target)))
    for text, name in sorted(done.spelled.items())[:_SHOWN]:
        say(_("took {text} for {name}").format(text=repr(text), name=repr(name)))
    if len(done.spelled) > _SHOWN:
        say(_("… and {count} more spellings").format(count=len(done.spelled) - _SHOWN))
    if done.without_customer:
        say(_("{count} rows name no customer").format(count=done.without_customer))
    for fault in done.faults[:20]:
        warn(fault.text())
    if done.failed and done.rejects:
        say(_("the rows left out are in {file}").format(file=done.rejects))
    if request.dry_run:
        say(_("dry run: nothing was changed"))


def show_counts(request: Any, done: Any, format: Format | None) -> None:
    """Write the counts: read = added + updated + unchanged + skipped + failed."""
    text = _(
        "{entity}: {read} read = {added} added + {updated} updated + {unchanged} unchanged + {skipped} skipped + {failed} failed"
    )
    numbers = {
        name: getattr(done, name) for name in ("read", "added", "updated", "unchanged", "skipped", "failed")
    }
    if format is None:
        report(text.format(entity=RECORDS.label(request.entity), **numbers), [], None)
        return
    fields = [
        ("entity", _("Entity"), request.entity),
        ("read", _("Read"), done.read),
        ("added", _("Added"), done.added),
        ("updated", _("Updated"), done.updated),
        ("unchanged", _("Unchanged"), done.unchanged),
        ("skipped", _("Skipped"), done.skipped),
        ("failed", _("Failed"), done.failed),
        ("encoding", _("Encoding"), done.encoding),
        ("dry_run", _("Dry run"), request.dry_run),
    ]
    show_record(Record(fields), format)
