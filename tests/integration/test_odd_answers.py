"""Odd answers, from the phone to the incident: Twilio's client, the stand-in carrier, our webhooks, the call-out.

Each does the right thing: what is clearly an answer counts once for the question it is for; everything else is
kept, changes nothing and is told what to reply.
"""

# ruff: noqa: F811 - fixtures are taken over by name

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.activation.models import ChainPlan
from app.core.db import Database
from app.incidents.models import Incident
from app.messaging.models import InboundText
from app.messaging.worker import Sender
from app.staffing.models import ContactMethod, Person
from config.settings import Settings
from tests.fakes.carrier import FakeCarrier
from tests.integration.messaging.conftest import (  # noqa: F401
    ShiftedClock,
    carrier,
    served,
    twilio_settings,
)
from tests.support.callouts import called, declared, events, holder
from tests.support.hospital import Hospital

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
LOGISTICS = "logistics_section_chief"  # its list: Edda
GITA, BEN, EDDA = 6, 1, 4
SECOND = "+12025550199"


@pytest.fixture
def settings(twilio_settings: Settings) -> Settings:
    return twilio_settings


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


class Night:
    """An incident, and everything that goes to and fro about it."""

    def __init__(self, app: Flask, hospital: Hospital, carrier: FakeCarrier) -> None:
        self.db: Database = app.extensions["muster"].db
        self.hospital, self.carrier = hospital, carrier
        self.sender = Sender(app)
        self.incident: Incident = declared(self.db, hospital)
        self.clock = self.db.clock

    def call(self, *positions: str, **more: object) -> None:
        called(self.db, self.hospital, self.incident, *positions, **more)
        self.send()

    def send(self) -> None:
        self.sender.run_once()
        assert self.carrier.settle()

    def texts(self, number: str, body: str, media: int = 0) -> str:
        """A text from a phone, and what that phone is told back; empty when nothing."""
        to = number.rpartition(":")[2]
        before = len(self.carrier.accepted(to))
        assert self.carrier.inject(number, body, media=media) == 200
        self.send()
        return " / ".join(text.body for text in self.carrier.accepted(to)[before:])

    def add(self, index: int, channel: str, address: str) -> None:
        def add(uow) -> None:
            person: Person = self.hospital.people[index]
            uow.session.add(
                ContactMethod(id=uow.new_id(), person_id=person.id, channel=channel, address=address, rank=2)
            )

        self.db.transact(add)

    def holds(self, slug: str = OPERATIONS) -> str | None:
        held = holder(self.db, self.incident, slug)
        return held.person_name if held else None

    def answers(self) -> list[tuple[str, str, str]]:
        received = events(self.db, self.incident, "answer.received")
        return [(one["person_name"], one["digit"], one["channel"]) for one in received]


@pytest.fixture
def night(app: Flask, hospital: Hospital, carrier: FakeCarrier, served: str) -> Iterator[Night]:
    quick = carrier.settings
    quick.calls_per_second, quick.answer_after, quick.say_seconds, quick.key_wait = 0, 0.002, 0.002, 0.01
    night = Night(app, hospital, carrier)
    yield night
    night.sender.stop()


def test_late_is_recorded_and_answered_politely(night: Night) -> None:
    night.call(OPERATIONS, at_once=2)
    assert "You are on the list" in night.texts(night.hospital.phone(GITA), "1")
    told = night.texts(night.hospital.phone(BEN), "1")
    assert "already filled by Gita Lund" in told
    assert night.holds() == "Gita Lund"
    assert night.answers() == [("Gita Lund", "1", "sms"), ("Ben Orso", "1", "sms")]


@pytest.mark.engine("sqlite")
def test_the_same_answer_again_counts_once(night: Night) -> None:
    night.call(OPERATIONS)
    for _ in range(3):
        assert "You are on the list" in night.texts(night.hospital.phone(GITA), "1")
    assert night.answers() == [("Gita Lund", "1", "sms")]


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("body", ["11", "4", "STOP 12345", "yes", "👍"])
def test_what_is_no_clear_answer_changes_nothing_and_is_told_what_to_reply(night: Night, body: str) -> None:
    night.call(OPERATIONS)
    told = night.texts(night.hospital.phone(GITA), body)
    assert "reply 1 coming within 30 min" in told.lower()
    assert night.holds() is None
    assert night.answers() == []
    assert "You are on the list" in night.texts(night.hospital.phone(GITA), "1"), "nobody has opted out"


@pytest.mark.engine("sqlite")
def test_a_clear_answer_may_be_written_in_many_ways(night: Night) -> None:
    night.call(OPERATIONS)
    for body in (" 1. ", "2️⃣", "１", "2a", "A1", "2 A"):
        assert "You are on the list" in night.texts(night.hospital.phone(GITA), body), body
    assert [digit for _, digit, _ in night.answers()] == ["1", "2", "1", "2", "1", "2"]


@pytest.mark.engine("sqlite")
def test_a_picture_without_words_is_told_what_to_reply(night: Night) -> None:
    night.call(OPERATIONS)
    told = night.texts(night.hospital.phone(GITA), "", media=1)
    assert "reply 1 coming within 30 min" in told.lower()
    with night.db.read() as session:
        [kept] = session.scalars(sa.select(InboundText))
    assert (kept.media, kept.body) == (1, "")
    assert kept.carrier_id.startswith("MM")


@pytest.mark.engine("sqlite")
def test_a_picture_with_a_digit_is_an_answer(night: Night) -> None:
    night.call(OPERATIONS)
    assert "You are on the list" in night.texts(night.hospital.phone(GITA), "1", media=2)


@pytest.mark.engine("sqlite")
def test_an_rcs_address_is_the_phone_behind_it(night: Night) -> None:
    night.call(OPERATIONS)
    assert "You are on the list" in night.texts(f"rcs:{night.hospital.phone(GITA)}", "1")


@pytest.mark.engine("sqlite")
def test_an_unknown_phone_changes_nothing_and_is_told_nothing(night: Night) -> None:
    night.call(OPERATIONS)
    assert night.texts("+12025550177", "1") == ""
    assert night.holds() is None
    with night.db.read() as session:
        assert session.scalars(sa.select(InboundText.outcome)).all() == ["unknown sender"]


def test_one_phone_with_two_people_asks_which_and_takes_the_letter(night: Night) -> None:
    shared = night.hospital.phone(GITA)
    night.add(EDDA, "sms", shared)

    def theirs_last(uow) -> None:
        own = night.hospital.people[EDDA].contacts[0].id
        uow.session.get(ContactMethod, own).rank = 9

    night.db.transact(theirs_last)
    night.call(OPERATIONS, LOGISTICS)
    assert "You have 2 questions" in night.texts(shared, "1")
    assert night.holds() is None
    assert "Logistics" in night.texts(shared, "1B")
    assert (night.holds(OPERATIONS), night.holds(LOGISTICS)) == (None, "Edda Roth")
    assert "Operations" in night.texts(shared, "1"), "one question is left"
    assert night.holds(OPERATIONS) == "Gita Lund"


@pytest.mark.engine("sqlite")
def test_one_person_with_two_phones_may_use_either(night: Night) -> None:
    night.add(GITA, "sms", SECOND)
    night.call(OPERATIONS)
    assert "You are on the list" in night.texts(SECOND, "2")
    assert "You are on the list" in night.texts(night.hospital.phone(GITA), "1")
    assert night.answers() == [("Gita Lund", "2", "sms"), ("Gita Lund", "1", "sms")]


def test_a_key_is_an_answer_and_the_call_says_what_came_of_it_after_the_commit(night: Night) -> None:
    number = night.hospital.phone(GITA)
    night.add(GITA, "voice", number)
    night.carrier.people.on_calls[number] = ["5", "1"]
    night.call(OPERATIONS, chain=ChainPlan.QUICK)
    [placed] = night.carrier.calls()
    assert "Thank you. You are on the list for Operations Section Chief, expected by" in placed.heard[-1]
    assert night.holds() == "Gita Lund"
    assert night.answers() == [("Gita Lund", "1", "voice")]
    thanks = [text.body for text in night.carrier.accepted(number) if "Thank you" in text.body]
    assert thanks == [], "it was said, and is not texted as well"


@pytest.mark.engine("sqlite")
def test_a_text_that_comes_while_it_rings_makes_the_call_needless(night: Night) -> None:
    number = night.hospital.phone(GITA)
    night.add(GITA, "voice", number)
    night.carrier.people.on_calls[number] = ["9"]
    night.carrier.settings.answer_after = 3.0
    called(night.db, night.hospital, night.incident, OPERATIONS, chain=ChainPlan.QUICK)
    night.sender.run_once()
    night.carrier.inject(number, "1")
    night.send()
    [placed] = night.carrier.calls()
    assert "no longer needed" in placed.heard[0]
    assert placed.pressed == []
    assert night.answers() == [("Gita Lund", "1", "sms")]
    assert night.holds() == "Gita Lund"


def test_a_key_and_a_text_at_once_both_count_and_the_later_stands(night: Night) -> None:
    number = night.hospital.phone(GITA)
    night.add(GITA, "voice", number)
    night.carrier.people.on_calls[number] = ["1"]
    night.carrier.settings.say_seconds = 0.4
    called(night.db, night.hospital, night.incident, OPERATIONS, chain=ChainPlan.QUICK)
    night.sender.run_once()
    assert night.carrier.wait_until(lambda: bool(night.carrier.calls() and night.carrier.calls()[0].heard))
    night.carrier.inject(number, "2")
    night.send()
    assert sorted(night.answers()) == [("Gita Lund", "1", "voice"), ("Gita Lund", "2", "sms")]
    assert night.answers()[-1] == ("Gita Lund", "1", "voice")
    assert night.holds() == "Gita Lund"
