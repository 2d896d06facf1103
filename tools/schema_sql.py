"""Prints the DDL of the models, for writing a migration: `python tools/schema_sql.py`."""

from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from crmcli.store import schema  # noqa: F401 - importing it fills the metadata


def main() -> None:
    """Print one statement per table and index, each ending with a semicolon and a line end."""
    for table in SQLModel.metadata.sorted_tables:
        print(
            str(CreateTable(table).compile(dialect=dialect()))
            .strip()
            .replace("\t", "    ")
            .replace(", \n", ",\n")
            + ";\n"
        )
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            print(str(CreateIndex(index).compile(dialect=dialect())).strip() + ";\n")


if __name__ == "__main__":
    main()
