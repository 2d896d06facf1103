"""The least a Typer program can be: what a command's start-up is compared with."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str = "world") -> None:
    """Say hello."""
    typer.echo(f"hello {name}")


def run() -> None:
    """The console script."""
    app()
