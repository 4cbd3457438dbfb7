"""Whom a step can name, in the words of the page that edits policies."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.candidates import departments, readable, skills
from app.core.errors import Invalid
from app.escalation.steps import WANTS, Step
from app.facilities.queries import units
from app.incidents.catalogue import positions
from app.staffing.models import DepthEntry


def targets(session: Session, facility_id: str) -> dict[str, dict[str, str]]:
    """By what is wanted (position, unit, list), the words of each and what they stand for."""
    titles = {position.slug: position.title for position in positions()}
    listed = sa.select(DepthEntry.position_slug).where(DepthEntry.facility_id == facility_id).distinct()
    depths = sorted(session.scalars(listed))
    lists = {f"Depth list of {titles.get(slug, slug)}": f"depth:{slug}" for slug in depths}
    lists |= {
        f"All with the skill {readable(slug)}": f"skill:{slug}" for slug, _ in skills(session, facility_id)
    }
    lists |= {f"Department {name}": f"department:{name}" for name, _ in departments(session, facility_id)}
    return {
        "position": {title: slug for slug, title in titles.items()},
        "unit": {f"Unit {unit.name} ({unit.code})": unit.code for unit in units(session, facility_id)},
        "list": lists,
    }


def words(known: Mapping[str, Mapping[str, str]], step: Step) -> str:
    """What a step names, as it is typed."""
    for said, value in known.get(_wanted(step.do), {}).items():
        if value == step.to:
            return said
    return step.to


def meant(known: Mapping[str, Mapping[str, str]], number: int, do: str, typed: str) -> str:
    """What was typed for a step stands for. Raises Invalid naming the field."""
    wanted = _wanted(do)
    if not wanted or not typed:
        return ""
    if wanted == "system":
        return typed
    found = {said.casefold(): value for said, value in known[wanted].items()}
    by_value = {value.casefold(): value for value in known[wanted].values()}
    key = typed.casefold()
    if key in found:
        return found[key]
    if key in by_value:
        return by_value[key]
    raise Invalid.field(f"to_{number}", f"must be a {wanted} of the list; there is no {typed!r}")


def _wanted(do: str) -> str:
    return "unit" if do == "tell_on_duty" else WANTS.get(do, "")
