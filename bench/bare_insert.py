"""The least a Typer and SQLModel program that stores a record can be: what a recording command is compared with."""

import os
from typing import Annotated

import typer
from sqlmodel import Field, Session, SQLModel, create_engine

app = typer.Typer()


class Person(SQLModel, table=True):
    """The only table."""

    id: Annotated[int | None, Field(primary_key=True)] = None
    name: str
    email: str | None = None


@app.command()
def add(name: str, email: Annotated[str | None, typer.Option()] = None) -> None:
    """Store one person."""
    engine = create_engine(f"sqlite:///{os.environ['BARE_DB']}")
    with Session(engine) as session:
        person = Person(name=name, email=email)
        session.add(person)
        session.commit()
        typer.echo(f"added {person.id}")


def prepare() -> None:
    """Make the table, once."""
    SQLModel.metadata.create_all(create_engine(f"sqlite:///{os.environ['BARE_DB']}"))


def run() -> None:
    """The console script."""
    app()
