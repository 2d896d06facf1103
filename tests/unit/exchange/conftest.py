import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project; a fresh clone does not have it."""
    folder = Path(os.environ.get("CRMCLI_SHARED") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set CRMCLI_SHARED)")
    return folder


@pytest.fixture(scope="session")
def data() -> Path:
    """Our own small files."""
    return ROOT / "tests" / "data"
