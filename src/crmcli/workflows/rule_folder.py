"""Which rules are in force, and making a copy of them to edit. Light."""

from pathlib import Path

from crmcli.errors import CannotCreateError, RefusedError, UsageError
from crmcli.i18n import _
from crmcli.rules.folder import choose_folder, read_files, shipped_folder
from crmcli.store.places import user_rules_path

DEFAULT_PRESET = "b2b-abcd"


def rules_folder(explicit: Path | None = None) -> Path:
    """Return the folder of the rules in force: the one named, else the user's copy, else the shipped ones."""
    return choose_folder(explicit, user_rules_path())


def presets() -> tuple[str, ...]:
    """Return the names of the rules that `copy_rules` can start from, the default first."""
    return (DEFAULT_PRESET, *sorted(path.name for path in _preset_folder().iterdir() if path.is_dir()))


def preset_files(preset: str = DEFAULT_PRESET) -> dict[str, Path]:
    """Return the files of a preset by name: the shipped rules, and what the preset puts in their place.

    Raises:
        UsageError: there is no such preset.
    """
    known = presets()
    if preset not in known:
        raise UsageError(
            _("no preset is called {name}").format(name=repr(preset)),
            where="--preset",
            hint=_("known: {names}").format(names=", ".join(known)),
        )
    folders = (
        [shipped_folder()] if preset == DEFAULT_PRESET else [shipped_folder(), _preset_folder() / preset]
    )
    return {name: folder / name for folder in folders for name in read_files(folder)}


def _preset_folder() -> Path:
    return shipped_folder() / "presets"


def copy_rules(target: Path | None = None, preset: str = DEFAULT_PRESET) -> Path:
    """Copy the rules of a preset to a folder, the user's own if none is named, and return it.

    Raises:
        RefusedError: a rule file is there already.
        CannotCreateError: the folder cannot be written.
        UsageError: there is no such preset.
    """
    folder = target or user_rules_path()
    files = preset_files(preset)
    there = [name for name in sorted(files) if (folder / name).exists()]
    if there:
        raise RefusedError(
            _("{file} is there already").format(file=folder / there[0]),
            hint=_("move it away first, or name another folder"),
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, path in sorted(files.items()):
            (folder / name).write_bytes(path.read_bytes())
    except OSError as error:
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=folder, reason=error.strerror),
            hint=_("name another folder"),
        ) from None
    return folder
