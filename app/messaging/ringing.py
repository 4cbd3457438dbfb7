"""Simulated phones that ring: dealing with a call by hand or by habit, and telling the program what became of it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import structlog

from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.messaging.actions import ringing as actions
from app.messaging.actions.phones import PEOPLE, SEED
from app.messaging.actions.reports import Report
from app.messaging.actions.ringing import Moved
from app.messaging.calls import Call, call_of, note_wrong, press
from app.messaging.carriers.simulated import OF_RING
from app.messaging.models import Attempt, Intent, Ring, SimSwitch, SimText
from app.messaging.simulation import AT_NIGHT_BY_CALL, CALLED, CallPlan, call_plan
from app.messaging.speech import KEYS, SETTLED, spoken, wrong_key
from app.runtime import Runtime

log = structlog.get_logger()

LISTENS_SECONDS = 20
"""How long somebody listens before they press a key."""


def deal(rt: Runtime, actor: Actor, call_id: str, to: Ring) -> None:
    """Pick up, decline, miss or end a call, and report it as a carrier would."""
    _tell(rt, rt.db.transact(actions.move, actor, call_id=call_id, to=to))


def press_key(rt: Runtime, call_id: str, key: str) -> str:
    """Press a key in a call that is being had; returns what the call says to it. Raises NotFound, Conflict."""
    with rt.db.read() as session:
        sim = session.get(SimText, call_id)
        call = call_of(session, sim.attempt_id) if sim and sim.attempt_id else None
    if sim is None or call is None:
        raise NotFound("There is no such call.")
    if sim.ring is not Ring.TALKING:
        raise Conflict("Nobody is on the line of this call.")
    words, over = _answer(rt, call, sim, key)
    rt.db.transact(actions.hear, call_id=call_id, key=key, words=spoken(words), over=over)
    return spoken(words)


def ring_out(rt: Runtime) -> int:
    """Let calls that have rung long enough be missed; returns how many."""
    with rt.db.read() as session:
        if session.scalar(actions.rang_out(rt.clock.now()).limit(1)) is None:
            return 0
    moved = rt.db.transact(actions.ring_out)
    for one in moved:
        _tell(rt, one)
    return len(moved)


def answer_calls(rt: Runtime) -> int:
    """Let simulated people pick up and press keys as they do; returns how many did something."""
    query = (
        sa.select(SimText, Intent.subject_id)
        .join(Attempt, Attempt.id == SimText.attempt_id)
        .join(Intent, Intent.id == Attempt.intent_id)
        .where(SimText.open, SimText.ring.is_not(None))
        .order_by(SimText.at)
    )
    with rt.db.read() as session:
        switch = session.get(SimSwitch, 1)
        calls = list(session.execute(query)) if switch and switch.pace else []
    if switch is None:
        return 0
    habits = AT_NIGHT_BY_CALL if switch.night else CALLED
    return sum(
        _as_planned(rt, sim, call_plan(subject_id, SEED, habits), switch.pace) for sim, subject_id in calls
    )


def _as_planned(rt: Runtime, sim: SimText, plan: CallPlan, pace: int) -> bool:
    now = rt.clock.now()
    try:
        if sim.ring is Ring.RINGING:
            if not plan.picks_up or now < sim.at + timedelta(seconds=(plan.picks_up_after or 0) / pace):
                return False
            deal(rt, PEOPLE, sim.id, Ring.TALKING)
        elif now < (sim.ring_at or sim.at) + timedelta(seconds=LISTENS_SECONDS / pace):
            return False
        else:
            for key in plan.keys:
                press_key(rt, sim.id, key)
            if not plan.keys:
                deal(rt, PEOPLE, sim.id, Ring.ENDED)
    except Exception:
        log.exception("phones.call_left_for_later")
        return False
    return True


def _answer(rt: Runtime, call: Call, sim: SimText, key: str) -> tuple[str, bool]:
    """What the call says to a key, and whether it is over then."""
    if call.settled:
        return call.says(SETTLED), True
    if key in KEYS:
        return press(rt, call, key, f"SIM{sim.id}"), True
    note_wrong(rt, call, key, f"SIM{sim.id}:{key}")
    return wrong_key(call.body), False


def _tell(rt: Runtime, moved: Moved) -> None:
    report = OF_RING[moved.ring]
    assert report.status is not None
    told = Report(moved.attempt_id, "callback", moved.id, report.status.value, report.error_code)
    rt.parts["drain"].hear(told)
