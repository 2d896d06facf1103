"""The message catalogues of crmcli: extract, update, compile and check them.

Run as `python tools/i18n.py update|compile|check|typer`. The template (`crmcli.pot`) holds every text of
`src/crmcli` that goes through `_()` or `ngettext()`, and Typer's own words (`tools/typer_words.json`):
Typer looks them up in the same catalogue. The files hold no dates, line numbers or tool versions, so a change
in one message is a change of one entry, and the same source gives the same bytes anywhere. Nothing is ever
guessed: a new message has an empty translation until somebody writes one.
"""

import argparse
import io
import json
import string
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

DOMAIN = "crmcli"
LOCALES = ("zh_CN",)
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "ngettext": (1, 2)}
HEADERS = ("Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms")


class SteadyCatalog(Catalog):
    """A catalogue whose header holds only what never changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header lines: no dates, no tool version."""
        return [(name, value) for name, value in super().mime_headers if name in HEADERS]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        self._set_mime_headers(headers)


class Project:
    """Where the sources and the catalogues of one checkout are."""

    def __init__(self, root: Path) -> None:
        self.source = root / "src" / DOMAIN
        self.typer_words = root / "tools" / "typer_words.json"
        self.pot = self.source / "locale" / f"{DOMAIN}.pot"

    def po(self, locale: str) -> Path:
        """The translations of one language."""
        return self.source / "locale" / locale / "LC_MESSAGES" / f"{DOMAIN}.po"

    def mo(self, locale: str) -> Path:
        """The compiled translations of one language."""
        return self.po(locale).with_suffix(".mo")


def template(project: Project) -> Catalog:
    """Return every message of the sources and of Typer, without translations, in a fixed order."""
    found: list[tuple[str, ...]] = []
    for _file, _line, message, _comments, _context in extract_from_dir(
        project.source, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        found.append(_texts(message))
    found += [(word,) for word in json.loads(project.typer_words.read_text(encoding="utf-8"))]
    catalog = _empty(None)
    # A plural entry comes before the singular use of the same text, so that the order of files cannot matter.
    for ids in sorted(set(found), key=lambda each: (-len(each), each)):
        _add(catalog, ids)
    return catalog


def translated(project: Project, locale: str, messages: Catalog) -> Catalog:
    """Return the template with the translations that are already there; what is no longer used is dropped."""
    old = read(project.po(locale), locale)
    catalog = _empty(locale)
    for message in _entries(messages):
        known = old.get(_key(message))
        kept = known is not None and not known.fuzzy and known.pluralizable == message.pluralizable
        _add(catalog, _ids(message), _strings(known) if known is not None and kept else ())
    return catalog


def read(path: Path, locale: str) -> Catalog:
    """Return the catalogue in a file; an empty one when there is no file."""
    if not path.exists():
        return _empty(locale)
    with path.open("rb") as stream:
        return read_po(stream, locale=locale, domain=DOMAIN, charset="utf-8", abort_invalid=True)


def po_bytes(catalog: Catalog) -> bytes:
    """Return the text form: sorted, one line a message, no locations."""
    stream = io.BytesIO()
    write_po(stream, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    return stream.getvalue()


def mo_bytes(catalog: Catalog, locale: str) -> bytes:
    """Return the compiled form, the same bytes for the same translations."""
    steady = _empty(locale)
    for message in _entries(catalog):
        if not message.fuzzy and _strings(message)[0]:
            _add(steady, _ids(message), _strings(message))
    stream = io.BytesIO()
    write_mo(stream, steady)
    return stream.getvalue()


def update(project: Project) -> None:
    """Write the template and the catalogues anew, then compile them."""
    messages = template(project)
    _write(project.pot, po_bytes(messages))
    for locale in LOCALES:
        _write(project.po(locale), po_bytes(translated(project, locale, messages)))
    compile_all(project)


def compile_all(project: Project) -> None:
    """Write the compiled catalogues."""
    for locale in LOCALES:
        _write(project.mo(locale), mo_bytes(read(project.po(locale), locale), locale))


def check(project: Project) -> list[str]:
    """Return what is wrong, one line each: files out of date, missing and unfitting translations."""
    faults: list[str] = []
    messages = template(project)
    if not _same(project.pot, po_bytes(messages)):
        faults.append(
            f"{project.pot.name}: not up to date with the sources; run: python tools/i18n.py update"
        )
    for locale in LOCALES:
        po, mo = project.po(locale), project.mo(locale)
        current = read(po, locale)
        if not _same(po, po_bytes(translated(project, locale, messages))):
            faults.append(
                f"{locale}/{po.name}: not up to date with the sources; run: python tools/i18n.py update"
            )
        if not _same(mo, mo_bytes(current, locale)):
            faults.append(f"{locale}/{mo.name}: not up to date; run: python tools/i18n.py compile")
        for message in _entries(current):
            faults += [f"{locale}: {_key(message)!r}: {what}" for what in faults_of(message)]
    return faults


def faults_of(message: Message) -> Iterator[str]:
    """Yield what is wrong with one translation."""
    if message.fuzzy:
        yield "marked fuzzy"
    original = _ids(message)[-1]
    for text in _strings(message):
        if not text:
            yield "no translation"
            continue
        if placeholders(text) != placeholders(original):
            yield f"places differ: {text!r}"
        for side, strip in (("start", str.lstrip), ("end", str.rstrip)):
            if _margin(text, strip) != _margin(original, strip):
                yield f"white space at the {side} differs: {text!r}"


def placeholders(text: str) -> list[str] | None:
    """Return the `{name}` places of a message, sorted; None when it is not a format."""
    try:
        parts = string.Formatter().parse(text)
        return sorted(name for _text, name, _spec, _conversion in parts if name is not None)
    except ValueError:
        return None


def list_typer_words(project: Project) -> None:
    """Write the list of Typer's own words, from the Typer that is installed."""
    import typer

    found = extract_from_dir(Path(typer.__file__).parent, method_map=[("**.py", "python")], keywords=KEYWORDS)
    words = sorted({word for _file, _line, message, *_rest in found for word in _texts(message)})
    _write(project.typer_words, (json.dumps(words, indent=2, ensure_ascii=False) + "\n").encode())


def _texts(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (message,)


def _empty(locale: str | None) -> SteadyCatalog:
    return SteadyCatalog(
        locale=locale,
        domain=DOMAIN,
        project=DOMAIN,
        version="",
        header_comment=f"# Messages of {DOMAIN}.",
        fuzzy=False,
    )


def _add(catalog: Catalog, ids: tuple[str, ...], strings: tuple[str, ...] = ()) -> None:
    plural = len(ids) > 1
    translation = (strings or None) if plural else "".join(strings)
    message = catalog.add(ids if plural else ids[0], string=translation)
    message.flags.clear()  # format flags depend on Babel's version; the check looks at the places itself


def _entries(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _key(message: Message) -> str:
    return _ids(message)[0]


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


def _margin(text: str, strip: Callable[[str], str]) -> int:
    return len(text) - len(strip(text))


def _same(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content


def _write(path: Path, content: bytes) -> None:
    if not _same(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> int:
    """Do what the command line says; 1 when the check found something."""
    parser = argparse.ArgumentParser(description="The message catalogues of crmcli.")
    parser.add_argument("action", choices=("update", "compile", "check", "typer"))
    parser.add_argument("--root", type=Path, default=Path(__file__).parent.parent, help="the checkout")
    arguments = parser.parse_args()
    project = Project(arguments.root)
    if arguments.action == "update":
        update(project)
    elif arguments.action == "compile":
        compile_all(project)
    elif arguments.action == "typer":
        list_typer_words(project)
    else:
        faults = check(project)
        print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
        return 1 if faults else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
