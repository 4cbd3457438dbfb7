"""Every way a send can end, and how it is looked up afterwards."""

from __future__ import annotations

import logging
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from app.messaging.carriers import Accepted, Ambiguous, CarrierUnavailable, ErrorClass, Refused
from app.messaging.carriers.twilio import TwilioCarrier, TwilioSettings
from app.messaging.status import MessageStatus
from tests.fakes.carrier import SERVICE, FakeCarrier, Settings
from tests.support.twilio import ANA, BEN, FROM, carrier_at, now, text, tls_server


def test_a_text_is_accepted_as_written(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    result = carrier.send(text(valid_for=600))
    (accepted,) = fake.accepted(ANA)
    assert result == Accepted(accepted.sid, MessageStatus.QUEUED, reports=False)
    assert (accepted.body, accepted.sender, accepted.valid_for) == (text().body, FROM, 600)


def test_a_messaging_service_sends_in_place_of_a_number(fake: FakeCarrier) -> None:
    carrier = carrier_at(fake.url, messaging_service_sid=SERVICE)
    result = carrier.send(text(callback_url="http://127.0.0.1:9/status"))
    assert isinstance(result, Accepted)
    assert (result.status, result.reports) == (MessageStatus.ACCEPTED, True)
    assert fake.accepted()[0].service == SERVICE


@pytest.mark.parametrize(
    ("fault", "error_class", "code"),
    [
        ({"kind": "refuse", "code": 21211}, ErrorClass.FIX_CONTACT, 21211),
        ({"kind": "refuse", "code": 21610}, ErrorClass.OPTED_OUT, 21610),
        ({"kind": "refuse", "code": 21611}, ErrorClass.RETRY_LATER, 21611),
        ({"kind": "unauthorized"}, ErrorClass.CONFIGURATION, 20003),
        ({"kind": "too_many"}, ErrorClass.RETRY_LATER, 20429),
        ({"kind": "too_many", "code": 63038}, ErrorClass.DAILY_CAP, 63038),
    ],
)
def test_a_refused_text_was_not_accepted(
    fake: FakeCarrier, carrier: TwilioCarrier, fault: dict, error_class: ErrorClass, code: int
) -> None:
    fake.fault(**fault)
    result = carrier.send(text())
    assert isinstance(result, Refused)
    assert (result.error_class, result.code) == (error_class, code)
    assert ANA not in result.detail
    assert not fake.accepted()
    assert len(fake.ledger.calls) == 1


def test_a_wrong_token_is_a_matter_of_configuration(fake: FakeCarrier) -> None:
    result = carrier_at(fake.url, auth_token="of-another-account").send(text())
    assert isinstance(result, Refused)
    assert result.error_class is ErrorClass.CONFIGURATION


@pytest.mark.parametrize(
    ("kind", "was_accepted"),
    [
        ("error_before", False),
        ("error_after", True),
        ("timeout_before", False),
        ("timeout_after", True),
        ("reset_before", False),
        ("reset_after", True),
        ("garbage", True),
    ],
)
def test_i3_what_may_have_been_accepted_is_ambiguous_sent_once_and_looked_up(
    fake: FakeCarrier, carrier: TwilioCarrier, kind: str, was_accepted: bool
) -> None:
    since = now()
    fake.fault(kind, ANA, times=1)
    result = carrier.send(text())
    assert isinstance(result, Ambiguous)
    assert ANA not in result.detail

    def creates() -> int:
        return sum(call.method == "POST" for call in list(fake.ledger.calls))

    assert fake.wait_until(lambda: creates() > 0)
    assert creates() == 1, "a create is never repeated by the transport"

    found = carrier.find(ANA, "K7Q2", since)
    if was_accepted:
        assert found is not None
        assert found.carrier_id == fake.accepted(ANA)[0].sid
    else:
        assert found is None
        assert not fake.accepted()
    assert not fake.duplicates()


def test_a_slow_answer_within_the_limit_is_an_answer(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    fake.fault("slow", ANA, delay=0.3)
    assert isinstance(carrier.send(text()), Accepted)


def test_an_answer_slower_than_the_limit_is_ambiguous(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    fake.fault("slow", ANA, delay=5)
    began = time.monotonic()
    assert isinstance(carrier.send(text()), Ambiguous)
    assert time.monotonic() - began < 2


def test_no_connection_is_refused_because_nothing_was_written() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = carrier_at(f"http://127.0.0.1:{unused.getsockname()[1]}").send(text())
    assert result == Refused(None, ErrorClass.RETRY_LATER, "No connection to the carrier.")


def test_a_carrier_without_a_good_certificate_is_sent_nothing(tmp_path: Path) -> None:
    with tls_server(tmp_path) as port:
        result = carrier_at(f"https://127.0.0.1:{port}").send(text())
    assert isinstance(result, Refused)
    assert result.error_class is ErrorClass.CONFIGURATION


def test_a_refused_callback_address_does_not_stop_the_text(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    fake.fault("callback_refused")
    result = carrier.send(text(callback_url="http://127.0.0.1:9/status"))
    assert isinstance(result, Accepted)
    assert result.reports is False
    assert len(fake.accepted(ANA)) == 1
    assert fake.accepted(ANA)[0].callback is None


def test_a_callback_asks_for_retries(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    carrier.send(text(callback_url="http://127.0.0.1:9/status/attempt-1"))
    assert fake.accepted()[0].callback == "http://127.0.0.1:9/status/attempt-1#rc=3&rp=5xx,ct,rt"


def test_many_threads_send_each_text_once(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    def send(start: int) -> None:
        for number in range(start, start + 10):
            assert isinstance(carrier.send(text(f"+1202555{100 + number:04d}")), Accepted)

    threads = [threading.Thread(target=send, args=(start,)) for start in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake.texts()) == len(fake.accepted()) == 80


def test_no_phone_number_is_logged(
    fake: FakeCarrier, carrier: TwilioCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        carrier.send(text())
        carrier.find(ANA, "K7Q2", now())
        fake.fault("refuse", code=21211)
        carrier.send(text())
    assert ANA[1:] not in caplog.text


def test_the_token_is_not_shown() -> None:
    assert Settings().auth_token not in repr(
        TwilioSettings("AC1", Settings().auth_token, FROM, base_url="https://api.twilio.com")
    )


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        ({"auth_token": ""}, "auth_token"),
        ({"from_number": None}, "from_number or messaging_service_sid"),
        ({"url": "http://sms.example.org"}, "base_url"),
        ({"url": "api.twilio.com"}, "base_url"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_impossible_settings_are_refused_by_name(bad: dict, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        carrier_at(bad.pop("url", "http://127.0.0.1:9"), **bad)


# Looking up


def test_find_matches_number_reference_and_time(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    fake.fault("stuck")
    since = now()
    carrier.send(text(ANA, "K7Q2"))
    carrier.send(text(BEN, "M3X9"))
    assert carrier.find(ANA, "M3X9", since) is None
    assert carrier.find(ANA, "K7Q", since) is None, "a part of the reference is another reference"
    assert carrier.find(ANA, "K7Q2", since + timedelta(hours=1)) is None
    assert carrier.find(ANA, "K7Q2", since) == Accepted(fake.accepted(ANA)[0].sid, MessageStatus.QUEUED)


def test_find_passes_over_what_other_attempts_hold(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    since = now()
    first = carrier.send(text())
    assert isinstance(first, Accepted)
    assert carrier.find(ANA, "K7Q2", since, known={first.carrier_id}) is None


def test_find_sees_a_text_that_is_still_queued(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    fake.fault("stuck", ANA)
    since = now()
    carrier.send(text())
    found = carrier.find(ANA, "K7Q2", since)
    assert found == Accepted(fake.accepted(ANA)[0].sid, MessageStatus.QUEUED)


def test_find_sees_a_sent_text_behind_many_others(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    since = now()
    wanted = carrier.send(text())
    for number in range(120):
        carrier.send(text(ANA, f"Z{number}"))
    assert isinstance(wanted, Accepted)
    assert fake.settle()
    found = carrier.find(ANA, "K7Q2", since)
    assert found == Accepted(wanted.carrier_id, MessageStatus.DELIVERED)


def test_find_does_not_take_an_answer_for_the_question(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    since = now()
    fake.inject(ANA, "K7Q2 yes", to=BEN)
    assert carrier.find(BEN, "K7Q2", since) is None


@pytest.mark.parametrize("kind", ["error_before", "unauthorized", "too_many", "reset_before"])
def test_not_being_able_to_look_is_not_finding_nothing(
    fake: FakeCarrier, carrier: TwilioCarrier, kind: str
) -> None:
    fake.fault(kind, on="list")
    with pytest.raises(CarrierUnavailable) as told:
        carrier.find(ANA, "K7Q2", now())
    assert ANA[1:] not in str(told.value)


def test_fetch_status(fake: FakeCarrier, carrier: TwilioCarrier) -> None:
    fake.fault("undelivered", ANA, code=30006)
    result = carrier.send(text())
    assert isinstance(result, Accepted)
    assert fake.settle()
    report = carrier.fetch_status(result.carrier_id)
    assert report is not None
    assert (report.status, report.error_code) == (MessageStatus.UNDELIVERED, 30006)
    assert carrier.fetch_status("SM" + "0" * 32) is None
    fake.fault("error_before", on="fetch")
    with pytest.raises(CarrierUnavailable):
        carrier.fetch_status(result.carrier_id)
