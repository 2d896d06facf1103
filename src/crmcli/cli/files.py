"""Files in and out: `crm import`, `crm export`."""

from typing import Annotated, Any

import typer

from crmcli.cli.common import DryRunOption, command, database, pairs, single
from crmcli.errors import ExitCode, UsageError
from crmcli.i18n import _
from crmcli.render.output import Format
from crmcli.vocabulary import RECORDS

ENTITIES = (
    "customers", "contacts", "products", "interactions", "transactions", "opportunities", "complaints", "surveys",
    "payments",
)  # fmt: skip
ENTITY = Annotated[
    str,
    typer.Argument(
        metavar="ENTITY",
        help=_(
            "customers, contacts, products, interactions, transactions, opportunities, complaints, surveys or payments."
        ),
    ),
]

import_app, export_app = single(), single()
APPS = {"import": import_app, "export": export_app}


@command(
    import_app,
    "import",
    help=_(
        "Import a CSV file: all of it or nothing, and a second time nothing changes.\n\n"
        "Headers may be English or Chinese; UTF-8, GB18030 and UTF-16 are recognised. Records are matched by uid, external "
        "id, phone, e-mail, then name with company; an empty cell changes nothing."
    ),
    examples=(
        "crm import customers 客户.csv\n"
        "crm import transactions orders.csv --create-missing --dry-run\n"
        "crm import customers list.csv --map Firma=name --set kind=organization\n"
        "cat deals.csv | crm import opportunities - --keep-going"
    ),
)
def import_file(
    entity: ENTITY,
    file: Annotated[str, typer.Argument(metavar="FILE", help=_("A CSV file, or - for standard input."))],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help=_("Read this column as this field; FIELD - leaves it out.")
        ),
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help=_("Give every row this value."))
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="COLUMN=VALUE",
            help=_("Only rows that fit (or COLUMN!=VALUE); others are skipped."),
        ),
    ] = None,
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help=_("Make the customers and products that are only named."))
    ] = False,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help=_("Leave bad rows out, write them to a rejects file, exit 3.")),
    ] = False,
    rejects: Annotated[
        str | None,
        typer.Option(
            "--rejects", metavar="FILE", help=_("Where bad rows go; FILE-rejects.csv if not given.")
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help=_("The file's encoding, if it is not recognised."))
    ] = None,
    dry_run: DryRunOption = False,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format", "-f", show_default=False, help=_("How to write the counts; a sentence if not given.")
        ),
    ] = None,
) -> None:
    from crmcli.cli.imports import show_counts, show_notes
    from crmcli.render.progress import progress
    from crmcli.workflows.import_file import ImportRequest
    from crmcli.workflows.import_file import import_file as run

    request = ImportRequest(
        _entity(entity), file, pairs(mapping, "--map"), pairs(constants, "--set"), tuple(where or ()), create_missing,
        keep_going, rejects or _rejects_beside(file), encoding, dry_run,
    )  # fmt: skip
    with progress(_("importing")) as bar:
        done = run(database(), request, bar.update)
    show_notes(request, done)
    show_counts(request, done, format)
    if done.failed or done.faults:
        raise typer.Exit(ExitCode.PARTIAL)


@command(
    export_app,
    "export",
    help=_("Export all records of a kind; the CSV that is written, import reads back unchanged."),
    examples="crm export customers -o customers.csv\ncrm export transactions --format jsonl | head",
)
def export_file(
    entity: ENTITY,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help=_("Where to; replaced as a whole or not at all.")
        ),
    ] = "-",
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            show_default=False,
            help=_("csv, json or jsonl; from the file's ending if not given, else csv."),
        ),
    ] = None,
    reveal: Annotated[
        bool,
        typer.Option(
            "--reveal", help=_("Identity numbers in full; else masked, and import leaves those alone.")
        ),
    ] = False,
) -> None:
    from crmcli.render.notes import say
    from crmcli.workflows.export import FORMATS, export

    chosen: Any = format
    if chosen is not None and chosen not in FORMATS:
        raise UsageError(
            _("unknown format: {name}").format(name=repr(format)), where="--format", hint=", ".join(FORMATS)
        )
    count = export(database(), _entity(entity), chosen, output, reveal=reveal)
    if output != "-":
        say(
            _("wrote {count} {entity} to {file}").format(
                count=count, entity=RECORDS.label(entity), file=output
            )
        )


def _entity(text: str) -> str:
    if text not in ENTITIES:
        from difflib import get_close_matches

        near = get_close_matches(text, ENTITIES, n=1)
        hint = _("did you mean {names}?").format(names=near[0]) if near else ", ".join(ENTITIES)
        raise UsageError(_("no such kind of record: {name}").format(name=repr(text)), hint=hint)
    return text


def _rejects_beside(file: str) -> str:
    return "rejects.csv" if file == "-" else f"{file.removesuffix('.csv')}-rejects.csv"
