"""Twilio's own client against the fake carrier: every way a send can end, looked up, reported and signed."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from app.messaging.carriers import Accepted, Ambiguous, CarrierUnavailable, ErrorClass, Outgoing, Refused
from app.messaging.carriers.signature import HEADER, called_url, is_authentic
from app.messaging.carriers.twilio import TwilioCarrier, TwilioSettings
from app.messaging.status import MessageStatus, project
from tests.fakes.carrier import SERVICE, FakeCarrier, People, Sender, Senders, Settings

ANA, BEN = "+12025550123", "+12025550124"
FROM = Settings().default_sender


@dataclass
class Inbox:
    """A server of ours that takes webhooks, checks their signatures and keeps them."""

    url: str = ""
    tokens: list[str] = field(default_factory=lambda: [Settings().auth_token])
    got: list[tuple[str, dict[str, str], bool]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    twiml: str = "<Response/>"

    @Request.application
    def app(self, request: Request) -> Response:
        url = called_url(self.url, request.environ["REQUEST_URI"])
        ok = is_authentic(url, list(request.form.items(multi=True)), request.headers.get(HEADER), self.tokens)
        self.got.append((request.path, request.form.to_dict(), ok))
        return Response(self.twiml, self.answers.pop(0) if self.answers else 200, mimetype="text/xml")

    def statuses(self, path: str = "") -> list[str]:
        return [form["MessageStatus"] for at, form, _ in self.got if at.startswith(path)]


@pytest.fixture
def fake() -> Iterator[FakeCarrier]:
    with FakeCarrier(Settings(sent_after=0.01, delivered_after=0.03)) as carrier:
        yield carrier


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    server = make_server("127.0.0.1", 0, box.app, threaded=True)
    box.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join()


def carrier_at(url: str, **changes: object) -> TwilioCarrier:
    settings = Settings()
    values: dict = {
        "account_sid": settings.account_sid,
        "auth_token": settings.auth_token,
        "from_number": FROM,
    }
    return TwilioCarrier(TwilioSettings(**{**values, "base_url": url, "timeout": 0.5, **changes}))


@pytest.fixture
def carrier(fake: FakeCarrier) -> TwilioCarrier:
    return carrier_at(fake.url)


def text(to: str = ANA, reference: str = "K7Q2", **more: object) -> Outgoing:
    return Outgoing(to, f"Mass casualty, {reference}. Reply 1, 2, 3 or 9.", "attempt-1", reference, **more)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def tls_server(folder: Path) -> Iterator[int]:
    """A server with a certificate nobody has signed; yields its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = make_server("127.0.0.1", 0, Response("{}"), ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


# Sending


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


# Delivery reports


@pytest.mark.parametrize("style", [None, "early", "duplicate", "reversed", "late", "old_token"])
def test_i5_reports_in_any_manner_end_in_delivered(
    fake: FakeCarrier, carrier: TwilioCarrier, inbox: Inbox, style: str | None
) -> None:
    inbox.tokens = [Settings().auth_token, Settings().old_token]
    if style:
        fake.fault(style, ANA, delay=0.05)
    result = carrier.send(text(callback_url=f"{inbox.url}/status/attempt-1?try=1"))
    assert isinstance(result, Accepted)
    if style == "early":
        assert inbox.statuses() == ["sent", "delivered"], "reports came before the answer"
    assert fake.settle()
    assert len(inbox.got) == (4 if style == "duplicate" else 2)
    assert all(ok for _, _, ok in inbox.got)
    assert {form["MessageSid"] for _, form, _ in inbox.got} == {result.carrier_id}
    assert project(MessageStatus(s) for s in inbox.statuses()).status is MessageStatus.DELIVERED
    if style == "reversed":
        assert inbox.statuses() == ["delivered", "sent"]


def test_a_report_with_a_bad_signature_is_known_for_it(
    fake: FakeCarrier, carrier: TwilioCarrier, inbox: Inbox
) -> None:
    fake.fault("bad_signature")
    carrier.send(text(callback_url=f"{inbox.url}/status/attempt-1"))
    assert fake.settle()
    assert len(inbox.got) == 2
    assert not any(ok for _, _, ok in inbox.got)


def test_a_report_we_failed_to_take_comes_again(
    fake: FakeCarrier, carrier: TwilioCarrier, inbox: Inbox
) -> None:
    inbox.answers = [500, 503]
    fake.fault("sent_only")
    carrier.send(text(callback_url=f"{inbox.url}/status/attempt-1"))
    assert fake.settle()
    assert [one.answered for one in fake.ledger.webhooks] == [500, 503, 200]


def test_a_lost_report_is_found_by_asking(fake: FakeCarrier, carrier: TwilioCarrier, inbox: Inbox) -> None:
    fake.fault("lost")
    result = carrier.send(text(callback_url=f"{inbox.url}/status/attempt-1"))
    assert isinstance(result, Accepted)
    assert fake.settle()
    assert not inbox.got
    report = carrier.fetch_status(result.carrier_id)
    assert report is not None
    assert report.status is MessageStatus.DELIVERED


# Replies


def test_people_answer_with_signed_texts(inbox: Inbox) -> None:
    settings = Settings(sent_after=0, delivered_after=0, inbound_url=f"{inbox.url}/inbound")
    people = People(scripted={ANA: [(0.01, "1"), (0.03, "oh, 2")], BEN: [(0.0, "👍 yes")]})
    with FakeCarrier(settings, people=people) as fake:
        carrier = carrier_at(fake.url)
        carrier.send(text(ANA))
        carrier.send(text(BEN))
        assert fake.settle()
        replies = sorted((form["From"], form["Body"]) for _, form, _ in inbox.got)
        assert replies == [(ANA, "1"), (ANA, "oh, 2"), (BEN, "👍 yes")]
        assert all(ok for _, _, ok in inbox.got)
        assert {form["To"] for _, form, _ in inbox.got} == {FROM}


def test_a_crowd_answers_by_habit_and_only_questions(inbox: Inbox) -> None:
    settings = Settings(sent_after=0, delivered_after=0, speed=100_000, inbound_url=f"{inbox.url}/inbound")
    with FakeCarrier(settings, people=People(with_habits=True)) as fake:
        carrier = carrier_at(fake.url)
        for number in range(60):
            carrier.send(text(f"+1202555{100 + number:04d}"))
        carrier.send(Outgoing(ANA, "Stand down. Thank you.", "attempt-2", "K7Q3"))
        assert fake.settle()
        assert 40 <= len(inbox.got) < 60
        assert all(ok for _, _, ok in inbox.got)


def test_stop_is_heard_told_and_kept_until_start(
    fake: FakeCarrier, carrier: TwilioCarrier, inbox: Inbox
) -> None:
    fake.settings.inbound_url = f"{inbox.url}/inbound"
    assert fake.inject(ANA, "please stop") == 200
    assert isinstance(carrier.send(text()), Accepted)
    assert fake.inject(ANA, " Stop ") == 200
    assert inbox.got[-1][1]["OptOutType"] == "STOP"
    refused = carrier.send(text())
    assert isinstance(refused, Refused)
    assert refused.error_class is ErrorClass.OPTED_OUT
    assert isinstance(carrier.send(text(BEN)), Accepted)
    fake.inject(ANA, "START")
    assert isinstance(carrier.send(text()), Accepted)


# The sender's rate


def test_a_sender_keeps_its_rate_and_expires_what_waits_too_long() -> None:
    senders = Senders({FROM: Sender(FROM, 1.0)}, {}, enforced=True)
    with FakeCarrier(Settings(speed=20, sent_after=0, delivered_after=0), senders=senders) as fake:
        carrier = carrier_at(fake.url)
        for number in range(4):
            carrier.send(text(f"+1202555{100 + number:04d}", valid_for=600))
        carrier.send(text(BEN, valid_for=1))
        assert fake.settle()
        left = [one.sent for one in fake.accepted()[:4] if one.sent]
        assert len(left) == 4
        assert left[-1] - left[0] >= 3 / 20 - 0.02
        (late,) = fake.accepted(BEN)
        assert (late.status, late.error_code) == ("failed", 30036)


def test_a_full_queue_refuses() -> None:
    senders = Senders({FROM: Sender(FROM, 1.0, queue_seconds=2.0)}, {}, enforced=True)
    with FakeCarrier(senders=senders) as fake:
        carrier = carrier_at(fake.url)
        results = [carrier.send(text(f"+1202555{100 + number:04d}")) for number in range(5)]
        assert sum(isinstance(result, Accepted) for result in results) in (2, 3)
        assert isinstance(results[-1], Refused)
        assert results[-1].error_class is ErrorClass.RETRY_LATER


def test_too_many_at_once_are_refused() -> None:
    with FakeCarrier(Settings(latency=0.2, max_concurrent=2)) as fake:
        carrier = carrier_at(fake.url)
        results: list = []
        threads = [threading.Thread(target=lambda: results.append(carrier.send(text()))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [result for result in results if isinstance(result, Refused)]
        assert len(refused) + len(fake.accepted()) == 6
        assert {result.error_class for result in refused} == {ErrorClass.RETRY_LATER}
