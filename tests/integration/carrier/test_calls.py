"""The stand-in carrier's calls, through Twilio's own client: how they are taken, kept and come to an end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from app.messaging.carriers import Accepted, Ambiguous, ErrorClass, Outgoing, Refused
from app.messaging.carriers.voice import RING_SECONDS, TwilioVoiceCarrier
from app.messaging.channels import Channel
from app.messaging.simulation import AT_NIGHT_BY_CALL
from app.messaging.status import MessageStatus
from tests.fakes.carrier import FakeCarrier, People, Settings
from tests.support.twilio import ANA, BEN, FROM, Inbox, carrier_at, now

GATHER = (
    "<Response><Gather numDigits='1' timeout='1' action='/key'><Say>Press 1 &amp; wait</Say></Gather>"
    "<Say>No key.</Say></Response>"
)


@pytest.fixture
def fake() -> Iterator[FakeCarrier]:
    quick = {"answer_after": 0.01, "say_seconds": 0.01, "key_wait": 0.01, "no_answer_after": 0.02}
    with FakeCarrier(Settings(calls_per_second=0, **quick)) as carrier:  # type: ignore[arg-type]
        yield carrier


@pytest.fixture
def client(fake: FakeCarrier) -> Client:
    return carrier_at(fake.url)._client


def voice(fake: FakeCarrier, url: str = "http://127.0.0.1:9", **more: Any) -> TwilioVoiceCarrier:
    return TwilioVoiceCarrier(carrier_at(fake.url, **more)._settings, url)


def ask(to: str = ANA, attempt: str = "attempt-1") -> Outgoing:
    return Outgoing(to, "Reply 1", attempt, "K7Q2", channel=Channel.VOICE)


def test_a_call_is_placed_with_where_to_ask_and_report_and_limits(fake: FakeCarrier) -> None:
    result = voice(fake, "http://127.0.0.1:9/").send(ask())
    [placed] = fake.calls()
    assert result == Accepted(placed.sid, MessageStatus.QUEUED)
    assert re.fullmatch(r"CA[0-9a-f]{32}", placed.sid)
    assert placed.url.startswith("http://127.0.0.1:9/webhooks/twilio/voice/attempt-1#rc=")
    assert (placed.callback or "").startswith("http://127.0.0.1:9/webhooks/twilio/voice/attempt-1/status#rc=")
    assert placed.events == ("initiated", "ringing", "answered", "completed")
    assert (placed.ring_seconds, placed.longest, placed.sender) == (RING_SECONDS, 300, FROM)


@pytest.mark.parametrize(
    ("to", "caller", "url", "code", "error_class"),
    [
        ("+1", FROM, "http://127.0.0.1:9", 21211, ErrorClass.FIX_CONTACT),
        (ANA, "12345", "http://127.0.0.1:9", 21212, ErrorClass.CONFIGURATION),
        (ANA, FROM, "nowhere", 21205, ErrorClass.CONFIGURATION),
    ],
)
def test_a_call_that_cannot_be_is_refused(
    fake: FakeCarrier, to: str, caller: str, url: str, code: int, error_class: ErrorClass
) -> None:
    result = voice(fake, url, from_number=caller).send(ask(to))
    assert isinstance(result, Refused)
    assert (result.code, result.error_class) == (code, error_class)
    assert fake.calls() == []


def test_without_a_number_to_call_from_nothing_is_asked(fake: FakeCarrier) -> None:
    result = voice(fake, from_number=None, messaging_service_sid="MG1").send(ask())
    assert isinstance(result, Refused)
    assert result.error_class is ErrorClass.CONFIGURATION
    assert fake.ledger.calls == []


@pytest.mark.parametrize("kind", ["error_after", "reset_after", "timeout_after", "garbage"])
def test_i3_a_call_without_an_answer_is_ambiguous_and_found(fake: FakeCarrier, kind: str) -> None:
    carrier = voice(fake)
    since = now()
    assert isinstance(carrier.send(ask(BEN)), Accepted)
    fake.fault(kind, ANA)
    assert isinstance(carrier.send(ask()), Ambiguous)
    [placed] = fake.calls(ANA)
    found = carrier.find(ANA, "K7Q2", since)
    assert found is not None
    assert found.carrier_id == placed.sid
    assert carrier.find(ANA, "K7Q2", since, known=(placed.sid,)) is None
    assert carrier.find(ANA, "K7Q2", since + timedelta(minutes=5)) is None


def test_what_became_of_a_call_can_be_asked(fake: FakeCarrier, client: Client) -> None:
    carrier = voice(fake)
    fake.fault("busy", BEN)
    sids = [carrier.send(ask(to)) for to in (ANA, BEN)]
    assert fake.settle()
    reports = [carrier.fetch_status(sid.carrier_id) for sid in sids if isinstance(sid, Accepted)]
    assert [report.status for report in reports if report] == [
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERED,
    ]
    assert carrier.fetch_status("CA" + "0" * 32) is None
    fetched = client.calls(fake.calls(ANA)[0].sid).fetch()
    assert fetched.date_created is not None
    assert fetched.start_time is not None
    assert (fetched.direction, fetched.duration, fetched.to) == ("outbound-api", "0", ANA)


def test_calls_are_listed_newest_first_page_by_page(fake: FakeCarrier, client: Client) -> None:
    carrier = voice(fake)
    for number in range(7):
        carrier.send(ask(attempt=f"attempt-{number}"))
    carrier.send(ask(BEN))
    listed = client.calls.list(to=ANA, page_size=3)
    assert [call.sid for call in listed] == [call.sid for call in reversed(fake.calls(ANA))]
    assert len(client.calls.list(from_=FROM)) == 8
    assert client.calls.list(to="+12025550177") == []


def test_a_waiting_call_can_be_canceled_and_a_finished_one_not(fake: FakeCarrier, client: Client) -> None:
    fake.settings.calls_per_second = 0.01
    carrier = voice(fake)
    first, second = carrier.send(ask()), carrier.send(ask(BEN))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert client.calls(second.carrier_id).update(status="canceled").status == "canceled"
    assert fake.settle()
    assert fake.calls(BEN)[0].started is None
    with pytest.raises(TwilioRestException) as told:
        client.calls(second.carrier_id).update(status="completed")
    assert told.value.code == 21220


def test_calls_leave_at_the_accounts_rate(inbox: Inbox) -> None:
    inbox.twiml = "<Response><Say>Hello</Say></Response>"
    with FakeCarrier(Settings(speed=20, answer_after=0, say_seconds=0)) as fake:
        carrier = voice(fake, inbox.url)
        for number in range(4):
            carrier.send(ask(f"+1202555{100 + number:04d}"))
        assert fake.settle()
        left = [call.started for call in fake.calls() if call.started]
        assert len(left) == 4
        assert left[-1] - left[0] >= 3 / 20 - 0.02
        assert fake.ledger.peak_calls(60) == 4


def test_what_is_said_is_fetched_with_a_signature_and_keys_are_posted(
    fake: FakeCarrier, inbox: Inbox
) -> None:
    inbox.twiml = GATHER
    fake.people.on_calls[ANA] = ["1", "2"]
    voice(fake, inbox.url).send(ask())
    assert fake.settle()
    assert all(ok for _, _, ok in inbox.got)
    [placed] = fake.calls()
    assert placed.heard == ["Press 1 & wait"] * 3 + ["No key."]
    keys = [form["Digits"] for path, form, _ in inbox.got if path == "/key"]
    assert keys == ["1", "2"]
    steps = [form["CallStatus"] for path, form, _ in inbox.got if path.endswith("/status")]
    assert sorted(steps) == ["completed", "in-progress", "initiated", "ringing"]


def test_a_crowd_picks_up_by_its_habits(inbox: Inbox) -> None:
    inbox.twiml = GATHER
    people = People(with_habits=True, call_habits=AT_NIGHT_BY_CALL)
    with FakeCarrier(Settings(speed=100, calls_per_second=0), people=people) as fake:
        carrier = voice(fake, inbox.url)
        for number in range(60):
            carrier.send(ask(f"+1202555{100 + number:04d}"))
        assert fake.settle(20)
        answered = sum(bool(call.pressed) for call in fake.calls())
        assert 14 <= answered <= 36
        assert fake.ledger.summary()["keys"] == answered


def test_a_number_can_be_looked_up(fake: FakeCarrier) -> None:
    fake.people.lines[BEN] = "landline"
    auth = (fake.settings.account_sid, fake.settings.auth_token)

    def kind(number: str) -> object:
        url = f"{fake.url}/v2/PhoneNumbers/{number}?Fields=line_type_intelligence"
        return requests.get(url, auth=auth, timeout=5).json()["line_type_intelligence"]

    assert kind(ANA) == {"type": "mobile", "error_code": None}
    assert kind(BEN) == {"type": "landline", "error_code": None}
    assert kind("12345") is None
    assert requests.get(f"{fake.url}/v2/PhoneNumbers/{ANA}", timeout=5).status_code == 401


def test_a_picture_and_an_rcs_phone_come_in_as_the_carrier_has_them(fake: FakeCarrier, inbox: Inbox) -> None:
    fake.settings.inbound_url = f"{inbox.url}/inbound"
    fake.inject(f"rcs:{ANA}", "", media=2)
    [(_, form, ok)] = inbox.got
    assert ok
    assert form["MessageSid"].startswith("MM")
    assert (form["From"], form["NumMedia"], form["Body"]) == (f"rcs:{ANA}", "2", "")
    assert form["MediaContentType1"] == "image/jpeg"
    assert "OptOutType" not in form
    fake.inject(ANA, "STOP")
    assert "OptOutType" not in inbox.got[-1][1], "only Advanced Opt-Out tells"
