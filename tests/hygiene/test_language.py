"""What a person reads is translated: the catalogue is complete, and no text in the sources goes round it."""

import ast
import builtins
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "crmcli"
HELP_KEYWORDS = {"help", "short_help", "epilog", "rich_help_panel"}
SPEAKERS = {"say", "warn", "confirm", "ask", "progress"}


class Scanner(ast.NodeVisitor):
    """Collects texts for people that do not go through `_()`, and uses of `_()` that cannot work."""

    def __init__(self, *, at_import: bool) -> None:
        self.at_import = at_import
        self.faults: list[str] = []
        self._depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        outside: list[ast.AST] = [node.args, *getattr(node, "decorator_list", [])]
        for part in outside:
            self.visit(part)
        self._depth += 1
        for child in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(child)
        self._depth -= 1

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef  # noqa: N815

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        if name in {"_", "ngettext"} and isinstance(node.func, ast.Name):
            self._translation(node, name)
        for what, argument in texts_for_people(node, name):
            if is_bare(argument):
                self._add(argument, f"{what} is not translated")
        self.generic_visit(node)

    def _translation(self, node: ast.Call, name: str) -> None:
        for argument in node.args[: 1 if name == "_" else 2]:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                self._add(node, f"{name}() takes a literal")
        if self._depth == 0 and not self.at_import:
            self._add(node, f"{name}() at import, before the language is known")

    def _add(self, node: ast.AST, what: str) -> None:
        self.faults.append(f"{getattr(node, 'lineno', 0)}: {what}: {ast.unparse(node)[:60]}")


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def texts_for_people(node: ast.Call, name: str) -> Iterator[tuple[str, ast.expr]]:
    """The arguments of a call that somebody will read."""
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    for key in HELP_KEYWORDS & keywords.keys():
        yield f"{key}=", keywords[key]
    ours = name.endswith("Error") and not hasattr(builtins, name)
    if ours or name in {"Fault", "ValueFault"}:
        yield from (("what went wrong", each) for each in node.args[:1])
        if name == "ValueFault":
            yield from (("hint", each) for each in node.args[1:2])
        yield from ((f"{key}=", keywords[key]) for key in ("what", "hint") if key in keywords)
    if name in SPEAKERS:
        yield from ((f"{name}()", each) for each in node.args[:1])
    if name == "Column":
        yield from (("a heading", each) for each in [*node.args[1:2], *one(keywords, "heading")])
    if name == "Listing":
        yield from (("a title", each) for each in [*node.args[3:4], *one(keywords, "title")])
    if name == "Record":
        for fields in [*node.args[:1], *one(keywords, "fields")]:
            for pair in fields.elts if isinstance(fields, ast.List | ast.Tuple) else ():
                if isinstance(pair, ast.Tuple) and len(pair.elts) > 1:
                    yield "a heading", pair.elts[1]


def one(keywords: dict[str, ast.expr], key: str) -> list[ast.expr]:
    return [keywords[key]] if key in keywords else []


def is_bare(node: ast.expr) -> bool:
    """Whether words stand here that no translation reaches."""
    match node:
        case ast.Constant(value=str(text)):
            return any(character.isalpha() for character in text)
        case ast.JoinedStr(values=parts):
            return any(is_bare(part) for part in parts if isinstance(part, ast.Constant))
        case ast.BinOp(left=left, right=right):
            return is_bare(left) or is_bare(right)
        case ast.IfExp(body=left, orelse=right):
            return is_bare(left) or is_bare(right)
        case ast.BoolOp(values=parts):
            return any(is_bare(part) for part in parts)
        case ast.Call(func=ast.Attribute(value=text, attr="format" | "join")):
            return is_bare(text)
    return False


def scan(source: str, *, at_import: bool = False) -> list[str]:
    """Faults of one source text; `at_import` allows `_()` at module level, as in cli/."""
    scanner = Scanner(at_import=at_import)
    scanner.visit(ast.parse(source))
    return scanner.faults


def test_no_text_goes_round_the_catalogue() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in sorted(SOURCES.rglob("*.py"))
        for fault in scan(path.read_text(encoding="utf-8"), at_import=path.is_relative_to(SOURCES / "cli"))
    ]
    assert faults == []


@pytest.mark.parametrize(
    "planted",
    [
        'typer.Option(help="the day")',
        'app.command(epilog=f"see {x}")',
        'raise UsageError("no such thing")',
        'raise errors.DataError(what="bad " + name)',
        'raise UsageError(_("no such thing"), hint="try again")',
        'Fault("wrong in {}".format(x))',
        'ValueFault(_("wrong"), "write it")',
        'say("done")',
        'notes.warn(f"{count} left")',
        'confirm("sure?" if x else "")',
        'Column("id", "number")',
        'Column("id", heading="number")',
        'Listing(columns, rows, title="all")',
        'Record([("id", "number", 1)])',
        'def f(): return _(f"hello {name}")',
        'def f(): return ngettext(one, "days", 2)',
    ],
)
def test_the_scanner_finds_a_planted_text(planted: str) -> None:
    assert len(scan(planted, at_import=True)) == 1


@pytest.mark.parametrize(
    "planted", ['TITLE = _("hello")', 'def f(x=_("hello")): pass', 'class C:\n    x = _("a")']
)
def test_the_scanner_finds_a_translation_at_import(planted: str) -> None:
    assert len(scan(planted)) == 1


@pytest.mark.parametrize(
    "fine",
    [
        'def f(): raise UsageError(_("no {name}").format(name=x), hint=_("try again"))',
        'raise ValueError("a defect, for programmers")',
        'Column("id", "")',
        'typer.Option("--day", metavar="DAY")',
        "say(text)",
        'warn("—")',
        'def f(): return ngettext("{n} day", "{n} days", n)',
        'words.append("not for people")',
    ],
)
def test_the_scanner_leaves_the_rest_alone(fine: str) -> None:
    assert scan(fine) == []


def test_cli_modules_may_translate_at_import() -> None:
    assert scan('TITLE = _("hello")', at_import=True) == []


# The catalogue and the tool that keeps it.


def i18n(action: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "i18n.py"), action, "--root", str(root)],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_the_catalogue_is_complete_and_up_to_date() -> None:
    done = i18n("check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project whose catalogue is complete."""
    package = tmp_path / "src" / "crmcli"
    package.mkdir(parents=True)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "typer_words.json").write_text('["Options"]\n', encoding="utf-8")
    (package / "b.py").write_text('x = _("no {name} ")\n', encoding="utf-8")
    (package / "a.py").write_text('y = ngettext("{n} day", "{n} days", n) or _("yes")\n', encoding="utf-8")
    assert i18n("update", tmp_path).returncode == 0
    translate(tmp_path, {"no {name} ": "没有 {name} ", "yes": "是", "Options": "选项", "{n} days": "{n} 天"})
    return tmp_path


def po(root: Path) -> Path:
    return root / "src" / "crmcli" / "locale" / "zh_CN" / "LC_MESSAGES" / "crmcli.po"


def translate(root: Path, words: dict[str, str]) -> None:
    text = po(root).read_text(encoding="utf-8")
    for message, translation in words.items():
        for keyword, slot in (("msgid", "msgstr"), ("msgid_plural", "msgstr[0]")):
            before, found, after = text.partition(f'{keyword} "{message}"\n{slot} "')
            if found:
                text = before + found + translation + after[after.index('"\n') :]
    po(root).write_text(text, encoding="utf-8")
    assert i18n("compile", root).returncode == 0


def test_a_complete_catalogue_passes_and_stays_the_same_bytes(project: Path) -> None:
    assert i18n("check", project).stderr == ""
    before = {path: path.read_bytes() for path in (project / "src").rglob("crmcli.*")}
    assert i18n("update", project).returncode == 0
    assert {path.suffix for path in before} == {".pot", ".po", ".mo"}
    assert {path: path.read_bytes() for path in before} == before
    assert str(project).encode() not in b"".join(before.values())


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"yes": ""}, "no translation"),
        ({"{n} days": ""}, "no translation"),
        ({"no {name} ": "没有 {nom} "}, "places differ"),
        ({"{n} days": "天"}, "places differ"),
        ({"no {name} ": "没有 {name}"}, "white space at the end"),
        ({"yes": " 是"}, "white space at the start"),
        ({"Options": "选项\\n"}, "white space at the end"),
    ],
)
def test_the_check_finds_a_bad_translation(project: Path, words: dict[str, str], fault: str) -> None:
    translate(project, words)
    done = i18n("check", project)
    assert done.returncode == 1
    assert [fault in line for line in done.stderr.splitlines()] == [True]


def test_the_check_finds_a_fuzzy_translation(project: Path) -> None:
    text = po(project).read_text(encoding="utf-8")
    po(project).write_text(text.replace('msgid "yes"', '#, fuzzy\nmsgid "yes"'), encoding="utf-8")
    assert "'yes': marked fuzzy" in i18n("check", project).stderr


def test_the_check_finds_files_that_are_behind(project: Path) -> None:
    (project / "src" / "crmcli" / "c.py").write_text('z = _("new")\n', encoding="utf-8")
    behind = i18n("check", project)
    assert behind.returncode == 1
    assert "crmcli.pot: not up to date" in behind.stderr
    assert "zh_CN/crmcli.po: not up to date" in behind.stderr

    assert i18n("update", project).returncode == 0
    assert i18n("check", project).stderr == "zh_CN: 'new': no translation\n"
    assert "没有 {name} " in po(project).read_text(encoding="utf-8")  # what was translated stays

    text = po(project).read_text(encoding="utf-8")
    po(project).write_text(
        text.replace('msgid "new"\nmsgstr ""', 'msgid "new"\nmsgstr "新"'), encoding="utf-8"
    )
    assert (
        i18n("check", project).stderr
        == "zh_CN/crmcli.mo: not up to date; run: python tools/i18n.py compile\n"
    )
