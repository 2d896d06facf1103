"""The way out: results to standard output in one of six formats, talk to standard error, questions.

Importing this package, and writing anything but a table, imports neither rich nor anything else that is
slow. It never reads the database or the rules, and it decides nothing: what is shown was decided by a
workflow.
"""

from crmcli.render.ask import ask, confirm, interactive
from crmcli.render.notes import error, quiet, say, warn
from crmcli.render.output import Format, discard_output, flush_quietly, show, show_record
from crmcli.render.result import Amount, Cell, Column, Listing, Record
from crmcli.render.safe import safe

__all__ = [
    "Amount",
    "Cell",
    "Column",
    "Format",
    "Listing",
    "Record",
    "ask",
    "confirm",
    "discard_output",
    "error",
    "flush_quietly",
    "interactive",
    "quiet",
    "safe",
    "say",
    "show",
    "show_record",
    "warn",
]
