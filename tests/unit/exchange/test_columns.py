from pathlib import Path

import pytest

from crmcli import vocabulary
from crmcli.errors import DataError, ExitCode, UsageError
from crmcli.exchange.columns import Combine, plan_columns
from crmcli.exchange.fields import ENTITIES, FieldKind, header_key
from crmcli.exchange.source import open_source


@pytest.mark.parametrize("entity", ENTITIES)
def test_no_header_stands_for_two_fields(entity: str) -> None:
    owners: dict[str, str] = {}
    for spec in ENTITIES[entity]:
        for word in spec.headers:
            assert owners.setdefault(header_key(word), spec.name) == spec.name, word


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_is_complete(entity: str) -> None:
    names = [spec.name for spec in ENTITIES[entity]]
    assert len(set(names)) == len(names)
    assert {"uid", "external_id", "created_at"} <= set(names)
    for spec in ENTITIES[entity]:
        assert (spec.kind in {FieldKind.CODE, FieldKind.CODES}) == (spec.vocabulary is not None), spec.name
        assert (spec.kind is FieldKind.REFERENCE) == (spec.target in ENTITIES), spec.name
        assert spec.default is None or (spec.vocabulary and spec.default in spec.vocabulary.codes), spec.name


def test_fields_are_the_columns_of_the_tables() -> None:
    from crmcli.store import schema

    tables = {
        "customers": schema.Customer,
        "contacts": schema.Contact,
        "products": schema.Product,
        "interactions": schema.Interaction,
        "transactions": schema.Transaction,
        "opportunities": schema.Opportunity,
        "tasks": schema.Task,
    }
    later = {  # what a file of tasks does not carry
        "complaint", "survey", "kind", "due_time", "owner", "minutes", "repeat_every", "repeat_unit", "repeat_from", "repeat_day",
        "promised_in", "series_uid", "occurrence",
    }  # fmt: skip
    internal = {"id", "updated_at", "import_batch_id", "phone_e164", "interaction_id", "custom"}
    for entity, table in tables.items():
        columns = {
            name.removesuffix("_minor").removesuffix("_id") if name != "external_id" else name
            for name in table.model_fields
            if name not in internal
        }
        helper = {"company"} if entity not in {"customers", "products"} else set()
        assert {spec.name for spec in ENTITIES[entity]} == columns - (
            later if entity == "tasks" else set()
        ) | helper, entity


def fields_by_column(entity: str, header: list[str]) -> dict[str, str]:
    return dict(plan_columns(entity, header).mapped)


@pytest.mark.parametrize(
    ("entity", "header", "expected"),
    [
        ("transactions", "customer_id,date,quantity,amount", "customer,occurred_on,quantity,amount"),
        (
            "transactions",
            "客户编号,成交日期,成交金额,产品,数量",
            "customer,occurred_on,amount,product,quantity",
        ),
        (
            "transactions",
            "客户姓名,下单时间,销售额,订单号,付款日期",
            "customer,occurred_on,amount,order_number,paid_on",
        ),
        ("transactions", "Client,ORDER DATE,Revenue,SKU,Qty", "customer,occurred_on,amount,product,quantity"),
        ("customers", "姓名,手机号,微信号,生日,客户来源,备注", "name,phone,wechat,birthday,source,notes"),
        ("customers", "客户名称(必填),*手机,地区：,员工人数（人）", "name,phone,region,headcount"),
        ("customers", "ＮＡＭＥ,E-Mail Address,Job_Title", "name,email,title"),
        (
            "opportunities",
            "opportunity_id,sales_agent,deal_stage,close_value",
            "external_id,owner,stage,amount",
        ),
        (
            "opportunities",
            "商机名称,客户,预计成交日期,成交概率",
            "name,customer,expected_close_on,probability",
        ),
        (
            "interactions",
            "客户,跟进日期,跟进方式,结果,跟进内容,时长（分钟）",
            "customer,occurred_on,channel,outcome,summary,minutes",
        ),
        ("contacts", "所属客户,联系人,职位,是否主要联系人", "customer,name,title,is_primary"),
        ("products", "产品,系列,单价,币种", "name,category,price,currency"),
        ("tasks", "任务,客户,截止日期", "title,customer,due_on"),
    ],
)
def test_headers_are_understood(entity: str, header: str, expected: str) -> None:
    columns = header.split(",")
    found = fields_by_column(entity, columns)
    assert [found[column] for column in columns] == expected.split(",")


def test_an_export_of_ours_is_understood_whole() -> None:
    for entity, specs in ENTITIES.items():
        plan = plan_columns(entity, [spec.name for spec in specs])
        assert plan.names == tuple(spec.name for spec in specs)
        assert plan.ignored == ()
        zh = plan_columns(entity, [spec.zh or spec.name for spec in specs])
        assert zh.names == plan.names


def test_real_files_are_understood(shared: Path) -> None:
    def plan(entity: str, name: str) -> dict[str, str]:
        with open_source(str(shared / name)) as source:
            return fields_by_column(entity, list(source.header))

    assert plan("opportunities", "maven_crm/sales_pipeline.csv") == {
        "opportunity_id": "external_id", "sales_agent": "owner", "product": "product", "account": "customer",
        "deal_stage": "stage", "engage_date": "opened_on", "close_date": "closed_on", "close_value": "amount",
    }  # fmt: skip
    assert plan("customers", "maven_crm/accounts.csv") == {
        "account": "name", "sector": "industry", "employees": "headcount", "office_location": "region",
    }  # fmt: skip
    assert plan("products", "maven_crm/products.csv") == {
        "product": "name", "series": "category", "sales_price": "price",
    }  # fmt: skip
    assert plan("transactions", "rfm_orders/rfm_data_orders.csv") == {
        "customer_id": "customer", "order_date": "occurred_on", "revenue": "amount",
    }  # fmt: skip
    salesforce = plan("opportunities", "crm_imports/salesforce_opportunities.csv")
    assert salesforce["CLOSEDATE"] == "expected_close_on"
    assert salesforce["STAGENAME"] == "stage"
    assert salesforce["ID"] == "external_id"


def test_the_customer_header_tells_numbers_from_names() -> None:
    rest = ["date", "amount"]
    for header, is_id in (
        ("customer_id", True),
        ("客户编号", True),
        ("account", False),
        ("客户名称", False),
        ("客户", False),
    ):
        plan = plan_columns("transactions", [header, *rest])
        assert (plan.customer_header, plan.customer_is_id) == (header, is_id)
    both = plan_columns("transactions", ["客户名称", "客户编号", *rest])
    assert (both.customer_header, both.customer_is_id, both.ignored) == ("客户编号", True, ("客户名称",))


def test_a_company_stands_in_for_a_missing_name() -> None:
    plan = plan_columns("customers", ["公司名称", "电话"])
    assert plan.names == ("kind", "name", "phone")
    assert plan.constants == {"kind": "organization"}
    assert fields_by_column("customers", ["公司名称", "姓名"]) == {"公司名称": "company", "姓名": "name"}
    assert plan_columns("customers", ["公司名称", "姓名"]).constants == {}
    assert plan_columns("customers", ["公司名称"], constants=[("kind", "个人")]).constants == {"kind": "个人"}
    assert fields_by_column("contacts", ["company", "name"]) == {"company": "customer", "name": "name"}


@pytest.mark.parametrize("header", ["NPS", "NPS score", "净推荐值", "NPS评分", "推荐值"])
def test_a_column_of_nps_says_what_kind_of_survey_it_is(header: str) -> None:
    plan = plan_columns("surveys", ["customer", "date", header])
    assert plan.names == ("customer", "kind", "asked_on", "score")
    assert plan.constants == {"kind": "nps"}
    assert plan_columns("surveys", ["customer", "date", "type", header]).constants == {}
    said = plan_columns("surveys", ["customer", "date", header], constants=[("kind", "csat")])
    assert said.constants == {"kind": "csat"}


@pytest.mark.parametrize("header", ["CSAT", "csat score", "满意度", "满意度评分", "客户满意度"])
def test_a_column_of_csat_is_the_score(header: str) -> None:
    assert plan_columns("surveys", ["customer", "date", header]).names == ("customer", "asked_on", "score")


def test_columns_of_csat_and_of_nps_in_one_file_are_not_guessed_at() -> None:
    with pytest.raises(DataError, match="score has 2 columns"):
        plan_columns("surveys", ["customer", "date", "CSAT", "NPS"])


def test_several_phones_are_one_field_mobile_first() -> None:
    plan = plan_columns("customers", ["姓名", "座机", "手机"])
    phone = plan.fields[1]
    assert (phone.combine, phone.columns) == (Combine.JOINED, (2, 1))


def test_a_mapping_wins_over_the_header() -> None:
    plan = plan_columns(
        "customers", ["姓名", "昵称", "备注"], mapping=[("昵称", "name"), ("备注", "-"), ("姓名", "notes")]
    )
    assert dict(plan.mapped) == {"昵称": "name", "姓名": "notes"}
    assert plan.ignored == ("备注",)


def test_one_column_may_feed_two_fields() -> None:
    plan = plan_columns("customers", ["who"], mapping=[("who", "name"), ("who", "external_id")])
    assert plan.names == ("external_id", "name")
    assert [field.columns for field in plan.fields] == [(0,), (0,)]


def test_columns_without_a_name_have_a_number() -> None:
    plan = plan_columns("customers", ["", "x", "x"], mapping=[("#1", "name"), ("#3", "phone")])
    assert [(field.spec.name, field.columns) for field in plan.fields] == [("name", (0,)), ("phone", (2,))]
    assert plan.ignored == ("x",)


def test_constants_are_planned_and_checked() -> None:
    plan = plan_columns("interactions", ["客户", "日期"], constants=[("channel", "微信"), ("类型", "care")])
    assert plan.constants == {"channel": "微信", "kind": "care"}
    with pytest.raises(UsageError) as caught:
        plan_columns("interactions", ["客户", "日期"], constants=[("channel", "brieftaube")])
    assert caught.value.faults[0].value == "brieftaube"
    assert "wechat" in caught.value.faults[0].hint


def test_all_faults_are_told_at_once_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        plan_columns(
            "transactions",
            ["customer", "when", "x"],
            mapping=[("when", "ocurred_on"), ("amout", "amount"), ("customer", "notes"), ("x", "notes")],
            constants=[("kidn", "sale")],
        )
    assert caught.value.status is ExitCode.USAGE
    faults = {(fault.code, fault.hint) for fault in caught.value.faults}
    assert ("unknown-field", "did you mean occurred_on?") in faults
    assert ("unknown-field", "did you mean kind?") in faults
    codes = [fault.code for fault in caught.value.faults]
    assert codes.count("unknown-field") == 2
    assert codes.count("unknown-column") == 1
    assert codes.count("two-columns") == 1
    assert codes.count("missing-column") == 2 + 1  # customer was mapped away


def test_a_missing_field_names_the_headers_it_would_take() -> None:
    with pytest.raises(DataError) as caught:
        plan_columns("transactions", ["客户", "金额", "foo"], file="t.csv", line=3)
    (fault,) = caught.value.faults
    assert (fault.code, fault.column, fault.where) == ("missing-column", "occurred_on", "t.csv:3:occurred_on")
    assert "成交日期" in fault.hint
    assert "order date" in fault.hint


def test_two_columns_for_one_field_are_a_fault_unless_one_has_its_name() -> None:
    with pytest.raises(DataError, match="amount has 2 columns"):
        plan_columns("transactions", ["customer", "date", "total", "revenue"])
    plan = plan_columns("transactions", ["customer", "date", "total", "amount"])
    assert plan.ignored == ("total",)
    with pytest.raises(DataError, match="'amount', 'amount'"):
        plan_columns("transactions", ["customer", "date", "amount", "amount"])


def test_a_file_without_a_header_is_told_so() -> None:
    with pytest.raises(DataError, match="no column of the first line is known") as caught:
        plan_columns("customers", ["王五", "13800138000"])
    assert [fault.code for fault in caught.value.faults] == ["no-known-column", "missing-column"]


def test_the_columns_of_a_rejects_file_are_passed_over() -> None:
    plan = plan_columns("customers", ["crm_line", "crm_reason", "姓名", "星座"])
    assert plan.names == ("name",)
    assert plan.ignored == ("星座",)


def test_labels_follow_the_language() -> None:
    from crmcli import i18n

    spec = ENTITIES["customers"][3]
    assert spec.label() == "name"
    i18n.setup("zh_CN")
    try:
        assert spec.label() == "客户名称"
    finally:
        i18n.setup("en")
    assert vocabulary.KIND.name == "kind"
