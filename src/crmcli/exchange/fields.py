"""What a file may hold about each entity: the public field names and the headers that stand for them.

The one list behind import, export and their help. Field names are those of the tables without what only the
program itself keeps; money fields lose their `_minor`, references lose their `_id`. Says nothing about how a
cell is read.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from crmcli import vocabulary
from crmcli.i18n import language
from crmcli.vocabulary import Term, Vocabulary

CRM_LINE = "crm_line"  #: column of a rejects file: the line in the original file
CRM_REASON = "crm_reason"  #: column of a rejects file: what was wrong
_SILENT = frozenset({CRM_LINE, CRM_REASON})
_DROPPED = re.compile("[\\s_\\-*:.·\u200b\u200e\u200f\u2060\ufeff]+")
_REMARK = re.compile(r"\((?:必填|选填|必填项|required|optional|元|人|分钟|minutes)\)$")


class FieldKind(StrEnum):
    """How the cells of a field are read and written."""

    TEXT = "text"
    DAY = "day"
    BIRTHDAY = "birthday"
    TIME = "time"
    MASKED = "masked"
    CODES = "codes"
    AMOUNT = "amount"
    INTEGER = "integer"
    DECIMAL = "decimal"
    PERCENT = "percent"
    FLAG = "flag"
    CODE = "code"
    REFERENCE = "reference"
    CURRENCY = "currency"
    INSTANT = "instant"


class Several(StrEnum):
    """What happens when several columns of a file stand for one field."""

    REFUSED = "refused"  #: a fault: the user says which
    FIRST = "first"  #: the first in the order of the aliases is taken, the others are ignored
    JOINED = "joined"  #: their texts are joined, in the order of the aliases


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of one entity.

    Attributes:
        name: the field's name in files, options and JSON.
        kind: how its cells are read.
        zh: its Chinese label, also accepted as a header.
        aliases: other headers that stand for it; the order counts where `several` says so.
        required: a row without it is a fault.
        vocabulary: the closed list of a CODE field.
        target: the entity a REFERENCE points to.
        minimum: the least whole number allowed.
        maximum: the greatest whole number allowed.
        default: the code the database takes when a new record has none.
        several: what to do with several columns for this field.
    """

    name: str
    kind: FieldKind = FieldKind.TEXT
    zh: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    vocabulary: Vocabulary | None = None
    target: str = ""
    minimum: int | None = None
    maximum: int | None = None
    default: str | None = None
    several: Several = Several.REFUSED

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that stands for this field: its name, its Chinese label, its aliases."""
        return (self.name, self.zh, *self.aliases) if self.zh else (self.name, *self.aliases)

    def label(self) -> str:
        """Return the field's heading in the language in force."""
        return self.zh if self.zh and language() == "zh_CN" else self.name


def custom_spec(name: str, kind: str, label: str, choices: Sequence[str]) -> FieldSpec:
    """Return the description of a custom field of customers.

    Args:
        name: of the field.
        kind: a code of `vocabulary.FIELD_KIND`.
        label: what people call it, also accepted as a header; "" if only the name.
        choices: the words of a choice.
    """
    kinds = {"number": FieldKind.DECIMAL, "date": FieldKind.DAY, "choice": FieldKind.CODE}
    words = Vocabulary(name, *(Term(word, word, word) for word in choices)) if kind == "choice" else None
    return FieldSpec(name, kinds.get(kind, FieldKind.TEXT), label, vocabulary=words)


def taken_words() -> Mapping[str, str]:
    """Return what a custom field cannot be called: header_key → the field of customers that is called so."""
    found = {header_key(word): "name" for part in NAME_PARTS for word in part}
    found |= {header_key(word): word for word in _SILENT}
    return found | {header_key(word): spec.name for spec in _CUSTOMERS for word in spec.headers}


def header_key(header: str) -> str:
    """Return the form in which headers are compared: `E-mail Address` and `email_address` are one."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return _REMARK.sub("", _DROPPED.sub("", folded))


def is_silent(header: str) -> bool:
    """Tell whether a column is one that a rejects file adds: neither read nor mentioned."""
    return header.strip() in _SILENT


def fields_of(entity: str) -> Mapping[str, FieldSpec]:
    """Return the fields of an entity by name, in their order."""
    return {spec.name: spec for spec in ENTITIES[entity]}


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split("|") if word.strip())


def _text(
    name: str, zh: str, aliases: str = "", *, required: bool = False, several: Several = Several.REFUSED
) -> FieldSpec:
    return FieldSpec(name, FieldKind.TEXT, zh, _words(aliases), required=required, several=several)


def _day(name: str, zh: str, aliases: str = "", *, required: bool = False) -> FieldSpec:
    return FieldSpec(name, FieldKind.DAY, zh, _words(aliases), required=required)


def _amount(name: str, zh: str, aliases: str = "", *, required: bool = False) -> FieldSpec:
    return FieldSpec(name, FieldKind.AMOUNT, zh, _words(aliases), required=required)


def _code(
    words: Vocabulary,
    zh: str,
    aliases: str = "",
    *,
    name: str = "",
    required: bool = False,
    default: str | None = None,
) -> FieldSpec:
    return FieldSpec(
        name or words.name,
        FieldKind.CODE,
        zh,
        _words(aliases),
        required=required,
        vocabulary=words,
        default=default,
    )


def _whole(name: str, zh: str, aliases: str, maximum: int, kind: FieldKind = FieldKind.INTEGER) -> FieldSpec:
    return FieldSpec(name, kind, zh, _words(aliases), minimum=0, maximum=maximum)


def _reference(name: str, target: str, zh: str, aliases: str = "", *, required: bool = False) -> FieldSpec:
    return FieldSpec(
        name,
        FieldKind.REFERENCE,
        zh,
        _words(aliases),
        required=required,
        target=target,
        several=Several.FIRST,
    )


_UID = FieldSpec("uid", aliases=("uuid",))
_ARCHIVED = FieldSpec("archived_at", FieldKind.INSTANT, "归档时间")
_CREATED = FieldSpec(
    "created_at",
    FieldKind.INSTANT,
    "创建时间",
    _words(
        "created | created date | date created | created on | creation date | 创建日期 | 建档日期"
        " | 建档时间 | 录入时间 | 录入日期 | 添加时间"
    ),
)
_CURRENCY = FieldSpec(
    "currency",
    FieldKind.CURRENCY,
    "币种",
    _words("currency code | currency iso code | 货币 | 货币代码 | 货币单位"),
)
_EMAIL = _text(
    "email",
    "电子邮箱",
    "email address | email 1 value | email 1 | primary email | mail | 邮箱 | 邮箱地址 | 电子邮件"
    " | 电子邮件地址 | 邮件",
)
_WECHAT = _text("wechat", "微信号", "wechat id | weixin | wx | 微信 | 微信id")
# Mobile numbers first: the first number that can be read is the one matched and dialled.
_PHONE = _text(
    "phone",
    "电话",
    "mobile phone | mobile | mobile number | cell phone | cell | cellphone | cell number | 手机 | 手机号"
    " | 手机号码 | 移动电话"
    " | phone number | primary phone | phone 1 value | phone 1 | telephone | telephone number | tel"
    " | contact number"
    " | 电话号码 | 联系电话 | 联系方式 | 电话1 | 手机1 | phone 2 value | phone 2 | phone 3 value"
    " | phone 4 value | mobile phone 2"
    " | business phone | work phone | office phone | company main phone | business phone 2 | home phone"
    " | home phone 2 | other phone"
    " | 办公电话 | 公司电话 | 单位电话 | 座机 | 座机号 | 固定电话 | 固话 | 家庭电话 | 备用电话 | 其他电话"
    " | 电话2 | 手机2",
    several=Several.JOINED,
)
_TITLE = _text(
    "title",
    "职务",
    "job title | position | organization title | organization 1 title | 职位 | 职称 | 岗位 | 头衔",
)
_GENDER = _code(vocabulary.GENDER, "性别", "sex | 称谓 | 称呼")
_BIRTHDAY = FieldSpec(
    "birthday",
    FieldKind.BIRTHDAY,
    "生日",
    _words("date of birth | birth date | birthdate | dob | 出生日期 | 出生年月日 | 生日日期"),
)
_CALENDAR = _code(
    vocabulary.CALENDAR,
    "生日历法",
    "calendar | 历法 | 公历农历 | 公历/农历 | 农历/公历 | 阳历/阴历 | 生日类型",
    default="solar",
)
_NOTES = _text(
    "notes",
    "备注",
    "note | comment | comments | remark | remarks | memo | description | 备注信息 | 说明 | 描述",
)
_COMPANY = _text(
    "company",
    "公司",
    "company name | organization | organisation | organization name | organisation name"
    " | organization 1 name | employer"
    " | 公司名称 | 公司名 | 单位 | 单位名称 | 工作单位 | 所在单位 | 企业 | 企业名称 | 所属公司 | 所在公司",
)
_CUSTOMER_ALIASES = (
    "customer id | customer uid | customer no | customer number | customer code | client id | client no"
    " | account id | account number"
    " | member id | 客户编号 | 客户id | 客户号 | 客户代码 | 客户编码 | 会员号 | 会员编号 | 会员id | 会员卡号"
    " | customer name | client | client name | account | account name | buyer | buyer name"
    " | 客户名称 | 客户姓名 | 客户名 | 所属客户 | 关联客户 | 对应客户 | 会员 | 会员姓名 | 买家 | 买家姓名"
    " | 购买方 | 购货单位"
)
_CHANNEL_ALIASES = (
    "method | contact method | 方式 | 跟进方式 | 联系方式 | 沟通方式 | 联系渠道 | 沟通渠道 | 跟进渠道"
)


def _customer(*, required: bool) -> FieldSpec:
    return _reference("customer", "customers", "客户", _CUSTOMER_ALIASES, required=required)


def _external(aliases: str) -> FieldSpec:
    return _text("external_id", "外部编号", f"external ref | id | record id | 编号 | {aliases}")


_CUSTOMERS = (
    _UID,
    _external(
        "customer id | customer no | customer number | customer code | client id | account id"
        " | account number | contact id | member id"
        " | 客户编号 | 客户id | 客户号 | 客户代码 | 客户编码 | 会员号 | 会员编号 | 会员id | 会员卡号"
    ),
    _code(vocabulary.KIND, "客户性质", "customer kind | 个人/企业 | 个人企业 | 性质", default="person"),
    _text(
        "name",
        "客户名称",
        "full name | customer name | customer | client name | client | account name | account"
        " | contact name | display name"
        " | 姓名 | 名称 | 名字 | 客户 | 客户姓名 | 客户名 | 中文名 | 中文姓名 | 联系人 | 联系人姓名"
        " | 会员姓名",
        required=True,
        several=Several.REFUSED,
    ),
    _COMPANY,
    _TITLE,
    _GENDER,
    _BIRTHDAY,
    _CALENDAR,
    FieldSpec(
        "id_number",
        FieldKind.MASKED,
        "身份证号",
        _words("identity number | 证件号码 | 证件号 | 身份证 | 身份证号码"),
    ),
    _PHONE,
    _EMAIL,
    _WECHAT,
    _text(
        "region",
        "地区",
        "country | business country/region | home country/region | province | state | province/state | city"
        " | 国家 | 省 | 省份 | 市 | 城市"
        " | 所在省份 | 所在城市 | area | territory | location | office location | regional office | 区域"
        " | 所在地 | 所在地区 | 所属区域 | 大区",
        several=Several.JOINED,
    ),
    _text(
        "address",
        "地址",
        "street address | street | mailing address | business street | business street 2 | business city"
        " | business state"
        " | business postal code | home address | address 1 formatted | 联系地址 | 通讯地址 | 通信地址"
        " | 详细地址 | 公司地址 | 单位地址"
        " | 家庭地址 | 收货地址",
        several=Several.JOINED,
    ),
    _text("industry", "行业", "sector | vertical | 所属行业 | 行业类别 | 行业类型 | 客户行业"),
    _code(
        vocabulary.SIZE, "规模", "company size | customer size | 企业规模 | 公司规模 | 客户规模 | 单位规模"
    ),
    _whole(
        "headcount",
        "员工人数",
        "employees | number of employees | no of employees | employee count | staff | 人数 | 员工数"
        " | 员工数量 | 企业人数 | 公司人数",
        100_000_000,
    ),
    _text(
        "source",
        "客户来源",
        "lead source | customer source | origin | 来源 | 线索来源 | 来源渠道 | 渠道来源 | 获客渠道"
        " | 获取渠道",
    ),
    _reference(
        "referred_by",
        "customers",
        "推荐人",
        "referrer | referral | referred by id | 介绍人 | 转介绍人 | 推荐客户 | 转介绍客户",
    ),
    _text("tags", "标签", "tag | categories | 客户标签"),
    _text("needs", "需求", "need | requirement | requirements | interests | 客户需求 | 需求描述 | 需求说明"),
    _code(vocabulary.INTENT_STAGE, "意向阶段", "intent | intention | 意向 | 客户意向 | 意向程度"),
    _day(
        "next_contact_on",
        "下次联系日期",
        "next contact | next contact date | next follow up | next follow up date | follow up date"
        " | follow up on | 下次联系"
        " | 下次联系时间 | 下次跟进 | 下次跟进日期 | 下次跟进时间 | 下次回访日期",
    ),
    FieldSpec("next_contact_time", FieldKind.TIME, "下次联系时刻"),
    FieldSpec("do_not_contact", FieldKind.FLAG, "免打扰", _words("do not call | 请勿联系")),
    FieldSpec("refused_channels", FieldKind.CODES, "拒绝的渠道", vocabulary=vocabulary.CHANNEL),
    _NOTES,
    _CREATED,
    _ARCHIVED,
)
_CONTACTS = (
    _UID,
    _external("contact id | 联系人编号 | 联系人id"),
    _customer(required=True),
    _COMPANY,
    _text(
        "name",
        "联系人",
        "full name | contact | contact name | display name | 姓名 | 名字 | 联系人姓名 | 联系人名称",
        required=True,
    ),
    _TITLE,
    _GENDER,
    _BIRTHDAY,
    _CALENDAR,
    _PHONE,
    _EMAIL,
    _WECHAT,
    FieldSpec(
        "is_primary",
        FieldKind.FLAG,
        "主要联系人",
        _words(
            "primary | primary contact | main contact | 是否主要 | 是否主要联系人 | 首要联系人"
            " | 是否首要联系人"
        ),
    ),
    _NOTES,
    _CREATED,
    _ARCHIVED,
)
_PRODUCTS = (
    _UID,
    _external(
        "product id | product code | sku | item code | 产品编号 | 产品编码 | 产品代码 | 商品编号 | 商品编码"
        " | 货号 | 编码"
    ),
    _text(
        "name",
        "产品名称",
        "product | product name | item | item name | 产品 | 商品 | 商品名称 | 品名 | 名称",
        required=True,
    ),
    _text(
        "category",
        "类别",
        "series | product category | product family | family | 分类 | 品类 | 系列 | 产品类别 | 产品分类"
        " | 商品分类",
    ),
    _amount(
        "price", "价格", "sales price | unit price | list price | 单价 | 售价 | 销售价 | 销售价格 | 标价"
    ),
    _CURRENCY,
    _NOTES,
    _CREATED,
    _ARCHIVED,
)
_INTERACTIONS = (
    _UID,
    _external("interaction id | activity id | 跟进编号 | 记录编号"),
    _customer(required=True),
    _COMPANY,
    _reference(
        "contact",
        "contacts",
        "联系人",
        "contact id | contact name | contact person | 联系人编号 | 联系人姓名",
    ),
    _reference(
        "opportunity",
        "opportunities",
        "商机",
        "opportunity id | opportunity name | deal | 商机编号 | 商机名称 | 项目名称",
    ),
    _day(
        "occurred_on",
        "跟进日期",
        "date | occurred | contact date | contacted on | activity date | interaction date | call date"
        " | visit date"
        " | 日期 | 时间 | 联系日期 | 联系时间 | 跟进时间 | 沟通日期 | 沟通时间 | 拜访日期 | 拜访时间"
        " | 回访日期 | 发生日期",
        required=True,
    ),
    _code(vocabulary.CHANNEL, "渠道", _CHANNEL_ALIASES, required=True),
    _code(vocabulary.DIRECTION, "方向", "呼叫方向 | 联系方向", default="outbound"),
    _code(
        vocabulary.OUTCOME, "结果", "result | 跟进结果 | 联系结果 | 沟通结果 | 拜访结果", default="connected"
    ),
    _code(
        vocabulary.INTERACTION_KIND, "类型", "type | interaction type | 跟进类型 | 跟进类别", default="sales"
    ),
    _text(
        "summary",
        "跟进内容",
        "subject | content | note | notes | comment | comments | description | details | 摘要 | 概要 | 内容"
        " | 沟通内容 | 沟通记录"
        " | 跟进记录 | 跟进情况 | 拜访内容 | 备注 | 描述",
    ),
    _whole(
        "minutes",
        "时长",
        "duration | duration minutes | length | 分钟 | 分钟数 | 时长分钟 | 通话时长 | 沟通时长",
        100_000,
    ),
    _amount("cost", "费用", "expense | expenses | 成本 | 花费"),
    _CURRENCY,
    _CREATED,
)
_TRANSACTIONS = (
    _UID,
    _external("transaction id | 交易编号 | 交易id | 交易流水号 | 流水号"),
    _customer(required=True),
    _COMPANY,
    _reference(
        "product",
        "products",
        "产品",
        "product id | product code | sku | 产品编号 | 产品编码 | 商品编号 | 商品编码 | product name | item"
        " | item name | 产品名称 | 商品"
        " | 商品名称 | 品名",
    ),
    _reference(
        "opportunity",
        "opportunities",
        "商机",
        "opportunity id | opportunity name | deal | 商机编号 | 商机名称",
    ),
    _day(
        "occurred_on",
        "成交日期",
        "date | order date | transaction date | sale date | sales date | purchase date | invoice date"
        " | ordered on | sold on | close date"
        " | 日期 | 交易日期 | 交易时间 | 成交时间 | 下单时间 | 下单日期 | 订单日期 | 订单时间 | 购买日期"
        " | 购买时间 | 销售日期 | 消费日期",
        required=True,
    ),
    _code(vocabulary.TRANSACTION_KIND, "交易类型", "type | transaction type | 类型", default="sale"),
    _amount(
        "amount",
        "金额",
        "revenue | total | total amount | order amount | order total | net amount | sales amount | sales"
        " | value | price"
        " | 成交金额 | 销售额 | 销售金额 | 交易金额 | 订单金额 | 订单总额 | 总金额 | 总价 | 总额"
        " | 实付金额 | 付款金额 | 消费金额 | 购买金额 | 合同金额",
        required=True,
    ),
    _amount("cost", "成本", "cost amount | cogs | 成本金额 | 成本价"),
    _CURRENCY,
    FieldSpec(
        "quantity", FieldKind.DECIMAL, "数量", _words("qty | units | 件数 | 购买数量 | 销售数量 | 商品数量")
    ),
    _text("category", "类别", "product category | 品类 | 分类 | 产品类别 | 产品分类 | 商品分类"),
    _text(
        "order_number",
        "订单号",
        "order no | order id | order | invoice | invoice no | invoice number | 订单编号 | 单号 | 合同编号"
        " | 合同号 | 发票号 | 发票号码",
    ),
    _day(
        "due_on",
        "应付日期",
        "due | due date | payment due | 应收日期 | 应回款日期 | 到期日 | 到期日期 | 付款期限",
    ),
    _day(
        "paid_on",
        "付款日期",
        "paid | paid date | payment date | 付款时间 | 支付时间 | 支付日期 | 回款日期 | 到账日期",
    ),
    _NOTES,
    _CREATED,
)
_PAYMENTS = (
    _UID,
    _external("payment id | 回款编号 | 付款编号 | 收款编号"),
    _reference(
        "transaction",
        "transactions",
        "交易",
        "transaction id | sale | order number | order no | order id | order | invoice | invoice no | invoice number"
        " | 交易编号 | 交易id | 订单号 | 订单编号 | 单号 | 合同编号 | 合同号 | 发票号 | 发票号码",
        required=True,
    ),
    _day(
        "paid_on",
        "回款日期",
        "date | paid | paid date | payment date | received on | 日期 | 付款日期 | 付款时间 | 收款日期 | 到账日期",
        required=True,
    ),
    _amount(
        "amount",
        "回款金额",
        "payment | amount paid | payment amount | 金额 | 付款金额 | 收款金额 | 到账金额",
        required=True,
    ),
    _CURRENCY,
    _NOTES,
    _CREATED,
)
_OPPORTUNITIES = (
    _UID,
    _external("opportunity id | deal id | 商机编号 | 商机id | 项目编号"),
    _customer(required=False),
    _COMPANY,
    _reference("contact", "contacts", "联系人", "contact id | contact name | contact person | 联系人姓名"),
    _reference(
        "product",
        "products",
        "产品",
        "product id | product code | sku | 产品编号 | product name | item | 产品名称 | 商品 | 商品名称"
        " | 意向产品",
    ),
    _text(
        "name",
        "商机名称",
        "opportunity | opportunity name | deal | deal name | 商机 | 项目 | 项目名称 | 名称",
    ),
    _code(
        vocabulary.OPPORTUNITY_STAGE,
        "阶段",
        "deal stage | stage name | sales stage | 商机阶段 | 销售阶段 | 项目阶段",
        default="introduced",
    ),
    _amount(
        "amount",
        "金额",
        "close value | value | deal value | deal size | deal amount | expected amount | 商机金额 | 预计金额"
        " | 预计成交金额 | 项目金额"
        " | 合同金额 | 成交金额",
    ),
    _CURRENCY,
    _whole(
        "probability",
        "概率",
        "win probability | 成交概率 | 赢单概率 | 赢单率 | 成功率 | 可能性",
        100,
        kind=FieldKind.PERCENT,
    ),
    _day(
        "opened_on",
        "开始日期",
        "engage date | open date | opened | start date | 立项日期 | 发现日期 | 商机日期 | 接触日期",
    ),
    _day(
        "expected_close_on",
        "预计成交日期",
        "expected close | expected close date | forecast close date | estimated close date | 预计成交时间"
        " | 预计签单日期 | 预计签约日期"
        " | 预计结单日期 | 预计关闭日期 | 预计完成日期",
    ),
    _day(
        "closed_on",
        "成交日期",
        "close date | closed | closed date | actual close date | 关闭日期 | 结单日期 | 签单日期 | 签约日期"
        " | 赢单日期 | 结束日期",
    ),
    _text("waiting_for", "等待事项", "waiting | blocked by | 等待 | 卡点"),
    _day(
        "waiting_until",
        "等待至",
        "waiting till | wait until | blocked until | 等到 | 等待到 | 等待日期 | 等待截止日期",
    ),
    _text("lost_reason", "输单原因", "loss reason | reason lost | 丢单原因 | 失败原因 | 流失原因"),
    _text(
        "owner",
        "负责人",
        "sales agent | sales rep | owner name | owner id | salesperson | 销售 | 销售员 | 销售人员 | 业务员"
        " | 所有者",
        several=Several.FIRST,
    ),
    _NOTES,
    _CREATED,
    _ARCHIVED,
)
_TASKS = (
    _UID,
    _external("task id | 任务编号"),
    _customer(required=False),
    _COMPANY,
    _reference(
        "opportunity",
        "opportunities",
        "商机",
        "opportunity id | opportunity name | deal | 商机编号 | 商机名称",
    ),
    _text(
        "title",
        "待办",
        "task | to do | subject | what | 任务 | 任务名称 | 待办事项 | 标题 | 主题 | 事项",
        required=True,
    ),
    _day(
        "due_on",
        "截止日期",
        "due | due date | date | deadline | 到期日 | 日期 | 计划日期 | 截止时间 | 计划时间",
    ),
    _code(vocabulary.CHANNEL, "渠道", _CHANNEL_ALIASES),
    _day("done_on", "完成日期", "done | completed | completed on | completion date | 完成时间"),
    _NOTES,
    _CREATED,
    _ARCHIVED,
)

_COMPLAINTS = (
    _UID,
    _external("complaint id | complaint no | case id | case number | ticket | 投诉编号 | 投诉单号 | 工单号"),
    _customer(required=True),
    _COMPANY,
    _reference("contact", "contacts", "联系人", "contact id | contact name | contact person | 联系人姓名"),
    _text(
        "summary",
        "投诉内容",
        "complaint | subject | content | 投诉 | 投诉事项 | 投诉主题 | 主题 | 内容 | 问题描述",
        required=True,
    ),
    _code(vocabulary.SEVERITY, "严重程度", "priority | level | 优先级 | 投诉等级 | 等级", default="medium"),
    _code(vocabulary.CHANNEL, "渠道", "投诉渠道 | 投诉方式 | 来源渠道"),
    _day(
        "received_on",
        "受理日期",
        "received | date | received date | complaint date | opened | open date | 日期 | 投诉日期 | 投诉时间 | 受理时间",
        required=True,
    ),
    _day("reply_due_on", "应回复日期", "reply due | reply by | due | due date | 回复期限 | 处理期限"),
    _day(
        "investigating_on",
        "调查日期",
        "investigating | investigated on | 开始处理日期 | 处理日期 | 调查开始日期",
    ),
    _day("replied_on", "回复日期", "replied | replied on | reply date | 反馈日期 | 回复时间"),
    _day("closed_on", "关闭日期", "closed | closed date | close date | 结案日期 | 关闭时间"),
    _text("reply", "回复内容", "response | answer | 反馈内容 | 处理结果 | 答复"),
    _text("cause", "原因类别", "category | cause category | 投诉类型 | 投诉类别 | 原因分类"),
    _text("root_cause", "根本原因", "root cause analysis | reason | 原因 | 原因分析 | 投诉原因"),
    _text("prevention", "预防措施", "preventive action | corrective action | 纠正措施 | 整改措施 | 改进措施"),
    _NOTES,
    _CREATED,
    _ARCHIVED,
)
_NPS = "nps | nps score | 净推荐值 | nps评分 | 推荐值"  #: a score under these is an answer to the question of NPS
_SURVEYS = (
    _UID,
    _external("survey id | response id | respondent id | 调查编号 | 问卷编号 | 答卷编号"),
    _customer(required=True),
    _COMPANY,
    _reference("contact", "contacts", "联系人", "contact id | contact name | contact person | 联系人姓名"),
    _code(
        vocabulary.SURVEY_KIND,
        "调查类型",
        "type | survey | survey type | 类型 | 问卷类型",
        name="kind",
        default="csat",
    ),
    _code(vocabulary.CHANNEL, "渠道", "method | 方式 | 调查渠道 | 调查方式"),
    _day(
        "asked_on",
        "调查日期",
        "asked | date | survey date | sent | sent on | sent date | 日期 | 调查时间 | 发送日期 | 发出日期",
        required=True,
    ),
    _day(
        "answered_on",
        "答复日期",
        "answered | answered date | response date | completed | completed on | submitted | 答复时间 | 提交日期 | 提交时间"
        " | 回收日期",
    ),
    _whole(
        "score",
        "评分",
        "rating | result | csat | csat score | 得分 | 分数 | 打分 | 满意度 | 满意度评分 | 客户满意度"
        f" | {_NPS}",
        10,
    ),
    _text(
        "comment", "意见", "comments | feedback | remark | verbatim | 建议 | 意见建议 | 评价 | 反馈 | 备注"
    ),
    _CREATED,
)

ENTITIES: Mapping[str, tuple[FieldSpec, ...]] = MappingProxyType(
    {
        "customers": _CUSTOMERS,
        "contacts": _CONTACTS,
        "products": _PRODUCTS,
        "interactions": _INTERACTIONS,
        "transactions": _TRANSACTIONS,
        "opportunities": _OPPORTUNITIES,
        "payments": _PAYMENTS,
        "tasks": _TASKS,
        "complaints": _COMPLAINTS,
        "surveys": _SURVEYS,
    }
)

#: Headers of a customer reference whose cells are numbers or codes of customers, not names.
ID_LIKE = frozenset(
    header_key(word)
    for word in _words(
        "customer id | customer uid | customer no | customer number | customer code | client id | client no"
        " | account id"
        " | account number | member id | 客户编号 | 客户id | 客户号 | 客户代码 | 客户编码 | 会员号"
        " | 会员编号 | 会员id | 会员卡号 | id | uid"
        " | external id | 编号"
    )
)
#: Headers of a customer's name that say: these are organizations.
ORGANIZATION_LIKE = frozenset(header_key(word) for word in (*_COMPANY.headers, "account", "account name"))
#: Parts of a name, used when no column holds the whole: given, middle, family.
NAME_PARTS: tuple[frozenset[str], ...] = tuple(
    frozenset(header_key(word) for word in _words(part))
    for part in (
        "first name | given name | forename | 名",
        "middle name | additional name",
        "last name | family name | surname | 姓 | 姓氏",
    )
)
#: Headers of a score that say: these are answers to the question of NPS.
NPS_LIKE = frozenset(header_key(word) for word in _words(_NPS))
#: In an opportunity file one of these headers tells Salesforce, whose close date is the expected one.
EXPECTS_CLOSE = frozenset(
    header_key(word) for word in ("IsClosed", "ForecastCategory", "ForecastCategoryName")
)
