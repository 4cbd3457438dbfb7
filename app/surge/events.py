"""What the journals of a hospital and of its open incidents say about triggers and levels."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class FiringData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A firing that stands: `used` of `of` beds when it fired; the limit had been passed since `since`."""

    firing_id: str
    title: str
    unit_class: str
    used: int
    of: int
    threshold_percent: int
    since: datetime
    fired_at: datetime


class RecommendationData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recommendation_id: str
    rank: int
    label: str
    because: str
    made_at: datetime


class LevelData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rank: int
    label: str
    set_at: datetime
    set_by: str
    reason: str


@event("trigger.fired", "firing:{firing_id}")
class TriggerFired(Event):
    firing_id: str
    title: str
    unit_class: str
    used: int
    of: int
    threshold_percent: int
    since: datetime
    fired_at: datetime


@event("trigger.cleared", "firing:{firing_id}")
class TriggerCleared(Event):
    """`since`: when it had gone under its clear limit."""

    firing_id: str
    title: str
    since: datetime


@event("surge.recommended", "recommendation:{recommendation_id}")
class SurgeRecommended(Event):
    recommendation_id: str
    rank: int
    label: str
    because: str
    made_at: datetime


@event("surge.recommendation_ended", "recommendation:{recommendation_id}")
class RecommendationEnded(Event):
    """`state` is confirmed, declined, superseded (by a higher one) or withdrawn (its triggers cleared)."""

    recommendation_id: str
    label: str
    state: str
    reason: str


@event("surge.level_set", "surge")
class SurgeLevelSet(Event):
    """`despite`: firings that still spoke for a higher level than the one set."""

    rank: int
    label: str
    from_rank: int
    from_label: str
    reason: str
    despite: list[str]


@event("surge.carried_over", "surge")
class SurgeCarriedOver(Event):
    """How the hospital stood when the incident was declared. An exercise begins without a level."""

    level: LevelData | None
    firings: list[FiringData]
    recommendation: RecommendationData | None
