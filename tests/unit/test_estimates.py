"""How long, how dear, and what will not go through: worked by hand, and what holds for any numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activation.estimates import (
    Load,
    Weight,
    compared,
    cost,
    daily,
    lasts,
    limits,
    money,
    seconds_for,
    ways,
)
from app.messaging.channels import Channel
from app.messaging.senders import RATES, Sender, SenderKind
from config.settings import Prices

SMS, VOICE, EMAIL = Channel.SMS, Channel.VOICE, Channel.EMAIL
LIFE = timedelta(hours=2)
rates = st.sampled_from([0.0, 1.0, 3.0, 3.75, 12.0, 100.0])


def sender(kind: SenderKind, *, rate: float | None = None, cap: int | None = None) -> Sender:
    channel = {SenderKind.CALLER: VOICE, SenderKind.MAILBOX: EMAIL}.get(kind, SMS)
    return Sender(f"one {kind}", kind, channel, RATES[kind] if rate is None else rate, cap)


LONG, TOLL_FREE = sender(SenderKind.LONG_CODE), sender(SenderKind.TOLL_FREE)
SHORT, CALLER = sender(SenderKind.SHORT_CODE), sender(SenderKind.CALLER)


@pytest.mark.parametrize(
    ("senders", "seconds", "words"),
    [
        ((LONG,), 2400, "40 min"),
        ((TOLL_FREE,), 800, "13 min 20 s"),
        ((SHORT,), 24, "24 s"),
        ((LONG, TOLL_FREE), 600, "10 min"),
        ((sender(SenderKind.SERVICE, rate=3.75),), 640, "10 min 40 s"),
        ((sender(SenderKind.SERVICE, rate=120),), 20, "20 s"),
        ((sender(SenderKind.SIMULATED),), 0, "0 s"),
    ],
)
def test_twelve_hundred_people_with_two_segments(senders, seconds, words) -> None:
    [way] = ways([Load(SMS, 1200, 2)], senders)
    assert (way.units, way.seconds, lasts(way.seconds)) == (2400, seconds, words)


def test_the_same_on_every_kind_of_sender() -> None:
    assert [(words, lasts(seconds)) for words, seconds in compared(2400)] == [
        ("one long code", "40 min"),
        ("one toll-free number", "13 min 20 s"),
        ("10DLC, low volume", "10 min 40 s"),
        ("10DLC, trust score under 50", "3 min 20 s"),
        ("10DLC, trust score from 50", "20 s"),
        ("10DLC, trust score from 75", "11 s"),
        ("one short code", "24 s"),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min 59 s"),
        (3600, "1 h"),
        (3601, "1 h 1 min"),
        (36_000, "10 h"),
    ],
)
def test_durations_in_words(seconds: int, words: str) -> None:
    assert lasts(seconds) == words


def test_each_channel_goes_over_its_own_senders() -> None:
    loads = [Load(SMS, 10, 2), Load(SMS, 5, 1), Load(VOICE, 90), Load(EMAIL, 0)]
    found = ways(loads, [LONG, CALLER])
    assert [(way.channel, way.messages, way.units, way.seconds) for way in found] == [
        (SMS, 15, 25, 25),
        (VOICE, 90, 90, 90),
    ]


def test_cost_in_ten_thousandths() -> None:
    text, call, mail = ways([Load(SMS, 1200, 2), Load(VOICE, 10), Load(EMAIL, 7)], [LONG])
    prices = Prices(segment=113, minute=140)
    assert [cost(way, prices) for way in (text, call, mail)] == [271_200, 1400, 0]
    assert cost(text, Prices()) is None
    assert money(271_200, "USD") == "about USD 27.12"
    assert money(1, "USD") == "about USD 0.01"
    assert money(12_345_678, "USD") == "about USD 1,234.57"


@pytest.mark.parametrize(
    ("load", "senders", "within", "weight", "words"),
    [
        (Load(VOICE, 3), [LONG], None, Weight.ACT, "No sender can take calls"),
        (Load(SMS, 36_001), [LONG], None, Weight.ACT, "10 hours: 1 of 36,001 segments"),
        (Load(SMS, 9000), [LONG], None, Weight.ACT, "longer than 2 h is not sent: about 1,800 of 9,000"),
        (Load(SMS, 1200, 2), [LONG], 60, Weight.WATCH, "leave after 40 min, of 60 min"),
        (Load(SMS, 1200, 2), [LONG], 30, Weight.ACT, "leave after 40 min, of 30 min"),
        (
            Load(SMS, 1200, 2),
            [LONG],
            None,
            Weight.WATCH,
            "2,400 segments can pass the allowance of the lowest",
        ),
        (
            Load(SMS, 30_000, 2),
            [sender(SenderKind.SERVICE, rate=120)],
            None,
            Weight.WATCH,
            "all but the highest",
        ),
        (Load(SMS, 600, 2), [sender(SenderKind.SERVICE, rate=9, cap=1000)], None, Weight.ACT, "200 of 1,200"),
        (Load(SMS, 1), [TOLL_FREE], None, Weight.NOTE, "until the number is verified"),
    ],
)
def test_limits_that_bite(load, senders, within, weight, words) -> None:
    found = limits(ways([load], senders), life=LIFE, within_minutes=within)
    assert [w.weight for w in found if words in w.words] == [weight], [w.words for w in found]
    assert [w.weight for w in found] == sorted((w.weight for w in found), reverse=True)


@pytest.mark.parametrize(
    ("load", "senders", "within"),
    [
        (Load(SMS, 36_000), [LONG], None),
        (Load(SMS, 2000), [LONG], None),
        (Load(SMS, 7200), [TOLL_FREE], None),
        (Load(SMS, 1200, 2), [SHORT], 30),
        (Load(SMS, 500, 2), [sender(SenderKind.SERVICE, rate=9, cap=1000)], None),
        (Load(SMS, 50_000, 2), [sender(SenderKind.SIMULATED)], 1),
    ],
)
def test_limits_that_do_not_bite(load, senders, within) -> None:
    heavy = limits(ways([load], senders), life=timedelta(hours=10), within_minutes=within)
    assert [w.words for w in heavy if w.weight > Weight.NOTE and "allowance" not in w.words] == []


@given(
    st.integers(0, 20_000), st.integers(0, 20_000), st.integers(1, 10), st.integers(1, 10), st.lists(rates)
)
def test_more_people_or_longer_texts_never_take_less(few, more, short, long, of) -> None:
    senders = [Sender(str(n), SenderKind.SERVICE, SMS, rate) for n, rate in enumerate(of)]
    small = ways([Load(SMS, min(few, more), min(short, long))], senders)
    large = ways([Load(SMS, max(few, more), max(short, long))], senders)
    for a, b in zip(small, large, strict=False):
        assert a.units <= b.units
        assert (a.seconds is None) == (b.seconds is None) == (not senders)
        if a.seconds is not None and b.seconds is not None:
            assert a.seconds <= b.seconds


@given(st.integers(1, 50_000), st.lists(st.sampled_from([1.0, 3.0, 3.75, 100.0]), min_size=1, max_size=5))
def test_one_sender_more_is_never_slower_and_the_rate_is_kept(units: int, of: list[float]) -> None:
    senders = [Sender(str(n), SenderKind.SERVICE, SMS, rate) for n, rate in enumerate(of)]
    [all_of_them] = ways([Load(SMS, units)], senders)
    [one_less] = ways([Load(SMS, units)], senders[1:])
    assert all_of_them.seconds is not None
    assert one_less.seconds is None or all_of_them.seconds <= one_less.seconds
    assert all_of_them.seconds * sum(of) >= units - 1e-6
    assert (all_of_them.seconds - 1) * sum(of) < units


@given(st.integers(0, 400_000))
def test_words_never_promise_less_than_it_takes(seconds: int) -> None:
    parts = lasts(seconds).replace(",", "").split()
    told = sum(
        int(n) * {"s": 1, "min": 60, "h": 3600}[unit] for n, unit in zip(parts[::2], parts[1::2], strict=True)
    )
    assert seconds <= told < seconds + 60


def test_daily_allowances_by_score() -> None:
    assert [(cap, over) for _, cap, over in daily(12_000)] == [
        (2_000, 10_000),
        (10_000, 2_000),
        (40_000, 0),
        (200_000, 0),
    ]


def test_no_rate_is_no_wait() -> None:
    assert seconds_for(10**6, 0) == 0
