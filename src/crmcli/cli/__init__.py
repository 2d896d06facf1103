"""Words only: Typer commands, one file per noun. A body parses, calls one workflow, and renders what came back."""
