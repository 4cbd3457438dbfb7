"""The rules of senders: settings that name them, their pace, and which of them takes a message (promise I7)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging import pace
from app.messaging.channels import Channel
from app.messaging.models import SenderState
from app.messaging.senders import RATES, Sender, SenderKind
from config.settings import Settings, SettingsError, load

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FULL = (
    "long_code:+12025550100, toll_free:+18335550101@3.5/2000,short_code:55501, "
    "service:MG00000000000000000000000000000001@20, caller:+12025550100@1, mailbox:muster@example.org@10"
)
ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "token"}


def standing(sender: str = "one", rate: float = 1.0, **more: object) -> SenderState:
    fields = {"slow": 0, "probes": 0, "rests_for_some": False, "used": 0, "free_at": NOW}
    return SenderState(sender=sender, rate=rate, **(fields | more))


def test_settings_name_each_kind_of_sender() -> None:
    senders = load({**ACCOUNT, "MUSTER_SENDERS": FULL}).senders
    assert [(one.kind.value, one.channel.value, one.rate, one.daily_cap) for one in senders] == [
        ("long_code", "sms", 1.0, None),
        ("toll_free", "sms", 3.5, 2000),
        ("short_code", "sms", 100.0, None),
        ("service", "sms", 20.0, None),
        ("caller", "voice", 1.0, None),
        ("mailbox", "email", 10.0, None),
        ("poster", "webhook", 0.0, None),
    ]
    assert senders[5].address == "muster@example.org"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("long_code:2025550100", "entry 1 (long_code): the address must be a number like +12025550100"),
        ("toll_free:+12025550100", "a number like +18335550101"),
        ("short_code:123", "5 or 6 digits"),
        ("service:MG1", "32 hexadecimal"),
        ("pigeon:coop", "allowed are long_code, toll_free, short_code, service, caller, mailbox"),
        ("short_code:55501, nonsense", "entry 2 is not kind:address[@rate][/daily_cap]"),
        ("short_code:55501,short_code:55501@3", "entry 2 names a sender a second time"),
        ("short_code:55501@99999", "at most 10000"),
    ],
)
def test_settings_say_what_is_wrong_with_a_sender(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({**ACCOUNT, "MUSTER_SENDERS": text})
    assert str(caught.value).startswith("MUSTER_SENDERS: ")
    assert said in str(caught.value)


def test_in_production_senders_need_whoever_carries_for_them() -> None:
    with pytest.raises(SettingsError) as caught:
        load(
            {"MUSTER_MODE": "production", "MUSTER_SENDERS": "short_code:55501,mailbox:muster@example.org@10"}
        )
    said = str(caught.value)
    assert "MUSTER_SMTP_URL: is missing, and MUSTER_SENDERS names a mailbox" in said
    assert "TWILIO_ACCOUNT_SID: is missing, and MUSTER_SENDERS names senders of that account" in said


def test_an_account_names_its_senders_by_itself() -> None:
    number = load({**ACCOUNT, "TWILIO_FROM_NUMBER": "+18335550101", "MUSTER_SEGMENTS_PER_SECOND": "3"})
    kinds = [(one.kind, one.channel, one.rate) for one in number.senders]
    assert kinds[:2] == [(SenderKind.TOLL_FREE, Channel.SMS, 3), (SenderKind.CALLER, Channel.VOICE, 1.0)]
    service = load({**ACCOUNT, "TWILIO_MESSAGING_SERVICE_SID": "MG1"}).senders
    assert [one.kind for one in service] == [SenderKind.SERVICE, SenderKind.POSTER]
    assert {one.kind for one in Settings().senders} == {SenderKind.SIMULATED, SenderKind.POSTER}
    assert {one.channel for one in Settings().senders} == set(Channel)


@given(
    rate=st.sampled_from([0.5, 1.0, 3.0, 100.0]),
    sizes=st.lists(st.integers(1, 5), min_size=20, max_size=60),
    steps=st.lists(st.integers(1, 2000), min_size=10, max_size=60),
)
def test_i7_no_second_holds_more_than_the_rate(rate: float, sizes: list[int], steps: list[int]) -> None:
    one, now, waiting = standing(rate=rate), NOW, list(sizes)
    given_: list[tuple[datetime, int]] = []
    for step in steps:
        while waiting and pace.has_room(one, now):
            moment = pace.take(one, waiting[0], now)
            assert now <= moment <= now + pace.AHEAD
            given_.append((moment, waiting.pop(0)))
        now += timedelta(milliseconds=step)
    for at, _ in given_:
        within = sum(size for when, size in given_ if at <= when < at + timedelta(seconds=1))
        assert within <= rate + max(sizes)


@given(st.lists(st.integers(1, 10), max_size=50), st.integers(1, 200))
def test_i7_a_bucket_never_runs_ahead_by_more_than_is_allowed_and_one_text(
    sizes: list[int], rate: int
) -> None:
    one = standing(rate=float(rate), free_at=NOW - timedelta(hours=1))
    taken: list[int] = []
    for size in sizes:
        if not pace.has_room(one, NOW):
            assert one.free_at > NOW + pace.AHEAD
            break
        pace.take(one, size, NOW)
        taken.append(size)
        assert one.free_at - NOW == pytest.approx(
            timedelta(seconds=sum(taken) / rate), abs=timedelta(milliseconds=1)
        )
    if taken:
        assert sum(taken[:-1]) / rate <= pace.AHEAD.total_seconds() + 1e-4


@given(rate=st.sampled_from([1.0, 3.0, 100.0]), back=st.integers(1, 7200))
def test_i8_a_clock_set_back_does_not_silence_a_sender(rate: float, back: int) -> None:
    one = standing(rate=rate)
    pace.take(one, 24, NOW)
    earlier = NOW - timedelta(seconds=back)
    assert pace.room_at(one, earlier) - earlier <= timedelta(seconds=24 / rate)


@pytest.mark.parametrize("codes", [(100.0, 100.0), (1.0, 3.0), (1.0, 1.0, 10.0)])
def test_an_address_hears_from_one_sender_and_shares_are_as_the_rates(codes: tuple[float, ...]) -> None:
    able = [standing(f"+1202555010{n}", rate) for n, rate in enumerate(codes)]
    chosen = Counter()
    for n in range(2000):
        address = f"+1{200 + n // 100}55501{n % 100:02d}"
        first = pace.choose(address, able, NOW)
        assert first is not None
        assert pace.choose(address, able[::-1], NOW) is first
        chosen[first.sender] += 1
    for one in able:
        assert chosen[one.sender] == pytest.approx(2000 * one.rate / sum(codes), rel=0.25)


def test_without_room_with_the_usual_sender_another_takes_it() -> None:
    able = [standing(f"sender {n}") for n in range(3)]
    taken = [pace.choose("+12025550123", able, NOW) for _ in range(1)]
    for _ in range(3):
        one = pace.choose("+12025550123", able, NOW)
        assert one is not None
        taken.append(one)
        pace.take(one, 1, NOW)
    assert pace.choose("+12025550123", able, NOW) is None
    assert {one.sender for one in taken if one} == {"sender 0", "sender 1", "sender 2"}


def test_a_stopped_sender_is_tried_with_one_message_ever_more_rarely() -> None:
    one, well = standing("a", 0.0, stopped_since=NOW, probe_at=NOW), standing("b", 0.0)
    waits, now = [], NOW
    for _ in range(7):
        assert pace.choose("x", [one, well], now) is one
        pace.take(one, 1, now)
        assert pace.choose("x", [one, well], now) is well
        waits.append(pace.room_at(one, now) - now)
        now += waits[-1]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=1), timedelta(minutes=10))


def test_a_daily_allowance_ends_at_midnight_of_the_network() -> None:
    one = standing(rate=0.0, daily_cap=3)
    for _ in range(3):
        assert pace.has_room(one, NOW)
        pace.take(one, 1, NOW)
    assert pace.is_spent(one, NOW)
    midnight = pace.room_at(one, NOW)
    assert midnight == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # midnight in Los Angeles
    assert pace.has_room(one, midnight)


def test_who_was_asked_to_slow_down_gets_faster_again() -> None:
    one = standing(rate=8.0, slow=3, slowed_at=NOW)
    rates = [pace.effective_rate(one, NOW + pace.CALMED_AFTER * n) for n in range(5)]
    assert rates == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert pace.effective_rate(standing(rate=0.0, slow=1, slowed_at=NOW), NOW) > 0


def test_every_kind_has_a_rate() -> None:
    assert set(RATES) == set(SenderKind)
    assert Sender("55501", SenderKind.SHORT_CODE, Channel.SMS, RATES[SenderKind.SHORT_CODE]).daily_cap is None
