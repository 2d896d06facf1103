import codecs
import random
from pathlib import Path

import pytest

from crmcli.errors import DataError
from crmcli.exchange.source import open_source

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高欧阳"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰飞鑫婷喆玥琳晓梅建国志红春燕"
COMPANIES = ("华远电子", "同济软件", "恒信贸易", "蓝天物流", "金桥食品", "永盛机械")
CITIES = ("北京市", "上海市", "广东省深圳市", "浙江省杭州市", "四川省成都市")
HEADER = ["客户姓名", "公司名称", "手机号", "城市", "备注"]


def customers(count: int, seed: int) -> list[list[str]]:
    dice = random.Random(seed)
    return [
        [
            dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.randint(1, 2))),
            dice.choice(COMPANIES) + "有限公司",
            f"13{dice.randrange(10**9):09}",
            dice.choice(CITIES),
            dice.choice(["", "喜欢喝茶，下午方便联系", "VIP", "2026年11月有采购计划"]),
        ]
        for _number in range(count)
    ]


CODINGS = {
    "utf-8": (b"", "utf-8", "UTF-8"),
    "utf-8-sig": (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    "gb18030": (b"", "gb18030", "GB18030"),
    "gbk": (b"", "gbk", "GB18030"),
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
    "utf-16-le without mark": (b"", "utf-16-le", "UTF-16 LE"),
    "utf-16-be without mark": (b"", "utf-16-be", "UTF-16 BE"),
}


@pytest.mark.parametrize("rows", [1, 3, 20, 500])
@pytest.mark.parametrize("coding", CODINGS)
def test_chinese_customers_read_right_in_every_coding(tmp_path: Path, coding: str, rows: int) -> None:
    mark, codec, human = CODINGS[coding]
    file = tmp_path / "file.csv"
    for seed in range(20):
        expected = customers(rows, seed)
        text = "".join(",".join(cells) + "\r\n" for cells in [HEADER, *expected])
        file.write_bytes(mark + text.encode(codec))
        with open_source(str(file)) as source:
            assert source.encoding == human
            assert list(source.header) == HEADER
            assert [cells for _line, cells in source.rows()] == expected


@pytest.mark.parametrize("rows", [1, 3, 20, 500])
def test_chinese_under_an_english_header_is_right_or_a_question(tmp_path: Path, rows: int) -> None:
    file = tmp_path / "file.csv"
    right = 0
    for seed in range(20):
        expected = customers(rows, seed)
        text = "".join(
            ",".join(cells) + "\n" for cells in [["name", "company", "phone", "city", "notes"], *expected]
        )
        file.write_bytes(text.encode("gb18030"))
        with open_source(str(file)) as source:
            assert [cells for _line, cells in source.rows()] == expected
            right += 1
    assert right == 20


FOREIGN = {
    "cp1252": "name,city\nMüller,Köln\nGarcía,Málaga\nO’Brien,Zürich\nFrançois,Besançon\nSão João,Avelã\n",
    "cp1251": "имя,город\nИванова,Москва\nСидоров,Тула\n",
    "koi8-r": "имя,город\nИванова,Москва\nСидоров,Тула\n",
    "big5": "客戶姓名,公司名稱,電話\n王小明,台灣電子股份有限公司,02-27208889\n陳美麗,大安貿易,0912345678\n",
    "shift_jis": "氏名,会社\n山田太郎,東京商事株式会社\n鈴木花子,大阪物産\n",
    "euc_jp": "氏名,会社\n山田たろう,とうきょう商事\n鈴木はなこ,おおさか物産\n",
    "euc_kr": "이름,회사\n김철수,서울전자주식회사\n이영희,부산무역주식회사\n"
    "박지성,대한상사\n최민수,한국물산\n",
    "cp1253": "όνομα,πόλη\nΓιώργος,Αθήνα\n",
}


@pytest.mark.parametrize("codec", FOREIGN)
def test_other_encodings_are_never_silently_chinese(tmp_path: Path, codec: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(FOREIGN[codec].encode(codec))
    with pytest.raises(DataError) as caught:
        open_source(str(file))
    assert "--encoding" in caught.value.hint
    assert caught.value.faults[0].code == "unknown-encoding"
    with open_source(str(file), encoding=codec) as source:
        lines = [",".join(source.header), *(",".join(cells) for _line, cells in source.rows())]
    assert "\n".join(lines) + "\n" == FOREIGN[codec]


def test_a_single_western_letter_is_a_question(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    for text in ("name\nMüller\n", "name\nit’s\n", "name\nAvelãs\n", "name\n5 £ 20\n", "name\nÄÖ\n"):
        file.write_bytes(text.encode("cp1252"))
        with pytest.raises(DataError):
            open_source(str(file))


def test_the_first_bad_byte_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    body = b"a,b\n" + b"1,2\n" * 600_000
    file.write_bytes(body + b"x,\xff\n")
    with pytest.raises(DataError) as caught:
        open_source(str(file), encoding="utf-8")
    assert f"byte {len(body) + 2} " in caught.value.what
    assert caught.value.faults[0].line == 600_002
    assert caught.value.where == f"{file}:600002"


def test_a_character_cut_by_a_block_border_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    for shift in range(4):
        text = "a\n" + "x" * shift + "\n" + "王\n" * 400_000
        file.write_bytes(text.encode())
        with open_source(str(file)) as source:
            assert source.encoding == "UTF-8"
            assert sum(cells == ["王"] for _line, cells in source.rows()) == 400_000


def test_a_truncated_utf_16_file_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(codecs.BOM_UTF16_LE + "a,b\n王,1\n".encode("utf-16-le") + b"\x31")
    with pytest.raises(DataError, match="UTF-16 LE"):
        open_source(str(file))


def test_gbk_is_read_as_its_successor(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes("a\n㐀\n".encode("gb18030"))
    with open_source(str(file), encoding="gbk") as source:
        assert (source.encoding, source.encoding_note) == ("GB18030", "given")
        assert list(source.rows()) == [(2, ["㐀"])]


def test_a_given_encoding_takes_its_mark_away(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    for codec, mark in (
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16", codecs.BOM_UTF16_BE),
        ("utf-16-le", codecs.BOM_UTF16_LE),
    ):
        wide = "utf-16-be" if mark == codecs.BOM_UTF16_BE else codec
        file.write_bytes(mark + "a,b\n1,2\n".encode(wide))
        with open_source(str(file), encoding=codec) as source:
            assert source.header == ("a", "b")
