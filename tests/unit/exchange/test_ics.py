"""Calendar files: what another program reads in them, not what they look like."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from crmcli.exchange.ics import Event, calendar

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
HARD = 'Müller; "x", a\\b\r\nBEGIN:VALARM\n' + "很长的一行" * 40


def _read(content: bytes) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def test_an_event_of_a_day_takes_the_day_and_blocks_no_time() -> None:
    (event,) = _read(
        calendar([Event("a-1", date(2026, 12, 31), "call 张三", "x\ny")], now=NOW, zone="Asia/Shanghai")
    )
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 12, 31), date(2027, 1, 1))
    assert (str(event["uid"]), str(event["transp"])) == ("a-1@crmcli", "TRANSPARENT")
    assert (str(event["summary"]), str(event["description"])) == ("call 张三", "x\ny")
    assert event.decoded("dtstamp") == NOW
    assert not event.subcomponents


@pytest.mark.parametrize(
    ("zone", "at", "begins"),
    [
        ("Asia/Shanghai", "15:00", datetime(2026, 11, 20, 7, 0, tzinfo=UTC)),
        ("America/New_York", "23:30", datetime(2026, 11, 21, 4, 30, tzinfo=UTC)),
        ("UTC", "00:00", datetime(2026, 11, 20, 0, 0, tzinfo=UTC)),
    ],
)
def test_an_appointment_is_at_its_instant_wherever_it_is_read(zone: str, at: str, begins: datetime) -> None:
    found = [
        Event("t", date(2026, 11, 20), "visit", at=at),
        Event("u", date(2026, 11, 20), "visit", at=at, minutes=90),
    ]
    first, second = _read(calendar(found, now=NOW, zone=zone))
    assert first.decoded("dtstart") == second.decoded("dtstart") == begins
    assert first.decoded("dtend") - begins == timedelta(minutes=30)
    assert second.decoded("dtend") - begins == timedelta(minutes=90)


def test_an_alarm_rings_before_an_appointment_and_in_the_morning_of_a_day() -> None:
    found = [Event("a", date(2026, 11, 20), "s", at="15:00"), Event("b", date(2026, 11, 20), "s")]
    content = calendar(found, now=NOW, zone="UTC", alarm=timedelta(minutes=15), day_alarm=timedelta(hours=9))
    bells = [bell for event in _read(content) for bell in event.subcomponents]
    assert [(bell.name, str(bell["action"])) for bell in bells] == [("VALARM", "DISPLAY")] * 2
    assert [bell.decoded("trigger") for bell in bells] == [timedelta(minutes=-15), timedelta(hours=9)]


def test_a_later_export_is_a_later_version_of_the_same_events() -> None:
    """A calendar that has the uid takes the event whose SEQUENCE is higher; without METHOD it asks for no organizer.

    Those of telephones compare LAST-MODIFIED instead: Fossify leaves an event that it knows alone without it.
    """
    event = Event("a", date(2026, 11, 20), "s")
    first, same, later = (
        calendar([event], now=now, zone="UTC") for now in (NOW, NOW, NOW + timedelta(minutes=5))
    )
    assert first == same
    before, after = (_read(content)[0] for content in (first, later))
    assert before["uid"] == after["uid"]
    assert 0 < before["sequence"] < after["sequence"] < 2**31
    assert before.decoded("dtstamp") < after.decoded("dtstamp")
    assert before.decoded("last-modified") == before.decoded("dtstamp")
    assert after.decoded("last-modified") == after.decoded("dtstamp")
    assert b"METHOD" not in first


def test_words_from_data_stay_words() -> None:
    """Line ends, commas, quotation marks and the words of the format itself; lines of 75 octets, none torn."""
    content = calendar([Event("a", date(2026, 11, 20), HARD, HARD)], now=NOW, zone="UTC")
    (event,) = _read(content)
    assert str(event["summary"]).replace("\r\n", "\n") == HARD.replace("\r\n", "\n")
    assert not event.subcomponents
    assert content.count(b"BEGIN:VALARM\r\n") == 0
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
