"""What the program does again and again in the process of the tests is done once: results of functions of their arguments.

Reading the shipped rules and writing their SQL takes longer than most commands do, making a blank file runs every
migration, and a tenth of a small command is Typer building it. Only what came out without a fault is kept. A process of
its own (`crm_process`, the nursery) knows nothing of this.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Select, Table

from crmcli import i18n
from crmcli.cli import app
from crmcli.errors import Fault
from crmcli.rules import checker, compiler, source
from crmcli.rules.expression import Expression
from crmcli.rules.model import RuleSet
from crmcli.rules.program import Program
from crmcli.store import migrate

_Result = TypeVar("_Result")
_Parsed = tuple[source.Node | None, tuple[Fault, ...]]
_Checked = tuple[RuleSet | None, tuple[Fault, ...]]

_check, _parse, _compile, _migrate = checker.check, source.parse, compiler.compile_ruleset, migrate.migrate
_command = app.Root.get_command
_always, _never, _hidden = checker.always_true, checker.never_true, checker.hidden
_blank: list[bytes] = []


class _Kept:
    """Results by what they follow from; the oldest make room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[Any, Any] = {}

    def get(self, key: Any, make: Callable[[], _Result], fit: Callable[[_Result], bool]) -> _Result:
        if key in self._found:
            known: _Result = self._found[key]
            return known
        made = make()
        if fit(made):
            if len(self._found) >= self._most:
                del self._found[next(iter(self._found))]
            self._found[key] = made
        return made


_documents, _rulesets, _programs, _truths = _Kept(200), _Kept(30), _Kept(30), _Kept(5000)
_commands = _Kept(200)


def get_command(root: app.Root, ctx: Any, cmd_name: str) -> Any:
    """Build a command; its words are in the language in force."""
    key = (cmd_name, i18n.language())
    return _commands.get(key, lambda: _command(root, ctx, cmd_name), lambda found: found is not None)


def parse(text: str, file: str, lines: list[str] | None = None) -> _Parsed:
    """Read a document, by the parser in force."""
    key = (text, file, source._LOADER)
    return _documents.get(key, lambda: _parse(text, file, lines), lambda found: not found[1])


def check(files: Mapping[str, str], folder: str = "", *, let_pass: frozenset[str] = frozenset()) -> _Checked:
    """Check rules."""
    key = (tuple(files.items()), folder, let_pass, i18n.language())
    return _rulesets.get(key, lambda: _check(files, folder, let_pass=let_pass), lambda found: not found[1])


def compile_ruleset(ruleset: RuleSet, tables: Mapping[str, Table], *day: Any, **ends: Any) -> Program:
    """Compile rules; of those that lean on a run before, the statement for it is never the same."""
    if any(isinstance(each, Select) for each in (*day, *ends.values())):
        return _compile(ruleset, tables, *day, **ends)

    def make() -> tuple[RuleSet, Program]:  # with the ruleset, so that no other one gets its id
        return ruleset, _compile(ruleset, tables, *day, **ends)

    key = (id(ruleset), tuple(tables.items()), day, *ends.items())
    return _programs.get(key, make, lambda _made: True)[1]


def _yes(_found: bool) -> bool:
    return True


def always_true(condition: Expression, of: Mapping[str, str]) -> bool:
    """Say whether a condition holds for everybody."""
    return _truths.get(("always", condition, *of.items()), lambda: _always(condition, of), _yes)


def never_true(condition: Expression, of: Mapping[str, str]) -> bool:
    """Say whether a condition holds for nobody."""
    return _truths.get(("never", condition, *of.items()), lambda: _never(condition, of), _yes)


def hidden(condition: Expression, above: tuple[Expression, ...], of: Mapping[str, str]) -> bool:
    """Say whether the conditions above take everybody."""
    return _truths.get((condition, above, *of.items()), lambda: _hidden(condition, above, of), _yes)


def make_file(path: Path, **how: Any) -> None:
    """Bring a file to the current schema; a blank one becomes a copy of the first that was."""
    if how or path.stat().st_size:
        _migrate(path, **how)
    elif _blank:
        path.write_bytes(_blank[0])
    else:
        _migrate(path)
        _blank.append(path.read_bytes())


def remember() -> None:
    """Put what is here in the place of the program's own, before a workflow imports it."""
    put = pytest.MonkeyPatch().setattr
    put(app.Root, "get_command", get_command)
    put(source, "parse", parse)
    put(compiler, "compile_ruleset", compile_ruleset)
    for each in (check, always_true, never_true, hidden):
        put(checker, each.__name__, each)
