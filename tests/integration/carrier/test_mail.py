"""Mail by SMTP: what is written, what each refusal asks of us, and what nobody can know."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.messaging.carriers import Accepted, Ambiguous, ErrorClass, Outgoing, Refused
from app.messaging.carriers.smtp import SmtpCarrier
from app.messaging.channels import Channel
from app.messaging.status import MessageStatus
from config.outward import Mail, read_mail
from tests.fakes.mail import MailSink
from tests.support.twilio import tls_server

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA = "ana@muster.example"


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


@pytest.fixture
def carrier(sink: MailSink) -> Iterator[SmtpCarrier]:
    carrier = at(sink.port)
    yield carrier
    carrier.close()


def at(port: int, **more: object) -> SmtpCarrier:
    fields: dict = {"encryption": "none", "sender": "muster@muster.example"}
    return SmtpCarrier(Mail("127.0.0.1", port, **(fields | more)), lambda: NOW, timeout=0.5)


def mail(to: str = ANA, **more: object) -> Outgoing:
    body = "EXERCISE. Come? Answer at https://m.example/a/x\n.A line with a dot\nRef BCDF"
    fields: dict = {"title": "EXERCISE Call-out", "channel": Channel.EMAIL}
    return Outgoing(to, body, "attempt-1", "BCDF", **(fields | more))


def test_a_mail_says_what_it_is_and_wants_no_answer_of_machines(sink: MailSink, carrier: SmtpCarrier) -> None:
    result = carrier.send(mail())
    assert result == Accepted("attempt-1@muster.example", MessageStatus.SENT, reports=False)
    [letter] = sink.letters
    assert letter["Subject"] == "EXERCISE Call-out"
    assert (letter["From"], letter["To"]) == ("muster@muster.example", ANA)
    assert letter["Message-ID"] == "<attempt-1@muster.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "23 Nov 2026 09:00:00 +0000" in letter["Date"]
    assert letter.get_content().splitlines() == mail().body.splitlines()
    assert not any(name.startswith(("List-", "Precedence")) for name in letter)


def test_any_letters_arrive_as_written_and_a_title_is_one_line(sink: MailSink, carrier: SmtpCarrier) -> None:
    carrier.send(mail(title="Zürich\r\nBcc: everyone@muster.example"))
    [letter] = sink.letters
    assert letter["Subject"] == "Zürich Bcc: everyone@muster.example"
    assert letter["Bcc"] is None


@pytest.mark.parametrize(
    ("step", "code", "words", "error_class"),
    [
        ("connect", 421, b"too busy", ErrorClass.RETRY_LATER),
        ("mail", 451, b"later", ErrorClass.RETRY_LATER),
        ("mail", 550, b"not from you", ErrorClass.CONFIGURATION),
        ("rcpt", 450, b"4.2.1 greylisted", ErrorClass.RETRY_LATER),
        ("rcpt", 550, b"5.1.1 <ana@muster.example> unknown", ErrorClass.FIX_CONTACT),
        ("rcpt", 550, b"no such user", ErrorClass.FIX_CONTACT),
        ("rcpt", 554, b"5.7.1 relaying denied", ErrorClass.CONFIGURATION),
        ("rcpt", 552, b"5.2.2 mailbox full", ErrorClass.RETRY_LITTLE),
        ("rcpt", 0, b"", ErrorClass.RETRY_LATER),
        ("data", 451, b"later", ErrorClass.RETRY_LATER),
        ("data", 0, b"", ErrorClass.RETRY_LATER),
        ("end", 452, b"no room", ErrorClass.RETRY_LATER),
        ("end", 554, b"looks like spam", ErrorClass.FILTERED),
    ],
)
def test_a_refused_mail_was_not_taken(
    sink: MailSink, carrier: SmtpCarrier, step: str, code: int, words: bytes, error_class: ErrorClass
) -> None:
    sink.fail(step, code, words, times=1)
    result = carrier.send(mail())
    assert isinstance(result, Refused)
    assert result.error_class is error_class
    assert ANA not in result.detail
    assert sink.letters == []
    assert isinstance(carrier.send(mail()), Accepted), "the next goes through"


@pytest.mark.parametrize("code", [0, -1])
def test_a_connection_lost_after_the_content_is_ambiguous_and_cannot_be_looked_up(
    sink: MailSink, carrier: SmtpCarrier, code: int
) -> None:
    sink.fail("end", code, times=1)
    assert isinstance(carrier.send(mail()), Ambiguous)
    assert len(sink.letters) == 1
    assert carrier.find(ANA, "BCDF", NOW) is None
    report = carrier.fetch_status("attempt-1@muster.example")
    assert report is not None
    assert report.status is MessageStatus.SENT


def test_a_thread_keeps_its_connection_until_it_breaks(sink: MailSink, carrier: SmtpCarrier) -> None:
    for _ in range(3):
        carrier.send(mail())
    assert len(sink.sessions) == 1
    carrier._own.server.sock.shutdown(socket.SHUT_RDWR)
    assert isinstance(carrier.send(mail()), Accepted)
    assert len(sink.sessions) == 2

    def send_once() -> None:
        carrier.send(mail())
        carrier.close()

    threads = [threading.Thread(target=send_once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sink.letters) == 7
    assert len(sink.sessions) == 5


def test_no_server_is_tried_later(sink: MailSink) -> None:
    port = sink.port
    sink.__exit__()
    result = at(port).send(mail())
    sink.__enter__()
    assert isinstance(result, Refused)
    assert result.error_class is ErrorClass.RETRY_LATER


@pytest.mark.parametrize(("password", "accepted"), [("right", True), ("wrong", False)])
def test_who_must_sign_in_does(sink: MailSink, password: str, accepted: bool) -> None:
    sink.users["muster"] = "right"
    carrier = at(sink.port, user="muster", password=password)
    result = carrier.send(mail())
    carrier.close()
    if accepted:
        assert isinstance(result, Accepted)
    else:
        assert isinstance(result, Refused)
        assert result.error_class is ErrorClass.CONFIGURATION


def test_a_server_without_the_encryption_that_is_wanted_gets_nothing(sink: MailSink) -> None:
    result = at(sink.port, encryption="starttls").send(mail())
    assert isinstance(result, Refused)
    assert result.error_class is ErrorClass.CONFIGURATION
    assert sink.letters == []


def test_a_certificate_nobody_signed_is_a_matter_of_configuration(tmp_path: Path) -> None:
    for port in tls_server.__wrapped__(tmp_path):  # type: ignore[attr-defined]
        result = at(port, encryption="tls").send(mail())
        assert isinstance(result, Refused)
        assert result.error_class is ErrorClass.CONFIGURATION


@pytest.mark.parametrize(
    "to", ["nobody", "a b@muster.example", "jürgen@muster.example", "a@b@c", "<a@b.example>"]
)
def test_what_is_no_address_is_not_tried(sink: MailSink, carrier: SmtpCarrier, to: str) -> None:
    result = carrier.send(mail(to))
    assert isinstance(result, Refused)
    assert result.error_class is ErrorClass.FIX_CONTACT
    assert sink.sessions == []


@pytest.mark.parametrize(
    ("url", "encryption", "port"),
    [
        ("smtp://mail.example", "none", 25),
        ("smtp://u:p%40@mail.example:587?starttls=1", "starttls", 587),
        ("smtps://mail.example", "tls", 465),
        ("smtp://u:p@127.0.0.1:2525", "none", 2525),
    ],
)
def test_a_mail_server_is_named_by_an_address(url: str, encryption: str, port: int) -> None:
    found, problems = read_mail(url, "muster@muster.example")
    assert problems == []
    assert found is not None
    assert (found.encryption, found.port) == (encryption, port)
    assert found.password in (None, "p@", "p")
    assert "p@" not in repr(found)


@pytest.mark.parametrize(
    ("url", "sender", "names"),
    [
        ("http://mail.example", "m@x.example", "smtp://"),
        ("smtp://u:p@mail.example", "m@x.example", "in clear"),
        ("smtp://mail.example:99999", "m@x.example", "smtp://"),
        ("smtp://mail.example", "nobody", "mail address"),
    ],
)
def test_a_bad_mail_setting_is_refused_in_words(url: str, sender: str, names: str) -> None:
    found, problems = read_mail(url, sender)
    assert found is None
    assert any(names in expected for _, expected in problems)
