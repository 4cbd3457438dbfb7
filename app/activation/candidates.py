"""Who can be asked: depth lists and groups in their order, and who is left out; each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation import ranking
from app.activation.models import Outcome, Question, Slot, SlotKind
from app.activation.ranking import Facts
from app.activation.reach import phone, reach
from app.activation.standing import Standing, standing
from app.incidents.models import Incident, Position
from app.staffing.models import DepthEntry, Person, Skill

__all__ = ["Group", "Left", "Seat", "Standing", "phone", "reach", "standing"]

AT_ONCE = 500
LOOKED_BACK = timedelta(days=28)
"""So far back, call-ins count for fairness."""

_SPOKEN_AS_LETTERS = frozenset({"ct", "ed", "emt", "er", "icu", "lpn", "md", "np", "pa", "rn", "rt"})


def readable(slug: str) -> str:
    """icu_nurse becomes ICU nurse."""
    words = slug.split("_")
    return " ".join(word.upper() if word in _SPOKEN_AS_LETTERS else word for word in words)


@dataclass(frozen=True)
class Group:
    """`needed` people with a skill (its slug) or of a department; `at_once` None asks everybody at once.

    within_minutes  how soon they must be here; None: whenever they can.
    informs         tells them all something; nobody is needed.
    """

    skill: str | None
    department: str | None
    needed: int
    at_once: int | None = None
    within_minutes: int | None = None
    informs: bool = False

    @property
    def kind(self) -> SlotKind:
        return SlotKind.INFORMATION if self.informs else SlotKind.GROUP

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
    """A slot to be: what for, who is on its list (best first), who is left out, who is asked first.

    `why` says of each listed person's id, in one sentence, what puts them in their place.
    """

    kind: SlotKind
    position: str | None
    title: str
    needed: int
    at_once: int
    listed: list[Person] = field(default_factory=list)
    left_out: list[Left] = field(default_factory=list)
    first: list[Person] = field(default_factory=list)
    within_minutes: int | None = None
    why: dict[str, str] = field(default_factory=dict)


def position_seat(
    session: Session,
    incident: Incident,
    position: Position,
    at_once: int,
    now: Standing,
    within_minutes: int | None = None,
) -> Seat:
    """The position's depth list, in its order; those who are not free as far as anybody knows after the others."""
    seat = Seat(SlotKind.POSITION, position.slug, position.title, 1, at_once, within_minutes=within_minutes)
    depth = sa.select(DepthEntry.person_id).where(
        DepthEntry.facility_id == incident.facility_id, DepthEntry.position_slug == position.slug
    )
    ids = list(session.scalars(depth.order_by(DepthEntry.rank)))
    return _ranked(
        session,
        seat,
        people(session, ids),
        now,
        ranks={person_id: rank for rank, person_id in enumerate(ids, 1)},
    )


def group_seat(session: Session, incident: Incident, group: Group, now: Standing) -> Seat:
    """Everybody with the skill or in the department at the incident's hospital, whom it asks least of first."""
    query = sa.select(Person.id).where(Person.facility_id == incident.facility_id, Person.active)
    if group.skill is not None:
        query = query.join(Skill, Skill.person_id == Person.id).where(Skill.slug == group.skill)
    if group.department is not None:
        query = query.where(Person.department == group.department)
    found = people(session, list(session.scalars(query.order_by(Person.name, Person.id))))
    seat = Seat(group.kind, None, group.title, group.needed, group.at_once or max(len(found), 1))
    seat.within_minutes = group.within_minutes
    if group.informs:
        return _told(seat, found, now)
    return _ranked(session, seat, found, now, skill=group.skill)


def choose_first(seats: Iterable[Seat], now: Standing) -> None:
    """Who is asked at once. Somebody on two lists is asked for the first of them, as when it is sent; and no
    place loses more people to all of them together than it can spare."""
    chosen: set[str] = set()
    for seat in seats:
        by_id = {person.id: person for person in seat.listed}
        if seat.kind is SlotKind.INFORMATION:
            seat.first = list(seat.listed)
            continue
        free = [person_id for person_id in by_id if person_id not in chosen]
        ids = ranking.choose(free, seat.at_once, now.floors_for(by_id), now.taken | chosen)
        seat.first = [by_id[person_id] for person_id in ids]
        chosen.update(ids)


def free(now: Standing, slot: Slot, some: Sequence[Person], most: int) -> list[Person]:
    """Up to `most` of these who can be asked for the slot at this moment, together, in their order.

    Those returned count as taken from then on.
    """
    if slot.kind is SlotKind.INFORMATION:
        return [person for person in some if now.why_not_told(person) is None][:most]
    need = now.need_of(slot.kind is SlotKind.POSITION, slot.within_minutes)
    now.duty.look(some)
    able = {person.id: person for person in some if now.why_not(person, need) is None}
    ids = ranking.choose(able, most, now.floors_for(able), now.taken)
    now.taken.update(ids)
    return [able[person_id] for person_id in ids]


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


def _ranked(
    session: Session,
    seat: Seat,
    found: Sequence[Person],
    now: Standing,
    *,
    skill: str | None = None,
    ranks: dict[str, int] | None = None,
) -> Seat:
    """The seat with its list in order. What the incident itself rules out comes before what the ranking does."""
    able: dict[str, Person] = {}
    for person in found:
        if (why := now.why_not_here(person)) is None:
            able[person.id] = person
        else:
            seat.left_out.append(Left(person.name, why))
    now.duty.look(able.values())
    called = _called(session, list(able), now)
    need = now.need_of(seat.kind is SlotKind.POSITION, seat.within_minutes, readable(skill) if skill else "")
    facts = [_facts(person, now, skill, ranks, called.get(person.id, (0, 0))) for person in able.values()]
    floors = now.floors_for(able)
    result = ranking.rank(facts, need, ranking.weights_at(now.duty.now), floors, now.taken)
    seat.listed = [able[each.person_id] for each in result.placed]
    seat.why = {each.person_id: each.why for each in result.placed}
    seat.left_out += [Left(able[each.person_id].name, each.why) for each in result.out]
    return seat


def _told(seat: Seat, found: Sequence[Person], now: Standing) -> Seat:
    for person in found:
        if (why := now.why_not_told(person)) is None:
            seat.listed.append(person)
            seat.why[person.id] = "is told, and asked for nothing"
        else:
            seat.left_out.append(Left(person.name, why))
    return seat


def _facts(
    person: Person,
    now: Standing,
    skill: str | None,
    ranks: dict[str, int] | None,
    called: tuple[int, int],
) -> Facts:
    qualified = next((each.valid_until for each in person.skills if each.slug == skill), None)
    facts = now.facts(person)
    return replace(
        facts,
        rank=ranks[person.id] if ranks else None,
        qualified_until=qualified,
        asked=called[0],
        came=called[1],
    )


def _called(session: Session, ids: Sequence[str], now: Standing) -> dict[str, tuple[int, int]]:
    """How often people were asked lately to come for something real, and how often they came."""
    came = sa.func.sum(sa.case((Question.outcome == Outcome.COMING, 1), else_=0))
    found: dict[str, tuple[int, int]] = {}
    for some in chunks(ids):
        query = (
            sa.select(Question.person_id, sa.func.count(sa.distinct(Question.slot_id)), came)
            .join(Slot, Slot.id == Question.slot_id)
            .join(Incident, Incident.id == Question.incident_id)
            .where(Question.person_id.in_(some), Question.asked_at > now.duty.now - LOOKED_BACK)
            .where(Slot.kind != SlotKind.INFORMATION, ~Incident.exercise)
            .group_by(Question.person_id)
        )
        found.update((who, (asked, times)) for who, asked, times in session.execute(query))
    return found


def depths(session: Session, facility_id: str) -> dict[str, int]:
    """How many people stand on each position's depth list."""
    query = sa.select(DepthEntry.position_slug, sa.func.count()).where(DepthEntry.facility_id == facility_id)
    return dict(session.execute(query.group_by(DepthEntry.position_slug)).all())
