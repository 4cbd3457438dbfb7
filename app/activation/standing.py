"""How people stand at the moment of asking: in the incident, on duty, and towards the floors of their places."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.models import Outcome, Question, QuestionState
from app.activation.ranking import Facts, Need, why_out
from app.activation.reach import unreachable
from app.facilities.models import Facility
from app.incidents.models import Assignment, Incident, IncidentState, Position
from app.staffing.availability import State
from app.staffing.duty import WORK, Duty
from app.staffing.floors import Floor
from app.staffing.models import Person, Shift

NO_HOLDS = timedelta(hours=4)
"""Who cannot come is not asked for anything else in the incident for so long."""


@dataclass
class Standing:
    """What people hold in one incident, who has an open question of it, who has said no lately; and their duty,
    read when it is asked about."""

    session: Session
    incident_id: str
    zone: str
    duty: Duty
    holds: dict[str, str]
    asked: set[str]
    refused: set[str]

    def why_not(self, person: Person, need: Need | None = None) -> str | None:
        """Why this person is not to be asked now; None when nothing speaks against it.

        Without a `need`, what holds for every one: leave, hours, rest and floors.
        """
        if (why := self.why_not_here(person)) is not None:
            return why
        facts = self.facts(person)
        floors = self.floors_for([person.id]) if facts.availability.state is State.ON_DUTY else ()
        taken = self.taken if floors else ()
        return why_out(facts, need or self.need_of(here_too=True), floors, taken)

    def why_not_here(self, person: Person) -> str | None:
        """The same as far as the incident and the ways to reach the person go."""
        if not person.active:
            return "is not active"
        if person.id in self.holds:
            return f"holds {self.holds[person.id]}"
        if person.id in self.asked:
            return "has an open question of this incident"
        if person.id in self.refused:
            return "has said lately that they cannot come"
        return unreachable(person)

    def why_not_told(self, person: Person) -> str | None:
        """Why somebody is not even told something; what they do now is no reason."""
        return "is not active" if not person.active else unreachable(person)

    def facts(self, person: Person) -> Facts:
        return Facts(
            person.id,
            person.name,
            self.duty.of(person),
            self.duty.rules(person.facility_id),
            person.travel_minutes,
        )

    def need_of(self, here_too: bool, within_minutes: int | None = None, skill: str = "") -> Need:
        return Need(self.duty.now, self.zone, here_too, within_minutes, skill)

    def floors_for(self, ids: Collection[str]) -> list[Floor]:
        """The floors that some of these people stand for now."""
        return [floor for floor in self.duty.floors() if not floor.on_duty.isdisjoint(ids)]

    @cached_property
    def taken(self) -> set[str]:
        """Who is on duty somewhere and gone from there, or asked to go: by a question that is open, a yes or a
        position, in any open incident. What an exercise takes, something real may take all the same."""
        now, own = self.duty.now, Incident.id == self.incident_id
        there = sa.select(Shift.person_id).where(
            Shift.kind.in_(WORK), Shift.starts_at <= now, Shift.ends_at > now
        )
        standing = sa.select(Incident.id).where(
            Incident.state == IncidentState.ACTIVE, sa.or_(~Incident.exercise, own)
        )
        asked = sa.select(Question.person_id).where(
            Question.incident_id.in_(standing),
            Question.person_id.in_(there),
            sa.or_(Question.state == QuestionState.OPEN, Question.outcome == Outcome.COMING),
        )
        held = sa.select(Assignment.person_id).where(
            Assignment.incident_id.in_(standing),
            Assignment.person_id.in_(there),
            Assignment.ended_at.is_(None),
        )
        return set(self.session.scalars(asked)) | set(self.session.scalars(held))


def standing(session: Session, incident_id: str, now: datetime) -> Standing:
    held = sa.select(Assignment.person_id, Position.title).join(
        Position,
        sa.and_(Position.incident_id == Assignment.incident_id, Position.slug == Assignment.position_slug),
    )
    held = held.where(Assignment.incident_id == incident_id, Assignment.ended_at.is_(None))
    mine = sa.select(Question.person_id).where(Question.incident_id == incident_id)
    asked = session.scalars(mine.where(Question.state == QuestionState.OPEN))
    refused = session.scalars(
        mine.where(Question.outcome == Outcome.CANNOT_COME, Question.answered_at > now - NO_HOLDS)
    )
    home = sa.select(Facility.zone).join(Incident, Incident.facility_id == Facility.id)
    zone = session.scalars(home.where(Incident.id == incident_id)).one()
    return Standing(
        session,
        incident_id,
        zone,
        Duty(session, now),
        dict(session.execute(held).all()),
        set(asked),
        set(refused),
    )
