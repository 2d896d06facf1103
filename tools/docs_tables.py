"""Help pages and tables, taken from the program: commands, exit statuses, fields of files, features, rule keys."""

import copy
import inspect
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from typing import Any

import yaml
from typer import Context

from crmcli import errors, i18n
from crmcli.cli import app
from crmcli.cli.files import ENTITIES as IMPORTABLE
from crmcli.exchange.fields import ENTITIES, FieldKind, FieldSpec
from crmcli.rules.checker import check
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.workflows.ruleset import list_features

_MARKED = re.compile(r"(<!-- made: (?P<what>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_WIDTH = 100
_CLI_START = """# Commands

Every command with its help, as the program prints it. This page is made by `make docs`; the words to change are in
`src/crmcli/cli`.
"""
#: The same text ten times faster, where PyYAML was built with libyaml (its wheels are).
_DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
_PROBE = "zzzzzzzzzz"  # like no key there is: the checker answers with all that it knows


def filled(text: str) -> str:
    """Return a page with everything between its markers made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}\n{_made(match['what'])}\n{match[3]}", text)


def _made(what: str) -> str:
    kind, _space, rest = what.partition(" ")
    makers = {"exit-statuses": exit_statuses, "features": features}
    if kind == "fields":
        return fields(rest)
    if kind == "keys":
        return rule_keys(rest)
    return makers[kind]()


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _heading in headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


# --- commands -------------------------------------------------------------------------------------------------------


def command_paths() -> list[tuple[str, ...]]:
    """Return every command as words, groups before their verbs, in the order of the program."""
    found: list[tuple[str, ...]] = [()]
    root = app.build()
    context = Context(root)
    for name in app.COMMANDS:
        found.append((name,))
        command: Any = root.get_command(context, name)
        if hasattr(command, "list_commands"):
            found += [(name, verb) for verb in command.list_commands(context)]
    return found


def help_page(path: tuple[str, ...]) -> str:
    """Return what `--help` of a command prints, in English."""
    i18n.setup("en")
    os.environ["COLUMNS"] = str(_WIDTH)
    out = io.StringIO()
    with redirect_stdout(out):
        app.run([*path, "--help"])
    return out.getvalue()


def cli_page() -> str:
    """Return the reference of all commands."""
    parts = [_CLI_START]
    for path in command_paths():
        level = "##" if len(path) < 2 else "###"
        parts.append(f"{level} {' '.join(('crm', *path))}\n\n```text\n{help_page(path).rstrip()}\n```\n")
    return "\n".join(parts)


# --- exit statuses ----------------------------------------------------------------------------------------------------


def exit_statuses() -> str:
    """Return the table of exit statuses with the sentence beside each in the code."""
    source = inspect.getsource(errors.ExitCode)
    found = re.findall(r"^ +([A-Z_]+) = (\d+) +#: (.+)$", source, re.MULTILINE)
    if [name for name, _number, _text in found] != [status.name for status in errors.ExitCode]:
        raise ValueError("an exit status has no sentence")
    return _table(("Status", "Name", "Meaning"), [(number, name, text) for name, number, text in found])


# --- files ------------------------------------------------------------------------------------------------------------


def fields(entity: str) -> str:
    """Return the table of the fields of an entity."""
    if entity not in IMPORTABLE:
        raise ValueError(f"{entity} cannot be imported")
    rows = [(f"`{spec.name}`", spec.zh, _cells(spec), ", ".join(spec.aliases)) for spec in ENTITIES[entity]]
    return _table(("Field", "Chinese header", "Holds", "Other headers"), rows)


def _cells(spec: FieldSpec) -> str:
    if spec.vocabulary is not None:
        held = ", ".join(f"`{code}`" for code in spec.vocabulary.codes)
    elif spec.kind is FieldKind.REFERENCE:
        held = f"one of the {spec.target}"
    else:
        held = _KINDS[spec.kind]
    if spec.default:
        held += f"; `{spec.default}` if not given"
    return f"**required**; {held}" if spec.required else held


_KINDS = {
    FieldKind.TEXT: "text",
    FieldKind.DAY: "a day",
    FieldKind.BIRTHDAY: "a day, or a lunar date such as `lunar 1990-04-15` or 农历1990年闰五月十五",
    FieldKind.TIME: "a time of day such as 15:30",
    FieldKind.MASKED: "text; a masked one is left alone",
    FieldKind.CODES: "codes, with commas",
    FieldKind.AMOUNT: "an amount of money",
    FieldKind.INTEGER: "a whole number",
    FieldKind.DECIMAL: "a number",
    FieldKind.PERCENT: "a percentage",
    FieldKind.FLAG: "yes or no",
    FieldKind.CURRENCY: "a currency code",
    FieldKind.INSTANT: "a day or an instant",
}


# --- rules ------------------------------------------------------------------------------------------------------------


def features() -> str:
    """Return the catalogue of features."""
    rows = [
        (
            f"`{f.name}`",
            f.zh,
            f"{f.type}, {f.unit}" if f.unit else f.type,
            "yes" if f.windowable else "",
            f.text.en,
        )
        for f in list_features()
    ]
    return _table(("Feature", "Chinese name", "Type", "Window", "Meaning"), rows)


def rule_keys(file: str) -> str:
    """Return the keys that the checker accepts in a rule file, place by place.

    The checker is asked, not read: a key that nobody knows is put into each mapping of the shipped file, and its fault
    names those that are known; each key is taken out in turn, and a fault tells that it is required.
    """
    files = read_files(shipped_folder())
    tree = yaml.safe_load(files[file])
    known: dict[str, list[str]] = {}
    optional: dict[str, set[str]] = {}
    for path, shape in _mappings(tree):
        names = _known(files, file, tree, path)
        own = known.setdefault(shape, [])
        own += [name for name in names if name not in own]
        there = _at(tree, path)
        spare = {name for name in names if name not in there or not _required(files, file, tree, path, name)}
        optional[shape] = optional.get(shape, set()) | spare
    rows = [
        (
            f"`{shape}`" if shape else "the file",
            ", ".join(f"`{name}`" for name in names if name not in optional[shape]),
            ", ".join(f"`{name}`" for name in names if name in optional[shape]),
        )
        for shape, names in known.items()
        if names
    ]
    return _table(("In", "Required", "Optional"), rows)


def _mappings(tree: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield one path for each distinct shape of mapping; names that the file chooses are written NAME."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for path, node in _nodes(tree, ()):
        shape = _shape(path)
        if isinstance(node, dict) and (shape, tuple(sorted(node))) not in seen:
            seen.add((shape, tuple(sorted(node))))
            yield path, shape


def _nodes(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _nodes(child, (*path, key))


def _shape(path: tuple[Any, ...]) -> str:
    words: list[str] = []
    for place, part in enumerate(path):
        if isinstance(part, int):
            words[-1] += "[]"
        else:
            words.append("NAME" if place and path[place - 1] == "features" else str(part))
    return ".".join(words)


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _faults(files: dict[str, str], file: str, tree: Any) -> tuple[errors.Fault, ...]:
    text = yaml.dump(tree, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, default_flow_style=False)
    return check({**files, file: text})[1]


def _known(files: dict[str, str], file: str, tree: Any, path: tuple[Any, ...]) -> list[str]:
    changed = copy.deepcopy(tree)
    _at(changed, path)[_PROBE] = 1
    for fault in _faults(files, file, changed):
        if fault.code == "unknown-key" and fault.value == _PROBE:
            return list(dict.fromkeys(fault.hint.removeprefix("known: ").split(", ")))
    return []  # the names here are the file's own


def _required(files: dict[str, str], file: str, tree: Any, path: tuple[Any, ...], name: str) -> bool:
    changed = copy.deepcopy(tree)
    del _at(changed, path)[name]
    codes = {
        fault.code
        for fault in _faults(files, file, changed)
        if fault.value == name or fault.code == "missing-policy"
    }
    return bool(codes & {"missing-key", "missing-policy"})
