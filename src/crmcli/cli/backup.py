"""A copy of the database that is whole and checked."""

from typing import Annotated

import typer

from crmcli.cli.common import FormatOption, command, database, report, single
from crmcli.i18n import _, ngettext

app = single()
APPS = {"backup": app}


@command(
    app,
    "backup",
    help=_(
        "Copy the database while it may be in use, check the copy, and only then give it its name.\n\n"
        "Without a name it goes into the folder of backups ('crm path backups') under the name of the database and the "
        "instant. A file that is there is never written over without --force. The copy is for its owner only."
    ),
    examples="crm backup\ncrm backup --keep 14\ncrm backup /mnt/stick/\ncrm backup before-the-fair.db",
)
def backup(
    target: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|DIR]", help=_("A new file, or a folder for a dated one.")),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", metavar="N", min=1, help=_("Remove older dated backups in the folder until N are left.")
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("Take the place of a file that is there."))
    ] = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.backup import backup as write

    done = write(database(), target, keep=keep, force=force)
    summary = _("backed up to {file}").format(file=done.file)
    if done.removed:
        count = len(done.removed)
        summary += ngettext(", {count} older one removed", ", {count} older ones removed", count).format(
            count=count
        )
    fields = [
        ("file", _("File"), str(done.file)),
        ("bytes", _("Bytes"), done.size),
        ("removed", _("Removed"), len(done.removed)),
    ]
    report(summary, fields, format)
