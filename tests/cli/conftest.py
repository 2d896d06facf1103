"""One small database, built through the program itself, that the tests of this folder look at from all sides."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import PROJECT, Result, Run
from crmcli import entry
from crmcli.render import notes

#: The day, then the command. Names hold quotes, commas, accents, a formula, and nothing at all.
STORY = """
2023-01-05 product add "GTX Pro" --code GP-1 --category 设备 --price 4821
2023-01-05 product add "维护, 年度" --code S-007 --price 1200.50
2023-01-10 add 张三 --company 远山贸易 --phone "138 0013 8000" --email zhang@example.com --tags vip,老客户 --region 上海
2023-01-10 customer edit 张三 --wechat zhangsan --gender 男 --birthday 1980-02-03 --birthday-calendar lunar
2023-03-01 add "Ann \\"Annie\\" O'Neil" --email Ann@Example.com --source "fair, Berlin" --intent interested
2024-06-30 add =1+1 --company "Formula, Inc." --phone "+1 650 253 0000" --external-id 007
2025-01-15 add "José Ñuñez" --company "" --kind organization --region "São Paulo" --headcount 12 --referred-by 张三
2026-01-31 add 李四 --company 北京大学出版社有限责任公司第一编辑部 --phone 010-62345678 --notes "first line\nsecond 😀"
2026-05-01 add 王五 --intent 无效
2026-06-01 add "Tiny, Ltd." --kind organization
2024-02-10 sell 张三 50000 --product gtxpro --cost 30000 --order O-1
2025-12-05 sell 张三 88000 --product GP-1 --cost 50000 --order O-2
2026-03-15 sell 张三 1.2万 --product "GTX Pro" --cost 8000 --order O-3
2026-06-15 sell 张三 24000 --product "GTX Pro" --cost 10000 --order O-4
2026-09-15 sell 张三 30000 --product "GTX Pro" --cost 15000 --order O-5
2026-11-02 sell 张三 36000 --product "GTX Pro" --cost 20000 --order O-6
2026-02-01 sell ann@example.com 1280.50 --product GP-1
2026-10-20 sell ann@example.com 300 --refund
2025-06-01 sell 007 5000 --cost 5600
2026-04-04 sell José 700 --cost 450 --quantity 2 --notes a;b
2026-11-01 log phone 张三 问了报价 --minutes 12
2026-11-18 log 微信 张三 --outcome no_answer
2026-08-01 log visit Annie "met at the fair, \\"nice\\"" --cost 88
2026-11-10 log email 007 "quote, sent" --next 2026-11-25
2026-02-02 log phone 李四 "first call"
2026-10-01 log meeting Tiny intro --next 2026-11-19
2026-08-01 opportunity add 李四 --amount 1 --close 2026-09-01 --stage won
2026-08-01 opportunity add Tiny --name "late one" --amount 450 --close 2026-11-10 --stage approved
2026-11-01 opportunity add 张三 --name "GTX 二期" --amount 20000 --close 2026-12-15 --product "GTX Pro" --probability 80 --stage approved
2026-11-01 opportunity add Annie --amount 9999.99 --close 2026-12-31 --waiting-for "the boss's OK"
2026-11-01 opportunity add 007 --amount 1000 --close 2027-04-01 --name =SUM(A1)
2026-11-01 opportunity add José --close 2027-12-01
2026-11-12 task add "send the quote" --customer 张三 --due 2026-11-18 --channel email
2026-11-12 task add "buy paper" --due 2026-11-20
2026-11-12 task add "call back later" --customer Tiny --due 2026-12-24
2026-11-12 task add "sign, stamp" --customer José
2026-11-13 task done 4
2026-11-14 contact add Tiny 韩梅梅 --title "采购, 经理" --phone 13900139000 --primary
2026-11-14 contact add José Zoë --email zoe@example.com
2026-11-15 customer archive 王五
2026-11-15 add Gone
2026-11-15 customer delete Gone --yes
2026-11-20 classify --month 2026-10
2026-11-20 classify --as-of 2026-11-20
"""

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_FINGERPRINT = re.compile(
    r"\b[0-9a-f]{64}\b|(?<=rules )[0-9a-f]{12}\b|(?<=Rules      )[0-9a-f]{12}\b"
    r"|(?<=\()[0-9a-f]{12}(?=\))|(?<=rules diff )[0-9a-f]{12}\b"
)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the story, built once."""
    folder = tmp_path_factory.mktemp("story")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "CRM_DB": str(folder / "crm.db"), "CRM_HOME": str(folder), "CRM_LANG": "en", "TZ": "Etc/UTC", "COLUMNS": "100",
            "CRM_TODAY": "2023-01-05",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        notes.quiet()
        settings = "--time-zone Asia/Shanghai --currency CNY --country CN --language en"
        assert entry.main(["init", *settings.split()]) == 0
        for line in STORY.strip().replace("\nsecond", "\\nsecond").splitlines():
            day, *words = shlex.split(line.replace('\\\\"', '\\"'))
            patch.setenv("CRM_TODAY", day)
            assert entry.main([word.replace("\\n", "\n") for word in words]) == 0, line
        notes.quiet(on=False)
    return folder / "crm.db"


@pytest.fixture
def story(told: Path, database: Path) -> Path:
    """A copy of the story's database where the test's own database is."""
    shutil.copy(told, database)
    return database


@pytest.fixture
def same_everywhere(home: Path) -> Callable[[str], str]:
    """Replace what differs from run to run: uids (by their order), fingerprints of the rules, paths."""

    def replace(text: str) -> str:
        seen: dict[str, str] = {}
        text = _UID.sub(lambda match: seen.setdefault(match.group(), f"UID-{len(seen) + 1}"), text)
        text = _FINGERPRINT.sub("FINGERPRINT", text)
        text = re.sub(r"(?<=fingerprint )[0-9a-f]{12}", "FINGERPRINT", text)
        return text.replace(str(home), "HOME").replace(str(PROJECT / "rules"), "RULES")

    return replace


@pytest.fixture
def shown(same_everywhere: Callable[[str], str]) -> Callable[[Result], str]:
    """A result as a snapshot keeps it: standard output, and standard error and status where there is something to say."""

    def as_text(result: Result) -> str:
        text = result.out
        if result.err:
            text += f"--- standard error\n{result.err}"
        if result.status:
            text += f"--- status {result.status}\n"
        return same_everywhere(text)

    return as_text


@pytest.fixture
def do(crm: Run) -> Callable[..., str]:
    """The program where it has to succeed; what it writes."""

    def run(*argv: str) -> str:
        result = crm(*argv)
        assert result.status == 0, result.err
        return result.out

    return run


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make it another day."""
    return lambda day: monkeypatch.setenv("CRM_TODAY", day)


@pytest.fixture(autouse=True)
def loud() -> Iterator[None]:
    """Notes are written, whatever a test before switched off."""
    notes.quiet(on=False)
    yield
    notes.quiet(on=False)
