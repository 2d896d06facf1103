"""Templates: keeping them, filling them for customers, and what goes where."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Once, Run
from crmcli.workflows.placeholders import fill, missing, parts, places
from crmcli.workflows.templates import shipped

SHIPPED = [f"{occasion}-{ending}" for occasion in ("after-sales", "birthday", "holiday", "promotion") for ending in ("en", "zh")]  # fmt: skip


@pytest.fixture
def people(once: Once, crm: Run) -> None:

    @once
    def _built() -> None:
        crm(
            "add",
            "张三",
            "--gender",
            "男",
            "--email",
            "a+b&c@example.com",
            "--tags",
            "vip",
            "--title",
            "经理",
        )
        crm("add", "Ann Lee", "--gender", "f", "--company", "Lee & Co", "--tags", "vip")
        crm("add", "远山贸易", "--kind", "organization")
        crm("contact", "add", "远山贸易", "李雷", "--email", "li@example.com", "--primary")


@pytest.fixture
def consent(database: Path) -> Callable[..., None]:
    """Note what a customer wants, straight in the file."""

    def note(customer: int, *, do_not_contact: int = 0, refused: str | None = None) -> None:
        connection = sqlite3.connect(database)
        with connection:
            connection.execute(
                "UPDATE customers SET do_not_contact = ?, refused_channels = ? WHERE id = ?",
                (do_not_contact, refused, customer),
            )
        connection.close()

    return note


def test_those_that_come_with_the_program_are_there_before_any_database(crm: Run, database: Path) -> None:
    lines = crm("template", "list").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == SHIPPED
    assert {line.split("\t")[3] for line in lines} == {"shipped"}
    assert not database.exists()
    assert crm("template", "show", "birthday").out.startswith("name\tbirthday-en\n")


@pytest.mark.usefixtures("people")
def test_those_that_come_with_the_program_can_be_filled(crm: Run) -> None:
    crm("product", "add", "GTX")
    crm("sell", "张三", "100", "--product", "GTX", "--on", "2026-10-05")
    given = ["--set", "holiday=春节", "--set", "offer=8 折", "--set", "salesperson=李明"]
    for name in SHIPPED:
        result = crm("template", "merge", name, "张三", *given)
        assert (result.status, result.err) == (0, "")
        assert "张三" in result.out
        assert "{" not in result.out
        assert result.out.endswith("李明\n")


@pytest.mark.parametrize("template", shipped(), ids=lambda template: template.name)
def test_what_comes_with_the_program_is_in_order(template: object) -> None:
    from crmcli.vocabulary import CHANNEL, OCCASION

    _name, occasion, channel, subject, body, _shipped = template  # type: ignore[misc]
    assert occasion in OCCASION.codes
    assert channel in CHANNEL.codes
    assert (channel == "email") == bool(subject)
    assert parts(subject or "", "subject")[1] == parts(body, "body")[1] == ()


def test_keeping_changing_and_deleting(crm: Run) -> None:
    added = crm("template", "add", "thanks", "--channel", "微信", "--text", "{name}，谢谢！")
    assert (added.status, added.out) == (0, "added template thanks\n")
    edited = crm(
        "template", "edit", "thanks", "--occasion", "other", "--text", "-", stdin="{name}：\n\n感谢\n"
    )
    assert edited.out == "edited template thanks: body\n  body: {name}，谢谢！ → {name}：⏎⏎感谢\n"
    assert crm("template", "edit", "thanks", "--channel", "wechat").out == "nothing to do: it already is so\n"
    assert crm("template", "delete", "thanks").out == "deleted template thanks\n"
    crm("undo")
    found = json.loads(crm("template", "show", "thanks", "--format", "json").out)
    assert found == {
        "name": "thanks", "occasion": "other", "channel": "wechat", "origin": "own", "subject": None, "text": "{name}：\n\n感谢",
    }  # fmt: skip


def test_a_text_from_a_file_in_the_encoding_of_excel(crm: Run, home: Path) -> None:
    (home / "text.txt").write_bytes("{name}，您好！感谢您的支持。\r\n".encode("gb18030"))
    assert crm("template", "add", "thanks", "--file", "text.txt").status == 0
    assert "text\t{name}，您好！感谢您的支持。\n" in crm("template", "show", "thanks").out


def test_one_of_your_own_takes_the_place_of_a_shipped_one(crm: Run) -> None:
    before = crm("template", "show", "birthday-en").out
    assert crm("template", "edit", "birthday-en", "--subject", "Hooray").status == 0
    assert "origin\town\nsubject\tHooray\n" in crm("template", "show", "birthday").out
    assert len(crm("template", "list").out.splitlines()) == len(SHIPPED)
    assert "in force again" in crm("template", "delete", "birthday-en").out
    assert crm("template", "show", "birthday-en").out == before
    refused = crm("template", "delete", "birthday-en")
    assert (refused.status, refused.out) == (1, "")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--text", "{nmae}"], 65, "body:1: no place is called 'nmae'\nhint: did you mean {name}?"),
        (["--text", "a\n}"], 65, "body:2: a single }"),
        (["--text", "{name"], 65, "body:1: a single {"),
        (["--text", "{}"], 65, "no place is called ''"),
        (
            ["--text", "x", "--subject", "{zzz}"],
            65,
            "subject:1: no place is called 'zzz'\nhint: known: name, ",
        ),
        (["--text", " "], 65, "body: must not be empty"),
        (["--text", "x", "--occasion", "moon"], 65, "occasion: 'moon' is not one of"),
        (["--text", "x", "--channel", "owl"], 65, "channel: 'owl' is not one of"),
        (["--text", "x", "--file", "y"], 2, "--text and --file"),
        ([], 2, "a template needs a text"),
        (["--file", "none.txt"], 1, "no such file"),
        (["--file", "."], 2, "hint: give a text file in UTF-8"),
    ],
)
def test_what_cannot_be_used_is_not_kept(options: list[str], status: int, said: str, crm: Run) -> None:
    result = crm("template", "add", "thanks", *options)
    assert (result.status, result.out) == (status, "")
    assert said in result.err
    assert crm("template", "show", "thanks").status == 1


def test_names_are_taken_once(crm: Run) -> None:
    crm("template", "add", "a", "--text", "x")
    crm("template", "add", "b", "--text", "x")
    for command in (["add", "a", "--text", "y"], ["edit", "b", "--name", "a"]):
        result = crm("template", *command)
        assert (result.status, "there is a template a already" in result.err) == (65, True)
    assert "did you mean birthday-en" in crm("template", "show", "birthday-e").err


@pytest.mark.usefixtures("people")
def test_facts_of_customers(crm: Run) -> None:
    crm("log", "phone", "张三", "--on", "2026-11-05")
    crm("log", "phone", "张三", "--outcome", "no_answer")
    text = "{name}|{honorific|-}|{contact}|{title|-}|{company|-}|{last_contact|-}|{date}|{{}}"
    crm("template", "add", "en", "--text", text)
    crm("template", "add", "zh", "--text", text + "好")
    result = crm("template", "merge", "en", "张三", "Ann", "远山贸易")
    assert result.out.split("\n---\n\n") == [
        "张三|Mr.|张三|经理|-|5 November 2026|20 November 2026|{}\n",
        "Ann Lee|Ms.|Ann Lee|-|Lee & Co|-|20 November 2026|{}\n",
        "远山贸易|-|李雷|-|远山贸易|-|20 November 2026|{}\n",
    ]
    assert (
        crm("template", "merge", "zh", "张三").out
        == "张三|先生|张三|经理|-|2026年11月5日|2026年11月20日|{}好\n"
    )


@pytest.mark.usefixtures("people")
def test_a_missing_value_names_the_customer_and_prints_nothing(crm: Run) -> None:
    crm("template", "add", "t", "--text", "{title} {company}")
    result = crm("template", "merge", "t", "Ann", "张三", "远山贸易", "--log", "--channel", "sms")
    assert (result.status, result.out) == (65, "")
    assert result.err == (
        "crm: error[data]: 3 customers lack values\n"
        "hint: give it with --set title=…, or write {title|…} in the template\n"
        "#2 Ann Lee has no value for title\n#1 张三 has no value for company\n#3 远山贸易 has no value for title\n"
    )
    assert crm("interaction", "list").out == ""


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("ways", "stdin", "names"),
    [
        (["--tag", "vip"], "", ["张三", "Ann Lee"]),
        (["--ids", "-"], "#3\n\n1\n3\n", ["远山贸易", "张三"]),
        (["Ann", "#2", "张三"], "", ["Ann Lee", "张三"]),
    ],
)
def test_who_is_meant(ways: list[str], stdin: str, names: list[str], crm: Run) -> None:
    crm("template", "add", "t", "--text", "{name}")
    result = crm("template", "merge", "t", *ways, "--format", "json", stdin=stdin)
    assert [each["text"] for each in json.loads(result.out)] == names


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("ways", "stdin", "status"),
    [
        ([], "", 2),
        (["张三", "--tag", "vip"], "", 2),
        (["--ids", "-"], "张三\n", 2),
        (["--ids", "-"], "99\n", 1),
        (["--tag", "nobody"], "", 1),
        (["nobody"], "", 1),
        (["张三", "--set", "weather=fine"], "", 2),
        (["张三", "--set", "name"], "", 2),
        (["张三", "--mailto", "--dir", "x"], "", 2),
        (["张三", "--channel", "owl"], "", 2),
        (["张三", "--log"], "", 2),  # neither the template nor the command line says how
    ],
)
def test_who_or_what_is_not_clear(ways: list[str], stdin: str, status: int, crm: Run, home: Path) -> None:
    crm("template", "add", "t", "--text", "{name}")
    result = crm("template", "merge", "t", *ways, stdin=stdin)
    assert (result.status, result.out) == (status, "")
    assert result.err
    assert not (home / "x").exists()


@pytest.mark.usefixtures("people")
def test_whoever_does_not_want_it_is_left_out(crm: Run, consent: Callable[..., None]) -> None:
    crm("template", "add", "t", "--text", "{name}", "--channel", "wechat")
    consent(1, do_not_contact=1)
    consent(2, refused="sms,wechat")
    crm("customer", "archive", "3")
    result = crm("template", "merge", "t", "#1", "#2", "#3", "--log")
    assert (result.status, result.out) == (1, "")
    assert result.err.splitlines() == [
        "left out: #1 张三: does not want to be contacted",
        "left out: #2 Ann Lee: does not want WeChat",
        "left out: #3 远山贸易: archived",
    ]
    assert crm("interaction", "list").out == ""
    result = crm("template", "merge", "t", "#1", "#2", "--channel", "phone")
    assert (result.status, result.out) == (0, "Ann Lee\n")


@pytest.mark.usefixtures("people")
def test_links_for_a_mail_program(crm: Run, consent: Callable[..., None]) -> None:
    crm("template", "add", "t", "--subject", "Hi {name} & co?", "--text", "{name}：\n50 % off + more #1")
    result = crm("template", "merge", "t", "#1", "#2", "#3", "--mailto")
    assert (result.status, result.err) == (3, "left out: #2 Ann Lee: no e-mail address\n")
    first, second = result.out.splitlines()
    link = urlsplit(first)
    assert (link.scheme, unquote(link.path)) == ("mailto", "a+b&c@example.com")
    assert link.path == "a%2Bb%26c@example.com"
    assert first.isascii()
    assert parse_qs(link.query) == {"subject": ["Hi 张三 & co?"], "body": ["张三：\r\n50 % off + more #1"]}
    assert second.startswith("mailto:li@example.com?")
    consent(1, refused="email")
    result = crm("template", "merge", "t", "#1", "--mailto")
    assert (result.status, result.out) == (1, "")


@pytest.mark.usefixtures("people")
def test_a_file_for_each(crm: Run, home: Path) -> None:
    crm("add", "../../etc/a b\n*?", "--tags", "odd")
    crm("template", "add", "t", "--text", "{name}", "--subject", "s {name}")
    result = crm("template", "merge", "t", "#1", "#4", "--dir", "letters")
    assert (result.status, result.err) == (0, "2 files written\n")
    names = sorted(path.name for path in (home / "letters").iterdir())
    assert names == ["1-张三.txt", "4-etc_a_b.txt"]
    assert result.out.splitlines() == [f"letters/{name}" for name in names]
    assert (home / "letters" / names[0]).read_text(encoding="utf-8") == "Subject: s 张三\n\n张三\n"
    assert {(home / "letters" / name).stat().st_mode & 0o777 for name in names} == {0o600}
    again = crm("template", "merge", "t", "#1", "#2", "--dir", "letters", "--log", "--channel", "email")
    assert (again.status, again.out) == (1, "")
    assert sorted(path.name for path in (home / "letters").iterdir()) == names  # nothing new either
    assert crm("interaction", "list").out == ""
    assert crm("template", "merge", "t", "#1", "#2", "--dir", "letters", "--force").status == 0


@pytest.mark.usefixtures("people")
def test_it_is_logged_only_when_told(crm: Run) -> None:
    crm("customer", "edit", "张三", "--next", "2026-11-19")
    crm("template", "add", "t", "--text", "{name}好\n第二行", "--channel", "wechat", "--occasion", "节日")
    crm("template", "merge", "t", "--tag", "vip")
    assert crm("interaction", "list").out == ""
    result = crm("template", "merge", "t", "--tag", "vip", "--log")
    assert (result.status, result.err) == (0, "logged WeChat with 2 customers: template t\n")
    assert crm("interaction", "list").out.splitlines() == [
        "2\t2026-11-20\tAnn Lee\twechat\tleft_message\tAnn Lee好\t",
        "1\t2026-11-20\t张三\twechat\tleft_message\t张三好\t",
    ]
    assert "2026-11-19" in crm("show", "张三").out  # a message that was left does not meet an appointment
    crm("undo")
    assert crm("interaction", "list").out == ""


def test_what_a_text_holds_cannot_act_on_a_terminal(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from crmcli.render.letters import show_texts

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    crm("add", "Evil \x1b[2J")
    crm("template", "add", "t", "--text", "a\n{name}")
    assert crm("template", "merge", "t", "#1").out == "a\nEvil \x1b[2J\n"  # a file gets what is stored
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    show_texts(["a\nEvil \x1b[2J\n"])
    assert screen.getvalue() == "a\nEvil ␛[2J\n"


def test_it_works_without_a_locale(crm_process: Run, database: Path, home: Path) -> None:
    kept = {"CRM_DB": str(database), "CRM_HOME": str(home)}
    crm_process("add", "张三", env=kept, clean=True)
    result = crm_process("template", "merge", "birthday-zh", "张三", env=kept, clean=True)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("尊敬的张三：\n")


@given(st.text(), st.text(), st.text())
def test_brackets_and_values_stay_what_they_are(before: str, after: str, value: str) -> None:
    def bare(text: str) -> str:
        return text.replace("{", "{{").replace("}", "}}")

    pieces, faults = parts(f"{bare(before)}{{name}}{bare(after)}", "body")
    assert faults == ()
    assert fill(pieces, {"name": value}) == before + value + after
    assert tuple(missing(pieces, {"name": value})) == (() if value else ("name",))


@given(st.text(alphabet="{}|nameé \n", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    pieces, faults = parts(text, "body")
    assert {part.place for part in pieces} <= {None, *places()}
    if "{" not in text and "}" not in text:
        assert fill(pieces, {}) == text
        assert faults == ()
