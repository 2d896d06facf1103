"""What is written is what is read back: every field of every entity, by real files."""

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crmcli.birthdays import FIRST_SOLAR, LAST_SOLAR, lunar_of, lunar_text
from crmcli.exchange.columns import plan_columns
from crmcli.exchange.fields import ENTITIES, FieldKind, FieldSpec
from crmcli.exchange.parse import parse
from crmcli.exchange.source import open_source
from crmcli.exchange.writing import as_file_rows, write_records

NASTY = [
    *(
        "007",
        "1e5",
        "TRUE",
        "+8613800138000",
        "=1+1",
        "NULL",
        "\\N",
        "#1",
        "sep=;",
        "'",
        ",",
        ";",
        "|",
        "-",
        "@x",
    ),
    *(
        "a\nb",
        "a\rb",
        "a\r\nb",
        "a\r",
        "a\tb",
        'say "x"',
        "\ufeff",
        "\u2028",
        "\x0b",
        "\x1a",
        "\x7f",
        "\u202e",
        "😀",
        "ＡＢＣ",
    ),
]


def texts() -> st.SearchStrategy[str]:
    plain = st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
    )
    mixed = st.lists(st.sampled_from(NASTY), min_size=1, max_size=3).map("".join)
    return (plain | mixed).map(str.strip).filter(bool)


def values(spec: FieldSpec) -> st.SearchStrategy[object]:
    kind = spec.kind
    if kind in {FieldKind.DAY, FieldKind.BIRTHDAY}:
        some: st.SearchStrategy[object] = st.dates().map(lambda day: day.isoformat())
    elif kind is FieldKind.TIME:
        some = st.times().map(lambda time: f"{time:%H:%M}")
    elif kind is FieldKind.AMOUNT:
        some = st.integers(-(10**15), 10**15)
    elif kind in {FieldKind.INTEGER, FieldKind.PERCENT}:
        some = st.integers(spec.minimum or 0, spec.maximum or 100)
    elif kind is FieldKind.DECIMAL:
        some = st.decimals(-(10**9), 10**9, places=4).map(float)
    elif kind is FieldKind.FLAG:
        some = st.integers(0, 1)
    elif kind is FieldKind.CODES and spec.vocabulary:
        codes = spec.vocabulary.codes
        chosen = st.sets(st.sampled_from(codes), min_size=1)
        some = chosen.map(lambda found: ",".join(code for code in codes if code in found))
    elif kind is FieldKind.CODE and spec.vocabulary:
        some = st.sampled_from(spec.vocabulary.codes)
    elif kind is FieldKind.CURRENCY:
        return st.sampled_from(["CNY", "USD", "JPY", "BHD", "XAU"])
    elif kind is FieldKind.INSTANT:
        some = st.datetimes().map(lambda moment: f"{moment.year:04}" + moment.strftime("-%m-%dT%H:%M:%S.%fZ"))
    else:
        some = texts()
    return some if spec.required else st.none() | some


def read_back(entity: str, file: Path) -> list[tuple[object, ...]]:
    with open_source(str(file)) as source:
        plan = plan_columns(entity, source.header)
        assert plan.names == tuple(spec.name for spec in ENTITIES[entity])
        chunks = list(parse(source, plan, currency="CNY"))
    assert [row.faults for chunk in chunks for row in chunk.faults] == []
    return [row for chunk in chunks for row in chunk.rows]


@pytest.mark.parametrize("entity", ENTITIES)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_records_survive_a_csv_file(tmp_path: Path, entity: str, data: st.DataObject) -> None:
    specs = ENTITIES[entity]
    record = st.tuples(*(values(spec) for spec in specs)).filter(any)
    rows = data.draw(st.lists(record, min_size=1, max_size=5))
    file = tmp_path / "file.csv"
    names = [spec.name for spec in specs]
    with file.open("w", encoding="utf-8", newline="") as stream:
        write_records(stream, "csv", names, as_file_rows(entity, names, rows, "CNY", reveal=True))  # type: ignore[arg-type]
    assert read_back(entity, file) == [_lunar_told(dict(zip(names, row, strict=True))) for row in rows]


def _lunar_told(record: dict[str, object]) -> tuple[object, ...]:
    """A day of birth under the lunar calendar is in a file as its lunar date, where the calendar reaches so far."""
    if record.get("birthday") and record.get("birthday_calendar") == "lunar":
        born = date.fromisoformat(str(record["birthday"]))
        if FIRST_SOLAR <= born <= LAST_SOLAR:
            record = {**record, "birthday": lunar_text(lunar_of(born))}
    return tuple(record.values())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts())
@example("\r")
@example("a\rb")
@example("\ufeffx")
def test_text_survives_byte_for_byte(tmp_path: Path, text: str) -> None:
    file = tmp_path / "file.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        write_records(stream, "csv", ["notes", "name"], [[text, "x"], ["y", text]])
    with open_source(str(file)) as source:
        assert [cells for _line, cells in source.rows()] == [[text, "x"], ["y", text]]


@settings(max_examples=300, deadline=None)
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_no_exponent_and_loses_nothing(number: float) -> None:
    stream = io.StringIO(newline="")
    write_records(stream, "csv", ["n"], [[number]])
    text = stream.getvalue().split("\n")[1]
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert float(Decimal(text)) == number
