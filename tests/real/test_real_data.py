"""Real files of other programs, and figures that others have computed from them."""

import csv
import io
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.schema import CreateTable

from conftest import PROJECT, Run
from crmcli.rules import compile_ruleset, load
from crmcli.store.engine import writing
from crmcli.store.runs import source_tables
from crmcli.workflows.rule_folder import preset_files


def ok(crm: Run, *argv: str) -> str:
    result = crm(*argv)
    assert result.status == 0, result.err
    return result.out


def rows(crm: Run, entity: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ok(crm, "export", entity))))


def cents(records: list[dict[str, str]]) -> int:
    return sum(round(float(record["amount"]) * 100) for record in records)


PIPELINE = (
    "--where",
    "deal_stage=Won",
    "--map",
    "opportunity_id=external_id",
    "--map",
    "close_date=occurred_on",
    "--map",
    "close_value=amount",
)


def test_maven_from_file_to_scores(crm: Run, shared: Path) -> None:
    folder = shared / "maven_crm"
    oracle: dict[str, Any] = json.loads((shared / "oracles" / "maven_crm.json").read_text(encoding="utf-8"))
    ok(crm, "init", "--currency", "USD", "--country", "US", "--time-zone", "America/New_York")
    ok(crm, "import", "customers", str(folder / "accounts.csv"), "--set", "kind=organization")
    ok(crm, "import", "products", str(folder / "products.csv"))
    pipeline = str(folder / "sales_pipeline.csv")
    taken = crm("import", "opportunities", pipeline)
    assert (
        taken.out
        == "opportunities: 8800 read = 8800 added + 0 updated + 0 unchanged + 0 skipped + 0 failed\n"
    )
    assert "took 'GTXPro' for 'GTX Pro'\n" in taken.err
    assert f"{oracle['blank_account']} rows name no customer\n" in taken.err

    deals = rows(crm, "opportunities")
    stages = Counter(deal["stage"] for deal in deals)
    wanted = {"won": "Won", "lost": "Lost", "introduced": "Engaging", "prospecting": "Prospecting"}
    assert stages == {ours: oracle["stages"][theirs] for ours, theirs in wanted.items()}
    assert sum(not deal["opened_on"] for deal in deals) == oracle["blank_engage_date"]
    won = [deal for deal in deals if deal["stage"] == "won"]
    assert cents(won) == oracle["won_value"] * 100
    assert all(deal["closed_on"] for deal in won)
    names = {row["external_id"] or row["uid"]: row["name"] for row in rows(crm, "products")}
    by_product = Counter[str]()
    for deal in won:
        by_product[names[deal["product"]].replace("GTX Pro", "GTXPro")] += round(float(deal["amount"]))
    assert by_product == oracle["won_by_product"]

    sold = ok(crm, "import", "transactions", pipeline, *PIPELINE)
    assert (
        sold == "transactions: 8800 read = 4238 added + 0 updated + 0 unchanged + 4562 skipped + 0 failed\n"
    )
    sales = rows(crm, "transactions")
    assert (len(sales), cents(sales)) == (oracle["stages"]["Won"], oracle["won_value"] * 100)
    quarters = Counter[str]()
    for sale in sales:
        quarters[f"{sale['occurred_on'][:4]}Q{(int(sale['occurred_on'][5:7]) + 2) // 3}"] += round(
            float(sale["amount"])
        )
    assert quarters == oracle["won_by_quarter"]
    accounts = {row["uid"]: row["name"] for row in rows(crm, "customers")}
    assert len(accounts) == oracle["rows"]["accounts"]
    by_account = Counter[str]()
    for sale in sales:
        by_account[accounts[sale["customer"]]] += round(float(sale["amount"]))
    assert [list(pair) for pair in by_account.most_common(5)] == oracle["top_accounts"]

    ok(crm, "classify", "--as-of", "2017-12-31")
    best = json.loads(ok(crm, "list", "--sort", "score", "--limit", "5", "--format", "json"))
    why = json.loads(ok(crm, "why", oracle["top_accounts"][0][0], "--format", "json"))
    revenue = next(term for term in why["indicators"] if term["indicator"] == "revenue_12m")
    assert (revenue["raw"], revenue["normalised"]) == (oracle["top_accounts"][0][1], 1)
    assert oracle["top_accounts"][0][0] in {line["name"] for line in best}

    for entity, options in (("opportunities", ()), ("transactions", PIPELINE)):
        again = ok(crm, "import", entity, pipeline, *options)
        assert " 0 added + 0 updated + " in again


def test_cdnow_month_by_month(crm: Run, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(shared / "cdnow" / "cdnow_sample.csv")
    ok(crm, "init", "--currency", "USD", "--country", "US", "--time-zone", "America/New_York")
    taken = crm("import", "transactions", file, "--create-missing")
    assert (
        taken.out == "transactions: 6919 read = 6919 added + 0 updated + 0 unchanged + 0 skipped + 0 failed\n"
    )
    assert "made 2357 customers that were only named\n" in taken.err
    sales = rows(crm, "transactions")
    assert (len(sales), cents(sales), len({sale["customer"] for sale in sales})) == (6919, 24_409_194, 2357)
    customers = rows(crm, "customers")
    assert min(row["external_id"] for row in customers) == "0001"  # with its zeros
    assert ok(crm, "import", "transactions", file, "--create-missing").startswith(
        "transactions: 6919 read = 0 added + 0 updated + 6919"
    )

    months = [f"1997-{month:02}" for month in range(1, 13)] + [f"1998-{month:02}" for month in range(1, 7)]
    known = 0
    for month in months:
        counts = json.loads(ok(crm, "classify", "--month", month, "--format", "json"))
        lifecycle = {
            row["class"]: row["customers"] for row in counts if row["judgement"] == "lifecycle_stage"
        }
        bought = {sale["customer"] for sale in sales if sale["occurred_on"][:7] <= month}
        assert sum(lifecycle.values()) - lifecycle.get("prospect", 0) == len(
            bought
        )  # nobody has bought before buying
        assert len(bought) >= known
        known = len(bought)
    entries = ok(crm, "journal", "--format", "ids")
    for month in months:
        again = crm("classify", "--month", month)
        assert again.status == 0
        assert "already classified with these rules; nothing changed" in again.err
    assert ok(crm, "journal", "--format", "ids") == entries


def test_a_chinese_spreadsheet(crm: Run) -> None:
    file = str(PROJECT / "tests" / "data" / "customers_gb18030.csv")
    ok(crm, "init", "--currency", "CNY", "--country", "CN", "--time-zone", "Asia/Shanghai")
    taken = crm("import", "customers", file)
    assert taken.out == "customers: 3 read = 3 added + 0 updated + 0 unchanged + 0 skipped + 0 failed\n"
    assert taken.err.startswith("read as GB18030")
    first = json.loads(ok(crm, "show", "王鑫婷", "--format", "json"))
    wanted = {
        "external_id": "K001", "gender": "female", "birthday": "1985-03-07", "size": "medium", "headcount": 1200, "source": "展会",
        "tags": "重点,电子", "intent_stage": "interested", "next_contact_on": "2026-12-01", "notes": "喜欢龙井，\r\n每月一次",
    }  # fmt: skip
    assert {key: first[key] for key in wanted} == wanted
    assert ok(crm, "show", "+86 138 0013 8000", "--format", "ids") == "1\n"
    assert ok(crm, "show", "13900139000", "--format", "ids") == "2\n"  # the file says 0139 0013 9000
    assert ok(crm, "show", "李喆", "--format", "ids") == "2\n"
    assert ok(crm, "import", "customers", file).startswith(
        "customers: 3 read = 0 added + 0 updated + 3 unchanged"
    )


def test_contacts_of_google_and_outlook(crm: Run, shared: Path) -> None:
    ok(crm, "init", "--country", "MY", "--time-zone", "Asia/Kuala_Lumpur", "--currency", "MYR")
    folder = shared / "crm_imports"
    google = ok(crm, "import", "customers", str(folder / "google_contacts_new_multivalue.csv"))
    assert google == "customers: 3 read = 3 added + 0 updated + 0 unchanged + 0 skipped + 0 failed\n"
    outlook = ok(crm, "import", "customers", str(folder / "outlook_contacts.csv"))
    assert outlook == "customers: 1 read = 1 added + 0 updated + 0 unchanged + 0 skipped + 0 failed\n"
    by_name = {row["name"]: row for row in rows(crm, "customers")}
    assert set(by_name) == {"Aisha Rahman", "Tan Wei Ming", "No Phone Person", "Sam Patel"}
    aisha, sam = by_name["Aisha Rahman"], by_name["Sam Patel"]
    assert (aisha["company"], aisha["title"], aisha["email"]) == ("Kedai Aisha", "Owner", "aisha@x.my")
    assert aisha["notes"] == "Met at Penang Rotary 2016"
    assert (sam["company"], sam["title"], sam["email"]) == ("Example Org", "Director", "sam@example.org")
    assert "Leeds" in sam["address"]
    assert sam["phone"].startswith("07700 900456")  # the mobile number stands first
    assert ok(crm, "show", "+60 12-345 6789", "--format", "ids") == "1\n"
    assert ok(crm, "show", "016-555 1234", "--format", "ids") == "2\n"


def test_opportunities_of_salesforce(crm: Run, shared: Path) -> None:
    ok(crm, "init", "--country", "US", "--time-zone", "America/New_York", "--currency", "USD")
    file = str(shared / "crm_imports" / "salesforce_opportunities.csv")
    strict = crm("import", "opportunities", file)
    assert strict.status == 65  # the accounts stand in another file
    assert "ACCOUNTID: no customers fit '001x0000002xLD0AAM'" in strict.err
    taken = ok(crm, "import", "opportunities", file, "--create-missing")
    assert taken == "opportunities: 38 read = 38 added + 0 updated + 0 unchanged + 0 skipped + 0 failed\n"
    with Path(file).open(encoding="utf-8", newline="") as stream:
        theirs = {row["ID"]: row for row in csv.DictReader(stream)}
    ours = {row["external_id"]: row for row in rows(crm, "opportunities")}
    assert set(ours) == set(theirs)
    for number, row in ours.items():
        source = theirs[number]
        assert (row["name"], row["expected_close_on"]) == (source["NAME"], source["CLOSEDATE"])
        assert float(row["amount"] or 0) == float(source["AMOUNT"] or 0)
        assert (row["stage"] == "won") == (source["STAGENAME"] == "Closed Won")
    assert len(rows(crm, "customers")) == len(
        {row["ACCOUNTID"] for row in theirs.values() if row["ACCOUNTID"]}
    )


def test_the_rfm_preset_gives_the_published_segments(crm: Run, shared: Path, tmp_path: Path) -> None:
    oracle: dict[str, Any] = json.loads(
        (shared / "oracles" / "rfm_orders_segments.json").read_text(encoding="utf-8")
    )
    ok(crm, "import", "transactions", str(shared / "rfm_orders" / "rfm_data_orders.csv"), "--create-missing")
    ok(crm, "rules", "init", str(tmp_path / "rfm"), "--preset", "rfm")
    line = (
        "classify",
        "--as-of",
        oracle["analysis_date"],
        "--rules",
        str(tmp_path / "rfm"),
        "--format",
        "csv",
    )
    counts = {
        row["class"]: int(row["customers"])
        for row in csv.DictReader(io.StringIO(ok(crm, *line)))
        if row["judgement"] == "rfm"
    }
    published = {
        name.lower().replace("'", "").replace(" ", "_"): figures[0]
        for name, figures in oracle["published_segment_counts"].items()
        if name != "columns"
    }
    assert counts == published
    assert sum(counts.values()) == 995


def test_the_rfm_preset_cuts_where_it_is_published(crm: Run, shared: Path, database: Path) -> None:
    oracle: dict[str, Any] = json.loads(
        (shared / "oracles" / "rfm_orders_segments.json").read_text(encoding="utf-8")
    )
    ok(crm, "import", "transactions", str(shared / "rfm_orders" / "rfm_data_orders.csv"), "--create-missing")
    ruleset = load({name: path.read_text(encoding="utf-8") for name, path in preset_files("rfm").items()})
    program = compile_ruleset(ruleset, source_tables(), date.fromisoformat(oracle["analysis_date"]), "CNY")
    cuts: dict[str, list[float]] = {}
    with writing(database) as connection:
        for stage in program.stages:
            connection.execute(CreateTable(stage.table))
            names = [column.name for column in stage.table.columns]
            connection.execute(insert(stage.table).from_select(names, stage.select))
            if stage.table.name.endswith("cuts_value"):
                row = connection.execute(select(stage.table)).mappings().one()
                for at, name in enumerate(sorted(("recency", "frequency", "monetary"))):
                    cuts[name] = [row[f"cut_{at}_{cut}"] for cut in range(1, 5)]
        connection.rollback()
    for name, points in oracle["cut_points"].items():
        assert cuts[name] == pytest.approx(points)
