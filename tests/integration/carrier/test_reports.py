"""Delivery reports and answers: signed, repeated, lost, out of order."""

from __future__ import annotations

import threading

import pytest

from app.messaging.carriers import Accepted, ErrorClass, Outgoing, Refused
from app.messaging.carriers.twilio import TwilioCarrier
from app.messaging.status import MessageStatus, project
from tests.fakes.carrier import FakeCarrier, People, Sender, Senders, Settings
from tests.support.twilio import ANA, BEN, FROM, Inbox, carrier_at, text


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
    fake.settings.inbound_url, fake.settings.advanced_opt_out = f"{inbox.url}/inbound", True
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
