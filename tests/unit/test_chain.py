"""The chain: whom to reach how, and what comes next after silence and after failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activation import chain
from app.activation.chain import INFORMATION, PLANS, Step, at_once, build, due, hopeless, instead, next_at
from app.activation.models import ChainPlan
from app.messaging.channels import TO_PEOPLE, Channel
from app.staffing.models import ContactMethod

ASKED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NORMAL = PLANS[ChainPlan.NORMAL]
SMS, VOICE, EMAIL = Channel.SMS, Channel.VOICE, Channel.EMAIL


def contact(id: str, channel: str = "sms", rank: int = 1, **more: datetime) -> ContactMethod:
    return ContactMethod(id=id, channel=channel, rank=rank, address=id, **more)


EVERYTHING = [contact("cell"), contact("mail", "email"), contact("ring", "voice"), contact("old", rank=2)]

contacts = st.lists(
    st.builds(
        contact,
        st.uuids().map(str),
        st.sampled_from([c.value for c in TO_PEOPLE]),
        st.integers(1, 5),
        suspect_since=st.sampled_from([None, ASKED]),
        verified_at=st.sampled_from([None, ASKED]),
        opted_out_at=st.sampled_from([None, None, ASKED]),
    ),
    max_size=6,
)
plans = st.sampled_from([*PLANS.values(), INFORMATION])


def names(steps: tuple[Step, ...], indices: list[int]) -> list[tuple[str, str]]:
    return [(steps[i].contact, steps[i].channel.value) for i in indices]


def test_a_text_and_a_mail_at_once_then_a_call_after_two_minutes_then_both_again() -> None:
    steps = build(EVERYTHING, NORMAL)
    tried = at_once(steps)
    assert names(steps, tried) == [("cell", "sms"), ("mail", "email")]
    seen = []
    now = ASKED
    while (at := next_at(steps, tried, ASKED, now)) is not None:
        now = at
        taken = due(steps, tried, ())
        seen.append(((at - ASKED) / timedelta(minutes=1), *names(steps, taken)))
        tried = [*tried, *taken]
    assert seen == [
        (2, ("ring", "voice")),
        (6, ("ring", "voice")),
        (10, ("cell", "sms")),
        (15, ("ring", "voice")),
        (25, ("ring", "voice")),
    ]


def test_a_second_number_is_tried_at_once_when_the_first_fails_and_only_then() -> None:
    steps = build(EVERYTHING, NORMAL)
    tried = at_once(steps)
    second = instead(steps, tried, SMS)
    assert names(steps, [second]) == [("old", "sms")]
    call = instead(steps, [*tried, second], SMS)
    assert names(steps, [call]) == [("ring", "voice")]
    assert instead(steps, [*tried, second, call], SMS) is None, "repeats keep their time"


def test_a_text_that_failed_is_not_repeated_but_a_call_is() -> None:
    steps = build([contact("cell"), contact("ring", "voice")], NORMAL)
    tried = [*at_once(steps), *due(steps, at_once(steps), ())]
    later = [i for i in range(len(steps)) if i not in tried]
    assert ("cell", "sms") in names(steps, later)
    assert all(c is not SMS for c in [steps[i].channel for i in _rest(steps, tried, {"cell"})])
    assert not hopeless(steps, tried, {"cell", "ring"}), "somebody may pick up the next time"
    assert hopeless(steps, list(range(len(steps))), set())


def test_who_has_only_a_landline_is_called_at_once_also_when_it_should_be_quiet() -> None:
    steps = build([contact("home", "voice")], PLANS[ChainPlan.QUIET])
    assert names(steps, at_once(steps)) == [("home", "voice")]


def test_the_verified_come_first_the_suspect_last_and_the_closed_not_at_all() -> None:
    steps = build(
        [
            contact("suspect", rank=1, suspect_since=ASKED),
            contact("closed", rank=1, opted_out_at=ASKED, verified_at=ASKED),
            contact("plain", rank=2),
            contact("sure", rank=3, verified_at=ASKED),
        ],
        NORMAL,
    )
    assert steps[0].contact == "sure"
    assert [s.contact for s in steps if s.after is None] == ["plain"]
    assert "closed" not in [s.contact for s in steps]


def test_after_a_long_stop_tries_do_not_come_all_at_once() -> None:
    steps = build(EVERYTHING, NORMAL)
    now = ASKED + timedelta(hours=6)
    tried = at_once(steps)
    assert next_at(steps, tried, ASKED, now) == now + chain.GAP
    assert len(due(steps, tried, ())) == 1


@given(contacts, plans)
def test_everybody_with_an_open_address_is_tried_at_once_and_nobody_over_a_closed_one(found, plan) -> None:
    steps = build(found, plan)
    usable = {c.id for c in found if c.opted_out_at is None}
    assert {step.contact for step in steps} <= usable
    assert bool(at_once(steps)) == bool(usable)
    assert chain.read(chain.plain(steps)) == steps


@given(contacts, plans, st.lists(st.booleans(), min_size=40, max_size=40))
def test_whatever_fails_the_chain_ends_and_takes_no_step_twice(found, plan, fails) -> None:
    steps = build(found, plan)
    tried, failed, now = at_once(steps), set(), ASKED
    for outcome in fails:
        if outcome and tried:
            failed.add(steps[tried[-1]].contact)
            step = instead(steps, tried, steps[tried[-1]].channel)
            taken = [step] if step is not None else []
        else:
            at = next_at(steps, tried, ASKED, now, failed)
            assert at is None or at >= now
            now = at or now
            taken = due(steps, tried, failed)
        assert not set(taken) & set(tried)
        tried = [*tried, *taken]
    assert len(tried) == len(set(tried)) <= len(steps)
    assert next_at(steps, tried, ASKED, now, failed) is None or len(tried) < len(steps)


@pytest.mark.parametrize("plan", list(ChainPlan))
def test_a_plan_is_kept_with_a_call_out_as_it_is(plan: ChainPlan) -> None:
    assert chain.read_plan(chain.plain_plan(PLANS[plan])) == PLANS[plan]


def _rest(steps: tuple[Step, ...], tried: list[int], failed: set[str]) -> list[int]:
    rest: list[int] = []
    while taken := due(steps, [*tried, *rest], failed):
        rest += taken
    return rest
