"""The program recommends: one open recommendation a hospital, for the highest level firings speak for."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.models import Incident
from app.surge import events, packs
from app.surge.actions.hospitals import PROGRAM, tell
from app.surge.models import Firing, Recommendation, RecommendationState, Shelving, Trigger
from app.surge.queries import level_rank, open_recommendation


def reconcile(uow: UnitOfWork, facility_id: str, incidents: Sequence[Incident]) -> None:
    """Make the open recommendation fit the firings that stand and that nobody has decided about."""
    rank, because = _wanted(uow, facility_id)
    standing = open_recommendation(uow.session, facility_id)
    if standing is not None and standing.rank == rank:
        return
    if standing is not None:
        higher = rank > standing.rank
        state = RecommendationState.SUPERSEDED if higher else RecommendationState.WITHDRAWN
        reason = (
            f"Now for {packs.levels()[rank].label}." if higher else "What it was for is over, or put aside."
        )
        end(uow, PROGRAM, standing, state, reason, incidents)
    if rank > 0:
        _recommend(uow, facility_id, rank, because, incidents)


def end(
    uow: UnitOfWork,
    actor: Actor,
    recommendation: Recommendation,
    state: RecommendationState,
    reason: str,
    incidents: Sequence[Incident],
) -> None:
    recommendation.state, recommendation.reason = state, reason
    recommendation.ended_at, recommendation.ended_by = uow.now, actor.name
    uow.session.flush()
    ended = events.RecommendationEnded(
        recommendation_id=recommendation.id, label=recommendation.label, state=state.value, reason=reason
    )
    tell(uow, actor, recommendation.facility_id, incidents, ended)


def settle(uow: UnitOfWork, facility_id: str, up_to_rank: int) -> None:
    """A person has decided: firings for levels up to this one recommend nothing more."""
    triggers = sa.select(Trigger.id).where(
        Trigger.facility_id == facility_id, Trigger.recommends_rank <= up_to_rank
    )
    standing = sa.update(Firing).where(Firing.trigger_id.in_(triggers), Firing.cleared_at.is_(None))
    uow.session.execute(standing.values(settled=True))


def _wanted(uow: UnitOfWork, facility_id: str) -> tuple[int, str]:
    """The level to recommend and why; 0 for none. What is put aside recommends nothing."""
    shelved = sa.select(Shelving.trigger_id).where(Shelving.ended_at.is_(None))
    query = (
        sa.select(Trigger.recommends_rank, Trigger.title)
        .join(Firing, Firing.trigger_id == Trigger.id)
        .where(
            Trigger.facility_id == facility_id,
            Firing.cleared_at.is_(None),
            Firing.settled.is_(False),
            Trigger.recommends_rank > level_rank(uow.session, facility_id),
            Trigger.id.not_in(shelved),
        )
        .order_by(Firing.fired_at, Firing.id)
    )
    found = uow.session.execute(query).all()
    rank = max((row.recommends_rank for row in found), default=0)
    return rank, "; ".join(row.title for row in found if row.recommends_rank == rank)


def _recommend(
    uow: UnitOfWork, facility_id: str, rank: int, because: str, incidents: Sequence[Incident]
) -> None:
    recommendation = Recommendation(
        id=uow.new_id(),
        facility_id=facility_id,
        rank=rank,
        label=packs.levels()[rank].label,
        because=because,
        state=RecommendationState.OPEN,
        made_at=uow.now,
    )
    uow.session.add(recommendation)
    uow.session.flush()
    made = events.SurgeRecommended(
        recommendation_id=recommendation.id,
        rank=rank,
        label=recommendation.label,
        because=because,
        made_at=uow.now,
    )
    tell(uow, PROGRAM, facility_id, incidents, made)
