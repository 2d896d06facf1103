"""The order of the house holds, and the wheel that users get has everything in it."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import PROJECT

WANTED = [
    "crmcli/py.typed",
    *(f"crmcli/rules/shipped/{file.name}" for file in sorted((PROJECT / "rules").glob("*.yaml"))),
    "crmcli/locale/zh_CN/LC_MESSAGES/crmcli.mo",
    *(str(file.relative_to(PROJECT / "src")) for file in sorted((PROJECT / "src/crmcli").rglob("*.sql"))),
    *(
        str(file.relative_to(PROJECT / "src"))
        for file in sorted((PROJECT / "src/crmcli/store/migrations").rglob("*.py"))
    ),
    *(str(file.relative_to(PROJECT / "src")) for file in sorted((PROJECT / "src/crmcli").rglob("*.csv"))),
]


def test_layers() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_source_has_what_the_wheel_should_have() -> None:
    assert sum(name.endswith(".sql") for name in WANTED) > 20
    assert sum(name.endswith(".csv") for name in WANTED) >= 5  # the demo's samples
    assert sum("/shipped/" in name for name in WANTED) == 6


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="building without a network needs hatchling in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        ".",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(folder),
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_everything(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert [name for name in WANTED if name not in names] == []
    assert [name for name in names if name.startswith("tests/") or name.endswith(".pyc")] == []


@pytest.mark.slow
def test_the_wheel_runs(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own that borrows only the dependencies from this one."""
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(here) + "\n", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CRM_HOME": str(tmp_path),
        "CRM_LANG": "zh_CN",
        "CRM_TODAY": "2026-11-20",
    }
    program = tmp_path / "venv" / "bin" / "python"

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, "-m", "crmcli", *argv],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    asked = subprocess.run(
        [program, "-c", "import crmcli; print(crmcli.__file__)"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.strip() == str(site / "crmcli" / "__init__.py")
    assert run("--version").stdout.startswith("crm ")
    checked = run("rules", "check")
    assert checked.returncode == 0, checked.stderr
    assert str(site / "crmcli" / "rules" / "shipped") in checked.stderr
    assert run("add", "张三").returncode == 0
    assert run("agenda", "--format", "ids").stdout == "1\n"
    assert "客户" in run("--help").stdout
