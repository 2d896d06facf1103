"""What every test may use: the program, in this process or in its own, on a database of the test's own."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

import remembered
from crmcli import entry, i18n
from crmcli.render import notes
from crmcli.store import migrate

remembered.remember()

# The same examples every time: what a run says is about the change it is for. HYPOTHESIS_RANDOM=1 looks for others.
settings.register_profile("same", derandomize=not os.environ.get("HYPOTHESIS_RANDOM"))
settings.load_profile("same")

TODAY = "2026-11-20"  # a Friday
PROJECT = Path(__file__).parent.parent
OF_THE_FILE = (
    "reliability",
    "store",
)  #: folders of tests that are about making the file: they run the migrations


@dataclass(frozen=True)
class Result:
    """What a command line came to."""

    status: int
    out: str
    err: str

    def __iter__(self) -> Iterator[int | str]:
        return iter((self.status, self.out, self.err))


Run = Callable[..., Result]
Once = Callable[[Callable[[], object]], None]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A home of the test's own: no test ever sees the real one."""
    if request.path.parent.name not in OF_THE_FILE:
        monkeypatch.setattr(migrate, "migrate", remembered.make_file)
    for name in list(os.environ):
        if name.startswith("CRM_") or name in {
            "LANG",
            "LANGUAGE",
            "LC_ALL",
            "LC_MESSAGES",
            "TZ",
            "NO_COLOR",
            "FORCE_COLOR",
        }:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRM_HOME", str(tmp_path / "crm"))
    monkeypatch.setenv("CRM_DB", str(tmp_path / "crm.db"))
    monkeypatch.setenv("CRM_TODAY", TODAY)
    monkeypatch.setenv("CRM_LANG", "en")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    notes.quiet(on=False)
    i18n.setup("en")  # a command of the test before may have spoken Chinese
    return tmp_path


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The program in this process: `crm("add", "张三", stdin="")` → Result. English, not a terminal."""

    def run(*argv: str, stdin: str | bytes = "") -> Result:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        with redirect_stdout(out), redirect_stderr(err):
            status = entry.main(list(argv))
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
        return Result(int(status), *texts)

    return run


@pytest.fixture
def crm_process(home: Path) -> Run:
    """The program in a process of its own: for languages, environments, signals."""

    def run(
        *argv: str, stdin: str | bytes = "", env: dict[str, str] | None = None, clean: bool = False
    ) -> Result:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        kept = {"PATH": os.environ["PATH"]} if clean else dict(os.environ)
        done = subprocess.run(
            [sys.executable, "-m", "crmcli", *argv],
            input=data,
            capture_output=True,
            env={**kept, **(env or {})},
            timeout=120,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


#: What a fixture built → a copy of the home it was built in.
_BUILT: dict[str, Path] = {}


@pytest.fixture
def once(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Build what many tests begin with where that was not done yet, and put down a copy of it where it was.

    Everything the builder leaves must be in the home: files, nothing that is set.
    """

    def begin_with(build: Callable[[], object]) -> None:
        name = f"{build.__module__}.{build.__qualname__}"
        if name in _BUILT:
            shutil.copytree(_BUILT[name], home, dirs_exist_ok=True)
            return
        build()
        _BUILT[name] = Path(shutil.copytree(home, tmp_path_factory.mktemp("built") / "home"))

    return begin_with


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the test's database is or will be."""
    return tmp_path / "crm.db"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("CRMCLI_SHARED", PROJECT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data (../shared/data) is not on this machine")
    return folder
