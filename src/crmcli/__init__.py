"""A follow-up engine for one salesperson: record what happened, and the rules say whom to contact today."""

__version__ = "0.1.0"
