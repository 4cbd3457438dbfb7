"""Setting a hospital's policies."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.escalation.events import PolicyChanged
from app.escalation.kinds import KINDS
from app.escalation.models import EscalationPolicy
from app.escalation.planner import Policy, Step, checked
from app.facilities.queries import facility
from app.journal import append, lock_or_open


def set_policy(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    kind: str,
    *,
    steps: Sequence[Step],
    rounds: int,
    hold_minutes: int = 30,
    bundled: bool = True,
) -> Policy:
    """What incidents declared from now on do for a kind. Running incidents keep what they were declared with.

    Raises Invalid naming the step and what is allowed.
    """
    actor.require(Permission.POLICY_EDIT, facility_id)
    if kind not in KINDS:
        raise NotFound("There is no such kind of policy.")
    stream = f"facility:{facility(uow.session, facility_id).id}"
    lock_or_open(uow, stream)
    policy = checked(steps, rounds, KINDS[kind].allowed, hold_minutes=hold_minutes, bundled=bundled)
    uow.session.merge(
        EscalationPolicy(
            facility_id=facility_id,
            kind=kind,
            steps=policy.dump(),
            rounds=policy.rounds,
            changed_at=uow.now,
            changed_by=actor.name,
        )
    )
    said = [f"{step.wait_minutes} min: {step.do}" for step in policy.steps]
    append(uow, stream, actor, PolicyChanged(what=kind, steps=said, rounds=policy.rounds))
    return policy
