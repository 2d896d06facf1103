"""Custom fields of customers: by hand, in files, in lists, in the rules; and undo of each."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, Once, Run

Do = Callable[..., str]
Read = Callable[..., Any]


@pytest.fixture
def read(do: Do) -> Read:
    return lambda *argv: json.loads(do(*argv, "--format", "json"))


@pytest.fixture
def fields(once: Once, do: Do) -> None:
    """One field of each kind."""

    @once
    def _built() -> None:
        do("field", "add", "nickname", "--type", "text")
        do("field", "add", "fit", "--type", "number", "--label", "契合度")
        do("field", "add", "contract_end", "--type", "日期", "--label", "合同到期")
        do("field", "add", "shirt", "--type", "choice", "--choices", "s，m、L, 特大")


def custom(read: Read, which: str) -> Any:
    return read("show", which)["custom"]


NOTHING = {"nickname": None, "fit": None, "contract_end": None, "shirt": None}


@pytest.mark.usefixtures("fields")
def test_a_field_is_listed_with_how_many_have_a_value(do: Do, read: Read) -> None:
    do("add", "张三", "--set", "fit=1")
    do("add", "李四", "--set", "fit=2", "--set", "shirt=s")
    do("customer", "archive", "李四")
    assert [
        (f["name"], f["label"], f["type"], f["choices"], f["customers"]) for f in read("field", "list")
    ] == [
        ("nickname", None, "text", None, 0),
        ("fit", "契合度", "number", None, 2),
        ("contract_end", "合同到期", "date", None, 0),
        ("shirt", None, "choice", "s,m,L,特大", 1),
    ]
    assert do("field", "list", "--format", "ids").split() == ["nickname", "fit", "contract_end", "shirt"]


@pytest.mark.usefixtures("fields")
def test_values_are_set_changed_and_emptied(crm: Run, do: Do, read: Read) -> None:
    done = crm(
        "add",
        "张三",
        "--set",
        "nickname= Old Bear=熊 ",
        "--set",
        "契合度=1,234.50",
        "--set",
        "Contract-End=+30d",
        "--set",
        "shirt=l",
    )
    assert done.status == 0
    assert done.err == "contract_end: 2026-12-20 Sun\n"
    assert custom(read, "张三") == {
        "nickname": "Old Bear=熊",
        "fit": 1234.5,
        "contract_end": "2026-12-20",
        "shirt": "L",
    }
    said = do("customer", "edit", "张三", "--set", "fit=2.0", "--set", "nickname=", "--company", "X")
    assert said.splitlines() == [
        "edited customer #1 张三: company, fit, nickname", "  company: - → X", "  fit: 1234.5 → 2",
        "  nickname: Old Bear=熊 → -",
    ]  # fmt: skip
    assert (
        do("customer", "edit", "张三", "--set", "fit=2", "--set", "nickname=")
        == "nothing to do: it already is so\n"
    )
    do("undo")
    assert custom(read, "张三") == {
        "nickname": "Old Bear=熊",
        "fit": 1234.5,
        "contract_end": "2026-12-20",
        "shirt": "L",
    }
    do("undo")
    assert crm("show", "张三").status == 1


@pytest.mark.usefixtures("fields")
def test_a_number_is_shown_as_it_was_written(do: Do) -> None:
    do("add", "张三", "--set", "fit=0.000001")
    assert "契合度  0.000001\n" in do("show", "张三", "--format", "table")
    assert "  fit: 0.000001 → -1234567.125\n" in do("customer", "edit", "张三", "--set", "fit=-1234567.125")
    assert do("export", "customers").splitlines()[1].endswith(",-1234567.125,,")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("fit=nan", "fit: not a number: 'nan'"),
        ("fit=inf", "fit: not a number: 'inf'"),
        ("fit=1e400", "fit: not a number: '1e400'"),
        ("fit=12a", "fit: not a number: '12a'"),
        ("合同到期=2026-02-30", "合同到期: not a date: '2026-02-30'"),
        ("contract_end=soon", "contract_end: not clear which day: 'soon'"),
        ("shirt=xl", "shirt: unknown shirt: 'xl'"),
        ("nickname=a\0b", "nickname: holds a NUL character"),
        (f"nickname={'x' * 20_001}", "nickname: longer than 20000 characters"),
        ("shrt=m", "shrt: no custom field 'shrt'\nhint: did you mean shirt?"),
        ("合同=m", "合同: no custom field '合同'\nhint: did you mean 合同到期?"),
        ("=m", ": no custom field ''"),
        ("zzz=m", "zzz: no custom field 'zzz'\nhint: 'crm field list' shows them"),
    ],
)
@pytest.mark.usefixtures("fields")
def test_a_wrong_value_names_field_and_value(given: str, said: str, crm: Run, do: Do) -> None:
    do("add", "张三")
    for line in (["add", "李四"], ["customer", "edit", "张三"]):
        result = crm(*line, "--set", given)
        assert result.status == 65, result
        if given != "合同到期=2026-02-30":
            assert said.lstrip(": ") in result.err
        else:
            assert "2026-02-30" in result.err
    assert do("list", "--format", "ids") == "1\n"


@pytest.mark.usefixtures("fields")
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_half_done(crm: Run) -> None:
    result = crm("add", "张三", "--birthday", "x", "--set", "fit=x", "--set", "shirt=m", "--set", "shirt=s")
    assert result.status == 65
    assert "3 values cannot be used" in result.err
    assert "birthday: not a date: 'x'" in result.err
    assert "fit: not a number: 'x' (write 2 or 2.5)" in result.err
    assert "shirt: given twice" in result.err
    assert crm("list").status == 1
    assert crm("add", "张三", "--set", "fit").status == 2


def test_without_fields_there_is_a_hint(crm: Run, read: Read, do: Do) -> None:
    result = crm("add", "张三", "--set", "fit=1")
    assert (result.status, "'crm field add NAME' adds one" in result.err) == (65, True)
    do("add", "张三")
    assert custom(read, "张三") == {}
    assert crm("field", "list").status == 1


# --- names -----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "", " ", "1a", "_a", "A", "Shirt", "a b", "a-b", "a.b", "a]", 'a"', "a'", "a`", "a;--", "x) union select 1--",
    "x,y", "$.a", '$."a"', "a$", "a\\", "a/b", "a*", "a?", "a%", "a\0b", "a\nb", "a\tb", "尺码", "é", "a\u0301",
    "a\u200b", "a\u202eb", "\udcff", "a" * 41, "name", "phone", "company", "mobile", "wx", "uid", "first_name", "crm_line",
    "recency_days", "revenue", "tier", "score", "id", "custom", "email_address",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_name_that_is_none_or_taken_is_refused(name: str, crm: Run) -> None:
    result = crm("field", "add", "--type", "text", "--", name)
    assert result.status == 65, result
    assert result.err.startswith("crm: error[data]: NAME: ")
    assert "hint: " in result.err
    assert crm("field", "list").status == 1


@pytest.mark.parametrize(
    "text", [name for name in HOSTILE if name.strip() and not set(name) & {"\0", "\udcff"}], ids=ascii
)
@pytest.mark.usefixtures("fields")
def test_a_hostile_value_is_data(text: str, do: Do, read: Read, crm: Run) -> None:
    do("add", "张三", "--set", f"nickname={text}")
    assert custom(read, "张三")["nickname"] == text.strip()
    assert do("list", "--where", f"nickname={text}", "--format", "ids") == "1\n"
    assert crm("list", "--where", f"nickname={text}x").status == 1
    assert crm("list", "--where", f"{text}=1").status == 2
    assert crm("add", "李四", "--set", f"{text}=1").status == 65
    assert crm("field", "delete", "--yes", "--", text).status == 1
    assert len(read("field", "list")) == 4


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["tel9", "--label", "电话"], "--label: '电话' is a field of customers already: phone"),
        (["tel9", "--label", "E-Mail"], "--label: 'E-Mail' is a field of customers already: email"),
        (["days", "--label", "未联系天数"], "is a feature of the rules already: days_since_touch"),
        (["fit2", "--label", "契合度"], "--label: '契合度' is a custom field already: fit"),
        (["fit2", "--label", "Shirt"], "--label: 'Shirt' is a custom field already: shirt"),
        (["fit"], "NAME: 'fit' is a custom field already: fit"),
        (["con_tract_end"], "NAME: 'con_tract_end' is a custom field already: contract_end"),
        (["x", "--label", "a\nb"], "--label: not one line of at most 80 characters"),
        (["x", "--label", "a\u202eb"], "--label: not one line of at most 80 characters"),
        (["x", "--label", "x" * 81], "--label: not one line of at most 80 characters"),
        (["x", "--label", "--"], "--label: '--' has no letter or digit"),
        (["x", "--type", "bool"], "--type: 'bool' is not one of text, number, date, choice"),
        (["x", "--type", "choice"], "--choices: a choice needs its words"),
        (["x", "--choices", "a,b"], "--choices: only a choice has words"),
        (["x", "--type", "choice", "--choices", ", ,"], "--choices: a choice has 1 to 200 words, not 0"),
        (["x", "--type", "choice", "--choices", "a b,AB"], "--choices: 'a b' cannot be told from another choice"),
        (["x", "--type", "choice", "--choices", "a,a"], "--choices: 'a' cannot be told from another choice"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("fields")
def test_each_refusal_says_why(argv: list[str], said: str, crm: Run, read: Read) -> None:
    given = argv if "--type" in argv else [*argv, "--type", "text"]
    result = crm("field", "add", *given)
    assert result.status == 65
    assert said in result.err
    assert len(read("field", "list")) == 4


# --- deleting and undoing --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fields")
def test_a_field_with_values_is_deleted_only_with_yes_and_comes_back(crm: Run, do: Do, read: Read) -> None:
    do("add", "张三", "--set", "shirt=m", "--set", "fit=3")
    do("add", "李四", "--set", "shirt=s")
    do("add", "王五")
    refused = crm("field", "delete", "shirt")
    assert refused.status == 1
    assert "2 customers have a value of shirt" in refused.err
    assert custom(read, "李四")["shirt"] == "s"
    nobody = crm("field", "delete", "nickname")
    assert (nobody.status, "there is nobody to ask" in nobody.err) == (2, True)

    assert (
        do("field", "delete", "shirt", "--yes")
        == "deleted custom field shirt with the values of 2 customers\n"
    )
    assert custom(read, "张三") == {"nickname": None, "fit": 3, "contract_end": None}
    assert crm("list", "--where", "shirt=m").status == 2
    assert crm("field", "delete", "shirt", "--yes").status == 1
    do("undo")
    assert custom(read, "张三") == NOTHING | {"shirt": "m", "fit": 3}
    assert custom(read, "李四") == NOTHING | {"shirt": "s"}
    assert custom(read, "王五") == NOTHING
    assert do("list", "--where", "shirt=s", "--format", "ids") == "2\n"


def test_undo_never_leaves_a_value_without_its_field(crm: Run, do: Do, read: Read) -> None:
    do("field", "add", "fit", "--type", "number")  # 1
    do("add", "张三", "--set", "fit=1")  # 2
    refused = crm("undo", "1")
    assert refused.status == 1
    assert "张三 has a value of fit, and there would be no such field" in refused.err
    do("customer", "edit", "张三", "--set", "fit=")  # 3
    do("field", "delete", "fit", "--yes")  # 4
    refused = crm("undo", "3")
    assert refused.status == 1
    assert "there would be no such field" in refused.err
    do("undo", "4")
    do("undo", "3")
    assert custom(read, "张三") == {"fit": 1}
    do("undo", "2")
    do("undo", "1")
    assert crm("field", "list").status == 1


def test_a_deleted_field_does_not_come_back_over_a_new_one_of_its_name(crm: Run, do: Do, read: Read) -> None:
    do("field", "add", "fit", "--type", "number")
    do("field", "delete", "fit", "--yes")
    do("field", "add", "fit", "--type", "text")
    refused = crm("undo", "2")
    assert refused.status == 1, refused
    assert "a later record has taken what was unique: custom_fields.name" in refused.err
    assert [field["type"] for field in read("field", "list")] == ["text"]


# --- files -----------------------------------------------------------------------------------------------------------


def test_without_fields_the_export_is_what_it_was(do: Do) -> None:
    do("add", "张三", "--phone", "13800138000")
    header = do("export", "customers").splitlines()[0]
    assert header.endswith(",notes,created_at,archived_at")
    assert list(json.loads(do("export", "customers", "--format", "jsonl")))[-1] == "archived_at"


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.usefixtures("fields")
def test_what_is_exported_is_imported_unchanged(
    form: str, do: Do, read: Read, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do("add", "张三", "--set", 'nickname=a "b", c', "--set", "fit=-0.000001", "--set", "shirt=特大")
    do("add", "李四", "--set", "fit=123456789012345", "--set", "contract_end=2027-01-31")
    do("add", "王五")
    do("export", "customers", "-o", "customers.csv")
    assert do("import", "customers", "customers.csv") == (
        "customers: 3 read = 0 added + 0 updated + 3 unchanged + 0 skipped + 0 failed\n"
    )
    if form == "json":
        rows = json.loads(do("export", "customers", "--format", "json"))
        assert [row["fit"] for row in rows] == [-0.000001, 123456789012345, None]
        return
    content = Path("customers.csv").read_bytes()
    shown = [custom(read, str(number)) for number in (1, 2, 3)]
    monkeypatch.setenv("CRM_DB", str(home / "other.db"))
    for line in (
        ["nickname", "--type", "text"],
        ["fit", "--type", "number"],
        ["contract_end", "--type", "date"],
    ):
        do("field", "add", *line)
    do("field", "add", "shirt", "--type", "choice", "--choices", "s,m,L,特大")
    do("import", "customers", "customers.csv")
    assert [custom(read, str(number)) for number in (1, 2, 3)] == shown
    do("export", "customers", "-o", "again.csv")
    assert Path("again.csv").read_bytes() == content


@pytest.mark.usefixtures("fields")
def test_an_import_puts_its_values_beside_those_that_are_there(do: Do, read: Read) -> None:
    do("add", "张三", "--set", "shirt=m", "--set", "fit=1")
    file = Path("new.csv")
    file.write_text(
        "name,契合度,Contract End,Kleid,Nick\n张三,2.50,2027-01-31,,\n李四,,,S,=1+1\n王五,,,,\n",
        encoding="utf-8",
    )
    line = ("import", "customers", "new.csv", "--map", "Kleid=shirt", "--map", "Nick=nickname")
    assert do(*line) == "customers: 3 read = 2 added + 1 updated + 0 unchanged + 0 skipped + 0 failed\n"
    assert custom(read, "张三") == {"nickname": None, "fit": 2.5, "contract_end": "2027-01-31", "shirt": "m"}
    assert custom(read, "李四") == NOTHING | {"shirt": "s", "nickname": "=1+1"}
    assert custom(read, "王五") == NOTHING
    assert do(*line) == "customers: 3 read = 0 added + 0 updated + 3 unchanged + 0 skipped + 0 failed\n"
    do("undo")
    assert custom(read, "张三") == NOTHING | {"shirt": "m", "fit": 1}
    assert do("list", "--format", "ids") == "1\n"


@pytest.mark.usefixtures("fields")
def test_a_bad_cell_of_a_custom_field_is_a_fault_like_any_other(crm: Run, do: Do) -> None:
    Path("bad.csv").write_text("name,契合度,shirt\n张三,x,m\n李四,3,xl\n王五,4,s\n", encoding="utf-8")
    result = crm("import", "customers", "bad.csv")
    assert result.status == 65
    assert "bad.csv:2:契合度: not a number: 'x' (write 2 or 2.5)" in result.err
    assert "bad.csv:3:shirt: unknown shirt: 'xl'" in result.err
    assert crm("list").status == 1
    assert crm("import", "customers", "bad.csv", "--keep-going").status == 3
    assert do("list", "--where", "fit=4", "--format", "ids") == "1\n"
    two = Path("two.csv")
    two.write_text("name,fit,契合度\n张三,1,2\n", encoding="utf-8")
    assert "fit has 2 columns: 'fit', '契合度'" in crm("import", "customers", "two.csv").err
    Path("none.csv").write_text("name,fit\n张三,1\n", encoding="utf-8")
    assert crm("import", "contacts", "none.csv", "--set", "fit=1").status == 2  # they are fields of customers


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fields")
def test_a_list_is_filtered_exactly(crm: Run, do: Do) -> None:
    do("add", "A", "--set", "fit=2", "--set", "shirt=m", "--set", "contract_end=2026-12-20")
    do("add", "B", "--set", "fit=2.5", "--set", "shirt=m", "--set", "nickname=Mo")
    do("add", "C", "--set", "nickname=mo")
    do("add", "D", "--set", "fit=2", "--set", "shirt=s")

    def found(*where: str) -> str:
        options = [word for each in where for word in ("--where", each)]
        result = crm("list", *options, "--format", "ids")
        assert result.status == (0 if result.out else 1), result.err
        return result.out.replace("\n", "")

    assert found("fit=2.0") == "14"
    assert found("契合度=2", "shirt=M") == "1"
    assert found("contract_end=+30d") == "1"
    assert found("nickname=mo") == "3"
    assert found("nickname=m") == ""
    assert found("shirt=") == "3"
    assert found("fit=", "nickname=mo") == "3"
    assert crm("list", "A", "--where", "shirt=m", "--limit", "1", "--format", "ids").out == "1\n"
    assert "1 of 2 customers" in crm("list", "--where", "shirt=m", "--limit", "1").err
    for bad, said in {
        "fit=x": "--where fit: not a number",
        "sirt=m": "did you mean shirt?",
        "fit": "no = in",
    }.items():
        result = crm("list", "--where", bad)
        assert (result.status, said in result.err) == (2, True), result.err


# --- rules -----------------------------------------------------------------------------------------------------------

DECLARED = """features:
  shirt: {custom: shirt_size, type: choice, choices: [s, m, l], text: {en: shirt, zh: 尺码}}
  their_fit: {custom: fit, type: number, text: {en: fit, zh: 契合度}}
  ends: {custom: contract_end, type: date, text: {en: contract ends, zh: 合同到期}}
  nick: {custom: nickname, type: text, text: {en: nickname, zh: 昵称}}
"""
SCORE = """score: value
text: {en: value, zh: 价值}
indicators:
  - {feature: their_fit, weight: 50, missing: zero, scale: {linear: {from: 0, to: 10}}}
  - {feature: shirt, weight: 30, missing: zero, scale: {steps: {s: 0, m: 50, otherwise: 100}}}
  - {feature: their_fit, name: any_fit, weight: 20, missing: zero, scale: {bands: [{up_to: 0, points: 0}, {points: 100}]}}
policy: first
tiers:
  - {tier: high, at_least: 60, text: {en: high, zh: 高}}
  - {tier: medium, at_least: 30, text: {en: medium, zh: 中}}
  - {tier: low, text: {en: low, zh: 低}}
"""
SEGMENTS = """segments:
  renewal:
    text: {en: renewal, zh: 续约}
    policy: first
    rules:
      - segment: soon
        when: not missing(ends) and days_between('2026-11-20', ends) <= 30
        text: {en: soon, zh: 近}
      - {segment: named, when: "nick == 'Bear' or shirt in ['l']", text: {en: named, zh: 名}}
    otherwise: {segment: rest, text: {en: rest, zh: 其余}}
"""
PEOPLE: list[dict[str, Any]] = [
    {},
    {"fit": 10, "shirt_size": "l", "contract_end": "2026-12-20", "nickname": "Bear"},
    {"fit": 4, "shirt_size": "m", "contract_end": "2026-12-21"},
    {"fit": -3, "shirt_size": "s", "nickname": "Bear"},
    {"fit": 0.5},
    {"shirt_size": "l"},
    {"fit": 25, "contract_end": "2020-01-01"},
]


@pytest.fixture
def rules(home: Path) -> Path:
    """Rules in force that look at custom fields."""
    folder = home / "crm" / "rules"
    shutil.copytree(PROJECT / "rules", folder, ignore=shutil.ignore_patterns("presets"))
    features = folder / "features.yaml"
    features.write_text(
        features.read_text(encoding="utf-8").replace("features:\n", DECLARED, 1), encoding="utf-8"
    )
    (folder / "value.yaml").write_text(SCORE, encoding="utf-8")
    (folder / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
    return folder


def score(person: dict[str, Any]) -> float:
    fit, shirt = person.get("fit"), person.get("shirt_size")
    points = 0.0 if fit is None else 50 * min(max(fit / 10, 0), 1) + 20 * (fit > 0)
    return points + (0.0 if shirt is None else 30 * {"s": 0, "m": 0.5}.get(shirt, 1))


def segment(person: dict[str, Any]) -> str:
    if person.get("contract_end", "9") <= "2026-12-20":
        return "soon"
    return "named" if person.get("nickname") == "Bear" or person.get("shirt_size") == "l" else "rest"


@pytest.mark.usefixtures("rules")
def test_rules_over_custom_fields_agree_with_plain_python(do: Do, read: Read, database: Path) -> None:
    assert do("rules", "check") == ""
    do("field", "add", "fit", "--type", "number")
    do("field", "add", "contract_end", "--type", "date")
    do("field", "add", "nickname", "--type", "text")
    do("field", "add", "shirt_size", "--type", "choice", "--choices", "s,m,l,xl")
    for place, person in enumerate(PEOPLE):
        sets = [word for name, value in person.items() for word in ("--set", f"{name}={value}")]
        do("add", f"P{place}", *sets)
    do("classify")
    assert [row["score"] for row in read("list")] == [pytest.approx(score(person)) for person in PEOPLE]
    assert [row["tier"] for row in read("list")] == [
        "high" if score(p) >= 60 else "medium" if score(p) >= 30 else "low" for p in PEOPLE
    ]
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT segment FROM segments ORDER BY customer_id").fetchall()
    assert [row[0] for row in found] == [segment(person) for person in PEOPLE]
    terms = {term["indicator"]: term["raw"] for term in read("why", "P2")["indicators"]}
    assert terms["their_fit"] == 4
    do("customer", "edit", "P0", "--set", "fit=10", "--set", "shirt_size=xl")
    do("classify", "--force")
    assert read("list")[0]["score"] == 100
    do("rules", "diff", str(PROJECT / "rules"))


@pytest.mark.usefixtures("rules")
def test_rules_whose_fields_the_database_lacks_are_refused_with_the_command(crm: Run, do: Do) -> None:
    do("add", "张三")
    for line in (["classify"], ["classify", "--dry-run"], ["rules", "diff", str(PROJECT / "rules")]):
        result = crm(*line)
        assert result.status == 78
        assert "the rules look at custom field contract_end, which the database does not have" in result.err
        assert "crm field add shirt_size --type choice --choices s,m,l" in result.err
    do("field", "add", "fit", "--type", "text")
    do("field", "add", "contract_end", "--type", "date")
    do("field", "add", "nickname", "--type", "text")
    do("field", "add", "shirt_size", "--type", "choice", "--choices", "s,m")
    result = crm("classify")
    assert result.status == 78
    assert "custom field fit holds text, but the rules expect number" in result.err
    assert "custom field shirt_size has no choice l\nhint: its choices are: s, m" in result.err
    do("field", "delete", "fit", "--yes")
    do("field", "add", "fit", "--type", "number")
    result = crm("classify")
    assert (result.status, result.err.count("crm: error")) == (78, 1)
    do("field", "delete", "shirt_size", "--yes")
    do("field", "add", "shirt_size", "--type", "choice", "--choices", "l,m,s")
    do("classify")


def test_a_value_of_another_type_counts_as_unknown(rules: Path, do: Do, read: Read, database: Path) -> None:
    """Another program may have written it; the score stays a number."""
    for name, kind in {"fit": "number", "contract_end": "date", "nickname": "text"}.items():
        do("field", "add", name, "--type", kind)
    do("field", "add", "shirt_size", "--type", "choice", "--choices", "s,m,l")
    do("add", "张三")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("""UPDATE customers SET custom = '{"fit":"9","shirt_size":3}'""")
        connection.commit()
    do("classify")
    assert read("list")[0]["score"] == 0


def test_only_who_is_touched_stands_in_the_way_of_an_undo(crm: Run, database: Path) -> None:
    """A value without its field, however it came there, is no reason to keep another customer."""
    assert crm("add", "Zed").status == 0
    assert crm("add", "Kim").status == 0
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE customers SET custom = '{\"shop\":4}' WHERE name = 'Zed'")
        connection.commit()
    undone = crm("undo")
    assert (undone.status, undone.err) == (0, undone.err)
    assert crm("list", "Kim", "--format", "ids").out == ""


def test_fields_that_change_while_a_file_is_opened_stop_the_import(
    crm: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crmcli.workflows import custom

    assert crm("field", "add", "shop", "--type", "number").status == 0
    (home / "c.csv").write_text("name,shop\nZed,4\n", encoding="utf-8")
    read = custom.fields_of

    def then_somebody_deletes_it(database: Path) -> object:
        found = read(database)
        assert crm("field", "delete", "shop", "--yes").status == 0
        return found

    monkeypatch.setattr(custom, "fields_of", then_somebody_deletes_it)
    stopped = crm("import", "customers", str(home / "c.csv"))
    assert stopped.status == 75
    assert "the custom fields were changed" in stopped.err
    assert crm("list", "--format", "ids").out == ""


def test_what_is_no_date_is_unknown_to_rules(crm: Run, home: Path, database: Path) -> None:
    mine = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
    features = (mine / "features.yaml").read_text(encoding="utf-8")
    own = "features:\n  ends: {custom: ends, type: date, text: {en: e, zh: e}}\n"
    (mine / "features.yaml").write_text(features.replace("features:\n", own, 1), encoding="utf-8")
    grades = (mine / "grades.yaml").read_text(encoding="utf-8").partition("tests:")[0]
    old = "when: months_to_ready_close <= months.A"
    assert old in grades
    (mine / "grades.yaml").write_text(
        grades.replace(old, "when: months_between(ends, today) < 999999"), encoding="utf-8"
    )
    assert crm("field", "add", "ends", "--type", "date").status == 0
    assert crm("add", "Zed", "--set", "ends=2026-12-01").status == 0
    assert crm("add", "Kim").status == 0
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE customers SET custom = '{\"ends\":\"hello\"}' WHERE name = 'Kim'")
        connection.commit()
    done = crm("classify", "--as-of", "today", "--rules", str(mine))
    assert done.status == 0, done.err
    found = [json.loads(crm("why", name, "--format", "json").out)["grade"] for name in ("Zed", "Kim")]
    assert found == ["A", "D"]


def test_each_custom_field_is_undone_by_itself(do: Do, crm: Run, read: Read) -> None:
    for name in ("shops", "harvest", "gone"):
        do("field", "add", name, "--type", "text")
    do("add", "Zed", "--set", "gone=1")
    do("customer", "edit", "Zed", "--set", "shops=7")
    (first, *_others) = read("journal", "--limit", "1")
    do("field", "delete", "gone", "--yes")
    (deleted, *_others) = read("journal", "--limit", "1")
    do("customer", "edit", "Zed", "--set", "harvest=summer")
    do("undo", str(first["id"]))
    assert read("show", "Zed")["custom"] == {"harvest": "summer", "shops": None}
    do("undo", str(deleted["id"]))
    assert read("show", "Zed")["custom"] == {"harvest": "summer", "shops": None, "gone": "1"}
    do("customer", "edit", "Zed", "--set", "shops=8")
    (third, *_others) = read("journal", "--limit", "1")
    do("customer", "edit", "Zed", "--set", "shops=9")
    refused = crm("undo", str(third["id"]))
    assert refused.status == 1
    assert "'shops' was changed later, from 8 to 9" in refused.err
