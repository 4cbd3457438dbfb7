"""Reading hospitals and units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.facilities.counting import Basis
from app.facilities.models import (
    CountingAnswer,
    Facility,
    RatioChoice,
    RatioWaiver,
    SetUpNumber,
    SurgeSpace,
    Unit,
)
from app.facilities.ratios import Ratio, RatioSet, in_force, ratio_for
from app.facilities.unit_classes import UNIT_CLASSES


def facilities(session: Session) -> Sequence[Facility]:
    return session.scalars(sa.select(Facility).order_by(Facility.name)).all()


def facility(session: Session, facility_id: str) -> Facility:
    found = session.get(Facility, facility_id)
    if found is None:
        raise NotFound("There is no such hospital.")
    return found


def facility_by_code(session: Session, code: str, field: str = "facility") -> Facility:
    """Raises Invalid naming `field` and listing the codes that exist."""
    found = session.scalar(sa.select(Facility).where(Facility.code == code))
    if found is None:
        known = ", ".join(session.scalars(sa.select(Facility.code).order_by(Facility.code)))
        raise Invalid.field(
            field, f"there is no hospital with the code {code!r}; known are {known or 'none'}"
        )
    return found


def units(session: Session, facility_id: str) -> Sequence[Unit]:
    return session.scalars(sa.select(Unit).where(Unit.facility_id == facility_id).order_by(Unit.name)).all()


def counting_answers(session: Session, facility_id: str) -> Sequence[CountingAnswer]:
    return session.scalars(sa.select(CountingAnswer).where(CountingAnswer.facility_id == facility_id)).all()


def bases(session: Session, facilities: Iterable[Facility]) -> list[Basis]:
    """How each of these hospitals counts, in their order; for `counting.summable`."""
    wanted = list(facilities)
    query = sa.select(CountingAnswer.facility_id, CountingAnswer.question, CountingAnswer.answer)
    told: dict[str, dict[str, str]] = {}
    for facility_id, question, answer in session.execute(
        query.where(CountingAnswer.facility_id.in_([each.id for each in wanted]))
    ):
        told.setdefault(facility_id, {})[question] = answer
    return [Basis(each.name, told.get(each.id, {})) for each in wanted]


def setup_numbers(session: Session, facility_id: str) -> dict[tuple[str, str], SetUpNumber]:
    """Since when set-up numbers hold, by unit id and name; only those that were changed after the unit was added."""
    query = sa.select(SetUpNumber).join(Unit).where(Unit.facility_id == facility_id)
    return {(each.unit_id, each.name): each for each in session.scalars(query)}


def ratio_set(session: Session, facility_id: str, now: datetime) -> RatioSet | None:
    """The text in force of the set that a hospital goes by."""
    return ratio_sets(session, [facility_id], now).get(facility_id)


def ratio_sets(session: Session, facility_ids: Sequence[str], now: datetime) -> dict[str, RatioSet]:
    """The same for many, by hospital; the day is the hospital's own."""
    query = (
        sa.select(RatioChoice.facility_id, RatioChoice.ratio_set, Facility.zone)
        .join(Facility, Facility.id == RatioChoice.facility_id)
        .where(RatioChoice.facility_id.in_(facility_ids))
    )
    found = {
        facility_id: in_force(chosen, now.astimezone(ZoneInfo(zone)).date())
        for facility_id, chosen, zone in session.execute(query)
    }
    return {facility_id: text for facility_id, text in found.items() if text is not None}


def waivers(session: Session, facility_ids: Sequence[str], now: datetime) -> Sequence[RatioWaiver]:
    """Those that hold now, the newest first."""
    query = sa.select(RatioWaiver).where(
        RatioWaiver.facility_id.in_(facility_ids), RatioWaiver.starts_at <= now, RatioWaiver.ends_at > now
    )
    return session.scalars(query.order_by(RatioWaiver.starts_at.desc(), RatioWaiver.id)).all()


def class_ratios(session: Session, facility_id: str, now: datetime) -> dict[str, Ratio]:
    """The ratio now for places that are no unit, by class; the strictest of its units stands for what no set says."""
    chosen = ratio_set(session, facility_id, now)
    waived = [each.terms for each in waivers(session, [facility_id], now)]
    own: dict[str, int | None] = {}
    if chosen is None:
        query = sa.select(Unit.unit_class, sa.func.min(Unit.patients_per_nurse))
        of_units = query.where(Unit.facility_id == facility_id).group_by(Unit.unit_class)
        own = {row[0]: row[1] for row in session.execute(of_units)}
    return {name: ratio_for(name, own.get(name), chosen, waived, now) for name in UNIT_CLASSES}


def surge_spaces(session: Session, facility_ids: Sequence[str]) -> Sequence[SurgeSpace]:
    """The quickest to open first."""
    query = sa.select(SurgeSpace).where(SurgeSpace.facility_id.in_(facility_ids))
    return session.scalars(query.order_by(SurgeSpace.hours_to_open, SurgeSpace.area)).all()
