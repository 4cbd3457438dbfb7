"""The program recommends: one open recommendation a hospital, for the highest level firings speak for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.models import Incident
from app.surge import events
from app.surge.actions.hospitals import PROGRAM, tell
from app.surge.continuum import RESOURCES
from app.surge.inforce import levels_of
from app.surge.levels import Level
from app.surge.models import Firing, Recommendation, RecommendationState, Shelving, Trigger
from app.surge.queries import level_rank, open_recommendation


def reconcile(uow: UnitOfWork, facility_id: str, incidents: Sequence[Incident]) -> None:
    """Make the open recommendation fit the firings that stand and that nobody has decided about."""
    ladder = levels_of(uow.session, facility_id)
    behind = _wanted(uow, facility_id)
    rank = max((trigger.recommends_rank for _, trigger in behind), default=0)
    standing = open_recommendation(uow.session, facility_id)
    if standing is not None and (standing.rank, standing.label) == (rank, ladder[rank].label):
        return
    if standing is not None:
        higher = rank >= standing.rank
        state = RecommendationState.SUPERSEDED if higher else RecommendationState.WITHDRAWN
        reason = f"Now for {ladder[rank].label}." if rank else "What it was for is over, or put aside."
        end(uow, PROGRAM, standing, state, reason, incidents)
    if rank > 0:
        speaking = [each for each in behind if each[1].recommends_rank == rank]
        _recommend(uow, facility_id, ladder[rank], speaking, incidents)


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


def _wanted(uow: UnitOfWork, facility_id: str) -> list[tuple[Firing, Trigger]]:
    """The firings that speak for a higher level, the oldest first. What is put aside recommends nothing."""
    shelved = sa.select(Shelving.trigger_id).where(Shelving.ended_at.is_(None))
    query = (
        sa.select(Firing, Trigger)
        .join(Trigger, Firing.trigger_id == Trigger.id)
        .where(
            Trigger.facility_id == facility_id,
            Firing.cleared_at.is_(None),
            Firing.settled.is_(False),
            Trigger.recommends_rank > level_rank(uow.session, facility_id),
            Trigger.id.not_in(shelved),
        )
        .order_by(Firing.fired_at, Firing.id)
    )
    return [(firing, trigger) for firing, trigger in uow.session.execute(query)]


def _recommend(
    uow: UnitOfWork,
    facility_id: str,
    level: Level,
    behind: Sequence[tuple[Firing, Trigger]],
    incidents: Sequence[Incident],
) -> None:
    reasons = [_reason(firing) for firing, _ in behind]
    speaking = {each.resource for each in reasons}
    drivers = [resource for resource in RESOURCES if resource in speaking]
    recommendation = Recommendation(
        id=uow.new_id(),
        facility_id=facility_id,
        rank=level.rank,
        label=level.label,
        because="; ".join(each.title for each in reasons),
        band=level.band,
        drivers=",".join(drivers),
        reasons=msgspec.json.encode(reasons).decode(),
        state=RecommendationState.OPEN,
        made_at=uow.now,
    )
    uow.session.add(recommendation)
    uow.session.flush()
    made = events.SurgeRecommended(
        recommendation_id=recommendation.id,
        rank=level.rank,
        label=level.label,
        because=recommendation.because,
        made_at=uow.now,
        band=level.band,
        drivers=drivers,
        reasons=reasons,
    )
    tell(uow, PROGRAM, facility_id, incidents, made)


def _reason(firing: Firing) -> events.ReasonData:
    names = events.ReasonData.__struct_fields__[1:]
    return events.ReasonData(firing.id, **{name: getattr(firing, name) for name in names})
