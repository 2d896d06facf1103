"""What recording does, told by what is in the database afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Run


def records(crm: Run, entity: str) -> list[dict[str, Any]]:
    return json.loads(crm("export", entity, "--format", "json").out)


def only(crm: Run, entity: str) -> dict[str, Any]:
    (record,) = records(crm, entity)
    return record


def done(crm: Run, *argv: str) -> str:
    result = crm(*argv)
    assert result.status == 0, result.err
    return result.out


def test_add_keeps_every_field(crm: Run) -> None:
    done(
        crm, "add", "  张三 ", "--kind", "个人", "--company", "远山贸易", "--title", "经理", "--gender", "女", "--birthday", "1980/2/3",
        "--birthday-calendar", "农历", "--phone", "138 0013 8000", "--email", " z@example.com ", "--wechat", "zs", "--region", "上海",
        "--address", "南京路 1 号", "--industry", "贸易", "--size", "小微", "--headcount", "12", "--source", "fair", "--tags", "a,b",
        "--needs", "x\ny", "--intent", "意向", "--next", "+3d", "--notes", "=1+1", "--external-id", "007",
    )  # fmt: skip
    found = only(crm, "customers")
    assert {key: value for key, value in found.items() if key not in {"uid", "created_at"}} == {
        "external_id": "007", "kind": "person", "name": "张三", "company": "远山贸易", "title": "经理", "gender": "female",
        "birthday": "lunar 1980-02-03", "birthday_calendar": "lunar", "id_number": None, "phone": "138 0013 8000", "email": "z@example.com",
        "wechat": "zs", "region": "上海", "address": "南京路 1 号", "industry": "贸易", "size": "micro_small", "headcount": 12,
        "source": "fair", "referred_by": None, "tags": "a,b", "needs": "x\ny", "intent_stage": "interested",
        "next_contact_on": "2026-11-23", "next_contact_time": None, "do_not_contact": 0, "refused_channels": None, "notes": "=1+1", "archived_at": None,
    }  # fmt: skip


def test_add_says_how_a_day_was_understood(crm: Run) -> None:
    assert crm("add", "张三", "--next", "tomorrow").err == "next_contact_on: 2026-11-21 Sat\n"
    assert crm("add", "李四", "--next", "2026-11-21").err == ""


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(crm: Run) -> None:
    done(crm, "add", "first")
    result = crm(
        "add", "X", "--email", "nope", "--birthday", "30/2/2000", "--headcount", "-3", "--gender", "robot"
    )
    assert result.status == 65
    assert [line.split(":")[0] for line in result.err.splitlines()[1:]] == [
        "birthday",
        "gender",
        "email",
        "headcount",
    ]
    assert [record["name"] for record in records(crm, "customers")] == ["first"]


def test_edit_changes_what_was_named_and_clears_with_an_empty_value(crm: Run) -> None:
    done(crm, "add", "张三", "--company", "远山", "--phone", "13800138000", "--notes", "keep")
    before = only(crm, "customers")
    done(crm, "customer", "edit", "张三", "--company", "", "--phone", "13900139000", "--name", "张叁")
    after = only(crm, "customers")
    changed = {key: after[key] for key in after if after[key] != before[key]}
    assert changed == {"name": "张叁", "company": None, "phone": "13900139000"}
    assert crm("show", "13900139000").status == 0
    assert crm("show", "13800138000").status == 1  # the old number finds nobody any more


def test_an_edit_that_changes_nothing_leaves_no_trace(crm: Run) -> None:
    done(crm, "add", "张三", "--region", "上海")
    result = crm("customer", "edit", "张三", "--region", "上海")
    assert (result.status, result.out) == (0, "nothing to do: it already is so\n")
    assert len(crm("journal", "--format", "ids").out.split()) == 1


def test_an_amount_is_edited_in_words_people_use(crm: Run) -> None:
    done(crm, "product", "add", "GTX Pro", "--price", "4821")
    assert done(crm, "product", "edit", "gtxpro", "--price", "¥4,999.50").splitlines()[1:] == [
        "  price: 4821.00 → 4999.50"
    ]


def test_a_currency_with_other_decimals_does_not_multiply_the_price(crm: Run) -> None:
    done(crm, "product", "add", "GTX Pro", "--price", "4821")
    result = crm("product", "edit", "gtxpro", "--currency", "JPY")
    assert (result.status, result.err.splitlines()[1]) == (65, "hint: give --price as well")
    done(crm, "product", "edit", "gtxpro", "--currency", "JPY", "--price", "100000")
    assert (only(crm, "products")["price"], only(crm, "products")["currency"]) == ("100000", "JPY")


def test_two_products_of_one_name_are_refused_however_they_are_spelled(crm: Run) -> None:
    done(crm, "product", "add", "GTX Pro")
    result = crm("product", "add", "gtx-pro")
    assert (result.status, result.err) == (65, "crm: error[data]: name: 'gtx-pro' is taken by #1 GTX Pro\n")


def test_archive_leaves_lists_and_agenda_and_comes_back(crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "add", "李四")
    assert done(crm, "customer", "archive", "张三") == "archived customer #1 张三\n"
    assert done(crm, "list", "--format", "ids") == "2\n"
    assert done(crm, "agenda", "--format", "ids") == "2\n"
    assert done(crm, "list", "--archived", "--format", "ids") == "1\n2\n"
    assert done(crm, "customer", "archive", "张三") == "nothing to do: it already is so\n"
    assert done(crm, "customer", "archive", "张三", "--back") == "brought back customer #1 张三\n"
    assert done(crm, "list", "--format", "ids") == "1\n2\n"


def test_delete_takes_everything_along_and_undo_brings_it_back(crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "log", "phone", "张三", "hello")
    done(crm, "sell", "张三", "10")
    done(crm, "opportunity", "add", "张三")
    done(crm, "contact", "add", "张三", "李雷")
    done(crm, "task", "add", "call", "--customer", "张三")
    entities = ("customers", "interactions", "transactions", "opportunities", "contacts")
    before = {entity: records(crm, entity) for entity in entities}
    done(crm, "customer", "delete", "张三", "--yes")
    assert all(records(crm, entity) == [] for entity in entities)
    assert done(crm, "task", "list", "--all", "--format", "ids") == ""
    done(crm, "undo")
    assert {entity: records(crm, entity) for entity in entities} == before
    assert done(crm, "task", "list", "--format", "ids") == "1\n"


def test_delete_asks_and_off_a_terminal_refuses_without_yes(crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "sell", "张三", "10")
    result = crm("customer", "delete", "张三")
    assert result.status != 0
    assert "--yes" in result.err
    assert len(records(crm, "customers")) == 1


def test_a_referrer_is_not_deleted_from_under_somebody(crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "add", "李四", "--referred-by", "张三")
    assert crm("customer", "delete", "张三", "--yes").status == 1
    done(crm, "customer", "edit", "李四", "--referred-by", "")
    done(crm, "customer", "delete", "张三", "--yes")


@pytest.mark.parametrize(
    "command",
    [
        ("customer", "edit", "张三", "--company", "x"),
        ("customer", "archive", "张三"),
        ("customer", "delete", "张三", "--yes"),
        ("log", "phone", "张三", "again", "--next", "+9d"),
        ("sell", "张三", "99"),
        ("opportunity", "move", "1", "won"),
        ("opportunity", "edit", "1", "--amount", "7"),
        ("contact", "add", "张三", "李雷"),
        ("task", "add", "x", "--customer", "张三"),
        ("task", "done", "1", "went well", "--next", "+2d"),
        ("product", "add", "Y"),
        ("add", "new one"),
    ],
)
def test_undo_restores_what_was_there(command: tuple[str, ...], crm: Run, database: Path) -> None:
    done(crm, "add", "张三", "--next", "2026-11-20")
    done(crm, "opportunity", "add", "张三", "--amount", "5")
    done(crm, "task", "add", "call", "--customer", "张三", "--due", "today")
    entities = ("customers", "contacts", "products", "interactions", "transactions", "opportunities")

    def everything() -> list[Any]:
        return [
            *(records(crm, entity) for entity in entities),
            crm("task", "list", "--all", "--format", "json").out,
        ]

    before = everything()
    done(crm, *command)
    assert everything() != before
    assert done(crm, "undo").startswith("undid #4: ")
    assert everything() == before


def test_undo_by_number_refuses_when_a_later_change_stands_in_the_way(crm: Run) -> None:
    done(crm, "add", "张三", "--region", "a")
    done(crm, "customer", "edit", "张三", "--region", "b")
    done(crm, "customer", "edit", "张三", "--region", "c")
    result = crm("undo", "2")
    assert result.status == 1
    assert "'region' was changed later, from b to c" in result.err
    done(crm, "undo")
    done(crm, "undo")
    assert only(crm, "customers")["region"] == "a"


@pytest.mark.parametrize(
    ("outcome", "cleared"),
    [
        ("connected", True),
        ("postponed", True),
        ("declined", True),
        ("no_answer", False),
        ("left_message", False),
    ],
)
def test_only_a_touch_that_got_through_settles_the_agreed_day(outcome: str, cleared: bool, crm: Run) -> None:
    done(crm, "add", "张三", "--next", "2026-11-19")
    done(crm, "log", "phone", "张三", "--outcome", outcome)
    assert only(crm, "customers")["next_contact_on"] == (None if cleared else "2026-11-19")


def test_an_agreed_day_in_the_future_outlives_a_touch_before_it(crm: Run) -> None:
    done(crm, "add", "张三", "--next", "2026-12-01")
    done(crm, "log", "phone", "张三")
    assert only(crm, "customers")["next_contact_on"] == "2026-12-01"
    done(crm, "log", "phone", "张三", "--next", "+1w")
    assert only(crm, "customers")["next_contact_on"] == "2026-11-27"


def test_log_keeps_what_was_said(crm: Run) -> None:
    done(crm, "add", "张三")
    done(
        crm, "log", "微信", "张三", "问了报价", "--outcome", "改期", "--minutes", "12", "--cost", "88.50", "--direction", "呼入", "--kind", "售后",
        "--on", "前天",
    )  # fmt: skip
    found = only(crm, "interactions")
    wanted = {
        "channel": "wechat", "outcome": "postponed", "minutes": 12, "cost": "88.50", "direction": "inbound", "kind": "service",
        "occurred_on": "2026-11-18", "summary": "问了报价",
    }  # fmt: skip
    assert {key: found[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1.2万", "12000.00"),
        ("¥1,280.50", "1280.50"),
        ("１２．５", "12.50"),
        ("0", "0.00"),
        ("-300", "-300.00"),
        ("(300)", "-300.00"),
    ],
)
def test_sell_understands_amounts(typed: str, stored: str, crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "sell", "张三", *(["--"] if typed.startswith("-") else []), typed)
    found = only(crm, "transactions")
    assert (found["amount"], found["kind"]) == (stored, "refund" if stored.startswith("-") else "sale")


def test_a_refund_is_a_negative_amount(crm: Run) -> None:
    done(crm, "add", "张三")
    assert done(crm, "sell", "张三", "300", "--refund") == "refunded 300.00 CNY to 张三 on 2026-11-20\n"
    assert only(crm, "transactions")["amount"] == "-300.00"


@pytest.mark.parametrize("named", ["GTX Pro", "GTXPro", "gtx-pro", "ＧＴＸ Pro", "GP-1", "gp-1", "#1"])
def test_a_product_is_found_however_it_is_spelled(named: str, crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "product", "add", "GTX Pro", "--code", "GP-1")
    done(crm, "sell", "张三", "1", "--product", named)
    assert only(crm, "transactions")["product"] == "GP-1"


def test_done_with_words_logs_the_contact(crm: Run) -> None:
    done(crm, "add", "张三", "--next", "2026-11-20")
    done(crm, "task", "add", "send the quote", "--customer", "张三", "--due", "today", "--channel", "email")
    done(crm, "task", "done", "1", "sent", "--next", "+5d", "--minutes", "3")
    touch = only(crm, "interactions")
    assert (touch["channel"], touch["summary"], touch["minutes"], touch["outcome"]) == (
        "email",
        "sent",
        3,
        "connected",
    )
    assert only(crm, "customers")["next_contact_on"] == "2026-11-25"
    assert crm("task", "list", "--format", "ids").out == ""
    assert crm("task", "done", "1").status == 1  # it was done


def test_done_without_words_logs_nothing(crm: Run) -> None:
    done(crm, "task", "add", "buy paper")
    done(crm, "task", "done", "1")
    assert records(crm, "interactions") == []
    assert "2026-11-20" in crm("task", "list", "--all").out


@pytest.mark.parametrize("stage", ["won", "lost"])
def test_won_and_lost_close_a_deal_and_back_to_open_clears_it(stage: str, crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "opportunity", "add", "张三", "--amount", "5")
    done(crm, "opportunity", "move", "1", stage, *(["--reason", "price"] if stage == "lost" else []))
    closed = only(crm, "opportunities")
    assert (closed["stage"], closed["closed_on"]) == (stage, "2026-11-20")
    assert closed["lost_reason"] == ("price" if stage == "lost" else None)
    assert crm("opportunity", "list", "--format", "ids").out == ""
    done(crm, "opportunity", "move", "1", "谈判")
    again = only(crm, "opportunities")
    assert (again["stage"], again["closed_on"], again["lost_reason"]) == ("negotiating", None, None)


def test_a_deal_that_is_added_as_won_was_closed_today(crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "opportunity", "add", "张三", "--stage", "won")
    assert only(crm, "opportunities")["closed_on"] == "2026-11-20"


def test_a_deal_is_closed_on_the_day_that_is_named(crm: Run) -> None:
    done(crm, "add", "张三")
    done(crm, "opportunity", "add", "张三")
    done(crm, "opportunity", "move", "1", "won", "--on", "2026-11-02")
    assert only(crm, "opportunities")["closed_on"] == "2026-11-02"


def test_a_contact_belongs_to_its_customer(crm: Run) -> None:
    done(crm, "add", "远山贸易", "--kind", "organization")
    done(crm, "contact", "add", "远山", "李雷", "--primary")
    done(crm, "contact", "edit", "1", "--not-primary", "--title", "采购")
    found = only(crm, "contacts")
    assert (found["name"], found["title"], found["is_primary"]) == ("李雷", "采购", 0)
    assert "李雷" in crm("show", "远山", "--format", "json").out


def test_ids_feed_the_next_command(crm: Run) -> None:
    for name in ("a", "b", "c"):
        done(crm, "add", name)
    for number in done(crm, "list", "--format", "ids").split():
        done(crm, "log", "email", f"#{number}")
    assert len(records(crm, "interactions")) == 3


def test_list_filters(crm: Run) -> None:
    done(crm, "add", "张三", "--tags", "vip, 老客户", "--phone", "13800138000")
    done(crm, "add", "李四", "--tags", "vip2", "--company", "三一")
    assert done(crm, "list", "--tag", "vip", "--format", "ids") == "1\n"
    assert done(crm, "list", "--tag", "老客户", "--format", "ids") == "1\n"
    assert done(crm, "list", "三", "--format", "ids") == "1\n2\n"
    assert done(crm, "list", "138", "--format", "ids") == "1\n"
    nobody = crm("list", "nobody")
    assert (nobody.status, nobody.out, nobody.err) == (1, "", "no customers here\n")


def test_list_says_how_many_there_are_behind_a_limit(crm: Run) -> None:
    for name in ("a1", "a2", "b1"):
        done(crm, "add", name)
    assert crm("list", "--limit", "1").err == "1 of 3 customers; --limit 0 shows all\n"
    assert crm("list", "a", "--limit", "1").err == "1 of 2 customers; --limit 0 shows all\n"
    assert crm("list", "a", "--limit", "2").err == ""


def test_the_unclassified_stand_last_when_sorted_by_score(crm: Run) -> None:
    done(crm, "add", "old")
    done(crm, "sell", "old", "10")
    done(crm, "classify", "--as-of", "2026-11-20")
    done(crm, "add", "new")
    assert done(crm, "list", "--sort", "score", "--format", "ids") == "1\n2\n"


@pytest.mark.parametrize(
    "words",
    [
        ("log", "phone", "张三", "--on", "2027-05-05"),
        ("sell", "张三", "100", "--on", "2027-05-05"),
        ("payment", "add", "1", "100", "--on", "2027-05-05"),
    ],
)
def test_a_fact_of_a_day_ahead_is_recorded_with_a_warning(crm: Run, words: tuple[str, ...]) -> None:
    done(crm, "add", "张三")
    done(crm, "sell", "张三", "500", "--on", "2026-01-05", "--due", "2026-01-10")
    shown = crm(*words)
    assert shown.status == 0
    assert "2027-05-05 lies ahead" in shown.err
    assert "crm task add" in shown.err
