"""From rule files to SQL: YAML is read strictly, checked as a whole and compiled to SQLAlchemy Core.

This package never opens a database and never imports the store: the workflow hands it the tables. It is
used from commands that need neither YAML nor SQL (where are the rules?), so its public names are brought in
when first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmcli.rules.agenda import agenda_program, thresholds
    from crmcli.rules.checker import check, load, load_folder
    from crmcli.rules.compiler import compile_ruleset
    from crmcli.rules.model import RuleSet
    from crmcli.rules.program import Program, Stage

__all__ = [
    "Program",
    "RuleSet",
    "Stage",
    "agenda_program",
    "check",
    "compile_ruleset",
    "load",
    "load_folder",
    "thresholds",
]

_HOMES = {
    "Program": "program",
    "RuleSet": "model",
    "Stage": "program",
    "agenda_program": "agenda",
    "check": "checker",
    "compile_ruleset": "compiler",
    "load": "checker",
    "load_folder": "checker",
    "thresholds": "agenda",
}


def __getattr__(name: str) -> object:
    """Bring in a public name from its module."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
