"""Who can be asked: depth lists, groups, and who is left out and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.models import Outcome, Question, QuestionState, Slot, SlotKind
from app.incidents.models import Assignment, Incident, Position
from app.staffing.models import ContactMethod, DepthEntry, Person, Skill

AT_ONCE = 500
NO_HOLDS = timedelta(hours=4)
"""Who cannot come is not asked for anything else in the incident for so long."""


_SPOKEN_AS_LETTERS = frozenset({"ct", "ed", "emt", "er", "icu", "lpn", "md", "np", "pa", "rn", "rt"})


def readable(slug: str) -> str:
    """icu_nurse becomes ICU nurse."""
    words = slug.split("_")
    return " ".join(word.upper() if word in _SPOKEN_AS_LETTERS else word for word in words)


@dataclass(frozen=True)
class Group:
    """`needed` people with a skill (its slug) or of a department; `at_once` None asks everybody at once.

    within_minutes  who comes later than that counts only when time passes without enough.
    informs         nobody is wanted: all are told something, and `needed` says nothing.
    """

    skill: str | None
    department: str | None
    needed: int
    at_once: int | None = None
    within_minutes: int | None = None
    informs: bool = False

    @property
    def title(self) -> str:
        return readable(self.skill) if self.skill else self.department or ""


@dataclass(frozen=True)
class Left:
    """Somebody who would be on the list, and why not."""

    name: str
    why: str


@dataclass
class Seat:
    """A slot to be: what for, who is on its list (best first), who is left out, who is asked first. `group`
    is None for a position."""

    kind: SlotKind
    position: str | None
    title: str
    needed: int
    at_once: int
    listed: list[Person] = field(default_factory=list)
    left_out: list[Left] = field(default_factory=list)
    first: list[Person] = field(default_factory=list)
    within_minutes: int | None = None
    group: Group | None = None


@dataclass(frozen=True)
class Standing:
    """How people stand in one incident at this moment: what they hold, and who has an open question."""

    holds: dict[str, str]
    asked: set[str]
    refused: set[str]

    def why_not(self, person: Person) -> str | None:
        """Why this person is not to be asked now; None when nothing speaks against it."""
        if not person.active:
            return "is not active"
        if person.id in self.holds:
            return f"holds {self.holds[person.id]}"
        if person.id in self.asked:
            return "has an open question of this incident"
        if person.id in self.refused:
            return "has said lately that they cannot come"
        return no_phone(person)


EVERYBODY = Standing({}, set(), set())
"""For what is told for information, it does not matter what people hold or have answered."""


def no_phone(person: Person) -> str | None:
    texts = [contact for contact in person.contacts if contact.channel == "sms"]
    if not texts:
        return "has no phone for texts"
    return "has opted out of texts" if phone(person) is None else None


def phone(person: Person, after: Collection[str] = ()) -> ContactMethod | None:
    """The best number to text, those that failed lately last; `after` are ids that have been tried."""
    open_ = [
        contact
        for contact in person.contacts
        if contact.channel == "sms" and contact.opted_out_at is None and contact.id not in after
    ]
    return min(open_, key=lambda c: (c.suspect_since is not None, c.rank, c.id), default=None)


def standing(session: Session, incident_id: str, now: datetime) -> Standing:
    held = sa.select(Assignment.person_id, Position.title).join(
        Position,
        sa.and_(Position.incident_id == Assignment.incident_id, Position.slug == Assignment.position_slug),
    )
    held = held.where(Assignment.incident_id == incident_id, Assignment.ended_at.is_(None))
    mine = sa.select(Question.person_id).join(Slot, Slot.id == Question.slot_id)
    mine = mine.where(Question.incident_id == incident_id, Slot.kind != SlotKind.INFORMATION)
    asked = session.scalars(mine.where(Question.state == QuestionState.OPEN))
    refused = session.scalars(
        mine.where(Question.outcome == Outcome.CANNOT_COME, Question.answered_at > now - NO_HOLDS)
    )
    return Standing(dict(session.execute(held).all()), set(asked), set(refused))


def position_seat(
    session: Session,
    incident: Incident,
    position: Position,
    at_once: int,
    now: Standing,
    within_minutes: int | None = None,
) -> Seat:
    seat = Seat(SlotKind.POSITION, position.slug, position.title, 1, at_once)
    seat.within_minutes = within_minutes
    depth = sa.select(DepthEntry.person_id).where(
        DepthEntry.facility_id == incident.facility_id, DepthEntry.position_slug == position.slug
    )
    ranked = list(session.scalars(depth.order_by(DepthEntry.rank)))
    return _listed(seat, people(session, ranked), now)


def group_seat(session: Session, incident: Incident, group: Group, now: Standing) -> Seat:
    """Everybody with the skill or in the department at the incident's hospital, the nearest first."""
    query = sa.select(Person.id).where(Person.facility_id == incident.facility_id, Person.active)
    if group.skill is not None:
        query = query.join(Skill, Skill.person_id == Person.id).where(Skill.slug == group.skill)
    if group.department is not None:
        query = query.where(Person.department == group.department)
    nearest_first = query.order_by(
        Person.travel_minutes.is_(None), Person.travel_minutes, Person.name, Person.id
    )
    ids = list(session.scalars(nearest_first))
    if group.informs:
        told = Seat(SlotKind.INFORMATION, None, group.title, len(ids), max(len(ids), 1), group=group)
        return _listed(told, people(session, ids), EVERYBODY)
    at_once = group.at_once or max(len(ids), 1)
    seat = Seat(SlotKind.GROUP, None, group.title, group.needed, at_once, group=group)
    seat.within_minutes = group.within_minutes
    return _listed(seat, people(session, ids), now)


def choose_first(seats: Iterable[Seat]) -> None:
    """Who is asked at once. Somebody on two lists is asked for the first of them, as when it is sent."""
    taken: set[str] = set()
    for seat in seats:
        free = [person for person in seat.listed if person.id not in taken]
        seat.first = free[: seat.at_once]
        taken.update(person.id for person in seat.first)


def people(session: Session, ids: Sequence[str]) -> list[Person]:
    """The people in the order of their ids."""
    found: dict[str, Person] = {}
    for some in chunks(ids):
        found.update((p.id, p) for p in session.scalars(sa.select(Person).where(Person.id.in_(some))))
    return [found[person_id] for person_id in dict.fromkeys(ids) if person_id in found]


def chunks(ids: Sequence[str], size: int = AT_ONCE) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def skills(session: Session, facility_id: str) -> list[tuple[str, int]]:
    """Each skill at a hospital with the number of active people who have it."""
    query = sa.select(Skill.slug, sa.func.count()).join(Person, Person.id == Skill.person_id)
    query = query.where(Person.facility_id == facility_id, Person.active)
    return [
        (slug, number) for slug, number in session.execute(query.group_by(Skill.slug).order_by(Skill.slug))
    ]


def departments(session: Session, facility_id: str) -> list[tuple[str, int]]:
    query = sa.select(Person.department, sa.func.count()).where(
        Person.facility_id == facility_id, Person.active, Person.department != ""
    )
    grouped = query.group_by(Person.department).order_by(Person.department)
    return [(name, number) for name, number in session.execute(grouped)]


def _listed(seat: Seat, candidates: Iterable[Person], now: Standing) -> Seat:
    for person in candidates:
        if (why := now.why_not(person)) is None:
            seat.listed.append(person)
        else:
            seat.left_out.append(Left(person.name, why))
    return seat


def depths(session: Session, facility_id: str) -> dict[str, int]:
    """How many people stand on each position's depth list."""
    query = sa.select(DepthEntry.position_slug, sa.func.count()).where(DepthEntry.facility_id == facility_id)
    return dict(session.execute(query.group_by(DepthEntry.position_slug)).all())
