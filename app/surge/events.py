"""What the journals of a hospital and of its open incidents say about triggers and levels."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class FiringData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A firing that stands: what it saw when it fired; the limit had been passed since `since`.

    Entries of before there were versions have `used` of `of` beds and `threshold_percent` instead of words.
    """

    firing_id: str
    title: str
    unit_class: str
    since: datetime
    fired_at: datetime
    used: int = 0
    of: int = 0
    threshold_percent: int = 0
    said: str = ""
    rule: str = ""
    severity: str = "medium"
    action: str = ""
    version: int = 1
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    trigger_id: str = ""
    resource: str = "space"


class ShelvedData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trigger that a person has put aside."""

    trigger_id: str
    title: str
    until: datetime
    reason: str
    shelved_by: str


class ReasonData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A firing behind a recommendation: which of the four S, what was seen, since when, by which version."""

    firing_id: str
    trigger_id: str
    title: str
    resource: str
    said: str
    rule: str
    since: datetime
    fired_at: datetime
    version: int


class RecommendationData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recommendation_id: str
    rank: int
    label: str
    because: str
    made_at: datetime
    band: str = "conventional"
    drivers: list[str] = msgspec.field(default_factory=list)


class LevelData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rank: int
    label: str
    set_at: datetime
    set_by: str
    reason: str
    band: str = "conventional"
    colour: str = "grey"


class BandData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one of the four S stands by a person's decision."""

    resource: str
    band: str
    set_at: datetime
    set_by: str
    reason: str
    assumed: bool = False


@event("trigger.fired", "firing:{firing_id}")
class TriggerFired(Event):
    """See FiringData. `kind` is trigger or indicator; `resource` staff, stuff, space or systems."""

    firing_id: str
    title: str
    unit_class: str
    since: datetime
    fired_at: datetime
    used: int = 0
    of: int = 0
    threshold_percent: int = 0
    said: str = ""
    rule: str = ""
    severity: str = "medium"
    action: str = ""
    version: int = 1
    trigger_id: str = ""
    kind_of: str = "trigger"
    resource: str = "space"


@event("trigger.cleared", "firing:{firing_id}")
class TriggerCleared(Event):
    """`since`: when it had gone under its clear limit."""

    firing_id: str
    title: str
    since: datetime


@event("trigger.acknowledged", "firing:{firing_id}")
class TriggerAcknowledged(Event):
    """A person has seen it and takes care of it."""

    firing_id: str
    title: str


@event("trigger.shelved", "trigger:{trigger_id}")
class TriggerShelved(Event):
    """A person puts a trigger aside until then. It goes on watching, and recommends nothing."""

    trigger_id: str
    title: str
    until: datetime
    reason: str


@event("trigger.unshelved", "trigger:{trigger_id}")
class TriggerUnshelved(Event):
    """Its time is over, or a person took it back."""

    trigger_id: str
    title: str


@event("trigger.edited", "trigger:{trigger_id}")
class TriggerEdited(Event):
    """A new trigger, a new version of one, or one retired (`change`), in words."""

    trigger_id: str
    title: str
    version: int
    change: str
    rule: str
    reason: str


@event("surge.recommended", "recommendation:{recommendation_id}")
class SurgeRecommended(Event):
    """`drivers`: the S whose triggers speak for the level, each with its reasons."""

    recommendation_id: str
    rank: int
    label: str
    because: str
    made_at: datetime
    band: str = "conventional"
    drivers: list[str] = msgspec.field(default_factory=list)
    reasons: list[ReasonData] = msgspec.field(default_factory=list)


@event("surge.recommendation_ended", "recommendation:{recommendation_id}")
class RecommendationEnded(Event):
    """`state` is confirmed, declined, superseded (by a higher one) or withdrawn (its triggers cleared)."""

    recommendation_id: str
    label: str
    state: str
    reason: str


@event("surge.level_set", "surge")
class SurgeLevelSet(Event):
    """`bands`: the S that change with it, by name. `drivers`: those at the worst band from then on; `assumed` when
    nobody has said so. `version`: of the hospital's levels. `despite`: what had fired and still spoke for a higher
    level, put aside by a person. `restart`: the care put off is confirmed to be staffed again.
    """

    rank: int
    label: str
    from_rank: int
    from_label: str
    reason: str
    despite: list[str]
    band: str = "conventional"
    from_band: str = "conventional"
    colour: str = "grey"
    version: int = 0
    bands: dict[str, str] = msgspec.field(default_factory=dict)
    drivers: list[str] = msgspec.field(default_factory=list)
    assumed: bool = False
    restart: bool = False


@event("surge.band_set", "surge")
class SurgeBandSet(Event):
    """A person moves one of the four S; the level stays."""

    resource: str
    band: str
    from_band: str
    reason: str
    drivers: list[str]
    despite: list[str] = msgspec.field(default_factory=list)
    restart: bool = False


@event("surge.levels_edited", "levels")
class LevelsEdited(Event):
    """A new version of the hospital's named levels (`change`, in words). What is in force stays as it is."""

    version: int
    change: str
    labels: list[str]
    reason: str


@event("surge.carried_over", "surge")
class SurgeCarriedOver(Event):
    """How the hospital stood when the incident was declared. An exercise begins without a level."""

    level: LevelData | None
    firings: list[FiringData]
    recommendation: RecommendationData | None
    shelved: list[ShelvedData] = msgspec.field(default_factory=list)
    bands: list[BandData] = msgspec.field(default_factory=list)
