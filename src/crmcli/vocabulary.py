"""The closed lists of the field: each code with its English and its Chinese word.

Codes are English and are what files and the database hold. Chinese (and English) words are accepted on input and
printed in the language in force. The words stand here, not in the message catalogue, because input in either
language must be understood whatever the language of the output is.
"""

from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from crmcli.i18n import language


class Term(NamedTuple):  # no dataclass: loading that module is felt at every prompt
    """One code with its words: what is printed in English, in Chinese, and what else is understood on input."""

    code: str
    en: str
    zh: str
    also: tuple[str, ...] = ()


class Vocabulary:
    """A closed list of terms under one field name."""

    def __init__(self, name: str, *terms: Term) -> None:
        self.name = name
        self.terms = terms
        self.codes = tuple(term.code for term in terms)
        self._by_code = {term.code: term for term in terms}

    @cached_property  # what a person typed is looked up by few commands
    def _by_word(self) -> dict[str, str]:
        return {
            _key(word): term.code for term in self.terms for word in (term.code, term.en, term.zh, *term.also)
        }

    def parse(self, text: str) -> str | None:
        """Return the code that `text` stands for (any case, either language), or None."""
        return self._by_word.get(_key(text))

    def meant(self, text: str) -> tuple[str, ...]:
        """Return every code that `text` may stand for: the code itself, else all that have it for a word."""
        if text in self._by_code:
            return (text,)
        key = _key(text)
        return tuple(
            term.code
            for term in self.terms
            if key in {_key(word) for word in (term.code, term.en, term.zh, *term.also)}
        )

    def label(self, code: str) -> str:
        """Return the word for `code` in the language in force; an unknown code comes back as it is."""
        term = self._by_code.get(code)
        if term is None:
            return code
        return term.zh if language() == "zh_CN" else term.en


def _key(word: str) -> str:
    return "".join(word.casefold().replace("_", " ").replace("-", " ").replace("/", " ").split())


KIND = Vocabulary(
    "kind",
    Term("person", "person", "个人", ("individual", "个人客户", "自然人")),
    Term(
        "organization",
        "organization",
        "企业",
        ("organisation", "company", "公司", "单位", "组织", "企业客户", "机构"),
    ),
)
GENDER = Vocabulary(
    "gender",
    Term("female", "female", "女", ("f", "女士", "女性")),
    Term("male", "male", "男", ("m", "先生", "男性")),
    Term("other", "other", "其他"),
)
#: What the records are called, one and many; the codes are those of commands and of tables.
RECORD = Vocabulary(
    "record",
    Term("customer", "customer", "客户"),
    Term("contact", "contact", "联系人"),
    Term("product", "product", "产品"),
    Term("interaction", "interaction", "跟进记录"),
    Term("transaction", "transaction", "交易"),
    Term("opportunity", "opportunity", "商机"),
    Term("task", "task", "待办"),
    Term("preference", "preference", "偏好"),
    Term("complaint", "complaint", "投诉"),
    Term("survey", "survey", "满意度调查"),
    Term("credit", "credit", "信用"),
    Term("payment", "payment", "回款"),
    Term("template", "template", "模板"),
    Term("deferral", "deferral", "推迟"),
    Term("override", "override", "手动设定"),
    Term("custom_field", "custom field", "自定义字段"),
)
RECORDS = Vocabulary(
    "records",
    Term("customers", "customers", "客户"),
    Term("contacts", "contacts", "联系人"),
    Term("products", "products", "产品"),
    Term("interactions", "interactions", "跟进记录"),
    Term("transactions", "transactions", "交易"),
    Term("opportunities", "opportunities", "商机"),
    Term("tasks", "tasks", "待办"),
    Term("preferences", "preferences", "偏好"),
    Term("complaints", "complaints", "投诉"),
    Term("surveys", "surveys", "满意度调查"),
    Term("credits", "credits", "信用"),
    Term("payments", "payments", "回款"),
    Term("templates", "templates", "模板"),
    Term("deferrals", "deferrals", "推迟"),
    Term("overrides", "overrides", "手动设定"),
    Term("custom_fields", "custom fields", "自定义字段"),
)
#: What a custom field holds.
FIELD_KIND = Vocabulary(
    "type",
    Term("text", "text", "文本", ("string", "文字")),
    Term("number", "number", "数字", ("数值", "数")),
    Term("date", "date", "日期", ("day",)),
    Term("choice", "choice", "选项", ("单选",)),
)
CALENDAR = Vocabulary(
    "birthday_calendar",
    Term("solar", "solar", "公历", ("gregorian", "阳历", "新历")),
    Term("lunar", "lunar", "农历", ("chinese", "阴历", "旧历")),
)
SIZE = Vocabulary(
    "size",
    Term("micro_small", "micro/small", "小微", ("small", "micro", "小型", "微型", "小微企业", "小型企业")),
    Term("medium", "medium", "中型", ("mid", "中型企业")),
    Term("large", "large", "大型", ("big", "大型企业")),
)
INTENT = "intent"  #: the further judgement that stands beside the intent stage set by hand
INTENT_STAGE = Vocabulary(
    "intent_stage",
    Term("potential", "potential", "潜在", ("潜在客户",)),
    Term("target", "target", "目标", ("目标客户",)),
    Term("interested", "interested", "意向", ("意向客户",)),
    Term("high_hope", "high hope", "大希望", ("大希望客户",)),
    Term("won", "won", "交易", ("交易客户", "成交", "成交客户")),
    Term("poor", "poor", "劣质", ("劣质客户",)),
    Term("invalid", "invalid", "无效", ("无效客户",)),
)
LIFECYCLE_STAGE = Vocabulary(
    "lifecycle_stage",
    Term("prospect", "prospect", "潜在"),
    Term("new", "new", "新"),
    Term("stable", "stable", "稳定"),
    Term("loyal", "loyal", "忠诚", ("老客户",)),
    Term("at_risk", "at risk", "流失预警"),
    Term("lost", "lost", "流失"),
)
CHANNEL = Vocabulary(
    "channel",
    Term("phone", "phone", "电话", ("call", "tel", "telephone", "打电话", "来电", "去电")),
    Term("email", "e-mail", "邮件", ("mail", "e mail", "电子邮件", "邮箱")),
    Term("sms", "SMS", "短信", ("text",)),
    Term("wechat", "WeChat", "微信", ("weixin", "wx")),
    Term("visit", "visit", "拜访", ("上门", "走访", "实地拜访")),
    Term("meeting", "meeting", "会议", ("会面", "见面", "面谈")),
    Term("online", "online", "在线", ("web", "chat", "视频", "线上")),
    Term("social", "social media", "社交媒体", ("linkedin", "微博", "社交")),
    Term("event", "event", "活动", ("展会", "沙龙", "fair")),
    Term("gift", "gift", "礼品", ("礼物", "送礼")),
)
DIRECTION = Vocabulary(
    "direction",
    Term("outbound", "outbound", "呼出", ("out", "outgoing", "主动", "去")),
    Term("inbound", "inbound", "呼入", ("in", "incoming", "被动", "来")),
)
OUTCOME = Vocabulary(
    "outcome",
    Term("connected", "connected", "已联系", ("reached", "done", "接通", "已接通", "成功", "已沟通")),
    Term("no_answer", "no answer", "未接", ("missed", "无人接听", "未接通", "没接")),
    Term("left_message", "left message", "已留言", ("voicemail", "留言", "message")),
    Term("postponed", "postponed", "改期", ("rescheduled", "推迟", "延期")),
    Term("declined", "declined", "拒绝", ("refused", "拒接", "婉拒")),
)
#: A touch that reached the customer; only these reset the follow-up clock.
REAL_TOUCH = ("connected", "postponed", "declined")
INTERACTION_KIND = Vocabulary(
    "kind",
    Term("sales", "sales", "销售跟进", ("follow up", "follow-up", "跟进", "销售")),
    Term("service", "service", "售后服务", ("support", "售后", "服务")),
    Term("care", "customer care", "客情关怀", ("care", "关怀", "回访", "问候")),
    Term("other", "other", "其他"),
)
TRANSACTION_KIND = Vocabulary(
    "kind",
    Term("sale", "sale", "销售", ("order", "purchase", "订单", "成交", "购买")),
    Term("refund", "refund", "退款", ("return", "退货")),
)
OPPORTUNITY_STAGE = Vocabulary(
    "stage",
    Term(
        "prospecting",
        "prospecting",
        "初步接触",
        ("new", "lead", "qualification", "needs analysis", "线索", "接触", "新建"),
    ),
    Term(
        "introduced",
        "introduced",
        "已介绍",
        (
            "engaging",
            "engaged",
            "value proposition",
            "proposal",
            "proposal/price quote",
            "id. decision makers",
            "perception analysis",
            "已演示",
            "方案",
            "报价",
            "介绍",
        ),
    ),
    Term("approved", "approved", "已认可", ("verbal", "commit", "认可", "口头承诺", "意向确认")),
    Term(
        "negotiating",
        "negotiating",
        "商务谈判",
        ("negotiation", "negotiation/review", "谈判", "合同", "议价"),
    ),
    Term("won", "won", "赢单", ("closed won", "成交", "已成交", "成功")),
    Term("lost", "lost", "输单", ("closed lost", "失败", "丢单", "流失")),
)
OPEN_STAGES = ("prospecting", "introduced", "approved", "negotiating")
GRADE = Vocabulary("grade", *(Term(code, code, code, (f"{code}级", f"{code}类")) for code in "ABCD"))
TIER = Vocabulary(
    "tier",
    Term("high", "high", "高价值", ("高",)),
    Term("medium", "medium", "中价值", ("中",)),
    Term("low", "low", "低价值", ("低",)),
    Term("key", "key", "重点"),
    Term("main", "main", "主要"),
    Term("ordinary", "ordinary", "普通"),
    Term("standard", "standard", "普通会员", ("普通卡",)),
    Term("silver", "silver", "白银"),
    Term("gold", "gold", "黄金"),
    Term("platinum", "platinum", "铂金"),
    Term("diamond", "diamond", "钻石"),
)
#: The judgements that can be pinned by hand; the codes are the keys of every output.
JUDGEMENT = Vocabulary(
    "judgement",
    Term("tier", "tier", "价值等级"),
    Term("grade", "grade", "ABCD级别"),
    Term("lifecycle_stage", "lifecycle", "生命周期"),
)
#: Judgement → the words of its classes.
CLASSES = MappingProxyType({"tier": TIER, "grade": GRADE, "lifecycle_stage": LIFECYCLE_STAGE})
OVERRIDE_STATE = Vocabulary(
    "state",
    Term("in_force", "in force", "生效中"),
    Term("expired", "expired", "已到期"),
    Term("ended", "ended", "已结束"),
)

TASK_KIND = Vocabulary(
    "task_kind",
    Term("task", "task", "待办"),
    Term("promise", "promise", "承诺", ("约定",)),
    Term("improvement", "improvement", "改进措施", ("改进", "整改")),
)
REPEAT_UNIT = Vocabulary(
    "repeat_unit",
    Term("day", "day", "天", ("d", "days", "日")),
    Term("week", "week", "周", ("w", "weeks", "星期", "礼拜", "个周", "个星期", "个礼拜")),
    Term("month", "month", "月", ("m", "months", "个月")),
)
#: Days of the week, in their order.
WEEKDAY = Vocabulary(
    "weekday",
    Term("mon", "Monday", "周一", ("星期一", "礼拜一")),
    Term("tue", "Tuesday", "周二", ("tues", "星期二", "礼拜二")),
    Term("wed", "Wednesday", "周三", ("星期三", "礼拜三")),
    Term("thu", "Thursday", "周四", ("thur", "thurs", "星期四", "礼拜四")),
    Term("fri", "Friday", "周五", ("星期五", "礼拜五")),
    Term("sat", "Saturday", "周六", ("星期六", "礼拜六")),
    Term("sun", "Sunday", "周日", ("周天", "星期日", "星期天", "礼拜日", "礼拜天")),
)
#: What the next one of a task that repeats is counted from.
REPEAT_FROM = Vocabulary(
    "repeat_from",
    Term("due", "due day", "到期日", ("due",)),
    Term("done", "completion", "完成日", ("done", "completed")),
)
#: What preferences are mostly about; any other word is a topic too, and stays as it was written.
PREFERENCE_TOPIC = Vocabulary(
    "topic",
    Term("category", "product type", "产品类型", ("类别", "品类")),
    Term("product", "product", "产品", ("商品",)),
    Term("color", "colour", "颜色", ("color", "色彩")),
    Term("style", "style", "款式", ("风格",)),
    Term("service", "service manner", "服务方式", ("服务",)),
)
PREFERENCE_ORIGIN = Vocabulary(
    "origin",
    Term("stated", "stated", "自述", ("明示",)),
    Term("inferred", "inferred", "推断", ("从购买推断",)),
)
SEVERITY = Vocabulary(
    "severity",
    Term("low", "low", "轻微", ("minor", "低")),
    Term("medium", "medium", "中等", ("normal", "中", "一般", "普通")),
    Term("high", "high", "严重", ("serious", "高")),
    Term("critical", "critical", "紧急", ("urgent", "重大")),
)
COMPLAINT_STAGE = Vocabulary(
    "stage",
    Term("received", "received", "受理", ("已受理",)),
    Term("investigating", "investigating", "调查处理", ("调查", "处理中")),
    Term("replied", "replied", "反馈回复", ("已回复", "回复")),
    Term("closed", "closed", "已关闭", ("关闭", "结案")),
)
SURVEY_KIND = Vocabulary(
    "survey_kind",
    Term("csat", "CSAT", "满意度", ("客户满意度",)),
    Term("nps", "NPS", "净推荐值", ("推荐值",)),
)
OCCASION = Vocabulary(
    "occasion",
    Term("birthday", "birthday", "生日"),
    Term("holiday", "holiday", "节日", ("假日",)),
    Term("promotion", "promotion", "促销", ("推广",)),
    Term("after_sales", "after-sales", "售后", ("回访",)),
    Term("other", "other", "其他"),
)
DEFERRAL = Vocabulary(
    "deferral",
    Term("snooze", "snoozed", "推迟", ("snooze",)),
    Term("skip", "skipped", "跳过", ("skip",)),
)
#: Days with a name. Those of `crmcli.calendars` that move with the moon or the sun are here as well as the fixed ones.
FESTIVAL = Vocabulary(
    "festival",
    Term("new_year", "New Year's Day", "元旦", ("new year", "new years day", "元旦节", "新年")),
    Term("valentines_day", "Valentine's Day", "情人节", ("valentines", "valentines day")),
    Term("womens_day", "Women's Day", "妇女节", ("三八节", "三八妇女节", "womens day")),
    Term("qingming", "Tomb-sweeping Day", "清明节", ("清明", "tomb sweeping day", "tomb sweeping")),
    Term("labour_day", "Labour Day", "劳动节", ("五一", "五一节", "五一劳动节", "may day")),
    Term("childrens_day", "Children's Day", "儿童节", ("六一", "六一儿童节", "childrens day")),
    Term("teachers_day", "Teachers' Day", "教师节", ("teachers day",)),
    Term("national_day", "National Day", "国庆节", ("国庆", "十一国庆")),
    Term("singles_day", "Singles' Day", "双十一", ("双11", "singles day", "double eleven")),
    Term("christmas_eve", "Christmas Eve", "平安夜", ("圣诞夜", "xmas eve")),
    Term("christmas", "Christmas", "圣诞节", ("圣诞", "christmas day", "xmas")),
    Term(
        "spring_festival",
        "Spring Festival",
        "春节",
        ("大年初一", "年初一", "chinese new year", "lunar new year"),
    ),
    Term("lantern_festival", "Lantern Festival", "元宵节", ("元宵", "lantern")),
    Term("dragon_boat", "Dragon Boat Festival", "端午节", ("端午", "dragon boat")),
    Term("qixi", "Qixi", "七夕", ("七夕节", "qixi festival", "double seventh")),
    Term("zhongyuan", "Ghost Festival", "中元节", ("中元",)),
    Term("mid_autumn", "Mid-autumn Festival", "中秋节", ("中秋", "mid-autumn", "moon festival")),
    Term("double_ninth", "Double Ninth Festival", "重阳节", ("重阳", "double ninth", "chongyang")),
    Term("laba", "Laba Festival", "腊八节", ("腊八", "laba")),
    Term("chuxi", "Chinese New Year's Eve", "除夕", ("大年夜", "年三十", "大年三十", "lunar new year's eve")),
    Term("victory_day", "Victory Day", "抗战胜利纪念日"),
)
DAY_KIND = Vocabulary(
    "day_kind",
    Term("holiday", "day off", "放假"),
    Term("makeup_workday", "make-up workday", "调休上班"),
    Term("festival", "festival", "节日"),
)
