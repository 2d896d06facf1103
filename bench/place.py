"""Where it is measured: a temporary folder with its own environment, and databases made by the program itself.

The project is installed as a user would install it, not editable, so that bytecode is cached; the two small programs
it is compared with lie beside it and start through the same kind of console script.
"""

import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data import Files, Size, make_files

HERE = Path(__file__).parent
ZONE = "Asia/Shanghai"
_SCRIPT = """#!{python}
# -*- coding: utf-8 -*-
import re
import sys
from {module} import run
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(run())
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A database with its size and the files it was made from."""

    path: Path
    size: Size
    files: Files


class Place:
    """The temporary folder and what is in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "environment" / "bin"
        self.python = self.bin / "python"
        self.today: date = datetime.now(ZoneInfo(ZONE)).date()
        self._made: dict[Size, Made] = {}

    def build(self) -> None:
        """Make the environment and install the project and the programs it is compared with."""
        environment = self.environment()
        subprocess.run([sys.executable, "-m", "venv", self.bin.parent], check=True, env=environment)
        pip = [self.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", HERE.parent]
        subprocess.run([str(word) for word in pip], check=True, env=environment, stderr=subprocess.DEVNULL)
        packages = Path(self.output([self.python, "-c", "import crmcli; print(crmcli.__path__[0])"])).parent
        for module in ("bare_app", "bare_insert"):
            shutil.copy(HERE / f"{module}.py", packages)
            script = self.bin / module
            script.write_text(_SCRIPT.format(python=self.python, module=module), encoding="utf-8")
            script.chmod(0o755)
        compileall.compile_dir(packages, quiet=2, maxlevels=0)

    def install(self, package: str) -> None:
        """Add a package to the environment that something the program is compared with needs."""
        pip = [str(self.python), "-m", "pip", "install", "-q", "--disable-pip-version-check", package]
        subprocess.run(pip, check=True, env=self.environment(), stderr=subprocess.DEVNULL)

    def files(self, size: Size) -> Files:
        """Make the files of a size without a database."""
        return make_files(self.root / f"files{size.customers}", size, self.today)

    def environment(self, database: Path | None = None, **more: str) -> dict[str, str]:
        """Return the variables that a measured program gets: none of Python's, none of the user's own."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "CRM_", "LC_"))
        }
        kept |= {"LANG": "C.UTF-8", "CRM_HOME": str(self.root / "home"), **more}
        return kept if database is None else kept | {"CRM_DB": str(database)}

    def output(self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
        """Run a command that must succeed and return what it prints."""
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment or self.environment()
        )
        return done.stdout.strip()

    def versions(self, libraries: Sequence[str]) -> str:
        """Return the versions of what is measured: those of this environment, not of the one that measures."""
        code = "import sys; from importlib.metadata import version as v; print(*map(v, sys.argv[1:]))"
        found = self.output([self.python, "-c", code, *libraries]).split()
        return ", ".join(f"{name} {number}" for name, number in zip(libraries, found, strict=True))

    def crm(self, database: Path, *words: str) -> None:
        """Run a command of the program that must succeed."""
        self.output([self.bin / "crm", *words], self.environment(database))

    def empty(self, path: Path) -> Path:
        """Make a database without records."""
        self.crm(
            path, "init", "--time-zone", ZONE, "--currency", "CNY", "--country", "CN", "--language", "en"
        )
        return path

    def database(self, size: Size, *, classified: bool = True) -> Made:
        """Make a database of a size, or return the one that was made."""
        if size not in self._made:
            folder = self.root / f"data{len(self._made)}"
            files = make_files(folder, size, self.today)
            path = self.empty(folder / "crm.db")
            for entity, file in files.by_entity():
                self.crm(path, "import", entity, str(file))
            if classified:
                self.crm(path, "classify", "--as-of", self.today.isoformat())
            self._made[size] = Made(path, size, files)
        return self._made[size]

    def copy(self, path: Path, name: str) -> Path:
        """Return a fresh copy of a database."""
        target = self.root / f"{name}.db"
        shutil.copyfile(path, target)
        return target
