"""What a hospital's numbers rest on: how it counts, and how many patients a nurse may have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities import queries, ratios
from app.facilities.actions.record import reason_of, since_of, take
from app.facilities.counting import QUESTIONS, UNSAID_WORDS
from app.facilities.events import Changed, CountingSaid, RatiosChosen, RatiosWaived, WaiverEnded
from app.facilities.models import CountingAnswer, RatioChoice, RatioWaiver
from app.facilities.stream import stream_of
from app.facilities.unit_classes import UNIT_CLASSES
from app.journal import append

LONGEST_WAIVER = timedelta(days=366)


def say_counting(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    answers: Mapping[str, str],
    reason: str,
    since: datetime | None = None,
) -> int:
    """Tell how the hospital counts; what is not in `answers` stays as it is. How many answers changed."""
    take(uow, actor, Permission.FACILITY_EDIT, facility_id)
    why, from_when = reason_of(reason), since_of(since, uow.now)
    known = {each.question: each for each in queries.counting_answers(uow.session, facility_id)}
    changes = []
    for slug, answer in answers.items():
        question = QUESTIONS.get(slug)
        if question is None:
            raise Invalid.field(slug, f"is no such question; known are {', '.join(QUESTIONS)}")
        if answer not in question.answers:
            raise Invalid.field(slug, f"must be one of {', '.join(question.answers)}")
        held = known.get(slug)
        if held is not None and held.answer == answer:
            continue
        before = question.answers.get(held.answer, held.answer) if held is not None else UNSAID_WORDS
        changes.append(Changed(question.label, before, question.answers[answer]))
        uow.session.merge(CountingAnswer(
            facility_id=facility_id, question=slug, answer=answer, since=from_when,
            set_by=actor.name, set_at=uow.now, reason=why,
        ))  # fmt: skip
    if not changes:
        raise Invalid.field("bed_basis", "nothing is different from what was told before")
    uow.session.flush()
    append(uow, stream_of(facility_id), actor, CountingSaid(changes, from_when, why))
    return len(changes)


def choose_ratios(uow: UnitOfWork, actor: Actor, facility_id: str, *, ratio_set: str, reason: str) -> None:
    """Go by a set of ratios; "" means none, each unit by its own."""
    take(uow, actor, Permission.FACILITY_EDIT, facility_id)
    known = ratios.sets()
    if ratio_set and ratio_set not in known:
        raise Invalid.field("ratio_set", f"must be one of {', '.join(known)}, or empty")
    why = reason_of(reason)
    held = uow.session.get(RatioChoice, facility_id)
    before = held.ratio_set if held is not None else ""
    if held is not None and before == ratio_set:
        raise Invalid.field("ratio_set", "is what the hospital goes by already")
    uow.session.merge(RatioChoice(
        facility_id=facility_id, ratio_set=ratio_set, set_by=actor.name, set_at=uow.now, reason=why,
    ))  # fmt: skip
    uow.session.flush()
    title, title_before = (known[each].title if each in known else each for each in (ratio_set, before))
    append(uow, stream_of(facility_id), actor, RatiosChosen(ratio_set, title, title_before, why))


def waive_ratios(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    unit_class: str,
    patients_per_nurse: int,
    ends_at: datetime,
    reason: str,
) -> RatioWaiver:
    """From now until `ends_at`, let a nurse in units of this class have more patients than the set allows."""
    take(uow, actor, Permission.FACILITY_EDIT, facility_id)
    if unit_class not in UNIT_CLASSES:
        raise Invalid.field("unit_class", f"must be one of {', '.join(UNIT_CLASSES)}")
    chosen = queries.ratio_set(uow.session, facility_id, uow.now)
    legal = chosen.of(unit_class) if chosen is not None else None
    if legal is None:
        raise Invalid.field("unit_class", "the hospital goes by no set that limits these units")
    if not legal < patients_per_nurse <= ratios.MOST_PATIENTS:
        raise Invalid.field(
            "patients_per_nurse", f"must be more than the {legal} allowed, and at most {ratios.MOST_PATIENTS}"
        )
    ends = as_utc(ends_at)
    if not uow.now < ends <= uow.now + LONGEST_WAIVER:
        raise Invalid.field("ends_at", "must lie in the future, at most a year ahead")
    why = reason_of(reason)
    for waiver in queries.waivers(uow.session, [facility_id], uow.now):
        if waiver.unit_class == unit_class:
            raise Conflict(
                f"{waiver.set_by} has waived it already, until {waiver.ends_at:%Y-%m-%d}: {waiver.reason}"
            )
    made = RatioWaiver(
        id=uow.new_id(),
        facility_id=facility_id,
        unit_class=unit_class,
        patients_per_nurse=patients_per_nurse,
        starts_at=uow.now,
        ends_at=ends,
        set_by=actor.name,
        reason=why,
    )
    uow.session.add(made)
    uow.session.flush()
    event = RatiosWaived(made.id, unit_class, patients_per_nurse, ends, why)
    append(uow, stream_of(facility_id), actor, event)
    return made


def end_waiver(uow: UnitOfWork, actor: Actor, waiver_id: str, *, reason: str) -> None:
    """Take a waiver back before its time."""
    found = uow.session.get(RatioWaiver, waiver_id)
    if found is None:
        raise NotFound("There is no such waiver.")
    take(uow, actor, Permission.FACILITY_EDIT, found.facility_id)
    uow.session.refresh(found)
    why = reason_of(reason)
    if found.ends_at <= uow.now:
        raise Conflict(f"The waiver has ended already{f', by {found.ended_by}' if found.ended_by else ''}.")
    found.ends_at = max(uow.now, found.starts_at + timedelta(seconds=1))
    found.ended_by = actor.name
    uow.session.flush()
    append(uow, stream_of(found.facility_id), actor, WaiverEnded(found.id, found.unit_class, why))
