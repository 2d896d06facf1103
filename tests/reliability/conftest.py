"""Fixtures of the reliability tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reliability.support import Nursery


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Begins commands in processes of their own, without the second that importing takes."""
    found = Nursery(tmp_path_factory.mktemp("nursery"))
    yield found
    found.close()


@pytest.fixture
def as_cron(home: Path) -> dict[str, str]:
    """The poor environment of a cron job: `env -i` with a home and a path."""
    return {"HOME": str(home / "home"), "PATH": os.environ["PATH"]}
