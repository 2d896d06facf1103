"""Templates: messages with places for a customer's own facts. They are printed, never sent."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from crmcli.cli.common import FormatOption, code_of, command, database, group, pairs, report
from crmcli.errors import ExitCode, UsageError
from crmcli.i18n import _, ngettext
from crmcli.vocabulary import CHANNEL, OCCASION

TEMPLATE = Annotated[str, typer.Argument(metavar="NAME", help=_("The template's name."))]
OCCASION_OPTION = Annotated[
    str | None,
    typer.Option("--occasion", help=_("birthday, holiday, promotion, after_sales or other (the default).")),
]
CHANNEL_OPTION = Annotated[
    str | None, typer.Option("--channel", help=_("How it goes out: email, wechat, sms, phone …"))
]
SUBJECT = Annotated[str | None, typer.Option("--subject", help=_("The subject line, for e-mail."))]
TEXT = Annotated[
    str | None, typer.Option("--text", metavar="TEXT", help=_("The text; - reads standard input."))
]
FILE = Annotated[str | None, typer.Option("--file", metavar="FILE", help=_("Read the text from this file."))]

app = group(_("Templates: messages for birthdays, holidays, promotions, after-sales. Printed, never sent."))
APPS = {"template": app}


def _body(text: str | None, file: str | None) -> str | None:
    """Return the text that --text or --file gave."""
    if text is not None and file is not None:
        raise UsageError(_("--text and --file are two ways to say the same"), where="--file")
    path = "-" if text == "-" else file
    if path is None:
        return text
    from crmcli.exchange.source import read_text

    return read_text(path)


@command(
    app,
    "list",
    help=_("List templates: your own, and those that come with crm."),
    examples="crm template list\ncrm template list --occasion holiday --format json",
)
def list_templates(
    occasion: Annotated[str | None, typer.Option("--occasion", help=_("Only for this occasion."))] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.notes import say
    from crmcli.render.output import Column, Format, Listing, choose, show
    from crmcli.workflows.templates import templates

    code = code_of(OCCASION, occasion, "--occasion")
    found = [each for each in templates(database()) if code in {None, each.occasion}]
    coded = choose(format, sys.stdout) is not Format.TABLE
    columns = [
        Column("name", _("Name")),
        Column("occasion", _("Occasion")),
        Column("channel", _("Channel")),
        Column("origin", _("Origin")),
        Column("subject", _("Subject"), wrap=True),
        *([Column("text", _("Text"))] if coded else []),
    ]
    rows = [(*_in_words(each, coded=coded), *([each.body] if coded else [])) for each in found]
    show(Listing(columns, rows, ids=[row[0] for row in rows], key="templates"), format)
    if not found:
        say(_("no templates here"))
        raise typer.Exit(ExitCode.FINDINGS)


def _in_words(each: Any, *, coded: bool) -> tuple[Any, ...]:
    origin = (
        ("shipped" if each.shipped else "own") if coded else (_("crm") if each.shipped else _("your own"))
    )
    if coded:
        return (each.name, each.occasion, each.channel, origin, each.subject)
    channel = CHANNEL.label(each.channel) if each.channel else None
    return (each.name, OCCASION.label(each.occasion), channel, origin, each.subject)


@command(
    app,
    "show",
    help=_("Show one template; a shipped one also by its name without the ending."),
    examples="crm template show birthday\ncrm template show after-sales-zh --format json",
)
def show_template(name: TEMPLATE, format: FormatOption = None) -> None:
    from crmcli.render.output import Format, Record, choose, show_record
    from crmcli.workflows.templates import template

    found = template(database(), name)
    words = _in_words(found, coded=choose(format, sys.stdout) is not Format.TABLE)
    headings = (_("Name"), _("Occasion"), _("Channel"), _("Origin"), _("Subject"))
    keys = ("name", "occasion", "channel", "origin", "subject")
    fields = [*zip(keys, headings, words, strict=True), ("text", _("Text"), found.body)]
    show_record(Record(fields), format)


@command(
    app,
    "places",
    help=_(
        "List the places that a template may have. {place|words} falls back on the words, {{ and }} are brackets."
    ),
    examples="crm template places",
)
def list_places(format: FormatOption = None) -> None:
    from crmcli.render.output import Column, Listing, show
    from crmcli.workflows.placeholders import places

    columns = [Column("place", _("Place")), Column("meaning", _("Meaning"), wrap=True)]
    rows = list(places().items())
    show(Listing(columns, rows, ids=[row[0] for row in rows], key="places"), format)


@command(
    app,
    "add",
    help=_("Keep a template; one of the name of a shipped one takes its place."),
    examples=_(
        "crm template add thanks --channel wechat --text '{contact}{honorific|}，感谢您的支持！'\n"
        "crm template add spring --occasion promotion --subject '{offer}' --file spring.txt\n"
        "crm template add note --text - < note.txt"
    ),
)
def add(
    name: TEMPLATE,
    occasion: OCCASION_OPTION = None,
    channel: CHANNEL_OPTION = None,
    subject: SUBJECT = None,
    text: TEXT = None,
    file: FILE = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.template import add as record

    body = _body(text, file)
    if body is None:
        raise UsageError(_("a template needs a text"), where="--text", hint=_("give --text or --file"))
    given = {"name": name, "occasion": occasion, "channel": channel, "subject": subject, "body": body}
    done = record(database(), given)
    report(done.summary, [("id", "#", done.id), ("name", _("Name"), name.strip())], format)


@command(
    app,
    "edit",
    help=_("Change a template; a shipped one is copied first. An empty value clears a field."),
    examples="crm template edit thanks --subject ''\ncrm template edit birthday-zh --file birthday.txt",
)
def edit(
    name: TEMPLATE,
    new_name: Annotated[str | None, typer.Option("--name", help=_("Another name."))] = None,
    occasion: OCCASION_OPTION = None,
    channel: CHANNEL_OPTION = None,
    subject: SUBJECT = None,
    text: TEXT = None,
    file: FILE = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.template import edit as record

    given = {
        "name": new_name, "occasion": occasion, "channel": channel, "subject": subject, "body": _body(text, file),
    }  # fmt: skip
    report_edit(record(database(), name, given), format)


@command(
    app,
    "delete",
    help=_("Delete a template of your own; undo brings it back."),
    examples="crm template delete thanks",
)
def delete(name: TEMPLATE, format: FormatOption = None) -> None:
    from crmcli.workflows.template import delete as record

    done = record(database(), name)
    report(done.summary, [("id", "#", done.id)], format)


@command(
    app,
    "merge",
    help=_(
        "Fill a template for customers and print the texts. Nothing is sent, and nothing recorded without --log; who does"
        " not want to be contacted is left out."
    ),
    examples=(
        "crm template merge birthday 张三\n"
        "crm template merge holiday-zh --tag vip --set holiday=春节 --dir letters --log\n"
        "crm list --grade A --format ids | crm template merge birthday --ids - --mailto"
    ),
)
def merge(
    name: TEMPLATE,
    customers: Annotated[
        list[str] | None, typer.Argument(metavar="[CUSTOMER]...", help=_("For these customers."))
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help=_("For everybody with this tag."))] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            "--segment",
            metavar="JUDGEMENT=CLASS",
            help=_("For everybody in this class of a further judgement; may be repeated."),
        ),
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids", metavar="FILE", help=_("For the ids in this file, one a line; - is standard input.")
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PLACE=TEXT", help=_("A value for a place, for everybody; may be repeated.")
        ),
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help=_("How it goes out, if not as the template says."))
    ] = None,
    mailto: Annotated[
        bool, typer.Option("--mailto", help=_("Print a mailto: link for each customer, one a line."))
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help=_("Write a file for each customer into DIR."))
    ] = None,
    force: Annotated[bool, typer.Option("--force", help=_("Replace files that are there."))] = False,
    log: Annotated[
        bool,
        typer.Option("--log", help=_("Record the message with each customer, as left and not yet answered.")),
    ] = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.templates import merge as merged

    _only_one(mailto=mailto, folder=folder, format=format)
    way = code_of(CHANNEL, channel, "--channel")
    wanted = _ids(customers, tag, segment, ids)
    found = merged(database(), name, wanted, dict(pairs(given, "--set")), channel=way, by_mail=mailto)
    if log and found.channel is None:
        raise UsageError(
            _("template {name} has no channel").format(name=found.template.name),
            where="--log",
            hint=_("name one with --channel"),
        )
    _say_left_out(found)
    if found.messages:
        _write(found, mailto=mailto, folder=folder, force=force, format=format)
        if log:
            _log(found)
    if found.unreachable:
        raise typer.Exit(ExitCode.PARTIAL if found.messages else ExitCode.FINDINGS)
    if not found.messages:
        raise typer.Exit(ExitCode.FINDINGS)


def _only_one(*, mailto: bool, folder: Path | None, format: Any) -> None:
    ways = [
        option
        for option, given in (
            ("--mailto", mailto),
            ("--dir", folder is not None),
            ("--format", format is not None),
        )
        if given
    ]
    if len(ways) > 1:
        raise UsageError(_("only one of {options}").format(options=", ".join(ways)), where=ways[0])


def _ids(
    customers: list[str] | None, tag: str | None, segment: list[str] | None, ids: str | None
) -> Sequence[int]:
    """Return the ids of the customers that were named in one of the four ways."""
    from crmcli.workflows.customers import customers as listed
    from crmcli.workflows.templates import customers_named

    ways: dict[str, Callable[[], Sequence[int]]] = {}
    if customers:
        ways["CUSTOMER"] = lambda: customers_named(database(), customers)
    if tag is not None:
        ways["--tag"] = lambda: [
            each.id for each in listed(database(), limit=-1, archived=False, tag=tag).lines
        ]
    if segment:
        classes = pairs(segment, "--segment", "JUDGEMENT=CLASS")
        ways["--segment"] = lambda: [
            each.id for each in listed(database(), limit=-1, archived=False, segments=classes).lines
        ]
    if ids is not None:
        ways["--ids"] = lambda: customers_named(database(), _lines(ids))
    if len(ways) != 1:
        what = _("only one of {options}").format(options=", ".join(ways)) if ways else _("for whom?")
        raise UsageError(what, hint=_("name customers, or use --tag, --segment or --ids"))
    return next(iter(ways.values()))()


def _lines(file: str) -> list[str]:
    """Return the ids of a file as words that can only mean an id."""
    from crmcli.exchange.source import read_text

    words = [(number, line.strip()) for number, line in enumerate(read_text(file).splitlines(), 1)]
    for number, word in words:
        plain = word.removeprefix("#")
        if word and not (plain.isascii() and plain.isdecimal()):
            raise UsageError(_("not an id: {value}").format(value=repr(word[:40])), where=f"--ids:{number}")
    return [f"#{word.removeprefix('#')}" for _number, word in words if word]


def _say_left_out(found: Any) -> None:
    from crmcli.render.notes import say

    for customer, why in (*found.unwanted, *found.unreachable):
        say(_("left out: {customer}: {why}").format(customer=customer, why=why))
    if not found.messages and not (found.unwanted or found.unreachable):
        say(_("no customers here"))


def _write(found: Any, *, mailto: bool, folder: Path | None, force: bool, format: Any) -> None:
    """Write the texts to standard output, to files, as links or as data."""
    from crmcli.render.letters import show_texts

    if folder is not None:
        from crmcli.exchange.letters import file_name, write_letters
        from crmcli.render.notes import say

        letters = [(file_name(each.id, each.name), each.text) for each in found.messages]
        for path in write_letters(folder, letters, force=force):
            show_texts([f"{path}\n"])
        text = ngettext("{count} file written", "{count} files written", len(letters))
        say(text.format(count=len(letters)))
    elif mailto:
        show_texts((f"{each.mailto}\n" for each in found.messages), between="")
    elif format is None:
        show_texts(each.text for each in found.messages)
    else:
        from crmcli.render.output import Column, Listing, show

        columns = [
            Column("id", "#"),
            Column("name", _("Name"), wrap=True),
            Column("email", _("E-mail")),
            Column("subject", _("Subject"), wrap=True),
            Column("text", _("Text"), wrap=True),
        ]
        rows = [(each.id, each.name, each.email, each.subject, each.body) for each in found.messages]
        show(Listing(columns, rows, key="messages"), format)


def _log(found: Any) -> None:
    from crmcli.render.notes import say
    from crmcli.workflows.template import record_merged

    say(record_merged(database(), found, found.channel))
