"""Each bound of the watchdog: well up to it, an offence past it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activation.audits import WantingSlot, judge_slot
from app.activation.models import SlotKind, SlotState
from app.escalation.audits import judge_deadline, judge_timed
from app.messaging.audits import OpenMessage, judge_message, judge_stored
from app.messaging.channels import Channel
from app.messaging.states import IntentState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def message(state: IntentState, **changed: object) -> OpenMessage:
    return replace(
        OpenMessage("m", Channel.SMS, state, 1, NOW, None, NOW, NOW),
        **changed,  # type: ignore[arg-type]
    )


BOUNDS = [
    (message(IntentState.PENDING, lane=0), 1 * MINUTE),
    (message(IntentState.PENDING, lane=1), 2 * MINUTE),
    (message(IntentState.PENDING, lane=2), 5 * MINUTE),
    (message(IntentState.PENDING, lane=9), 5 * MINUTE),
    (message(IntentState.PENDING, lane=0, busy=True), 60 * MINUTE),
    (message(IntentState.PENDING, busy=True, expires_at=NOW + 5 * MINUTE), 6 * MINUTE),
    (message(IntentState.CLAIMED), 2 * MINUTE),
    (message(IntentState.UNKNOWN), 61 * MINUTE),
    (message(IntentState.SENT), 10 * 60 * MINUTE + 30 * MINUTE),
    (message(IntentState.SENT, expires_at=NOW + 60 * MINUTE), 90 * MINUTE),
    (message(IntentState.SENT, channel=Channel.VOICE, expires_at=NOW), 30 * MINUTE),
]


@pytest.mark.parametrize(("item", "bound"), BOUNDS)
def test_a_message_is_well_up_to_its_bound(item: OpenMessage, bound: timedelta) -> None:
    assert judge_message(item, NOW + bound) is None
    offence = judge_message(item, NOW + bound + timedelta(seconds=1))
    assert offence is not None
    assert offence.since == NOW + bound


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WEBHOOK])
def test_for_mail_and_webhooks_sent_is_the_last_word(channel: Channel) -> None:
    assert judge_message(message(IntentState.SENT, channel=channel), NOW + timedelta(days=30)) is None


@given(
    state=st.sampled_from([IntentState.PENDING, IntentState.CLAIMED, IntentState.UNKNOWN, IntentState.SENT]),
    lane=st.integers(0, 9),
    busy=st.booleans(),
    expires=st.none() | st.integers(-600, 36_000),
    later=st.integers(0, 10**6),
)
def test_an_offence_stays_one_as_time_goes_on(
    state: IntentState, lane: int, busy: bool, expires: int | None, later: int
) -> None:
    """And every message comes past its bound some day: none may wait for ever (promise I2)."""
    until = None if expires is None else NOW + timedelta(seconds=expires)
    item = message(state, lane=lane, busy=busy, expires_at=until)
    if judge_message(item, NOW + timedelta(seconds=later)):
        assert judge_message(item, NOW + timedelta(seconds=later + 1))
    assert judge_message(item, NOW + timedelta(days=2))


def test_what_came_in_is_worked_off_within_a_minute() -> None:
    row = SimpleNamespace(id="r", received_at=NOW, what="A text")
    assert judge_stored(row, NOW + MINUTE) is None
    assert judge_stored(row, NOW + MINUTE + timedelta(microseconds=1)) is not None


def test_a_deadline_is_done_within_a_minute() -> None:
    row = SimpleNamespace(id="d", due_at=NOW, kind="task")
    assert judge_deadline(row, NOW + MINUTE) is None
    assert judge_deadline(row, NOW + 2 * MINUTE) is not None


@pytest.mark.parametrize(
    ("waits", "steps", "minutes_past", "wrong"),
    [
        (True, None, -60, False),
        (False, None, -60, True),
        (False, None, 60, True),
        (False, "[]", -60, False),
        (False, '[[5, "tell_supervisor"]]', -60, True),
        (False, '[[5, "tell_supervisor"]]', 60, False),
        (False, '[[0, "mark_overdue"]]', 60, True),
        (True, '[[0, "mark_overdue"]]', 60, False),
    ],
)
def test_what_is_due_has_a_timer_unless_its_policy_is_gone_through(
    waits: bool, steps: str | None, minutes_past: int, wrong: bool
) -> None:
    row = SimpleNamespace(id="t", since=NOW, due_at=NOW, what="A task", waits=waits, steps=steps)
    assert (judge_timed(row, NOW + minutes_past * MINUTE) is not None) is wrong


@pytest.mark.parametrize(
    ("kind", "state", "waits", "asking", "asked", "wrong"),
    [
        (SlotKind.POSITION, SlotState.OPEN, False, False, False, True),
        (SlotKind.POSITION, SlotState.OPEN, True, False, False, False),
        (SlotKind.POSITION, SlotState.OPEN, False, True, True, False),
        (SlotKind.GROUP, SlotState.OPEN, False, False, True, True),
        (SlotKind.GROUP, SlotState.EXHAUSTED, False, False, True, False),
        (SlotKind.GROUP, SlotState.EXHAUSTED, False, False, False, True),
        (SlotKind.INFORMATION, SlotState.OPEN, False, False, True, False),
        (SlotKind.INFORMATION, SlotState.OPEN, False, False, False, True),
    ],
)
def test_a_callout_goes_on_by_itself_or_is_seen(
    kind: SlotKind, state: SlotState, waits: bool, asking: bool, asked: bool, wrong: bool
) -> None:
    slot = WantingSlot("s", kind, state, NOW, waits, asking, asked)
    assert judge_slot(slot, NOW + MINUTE) is None
    assert (judge_slot(slot, NOW + 2 * MINUTE) is not None) is wrong
