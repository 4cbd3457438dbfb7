"""The incident itself, its command, positions and objectives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Holder:
    assignment_id: str
    person_id: str
    name: str
    since: datetime
    source: str
    eta_minutes: int | None


@dataclass
class PositionView:
    slug: str
    title: str
    section: str
    branch: str
    reports_to: str | None
    level: str
    holder: Holder | None = None


@dataclass
class ObjectiveView:
    id: str
    priority: int
    text: str
    state: str = "open"


@dataclass
class OfferView:
    id: str
    to_person_id: str
    to_person_name: str
    briefing: str
    offered_at: datetime


@dataclass
class Command:
    """`id` is empty until the incident is declared."""

    id: str = ""
    number: str = ""
    name: str = ""
    guide: str = ""
    facility_id: str = ""
    facility_code: str = ""
    facility_name: str = ""
    zone: str = "UTC"
    exercise: bool = False
    activation_level: str = ""
    reason: str = ""
    state: str = "active"
    started_at: datetime | None = None
    declared_at: datetime | None = None
    closed_at: datetime | None = None
    positions: dict[str, PositionView] = field(default_factory=dict)
    objectives: dict[str, ObjectiveView] = field(default_factory=dict)
    offer: OfferView | None = None

    @property
    def commander(self) -> Holder | None:
        position = self.positions.get("incident_commander")
        return position.holder if position else None
