"""Exporting an entity to a file that `crm import` reads back unchanged. Light; rows are streamed."""

from pathlib import Path

from crmcli.exchange.writing import FORMATS, Format, as_file_rows, atomic_output, write_records
from crmcli.store.dump import exported

__all__ = ["ENTITIES", "FORMATS", "export"]

ENTITIES = (
    "customers", "contacts", "products", "interactions", "transactions", "opportunities", "complaints", "surveys",
    "payments",
)  # fmt: skip
_BY_ENDING: dict[str, Format] = {".csv": "csv", ".json": "json", ".jsonl": "jsonl"}


def export(database: Path, entity: str, form: Format | None, output: str, *, reveal: bool = False) -> int:
    """Write every record of an entity, archived ones too, and return how many.

    Args:
        database: the file.
        entity: one of ENTITIES.
        form: None takes it from the output's ending, else CSV.
        output: a path, replaced as a whole or not at all; `-` for standard output.
        reveal: write identity numbers in full; else they are masked.

    Raises:
        CannotCreateError, StorageError: the output cannot be written; what was there before still is.
    """
    chosen: Format = form or _BY_ENDING.get(Path(output).suffix.lower(), FORMATS[0])
    with exported(database, entity) as (names, rows), atomic_output(output) as stream:
        return write_records(stream, chosen, names, as_file_rows(entity, names, rows, "", reveal=reveal))
