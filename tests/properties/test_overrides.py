"""Whatever was pinned and taken off in whatever order: on each day the last command up to that day decides.

The oracle knows only the commands. The program stores dated rows, and is asked through its list and its runs.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmcli.store.light import reading
from crmcli.store.reads.overrides import overrides, overrides_of_run
from crmcli.workflows.classify import classify
from crmcli.workflows.override import pin, unpin
from crmcli.workflows.record import add
from crmcli.workflows.rule_folder import rules_folder

START = date(2026, 3, 1)
DAYS = 8
Command = tuple[
    int, str | None, int | None
]  #: the day; the grade, None to unpin; how many days on is the last, None: no end

commands = st.lists(
    st.tuples(st.integers(0, DAYS), st.sampled_from([None, "A", "B"]), st.none() | st.integers(0, 4)),
    min_size=1,
    max_size=6,
)


def expected(done: list[Command], day: int) -> str | None:
    before = [each for each in done if each[0] <= day]
    if not before:
        return None
    on, grade, days = before[-1]
    return grade if days is None or day <= on + days else None


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_TODAY", START.isoformat())
        patch.setenv("CRM_HOME", str(folder))
        add(folder / "crm.db", "customer", {"name": "N"})
    return folder / "crm.db"


@given(done=commands)
@example(done=[(0, "A", None), (1, None, None), (0, "A", None)]).via(
    "the clock goes back, and the pin is set again"
)
@settings(max_examples=25, deadline=None)
def test_the_last_command_up_to_a_day_decides(
    done: list[Command], blank: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = tmp_path_factory.mktemp("pins") / "crm.db"
    shutil.copy(blank, database)
    with pytest.MonkeyPatch.context() as patch:
        for on, grade, days in done:
            today = START + timedelta(days=on)
            patch.setenv("CRM_TODAY", today.isoformat())
            if grade is None:
                unpin(database, "N", ["grade"])
            else:
                until = None if days is None else (today + timedelta(days=days)).isoformat()
                pin(database, rules_folder(), "N", {"grade": grade}, "x", until)
        patch.setenv("CRM_TODAY", (START + timedelta(days=2 * DAYS)).isoformat())
        middle = START + timedelta(days=DAYS // 2)
        run = classify(database, rules_folder(), as_of=middle).outcomes[0].run
    with reading(database) as connection:
        for day in range(2 * DAYS):
            found = overrides(connection, (START + timedelta(days=day)).isoformat())
            assert [line.value for line in found] == [grade for grade in [expected(done, day)] if grade], day
        kept = overrides_of_run(connection, run.id, 1)
        assert [line.value for line in kept] == [grade for grade in [expected(done, DAYS // 2)] if grade]
