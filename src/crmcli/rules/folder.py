"""Where the rule files are and what they say, byte for byte. Light: no YAML, no SQL."""

from pathlib import Path

from crmcli.errors import ConfigError, Fault
from crmcli.i18n import _

MAX_BYTES = 256_000  #: of one rule file: some forty times the longest shipped one


def shipped_folder() -> Path:
    """Return the folder of the rules that come with the program (in a checkout: the top-level `rules/`)."""
    packed = Path(__file__).parent / "shipped"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "rules"


def choose_folder(explicit: Path | None, user_folder: Path) -> Path:
    """Return the folder in force: the one named, else the user's copy if it holds any rules, else ours."""
    if explicit is not None:
        return explicit
    if _rule_files(user_folder):
        return user_folder
    return shipped_folder()


def read_files(folder: Path) -> dict[str, str]:
    """Return the text of each rule file in a folder, by file name.

    Raises:
        ConfigError: the folder or its rules are missing, too large or not UTF-8.
    """
    if not folder.is_dir():
        raise ConfigError(
            _("no such folder of rules"), where=str(folder), hint=_("crm rules init makes a copy to edit")
        )
    paths = _rule_files(folder)
    if not paths:
        raise ConfigError(
            _("no rule files here"), where=str(folder), hint=_("crm rules init makes a copy to edit")
        )
    faults: list[Fault] = []
    files: dict[str, str] = {}
    for path in paths:
        text = _read(path, faults)
        if text is not None:
            files[path.name] = text
    if faults:
        raise ConfigError(_("the rules cannot be read"), where=str(folder), faults=faults)
    return files


def _rule_files(folder: Path) -> list[Path]:
    try:
        found = [
            path
            for path in folder.iterdir()
            if path.suffix in {".yaml", ".yml"} and not path.name.startswith(".")
        ]
    except OSError:
        return []
    return sorted(found)


def _read(path: Path, faults: list[Fault]) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        faults.append(
            Fault(
                _("cannot be read: {reason}").format(reason=error.strerror), file=str(path), code="unreadable"
            )
        )
        return None
    if len(content) > MAX_BYTES:
        what = _("larger than {limit} bytes").format(limit=MAX_BYTES)
        faults.append(Fault(what, file=str(path), code="too-large"))
        return None
    try:
        # Line ends are left as they are: what stands in the file is what is kept.
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = _("save the file as UTF-8")
        faults.append(Fault(_("not UTF-8 text"), file=str(path), line=line, hint=hint, code="not-utf8"))
        return None
