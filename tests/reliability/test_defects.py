"""Proves Z8: a defect in this program is one line with a place, and never a traceback or anybody's name."""

from pathlib import Path

import pytest

from conftest import Run
from crmcli.workflows import record

SECRETS = ("张三", "13800138000", "zhang@example.com")


@pytest.mark.parametrize(
    "kind", [RuntimeError, ValueError, KeyError, AssertionError, TypeError, RecursionError]
)
def test_a_defect_tells_its_place_and_no_data(
    crm: Run, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise kind(" ".join(SECRETS))

    monkeypatch.setattr(record, "add", broken)
    status, out, err = crm("add", "张三", "--phone", "13800138000", "--email", "zhang@example.com")
    assert (status, out) == (70, "")
    first, hint = err.splitlines()
    assert first.startswith("crm: error[bug]: test_defects.py:")
    assert first.endswith(f": a defect in crm: {kind.__name__}")
    assert "CRM_DEBUG=1" in hint
    assert not [secret for secret in SECRETS if secret in err]


def test_a_defect_inside_the_transaction_changes_nothing(
    crm: Run, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> str:
        raise LookupError("张三")

    assert crm("add", "李四").status == 0
    before = database.read_bytes()
    monkeypatch.setattr(record, "_title", broken)  # it is called after the row was inserted
    status, _out, err = crm("add", "张三")
    assert status == 70
    assert "张三" not in err
    assert database.read_bytes() == before


def test_a_broken_constraint_does_not_show_the_values(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's own message about a row; SQLAlchemy's would show every parameter."""
    monkeypatch.setattr(record, "_refuse_taken", lambda *_arguments: None)
    assert crm("add", "张三", "--external-id", "X1").status == 0
    status, _out, err = crm("add", "李四", "--external-id", "X1", "--phone", "13800138000")
    assert status == 74
    assert "UNIQUE constraint failed: customers.external_id" in err
    assert "13800138000" not in err
    assert "李四" not in err


def test_the_debug_switch_shows_the_traceback(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_DEBUG", "1")
    monkeypatch.setattr(record, "add", lambda *_arguments: 1 / 0)
    status, _out, err = crm("add", "张三")
    assert status == 70
    assert "Traceback" in err
    assert "ZeroDivisionError" in err
